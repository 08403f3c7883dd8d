"""Visits are planned for a day, and their plans changed."""

from __future__ import annotations

import re
import secrets
from datetime import date
from typing import TypedDict, Unpack

from sqlalchemy.orm import Session

from custrata.service.audit import note
from custrata.service.customers.record import LONGEST_WHY
from custrata.service.customers.touched import need_customer
from custrata.service.desk import Desk
from custrata.service.imports.keys import own_key
from custrata.service.registers.closed_days import next_open
from custrata.service.rules.versions import current, engine_of
from custrata.service.sales.reminders import AHEAD, place_of
from custrata.service.sales.visits import PLANNED, about, write_planned
from custrata.service.values import prose, word, wrong
from custrata.store.faults import refuse
from custrata.store.models import Visit

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_TEXTS = ("region", "owner")
_LONG = ("matter", "purpose")
SAID = (*_TEXTS, *_LONG, "starts_at")
"""What may be said of a visit."""


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
        need_day(session, desk, day)
        values = {"region": place_of(customer), "owner": desk.by} | {
            name: value for name, value in _values(said).items() if value is not None
        }
        row = new_visit(desk, customer.customer_id, day, values)
        session.add(row)
        session.flush()
        note(session, desk, "visit.plan", *about(row), number=row.id)
        return row.id


def change_visit(desk: Desk, number: int, **said: Unpack[Changes]) -> None:
    """Say otherwise what a planned visit is about; another day is `postpone_visit`.

    Raises:
        DataError: a value that cannot be.
        StoreError: no such visit, or it is over (`visit-settled`).
    """
    with desk.database.write() as session:
        row = write_planned(session, number, **_values(said))
        note(session, desk, "visit.change", *about(row), number=row.id, changed=sorted(said))


def new_visit(desk: Desk, customer_id: str, day: date, values: dict[str, str | None]) -> Visit:
    """A plan that is not written yet."""
    return Visit(
        customer_id=customer_id,
        day=day,
        key=own_key("visits", secrets.token_hex(16)),
        recorded_at=desk.now(),
        state=PLANNED,
        by=desk.by,
        **values,
    )


def need_day(session: Session, desk: Desk, day: date) -> None:
    """A visit can be on that day.

    Raises:
        DataError: it is past, or more than a year ahead.
        StoreError: it is closed (`day-closed`).
    """
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
