"""Visits: planned for a day, held, put off or dropped; nothing of a plan is lost."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TypedDict, Unpack
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata.service.audit import note
from custrata.service.customers.record import LONGEST_NOTE, LONGEST_WHY, record_contact
from custrata.service.customers.touched import id_of, need_customer
from custrata.service.desk import Desk
from custrata.service.imports.keys import own_key
from custrata.service.registers.closed_days import next_open
from custrata.service.rules.versions import current, engine_of
from custrata.service.runs import Transition
from custrata.service.sales.reminders import AHEAD, MOST, Due, due, place_of
from custrata.service.values import prose, word, wrong
from custrata.store.faults import StoreError, refuse
from custrata.store.models import Customer, Visit

PLANNED, DONE, POSTPONED, DROPPED = STATES = ("planned", "done", "postponed", "dropped")
LISTED = 500
"""So many visits at most are shown at once."""
_SUGGESTED = 20
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_TEXTS = ("region", "owner")
_LONG = ("matter", "purpose")


@dataclass(frozen=True)
class Planned:
    """A visit, with whom it is to."""

    row: Visit
    name: str | None
    phone: str | None


class Changes(TypedDict, total=False):
    """What may be said of a visit; what is left out stays as it is."""

    starts_at: str | None
    region: str | None
    owner: str | None
    matter: str | None
    purpose: str | None


def plan_visit(desk: Desk, customer_id: str, day: date, **said: Unpack[Changes]) -> int:
    """Plan to visit a customer on a day; the visit's number.

    Without an owner it is that of whoever plans it, without a region it is where the customer is.

    Raises:
        DataError: a value that cannot be, or a day that is past or more than a year ahead.
        StoreError: no such customer, or the day is closed (`day-closed`).
    """
    with desk.database.write() as session:
        customer = need_customer(session, customer_id)
        _check_day(session, desk, day)
        values = {"region": place_of(customer), "owner": desk.by} | {
            name: value for name, value in _values(said).items() if value is not None
        }
        row = _new(desk, customer.customer_id, day, values)
        session.add(row)
        session.flush()
        note(session, desk, "visit.plan", *_about(row), number=row.id)
        return row.id


def change_visit(desk: Desk, number: int, **said: Unpack[Changes]) -> None:
    """Say otherwise what a planned visit is about; another day is `postpone_visit`.

    Raises:
        DataError: a value that cannot be.
        StoreError: no such visit, or it is over (`visit-settled`).
    """
    with desk.database.write() as session:
        row = _planned(session, number)
        for name, value in _values(said).items():
            setattr(row, name, value)
        note(session, desk, "visit.change", *_about(row), number=row.id, changed=sorted(said))


def finish_visit(desk: Desk, number: int, told: str | None = None) -> tuple[Transition, ...]:
    """A visit was held: a contact that reached the customer is recorded.

    Args:
        told: what is noted of it.

    Raises:
        DataError: its day is still to come (`time-in-future`), or a note that cannot be.
        StoreError: no such visit, or it is over (`visit-settled`).
    """
    prose("note", told, LONGEST_NOTE)
    with desk.database.read() as session:
        row = _planned(session, number)
        at = _held_at(row, desk.now(), ZoneInfo(engine_of(current(session)).ruleset.time_zone))
    about = {"channel": "visit", "direction": "out", "outcome": "reached", "owner": row.owner}
    known = f"visit:{row.key.hex()}"
    moved: tuple[Transition, ...] = ()
    try:
        moved = record_contact(desk, row.customer_id, at, note=told, contact_id=known, **about)
    except StoreError as error:  # recorded, but the plan was not closed: it is now
        if error.diagnostics[0].code != "contact-known":
            raise
    with desk.database.write() as session:
        row = _settle(session, desk, number, DONE, None)
        note(session, desk, "visit.done", *_about(row), number=row.id)
    return moved


def postpone_visit(desk: Desk, number: int, day: date, why: str | None = None) -> int:
    """Put a visit off to another day; the number of the one that takes its place.

    Raises:
        DataError: a day that is past, the same, or more than a year ahead.
        StoreError: no such visit, it is over (`visit-settled`), or the day is closed.
    """
    with desk.database.write() as session:
        row = _planned(session, number)
        _check_day(session, desk, day)
        if day == row.day:
            raise wrong("visit-same-day", f"the visit is on {day} already", "another day")
        _settle(session, desk, number, POSTPONED, prose("why", why, LONGEST_WHY))
        note(session, desk, "visit.postpone", *_about(row), number=row.id, until=str(day))
        kept = {name: getattr(row, name) for name in (*_TEXTS, *_LONG, "starts_at")}
        later = _new(desk, row.customer_id, day, kept)
        later.follows = row.id
        session.add(later)
        session.flush()
        return later.id


def drop_visit(desk: Desk, number: int, why: str) -> None:
    """A visit does not take place.

    Raises:
        DataError: nothing is said about why.
        StoreError: no such visit, or it is over (`visit-settled`).
    """
    reason = prose("why", why, LONGEST_WHY)
    if reason is None:
        raise wrong("text-missing", "why is empty", "why the visit does not take place")
    with desk.database.write() as session:
        row = _settle(session, desk, number, DROPPED, reason)
        note(session, desk, "visit.drop", *_about(row), number=row.id)


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


def _visit(session: Session, number: int) -> Visit:
    row = session.get(Visit, number) if 0 < number < 2**63 else None
    if row is None:
        raise refuse("no-visit", "there is no such visit")
    return row


def _planned(session: Session, number: int) -> Visit:
    row = _visit(session, number)
    if row.state != PLANNED:
        raise refuse("visit-settled", f"the visit is {row.state}", "a visit that is planned")
    return row


def _new(desk: Desk, customer_id: str, day: date, values: dict[str, str | None]) -> Visit:
    return Visit(
        customer_id=customer_id,
        day=day,
        key=own_key("visits", secrets.token_hex(16)),
        recorded_at=desk.now(),
        state=PLANNED,
        by=desk.by,
        **values,
    )


def _settle(session: Session, desk: Desk, number: int, state: str, why: str | None) -> Visit:
    row = _planned(session, number)
    row.state, row.why = state, why
    row.settled_at, row.settled_by = desk.now(), desk.by
    return row


def _about(row: Visit) -> tuple[str, str]:
    """What an event about a visit is about."""
    return "customer", row.customer_id


def _held_at(row: Visit, now: datetime, zone: ZoneInfo) -> datetime:
    """When a visit was: at its time on its day, unless that is still to come today.

    Raises:
        DataError: its day is still to come.
    """
    today = now.astimezone(zone).date()
    if row.day > today:
        raise wrong("time-in-future", f"the visit is on {row.day}", "the day itself or later")
    start = time.fromisoformat(row.starts_at) if row.starts_at else time(12)
    return min(datetime.combine(row.day, start, zone), now)


def _time_of(row: Visit) -> tuple[str, int]:
    return row.starts_at or "", row.id


# --- what is said -------------------------------------------------------------------------


def _check_day(session: Session, desk: Desk, day: date) -> None:
    today = desk.today(engine_of(current(session)).ruleset.time_zone)
    if day < today:
        raise wrong("time-past", f"{day} has passed", f"{today} or later")
    if day - today > AHEAD:
        raise wrong("time-far", f"{day} is far away", f"up to {today + AHEAD}")
    opens = next_open(session, day)
    if opens != day:
        raise refuse("day-closed", f"{day} is a closed day", f"an open one: {opens}")


def _values(said: Changes) -> dict[str, str | None]:
    """What is written, by column.

    Raises:
        DataError: a value that cannot be.
    """
    found: dict[str, str | None] = {}
    for name in _TEXTS:
        if name in said:
            found[name] = word(name, said[name])  # type: ignore[literal-required]
    for name in _LONG:
        if name in said:
            found[name] = prose(name, said[name], LONGEST_WHY)  # type: ignore[literal-required]
    if "starts_at" in said:
        found["starts_at"] = _clock(said["starts_at"])
    return found


def _clock(text: str | None) -> str | None:
    found = word("starts_at", text)
    if found is not None and not _CLOCK.fullmatch(found):
        raise wrong("visit-time", f"{found[:20]!r} is no time of day", "such as 09:30")
    return found
