"""Closed days: when nobody works, as over Tết."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from custrata.service.audit import note
from custrata.service.desk import Desk
from custrata.service.values import needed, wrong
from custrata.store.models import ClosedDay

_LONGEST = 366
_SEARCHED = 2 * _LONGEST
"""Days within which an open one is looked for."""


def closed_days(session: Session) -> list[ClosedDay]:
    """All closed days, in order."""
    return list(session.scalars(select(ClosedDay).order_by(ClosedDay.day)))


def next_open(session: Session, day: date) -> date:
    """The day itself where it is open, else the next one that is.

    Raises:
        DataError: years on end are closed.
    """
    query = select(ClosedDay.day).where(ClosedDay.day.between(day, day + timedelta(days=_SEARCHED)))
    closed = set(session.scalars(query))
    ahead = (day + timedelta(days=number) for number in range(_SEARCHED + 1))
    found = next((one for one in ahead if one not in closed), None)
    if found is None:
        raise wrong("closed-days", f"every day from {day} on is closed", "an open day")
    return found


@dataclass(frozen=True)
class Span:
    """Closed days of one name, one after another, both ends taken in."""

    name: str
    first: date
    last: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1


def closed_spans(session: Session) -> list[Span]:
    """All closed days in order, put together where they follow one another under one name."""
    found: list[Span] = []
    for one in closed_days(session):
        before = found[-1] if found else None
        if before and before.name == one.name and before.last + timedelta(days=1) == one.day:
            found[-1] = replace(before, last=one.day)
        else:
            found.append(Span(one.name, one.day, one.day))
    return found


def add_closed_days(desk: Desk, name: str, first: date, last: date | None = None) -> int:
    """Close from a day to another, both taken in; days that are closed get the name. How many.

    Raises:
        DataError: no name, or the last day is before the first or a year after it.
    """
    named, days = needed("name", name), _days(first, last)
    with desk.database.write() as session:
        for day in days:
            session.merge(ClosedDay(day=day, name=named))
        span = {"first": str(days[0]), "last": str(days[-1])}
        note(session, desk, "closed_days.add", "closed_day", name=named, **span)
    return len(days)


def remove_closed_days(desk: Desk, first: date, last: date | None = None) -> int:
    """Open from a day to another, both taken in; how many of them were closed.

    Raises:
        DataError: the last day is before the first or a year after it.
    """
    days = _days(first, last)
    span = {"first": str(days[0]), "last": str(days[-1])}
    with desk.database.write() as session:
        those = ClosedDay.day.between(days[0], days[-1])
        gone = len(session.scalars(select(ClosedDay.day).where(those)).all())
        session.execute(delete(ClosedDay).where(those))
        if gone:
            note(session, desk, "closed_days.remove", "closed_day", **span)
    return gone


def _days(first: date, last: date | None) -> list[date]:
    count = ((last or first) - first).days + 1
    if not 1 <= count <= _LONGEST:
        raise wrong("closed-days", f"{first} to {last} is no such time", f"1 to {_LONGEST} days")
    return [first + timedelta(days=number) for number in range(count)]
