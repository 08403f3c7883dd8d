"""Visits as they are looked at: one, those of some days, those that are worth one more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from custrata.service.customers.touched import id_of
from custrata.service.sales.reminders import MOST, Due, due
from custrata.store.faults import refuse
from custrata.store.models import Customer, Visit

PLANNED, DONE, POSTPONED, DROPPED = STATES = ("planned", "done", "postponed", "dropped")
LISTED = 500
"""So many visits at most are shown at once."""
_SUGGESTED = 20


@dataclass(frozen=True)
class Planned:
    """A visit, with whom it is to."""

    row: Visit
    name: str | None
    phone: str | None


def visit(session: Session, number: int) -> Planned:
    """One visit.

    Raises:
        StoreError: there is none (`no-visit`).
    """
    row = _visit(session, number)
    customer = session.get(Customer, row.customer_id)
    return Planned(row, customer.name, customer.phone) if customer else Planned(row, None, None)


def visits(
    session: Session,
    first: date,
    last: date,
    owner: str | None = None,
    region: str | None = None,
    states: Sequence[str] = STATES,
) -> list[Planned]:
    """The visits of some days, by day, region and time of day; the first `LISTED`.

    Args:
        first, last: both taken in. owner, region: only whose, only where.
    """
    query = select(Visit, Customer.name, Customer.phone).join(
        Customer, Customer.customer_id == Visit.customer_id, isouter=True
    )
    query = query.where(Visit.day.between(first, last), Visit.state.in_(states))
    if owner is not None:
        query = query.where(Visit.owner == owner)
    if region is not None:
        query = query.where(Visit.region == region)
    found = [
        Planned(*each)
        for each in session.execute(query.order_by(Visit.day, Visit.id).limit(LISTED))
    ]
    return sorted(found, key=lambda one: (one.row.day, one.row.region or "", _time_of(one.row)))


def visits_to(session: Session, customer_id: str, limit: int = 20) -> list[Visit]:
    """The visits to a customer, the latest day first."""
    query = select(Visit).where(Visit.customer_id == id_of(customer_id))
    return list(session.scalars(query.order_by(Visit.day.desc(), Visit.id.desc()).limit(limit)))


def suggested(session: Session, day: date, owner: str, regions: Sequence[str]) -> list[Due]:
    """Customers of today's list who are where somebody goes anyway, and whom nobody plans to visit.

    Args:
        day: the day that it is. owner: who goes. regions: where to.
    """
    near = [one for one in due(session, day, owner, MOST) if one.place in regions]
    ids = [one.who.customer_id for one in near]
    ahead = select(Visit.customer_id).where(
        Visit.customer_id.in_(ids), Visit.state == PLANNED, Visit.day >= day
    )
    going = set(session.scalars(ahead))
    return [one for one in near if one.who.customer_id not in going][:_SUGGESTED]


# --- one visit ----------------------------------------------------------------------------


def planned_visit(session: Session, number: int) -> Visit:
    """A visit that is planned still.

    Raises:
        StoreError: there is none (`no-visit`), or it is over (`visit-settled`).
    """
    row = _visit(session, number)
    if row.state != PLANNED:
        raise refuse("visit-settled", f"the visit is {row.state}", "a visit that is planned")
    return row


def write_planned(session: Session, number: int, **values: Any) -> Visit:
    """Write values of a visit, if it is planned still: of several at once the first one does.

    Raises:
        StoreError: there is none (`no-visit`), or it is over (`visit-settled`).
    """
    row = planned_visit(session, number)
    still = update(Visit).where(Visit.id == number, Visit.state == PLANNED)
    still = still.values({"state": PLANNED, **values})
    written = session.execute(still, execution_options={"synchronize_session": False})
    assert isinstance(written, CursorResult)
    if not written.rowcount:
        raise refuse("visit-settled", "the visit was settled meanwhile", "a visit that is planned")
    session.refresh(row)
    return row


def about(row: Visit) -> tuple[str, str]:
    """What an event about a visit is about."""
    return "customer", row.customer_id


def _visit(session: Session, number: int) -> Visit:
    row = session.get(Visit, number) if 0 < number < 2**63 else None
    if row is None:
        raise refuse("no-visit", "there is no such visit")
    return row


def _time_of(row: Visit) -> tuple[str, int]:
    return row.starts_at or "", row.id
