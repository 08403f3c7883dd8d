"""The sales brief: what a time brought, for oneself, a team or the firm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from custrata.engine.model import Ruleset
from custrata.service.calendar.times import end_of, months
from custrata.service.figures.best import best_name, best_times
from custrata.service.figures.kept import Figures, latest
from custrata.service.figures.lists import listed
from custrata.service.figures.shares import LONGEST
from custrata.service.rules.versions import current, engine_of
from custrata.service.sales.efforts import Efforts, efforts, together
from custrata.service.sales.funnel import Funnel, funnel
from custrata.service.sales.moves import Moves, moves
from custrata.service.sales.scope import MINE, Scope
from custrata.service.sales.takings import Takings, by_owner, sellers, takings, target_sum, targets
from custrata.service.sales.waiting import Who

COUNTED = 92
"""Days up to which contacts, visits and moves between labels are counted, as they stand now."""
BEST = 10
"""Customers who brought most."""


@dataclass(frozen=True)
class MonthBrought:
    """What a month brought, as far as it lies in the time.

    Attributes:
        target: of the whole month; None also where it lies in the time only in part and is over.
    """

    month: date
    brought: Takings
    target: Decimal | None


@dataclass(frozen=True)
class Best:
    """A customer with what she brought."""

    who: Who
    revenue: Decimal


@dataclass(frozen=True)
class OfPerson:
    """What a salesperson brought; `owner` None are nobody's customers."""

    owner: str | None
    brought: Takings
    target: Decimal | None


@dataclass(frozen=True)
class Brief:
    """A time in figures.

    Attributes:
        as_of: the day up to which the last run looked; None where none has landed.
        brought: up to `as_of`; None where the run did not look so far back.
        target: of its months, where it is made up of whole ones, the last of which may still go on;
            None where nobody has any, or where it is of other days.
        efforts, moves: None for more than `COUNTED` days.
        best: None where the run kept no list of that time.
    """

    scope: Scope
    since: date
    until: date
    as_of: date | None
    brought: Takings | None
    target: Decimal | None
    months: tuple[MonthBrought, ...]
    people: tuple[OfPerson, ...]
    efforts: Efforts | None
    best: tuple[Best, ...] | None
    moves: Moves | None
    funnel: Funnel


def brief(session: Session, scope: Scope, since: date, until: date, now: datetime) -> Brief:
    """The brief of some days, both ends taken in.

    Args:
        until: today at most. now: the present moment, aware.
    """
    rules = engine_of(current(session)).ruleset
    figures = latest(session)
    today = now.astimezone(ZoneInfo(rules.time_zone)).date()
    known = figures or Figures(0, date.min, 0, {})
    owner = next(iter(scope.owners or ())) if scope.name == MINE else None
    few = (until - since).days < COUNTED
    return Brief(
        scope=scope,
        since=since,
        until=until,
        as_of=figures.as_of if figures else None,
        brought=takings(known, scope, since, until),
        target=_target(session, scope, since, until, today),
        months=_months(session, known, scope, since, until, today),
        people=_people(session, known, scope, since, until, today),
        efforts=_efforts(session, known, scope, rules, since, until) if few else None,
        best=_best(session, known, scope, since, until),
        moves=moves(session, rules, scope, since, until) if few else None,
        funnel=funnel(session, since, until, owner, scope.team, now),
    )


def _of_whole_months(since: date, until: date, today: date) -> bool:
    """Whether a target may be held against it: a week has none, nor have the first ten days."""
    return since.day == 1 and until in (end_of(until), today)


def _target(
    session: Session, scope: Scope, since: date, until: date, today: date
) -> Decimal | None:
    if not _of_whole_months(since, until, today):
        return None
    found = [target_sum(targets(session, scope, month)) for month in months(since, until)]
    there = [one for one in found if one is not None]
    return sum(there, Decimal()) if there else None


def _months(
    session: Session, figures: Figures, scope: Scope, since: date, until: date, today: date
) -> tuple[MonthBrought, ...]:
    parts = []
    for month in months(since, until):
        ends = max(month, since), min(end_of(month), until)
        brought = takings(figures, scope, *ends)
        if brought is not None:
            parts.append(MonthBrought(month, brought, _target(session, scope, *ends, today)))
    return tuple(parts)


def _people(
    session: Session, figures: Figures, scope: Scope, since: date, until: date, today: date
) -> tuple[OfPerson, ...]:
    """Who brought most comes first; nobody where it is about one alone, or nothing is known."""
    brought = None if scope.name == MINE else by_owner(figures, scope, since, until)
    if brought is None:
        return ()
    whole = _of_whole_months(since, until, today)
    sums: dict[str | None, Decimal] = {}
    for month in months(since, until) if whole else ():
        for owner, row in targets(session, scope, month).items():
            sums[owner] = sums.get(owner, Decimal()) + (target_sum({owner: row}) or 0)
    found = [OfPerson(one, brought.get(one, Takings()), sums.get(one)) for one in {*brought, *sums}]
    return tuple(sorted(found, key=lambda one: (-one.brought.revenue, one.owner or "")))


def _efforts(
    session: Session, figures: Figures, scope: Scope, rules: Ruleset, since: date, until: date
) -> Efforts:
    zone, nobody = ZoneInfo(rules.time_zone), scope.owners is None
    owners = sellers(session, figures, scope)
    found = efforts(session, figures, owners, since, until, zone, nobody=nobody)
    return together(found.values())


def _best(
    session: Session, figures: Figures, scope: Scope, since: date, until: date
) -> tuple[Best, ...] | None:
    """Off the list of that time; whose the customers were then is what counts."""
    ends = since, min(until, figures.as_of)
    if not figures.run_id or ends not in best_times(figures.as_of):
        return None
    sums: dict[Who, Decimal] = {}
    for _, one in listed(session, best_name(*ends), limit=LONGEST):
        if scope.has(one.detail["owner"]):
            who = Who(one.customer_id, one.name, one.owner)
            sums[who] = sums.get(who, Decimal()) + Decimal(one.detail["revenue"])
    return tuple(_first([Best(who, revenue) for who, revenue in sums.items() if revenue > 0]))


def _first(rows: Sequence[Best]) -> list[Best]:
    return sorted(rows, key=lambda one: (-one.revenue, one.who.customer_id))[:BEST]
