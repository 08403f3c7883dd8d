"""Visits are held, put off or dropped; nothing of a plan is lost."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from custrata.service.audit import note
from custrata.service.customers.record import LONGEST_WHY, add_contact
from custrata.service.customers.touched import touching
from custrata.service.desk import Desk
from custrata.service.rules.versions import current, engine_of
from custrata.service.runs import Transition
from custrata.service.sales.planning import SAID, need_day, new_visit
from custrata.service.sales.visits import (
    DONE,
    DROPPED,
    POSTPONED,
    about,
    planned_visit,
    write_planned,
)
from custrata.service.values import prose, wrong
from custrata.store.models import Visit


def finish_visit(desk: Desk, number: int, told: str | None = None) -> tuple[Transition, ...]:
    """A visit was held: a contact that reached the customer is recorded.

    Args:
        told: what is noted of it.

    Raises:
        DataError: its day is still to come (`time-in-future`), or a note that cannot be.
        StoreError: no such visit, or it is over (`visit-settled`).
    """
    with touching(desk) as here:
        row = _settle(here.session, desk, number, DONE, None)
        zone = ZoneInfo(engine_of(current(here.session)).ruleset.time_zone)
        at = _held_at(row, desk.now(), zone)
        how = {"channel": "visit", "direction": "out", "outcome": "reached", "owner": row.owner}
        known = f"visit:{row.key.hex()}"
        add_contact(here, row.customer_id, at, note=told, contact_id=known, **how)
        note(here.session, desk, "visit.done", *about(row), number=row.id)
        return here.settle()


def postpone_visit(desk: Desk, number: int, day: date, why: str | None = None) -> int:
    """Put a visit off to another day; the number of the one that takes its place.

    Raises:
        DataError: a day that is past, the same, or more than a year ahead.
        StoreError: no such visit, it is over (`visit-settled`), or the day is closed.
    """
    with desk.database.write() as session:
        row = planned_visit(session, number)
        need_day(session, desk, day)
        if day == row.day:
            raise wrong("visit-same-day", f"the visit is on {day} already", "another day")
        _settle(session, desk, number, POSTPONED, prose("why", why, LONGEST_WHY))
        note(session, desk, "visit.postpone", *about(row), number=row.id, until=str(day))
        kept = {name: getattr(row, name) for name in SAID}
        later = new_visit(desk, row.customer_id, day, kept)
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
        note(session, desk, "visit.drop", *about(row), number=row.id)


def _settle(session: Session, desk: Desk, number: int, state: str, why: str | None) -> Visit:
    settled = {"settled_at": desk.now(), "settled_by": desk.by}
    return write_planned(session, number, state=state, why=why, **settled)


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
