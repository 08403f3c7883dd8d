"""Asking the past: which labels a customer had on a day, as it was known at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata.service.runs.basis import LANDED, SINGLE
from custrata.store.models import LabelChange, Run


@dataclass(frozen=True)
class Had:
    """A label that a customer had.

    Attributes:
        since: the day from which on she had it. why: how it came; see `LabelChange`.
        recorded_at: when that became known here.
        version: of the rules by which it stood on that day: that of the last run up to it, which
            vouches for all labels that it leaves alone.
        run_id, calibration: that run, and its cut points.
    """

    label: str | None
    since: date
    why: str
    recorded_at: datetime
    version: int
    run_id: int
    calibration: str | None


def labels_on(
    session: Session, customer_id: str, day: date, known_at: datetime | None = None
) -> dict[str, Had]:
    """The labels of a customer on a day, by classifier; one of which none was known is left out.

    Args:
        known_at: as it was known at that moment, without what was learned later (runs and
            back-fills recorded since); None takes all that is known now.
    """
    query = select(LabelChange).where(
        LabelChange.customer_id == customer_id, LabelChange.valid_from <= day
    )
    if known_at is not None:
        query = query.where(LabelChange.recorded_at <= known_at)
    rows = session.scalars(query.order_by(LabelChange.valid_from, LabelChange.recorded_at))
    latest = {one.classifier: one for one in rows}
    numbers = {one.run_id for one in latest.values()}
    runs = {one.id: one for one in session.scalars(select(Run).where(Run.id.in_(numbers)))}
    everyones = _last_of_everyone(session, day, known_at)
    return {
        name: _had(latest[name], _vouching(runs[latest[name].run_id], everyones))
        for name in sorted(latest)
    }


def _had(change: LabelChange, run: Run) -> Had:
    return Had(
        change.label,
        change.valid_from,
        change.why,
        change.recorded_at,
        run.version,
        run.id,
        run.calibration_id,
    )


def history(
    session: Session, customer_id: str, classifier: str | None = None
) -> tuple[LabelChange, ...]:
    """All that was ever recorded of a customer's labels, by day, then by moment."""
    query = select(LabelChange).where(LabelChange.customer_id == customer_id)
    if classifier is not None:
        query = query.where(LabelChange.classifier == classifier)
    order = (LabelChange.valid_from, LabelChange.recorded_at, LabelChange.classifier)
    return tuple(session.scalars(query.order_by(*order)))


def _last_of_everyone(session: Session, day: date, known_at: datetime | None) -> Run | None:
    """The last run of everyone up to a day."""
    runs = select(Run).where(Run.kind != SINGLE, Run.state == LANDED, Run.as_of <= day)
    if known_at is not None:
        runs = runs.where(Run.finished_at <= known_at)
    return session.scalars(runs.order_by(Run.as_of.desc(), Run.id.desc()).limit(1)).first()


def _vouching(own: Run, everyones: Run | None) -> Run:
    """The last run of everyone, or the change's own where it came later."""
    if everyones is None or (everyones.as_of, everyones.id) < (own.as_of, own.id):
        return own
    return everyones
