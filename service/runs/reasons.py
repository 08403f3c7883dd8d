"""Why a customer stands where she stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from custrata.service.desk import Desk
from custrata.service.rules.versions import engine_of, version
from custrata.service.runs.basis import calibration_of, last_full
from custrata.service.runs.facts import Wanted, frames
from custrata.store.faults import refuse
from custrata.store.models import Customer, LabelNow, Run


@dataclass(frozen=True)
class Reasons:
    """Explanations of a customer's labels, by the rules and cut points of the last run.

    Attributes:
        as_of: the day of her labels.
        explanations: one a classifier, as `classify --explain` writes them.
    """

    customer_id: str
    as_of: date
    version: int
    explanations: tuple[Mapping[str, Any], ...]


def reasons(desk: Desk, customer_id: str) -> Reasons:
    """Work out anew, from her facts, why she has her labels.

    Raises:
        StoreError: there is no such customer, or no run has landed yet.
    """
    with desk.database.read() as session:
        if session.get(Customer, customer_id) is None:
            raise refuse("no-customer", "there is no customer of that id")
        last = last_full(session)
        if last is None:
            raise refuse("no-run", "no run has landed yet, so nobody has a label", "a run first")
        engine = engine_of(version(session, last.version))
        calibration = calibration_of(session, last)
        as_of = max(last.as_of, _latest(session, customer_id) or last.as_of)
    with desk.database.snapshot() as snapshot:
        given = frames(snapshot, Wanted(engine, as_of, [customer_id]))
    result = engine.run(as_of=as_of, calibration=calibration, **given)
    return Reasons(customer_id, as_of, last.version, tuple(result.explanations()))


def _latest(session: Session, customer_id: str) -> date | None:
    """The day of the last run that gave her a label."""
    own = select(LabelNow.run_id).where(LabelNow.customer_id == customer_id)
    return session.scalar(select(func.max(Run.as_of)).where(Run.id.in_(own)))
