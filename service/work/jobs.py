"""Jobs: asked for by one process, done by another, once, whatever dies meanwhile.

The row of a job is the truth. Whoever works on one holds a lock that goes away with its process:
a job that is said to be worked on and whose lock is free was left by somebody who died, and is
taken up again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, and_, delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from custrata.engine.diagnostics import CustrataError
from custrata.service.desk import Desk
from custrata.store.models import Job

WAITING, WORKING, DONE, FAILED = "waiting", "working", "done", "failed"
ATTEMPTS = 3
"""How often a job is begun that breaks off, or whose process dies."""

Work = Callable[[Desk, Mapping[str, Any]], Mapping[str, Any] | None]
"""What a job of some kind does: called with the desk of who asked, and the job's arguments; gives
what is worth keeping of it, as JSON values."""

_LOCKS = 32
"""Names of locks; jobs so far apart share one, so that few files lie beside a SQLite database."""
_LATER = frozenset({"run-under-way", "run-lost", "database-busy", "database-away"})
"""Faults that pass by themselves."""
_SOON = timedelta(seconds=30)
_KEPT = timedelta(days=90)
"""So long a job that is done can be looked up."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Worked:
    """A job that was worked on, and how it ended.

    Attributes:
        job: its id.
        kind: what it does.
        slot: the time on the clock that it is for; None where a person asked.
        state: `done`, `failed`, or `waiting` where it is tried again later.
        fault: why it is not done, for a person.
        seconds: how long it took.
    """

    job: int
    kind: str
    slot: str | None
    state: str
    fault: str | None
    seconds: float


@dataclass(frozen=True)
class _Claim:
    """A job that this process works on; `attempt` counts from 1."""

    job: int
    kind: str
    arguments: Mapping[str, Any]
    slot: str | None
    by: str
    attempt: int


def ask(
    desk: Desk,
    kind: str,
    arguments: Mapping[str, Any] | None = None,
    slot: str | None = None,
    due_at: datetime | None = None,
) -> int:
    """Have something done by a worker, and wake one; the job's id.

    Args:
        kind: a name of `kinds.KINDS`.
        arguments: JSON values.
        slot: what only one job may be for, such as `nightly:2026-11-21`; where there is one, it
            stays as it is, and its id is given.
        due_at: not before; default: now.

    Raises:
        StoreError: the database cannot be written; nothing was asked for.
    """
    there = _of_slot(desk, slot)
    if there is not None:
        return there
    try:
        with desk.database.write() as session:
            job = put(session, desk, kind, arguments, slot, due_at).id
    except IntegrityError:
        there = _of_slot(desk, slot)
        if there is None:
            raise
        return there
    desk.bell(job)
    return job


def put(
    session: Session,
    desk: Desk,
    kind: str,
    arguments: Mapping[str, Any] | None = None,
    slot: str | None = None,
    due_at: datetime | None = None,
) -> Job:
    """As `ask`, in the transaction of the change that calls for the job; wakes nobody.

    Raises:
        IntegrityError: there is a job for that slot.
    """
    job = Job(
        kind=kind,
        arguments=dict(arguments or {}),
        slot=slot,
        state=WAITING,
        due_at=due_at or desk.now(),
        by=desk.by,
    )
    session.add(job)
    session.flush()
    return job


def is_asked(desk: Desk, slot: str) -> bool:
    """Whether there is, or was lately, a job for a slot."""
    return _of_slot(desk, slot) is not None


def prune(desk: Desk) -> int:
    """Forget jobs that were done long ago; how many. Those that failed stay to be read."""
    old = delete(Job).where(Job.state == DONE, Job.finished_at < desk.now() - _KEPT)
    with desk.database.write() as session:
        done = session.execute(old, execution_options={"synchronize_session": False})
        assert isinstance(done, CursorResult)
        return done.rowcount


def work_once(desk: Desk, kinds: Mapping[str, Work]) -> Worked | None:
    """Work on the job that is due first and that nobody else works on; None where there is none.

    A job that is refused (a `CustrataError`) has failed, unless the refusal passes by itself, as
    while another run is under way: then it waits. One that breaks off otherwise is begun anew,
    `ATTEMPTS` times in all; only the kind of the exception is told, since its message may hold
    what customers wrote.

    Raises:
        StoreError: the database does not answer; the job is taken up again when it does.
    """
    for job in _open(desk):
        with desk.database.lock(f"job:{job % _LOCKS}") as held:
            claim = _claim(desk, job) if held else None
            if claim is not None:
                return _work(desk, claim, kinds)
    return None


