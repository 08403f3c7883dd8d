"""Asking the past: which label a customer had on a day, as it was known at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, and_, func, select
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


def label_on(
    session: Session,
    customer_id: str,
    classifier: str,
    day: date,
    known_at: datetime | None = None,
) -> Had | None:
    """The label of a customer on a day; None where none was known.

    Args:
        known_at: as it was known at that moment, without what was learned later (runs and
            back-fills recorded since); None takes all that is known now.
    """
    own = and_(LabelChange.customer_id == customer_id, LabelChange.classifier == classifier)
    known = _known(select(LabelChange).where(own, LabelChange.valid_from <= day), known_at)
    latest = known.order_by(LabelChange.valid_from.desc(), LabelChange.recorded_at.desc())
    change = session.scalars(latest.limit(1)).first()
    if change is None:
        return None
    run = _vouching(session, change, day, known_at)
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


def _known(query: Select[LabelChange], known_at: datetime | None) -> Select[LabelChange]:
    return query if known_at is None else query.where(LabelChange.recorded_at <= known_at)


def _vouching(session: Session, change: LabelChange, day: date, known_at: datetime | None) -> Run:
    """The last run of everyone up to that day, or the change's own where it came later."""
    runs = select(Run).where(Run.kind != SINGLE, Run.state == LANDED, Run.as_of <= day)
    if known_at is not None:
        runs = runs.where(Run.finished_at <= known_at)
    own = session.get_one(Run, change.run_id)
    later = session.scalars(runs.order_by(Run.as_of.desc(), Run.id.desc()).limit(1)).first()
    if later is None or (later.as_of, later.id) < (own.as_of, own.id):
        return own
    return later


def days_of_runs(session: Session) -> tuple[date, ...]:
    """The days as of which everyone was classified."""
    query = select(Run.as_of).where(Run.kind != SINGLE, Run.state == LANDED)
    return tuple(session.scalars(query.group_by(Run.as_of).order_by(func.min(Run.as_of))))
