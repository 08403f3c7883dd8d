"""Calls and visits that were made, against those that were planned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from custrata.engine.facts.meaning import INCOMING, folded, reached
from custrata.store.models import Contact, Visit

CALLS = frozenset({"phone", "call"})
"""Channels of calls."""
VISIT = "visit"
_PLANS = ("planned", "done")
"""States of visits that were planned for their day and stayed so."""
_NOT_YET = frozenset({"planned", "scheduled"})


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


Row = tuple[str | None, str | None, str | None, int]
"""Channel, direction, outcome, and how many."""


def efforts(
    session: Session,
    owners: Sequence[str],
    since: date,
    until: date,
    zone: ZoneInfo,
    *,
    nobody: bool = False,
) -> dict[str | None, Efforts]:
    """What each did between two days, both taken in; an index serves it.

    Args:
        owners: whose doing, as contacts and visits name them.
        nobody: also that of whom no contact tells.
    """
    rows: dict[str | None, list[Row]] = {}
    for owner, channel, direction, outcome, count in session.execute(
        _contacts(owners, since, until, zone, nobody=nobody)
    ):
        rows.setdefault(owner, []).append((channel, direction, outcome, count))
    planned = {row.owner: row[1] for row in session.execute(_visits(owners, since, until))}
    return {one: _of(rows.get(one, ()), planned.get(one, 0)) for one in {*rows, *planned}}


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


def _contacts(
    owners: Sequence[str], since: date, until: date, zone: ZoneInfo, *, nobody: bool
) -> Select[str | None, str | None, str | None, str | None, int]:
    start = datetime.combine(since, time(), zone)
    end = datetime.combine(until + timedelta(days=1), time(), zone)
    whose = Contact.owner.in_(owners)
    keys = (Contact.owner, Contact.channel, Contact.direction, Contact.outcome)
    query = select(*keys, func.count()).where(
        Contact.occurred_at >= start, Contact.occurred_at < end
    )
    return query.where(or_(whose, Contact.owner.is_(None)) if nobody else whose).group_by(*keys)


def _visits(owners: Sequence[str], since: date, until: date) -> Select[str | None, int]:
    query = select(Visit.owner, func.count()).where(
        Visit.owner.in_(owners), Visit.day.between(since, until), Visit.state.in_(_PLANS)
    )
    return query.group_by(Visit.owner)


def _of(rows: Sequence[Row], planned: int) -> Efforts:
    calls = answered = visits = 0
    channels: dict[str | None, int] = {}
    for channel, direction, outcome, count in rows:
        if folded(outcome) in _NOT_YET:
            continue
        counts, by = reached(channel, direction, outcome), folded(channel)
        if counts:
            channels[channel] = channels.get(channel, 0) + count
        if by in CALLS and folded(direction) not in INCOMING:
            calls, answered = calls + count, answered + counts * count
        visits += counts * count if by == VISIT else 0
    return Efforts(calls, answered, visits, planned, channels)