def _of_slot(desk: Desk, slot: str | None) -> int | None:
    if slot is None:
        return None
    with desk.database.read() as session:
        return session.scalar(select(Job.id).where(Job.slot == slot))


def _open(desk: Desk) -> list[int]:
    """Jobs that are due, and those that somebody works on, or did when she died."""
    due = and_(Job.state == WAITING, Job.due_at <= desk.now())
    found = select(Job.id).where(or_(due, Job.state == WORKING)).order_by(Job.due_at, Job.id)
    with desk.database.read() as session:
        return list(session.scalars(found))


def _claim(desk: Desk, job: int) -> _Claim | None:
    """Make a job ours, whose lock is; None where it is done, or put off, since it was seen."""
    with desk.database.write() as session:
        row = session.get(Job, job)
        if row is None or not (row.state == WORKING or _is_due(row, desk.now())):
            return None
        attempt = row.attempts + 1
        claim = _Claim(job, row.kind, row.arguments or {}, row.slot, row.by, attempt)
        seen = (Job.id == job, Job.state == row.state, Job.attempts == row.attempts)
        values = {"state": WORKING, "attempts": attempt, "started_at": desk.now()}
        return claim if _changed(session, seen, values) else None


def _is_due(row: Job, now: datetime) -> bool:
    return row.state == WAITING and row.due_at <= now


def _work(desk: Desk, claim: _Claim, kinds: Mapping[str, Work]) -> Worked:
    began = time.monotonic()
    values = _ended(desk, claim, kinds)
    with desk.database.write() as session:
        ours = (Job.id == claim.job, Job.state == WORKING, Job.attempts == claim.attempt)
        _changed(session, ours, {"fault": None, **values})
    seconds = time.monotonic() - began
    fault = values.get("fault")
    return Worked(claim.job, claim.kind, claim.slot, values["state"], fault, seconds)


def _ended(desk: Desk, claim: _Claim, kinds: Mapping[str, Work]) -> dict[str, Any]:
    """Do it; what is to be written about it."""
    if claim.kind not in kinds:
        return _failed(desk, f"this program knows no job of the kind {claim.kind!r}")
    if claim.attempt > ATTEMPTS:
        fault = f"the process that worked on it died, {ATTEMPTS} times"
        return _failed(desk, fault) | {"attempts": ATTEMPTS}
    try:
        result = kinds[claim.kind](desk.of(claim.by), claim.arguments)
    except CustrataError as error:
        return _refused(desk, claim, error)
    except Exception as error:  # noqa: BLE001 - a job that breaks must not end the worker
        return _broken(desk, claim, type(error).__name__)
    return {"state": DONE, "finished_at": desk.now(), "result": result and dict(result)}


def _refused(desk: Desk, claim: _Claim, error: CustrataError) -> dict[str, Any]:
    if not _LATER.issuperset(one.code for one in error.diagnostics):
        return _failed(desk, str(error))
    return _again(desk, _SOON, str(error)) | {"attempts": claim.attempt - 1}


def _broken(desk: Desk, claim: _Claim, kind: str) -> dict[str, Any]:
    _log.error("job %d (%s) broke off: %s", claim.job, claim.kind, kind)
    if claim.attempt == ATTEMPTS:
        return _failed(desk, f"it broke off, {ATTEMPTS} times: {kind}")
    return _again(desk, claim.attempt * 2 * _SOON, f"it broke off: {kind}")


def _failed(desk: Desk, fault: str) -> dict[str, Any]:
    return {"state": FAILED, "finished_at": desk.now(), "fault": fault}


def _again(desk: Desk, after: timedelta, fault: str) -> dict[str, Any]:
    return {"state": WAITING, "due_at": desk.now() + after, "fault": fault}


def _changed(session: Session, seen: tuple[Any, ...], values: dict[str, Any]) -> bool:
    """Compare and set: whether the row was still as it was seen."""
    done = session.execute(update(Job).where(*seen).values(**values))
    assert isinstance(done, CursorResult)
    return done.rowcount == 1
