"""Calls and visits that were made, against those that were planned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from custrata.service.figures.contacted import NO_CHANNEL, came_to
from custrata.service.figures.kept import Figures
from custrata.service.figures.turnover import NOBODY
from custrata.store.models import Contact, Visit

_PLANS = ("planned", "done")
"""States of visits that were planned for their day and stayed so."""


@dataclass(frozen=True)
class Efforts:
    """What somebody did in some days.

    Attributes:
        calls: that she made, whether anybody answered or not. reached: of these.
        visits: that took place. planned: for these days, those put off to others left out.
        channels: contacts by channel that reached somebody; None is not said.
    """

    calls: int = 0
    reached: int = 0
    visits: int = 0
    planned: int = 0
    channels: Mapping[str | None, int] = field(default_factory=dict)

    @property
    def contacts(self) -> int:
        """All contacts that reached somebody."""
        return sum(self.channels.values())


Row = tuple[str | None, str | None, Sequence[int]]
"""Who made contacts, by which channel, and what they came to: the numbers of `contacted.FIELDS`."""


def efforts(
    session: Session,
    figures: Figures,
    owners: Sequence[str],
    since: date,
    until: date,
    zone: ZoneInfo,
    *,
    nobody: bool = False,
) -> dict[str | None, Efforts]:
    """What each did between two days, both taken in: as the last run counted it, and since then.

    A contact that was there at the run and was corrected since counts as it was. Days before those
    that the run kept are counted by an index.

    Args:
        owners: whose doing, as contacts and visits name them.
        nobody: also that of whom no contact tells.
    """
    whose = {*owners, *((None,) if nobody else ())}
    found = figures.get("efforts")
    known = found if found and found["first"] <= since.isoformat() else None
    those = _of(owners, nobody=nobody) if known is None else Contact.id > known["seen"]
    rows: dict[str | None, list[Row]] = {}
    for row in (*_counted(known, since, until), *_live(session, those, since, until, zone)):
        if row[0] in whose:
            rows.setdefault(row[0], []).append(row)
    planned = {row.owner: row[1] for row in session.execute(_visits(owners, since, until))}
    return {one: _sum(rows.get(one, ()), planned.get(one, 0)) for one in {*rows, *planned}}


def together(found: Iterable[Efforts]) -> Efforts:
    """The sum of what several did."""
    parts = list(found)
    names = {name for one in parts for name in one.channels}
    return Efforts(
        calls=sum(one.calls for one in parts),
        reached=sum(one.reached for one in parts),
        visits=sum(one.visits for one in parts),
        planned=sum(one.planned for one in parts),
        channels={name: sum(one.channels.get(name, 0) for one in parts) for name in names},
    )


def _counted(known: Mapping[str, Any] | None, since: date, until: date) -> Iterator[Row]:
    """What the run counted."""
    first, last = since.isoformat(), until.isoformat()
    for owner, days in known["owners"].items() if known else ():
        for day, channels in days.items():
            if first <= day <= last:
                for channel, numbers in channels.items():
                    yield _named(owner, NOBODY), _named(channel, NO_CHANNEL), numbers


def _named(key: str, nothing: str) -> str | None:
    return None if key == nothing else key


def _live(
    session: Session, those: ColumnElement[bool], since: date, until: date, zone: ZoneInfo
) -> Iterator[Row]:
    """Contacts as they stand, counted by their kind; an index serves `those`."""
    start = datetime.combine(since, time(), zone)
    end = datetime.combine(until + timedelta(days=1), time(), zone)
    keys = (Contact.owner, Contact.channel, Contact.direction, Contact.outcome)
    query = select(*keys, func.count()).where(
        those, Contact.occurred_at >= start, Contact.occurred_at < end
    )
    for owner, channel, direction, outcome, count in session.execute(query.group_by(*keys)):
        yield owner, channel, [count * does for does in came_to(channel, direction, outcome)]


def _of(owners: Sequence[str], *, nobody: bool) -> ColumnElement[bool]:
    whose = Contact.owner.in_(owners)
    return or_(whose, Contact.owner.is_(None)) if nobody else whose


def _visits(owners: Sequence[str], since: date, until: date) -> Select[str | None, int]:
    query = select(Visit.owner, func.count()).where(
        Visit.owner.in_(owners), Visit.day.between(since, until), Visit.state.in_(_PLANS)
    )
    return query.group_by(Visit.owner)


def _sum(rows: Sequence[Row], planned: int) -> Efforts:
    calls = answered = visits = 0
    channels: dict[str | None, int] = {}
    for _, channel, (made, reached, visited, counts) in rows:
        calls, answered, visits = calls + made, answered + reached, visits + visited
        if counts:
            channels[channel] = channels.get(channel, 0) + counts
    return Efforts(calls, answered, visits, planned, channels)
