"""The jobs that were asked for, and how far they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from custrata.service.audit import note
from custrata.service.desk import Desk
from custrata.service.work.jobs import FAILED, WAITING, WORKING
from custrata.store.faults import refuse
from custrata.store.models import Job

_WITHDRAWN = "withdrawn by {by}"


@dataclass(frozen=True)
class Asked:
    """A job, as it stood when it was asked for.

    Attributes:
        state: `waiting`, `working`, `done` or `failed`.
        slot: the time on the clock that it is for; None where a person asked.
        result: what is worth keeping of it.
        fault: why it is not done, for a person.
    """

    id: int
    kind: str
    arguments: Mapping[str, Any]
    state: str
    slot: str | None
    by: str
    due_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    result: Mapping[str, Any]
    fault: str | None

    @property
    def open(self) -> bool:
        """Whether it is still to be done."""
        return self.state in (WAITING, WORKING)


def asked(session: Session, job_id: int, kind: str | None = None) -> Asked:
    """A job by its id; of this kind, where one is named.

    Raises:
        StoreError: there is none.
    """
    return _asked(_row(session, job_id, kind))


def open_jobs(session: Session, kind: str) -> tuple[Asked, ...]:
    """The jobs of a kind that are still to be done, first what is due first."""
    rows = select(Job).where(Job.state.in_((WAITING, WORKING)), Job.kind == kind)
    return tuple(map(_asked, session.scalars(rows.order_by(Job.due_at, Job.id))))


def failed_jobs(session: Session, kind: str, limit: int = 5) -> tuple[Asked, ...]:
    """The jobs of a kind that failed, the latest first."""
    rows = select(Job).where(Job.state == FAILED, Job.kind == kind)
    return tuple(map(_asked, session.scalars(rows.order_by(Job.due_at.desc()).limit(limit))))


def withdraw(desk: Desk, job_id: int) -> bool:
    """Take back a job that nobody works on yet; whether it was in time.

    Raises:
        StoreError: there is none.
    """
    with desk.database.write() as session:
        kind = _row(session, job_id).kind
        values = {
            "state": FAILED,
            "finished_at": desk.now(),
            "fault": _WITHDRAWN.format(by=desk.by),
        }
        in_time = update(Job).where(Job.id == job_id, Job.state == WAITING).values(**values)
        if not session.execute(in_time).rowcount:  # type: ignore[attr-defined]
            return False
        note(session, desk, "job.withdraw", "job", job_id, kind=kind)
        return True


def _row(session: Session, job_id: int, kind: str | None = None) -> Job:
    row = session.get(Job, job_id) if 0 < job_id < 2**63 else None
    if row is None or kind not in (None, row.kind):
        raise refuse("no-job", f"there is no job {job_id}", "the id of a job")
    return row


def _asked(row: Job) -> Asked:
    return Asked(
        row.id,
        row.kind,
        row.arguments or {},
        row.state,
        row.slot,
        row.by,
        row.due_at,
        row.started_at,
        row.finished_at,
        row.result or {},
        row.fault,
    )
