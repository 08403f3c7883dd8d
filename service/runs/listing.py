"""The runs there were, and what is kept of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata.service.figures import Alert, alerts
from custrata.service.runs.basis import BACK_FILL, FULL, LANDED, RUNNING
from custrata.service.runs.summary import Flow
from custrata.store.faults import refuse
from custrata.store.models import Run


@dataclass(frozen=True)
class Listed:
    """A run, as it stood when it was asked for.

    Attributes:
        kind: `full`, `back_fill` or `single`.
        state: `running`, `landed`, `failed`, `cancelled` or `lost` (its process went away).
        watermark, version, calibration, as_of, plugins: the five things that name it.
        step, done, total: how far it is.
        customers: how many were classified; None where it did not land.
        left_out: how many may not be classified, for want of consent.
        sizes: by classifier and label, how many customers have it.
        flows: who moved where, the largest first.
        warnings: in words.
        fault: why it failed.
    """

    id: int
    kind: str
    state: str
    as_of: date
    version: int
    calibration: str | None
    watermark: int
    plugins: Mapping[str, str]
    by: str
    started_at: datetime
    finished_at: datetime | None
    step: str | None
    done: int
    total: int
    cancelled_by: str | None
    customers: int | None
    left_out: int
    sizes: Mapping[str, Mapping[str | None, int]]
    flows: tuple[Flow, ...]
    warnings: tuple[str, ...]
    fault: str | None

    @property
    def changed(self) -> int | None:
        """How many labels changed; None where it did not land."""
        landed = self.state == LANDED
        return sum(one.customers for one in self.flows) if landed else None

    @property
    def took(self) -> timedelta | None:
        """From begin to end."""
        return None if self.finished_at is None else self.finished_at - self.started_at

    @property
    def running(self) -> bool:
        """Whether it is under way."""
        return self.state == RUNNING


def runs(
    session: Session, before: int | None = None, limit: int = 30, *, singles: bool = False
) -> tuple[Listed, ...]:
    """Runs, the latest first.

    Args:
        before: only those with a smaller id.
        limit: so many at most.
        singles: whether customers who were classified at once, after a contact or a sale, count.
    """
    query = select(Run).order_by(Run.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Run.id < before)
    if singles:
        return tuple(map(_listed, session.scalars(query)))
    # each kind by itself, as an index has them: however many single ones lie between
    found = [
        row for kind in (FULL, BACK_FILL) for row in session.scalars(query.where(Run.kind == kind))
    ]
    return tuple(_listed(row) for row in sorted(found, key=lambda row: -row.id)[:limit])


def run_of(session: Session, run_id: int) -> Listed:
    """A run by its id.

    Raises:
        StoreError: there is none.
    """
    row = session.get(Run, run_id) if 0 < run_id < 2**63 else None
    if row is None:
        raise refuse("no-run", f"there is no run {run_id}", "the id of a run")
    return _listed(row)


def under_way(session: Session) -> Listed | None:
    """The run that is under way; None where there is none."""
    running = select(Run).where(Run.state == RUNNING).order_by(Run.id.desc()).limit(1)
    row = session.scalars(running).first()
    return None if row is None else _listed(row)


def alerts_of(session: Session, run_id: int) -> list[Alert]:
    """The segments whose size a run moved more than the firm takes for usual."""
    return alerts(session, session.get_one(Run, run_id))


def _listed(row: Run) -> Listed:
    counts: Mapping[str, Any] = row.counts or {}
    return Listed(
        id=row.id,
        kind=row.kind,
        state=row.state,
        as_of=row.as_of,
        version=row.version,
        calibration=row.calibration_id,
        watermark=row.watermark,
        plugins=row.plugins,
        by=row.by,
        started_at=row.started_at,
        finished_at=row.finished_at,
        step=row.step,
        done=row.done,
        total=row.total,
        cancelled_by=row.cancelled_by,
        customers=counts.get("customers"),
        left_out=counts.get("left_out", 0),
        sizes={name: dict(map(tuple, rows)) for name, rows in counts.get("sizes", {}).items()},
        flows=tuple(Flow(*one) for one in counts.get("flows", ())),
        warnings=tuple(counts.get("warnings", ())),
        fault=row.fault,
    )
