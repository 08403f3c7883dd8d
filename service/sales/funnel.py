"""The funnel of opportunities: how many reach each step, how long they stay, how they end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy.orm import Session

from custrata.engine.values import exactly
from custrata.service.calendar.periods import span
from custrata.service.desk import wall_clock
from custrata.service.figures.standing import KEY, LOST, OPEN, WON
from custrata.service.registers.staff import members, teams_of_staff
from custrata.service.registers.steps import steps as known_steps
from custrata.service.rules.versions import current, engine_of
from custrata.service.sales.deals import Deals, Whose, deals
from custrata.service.sales.stays import Days, Stay, days, stays
from custrata.store.models import OpportunityStep


@dataclass(frozen=True)
class Results:
    """What came of some opportunities.

    Attributes:
        count: how many came up. otherwise: ended, neither won nor lost.
        amount: of all, each with its latest amount; None where no amount is known.
        unpriced: how many have no amount.
        amount_won: of those won; 0 where none was, None where none of theirs is known.
        to_close: days from the first row to the end, of all that ended. to_win: of those won.
    """

    count: int
    won: int
    lost: int
    otherwise: int
    open: int
    amount: Decimal | None
    unpriced: int
    amount_won: Decimal | None
    to_close: Days
    to_win: Days

    @property
    def win_rate(self) -> float | None:
        """Won ÷ (won + lost); None where none was either."""
        ended = self.won + self.lost
        return self.won / ended if ended else None


@dataclass(frozen=True)
class StepFigures:
    """A step of the funnel.

    Attributes:
        part: `before`, `during` or `after` the sale.
        count: how many came so far, or further; steps that were left out count as reached.
        amount: theirs; None where none is known.
        conversion: the share of them that reached the next step; None at the last one.
        standing: how many are there now, open.
        stay: how long they are in it.
    """

    code: str
    part: str
    count: int
    amount: Decimal | None
    conversion: float | None
    standing: int
    stay: Stay


@dataclass(frozen=True)
class Beside:
    """A step that records name and the register does not; it has no place in the funnel.

    Attributes:
        count: how many opportunities ever were there.
    """

    code: str
    count: int
    stay: Stay


@dataclass(frozen=True)
class Person:
    """What came of one salesperson's opportunities; `owner` None are nobody's.

    Attributes:
        team: as the register of staff says.
    """

    owner: str | None
    team: str | None
    results: Results


@dataclass(frozen=True)
class Funnel:
    """Opportunities that came up between two days, both taken in, as of another day.

    Attributes:
        nowhere: how many were at no step of the register, and so are in none of `steps`.
        people: who has most first.
    """

    since: date
    until: date
    as_of: date
    total: Results
    steps: tuple[StepFigures, ...]
    beside: tuple[Beside, ...]
    nowhere: int
    people: tuple[Person, ...]


def funnel(
    session: Session,
    since: date,
    until: date,
    owner: str | None = None,
    team: str | None = None,
    now: datetime | None = None,
) -> Funnel:
    """The funnel of the opportunities whose first row lies between two days, both taken in.

    Days are those of the rules' time zone. An opportunity is its latest salesperson's. A team is
    who the register of staff puts in it; one that it does not have is that of customers, less
    what belongs to salespersons of other teams.

    Args:
        owner: only this salesperson's. team: only those of this team.
        now: what is dated later is not read; None takes the clock of the wall.

    Raises:
        DataError: the days are turned round, or too far apart.
    """
    first, last = span(since, until)
    zone = ZoneInfo(engine_of(current(session)).ruleset.time_zone)
    moment = now or wall_clock()
    today = moment.astimezone(zone).date()
    order = known_steps(session)
    teams = teams_of_staff(session)
    whose = _whose(session, owner, team, teams)
    found = deals(session, order, first, last, moment, zone, whose)
    stayed = stays(found, today)
    return Funnel(
        since=first,
        until=last,
        as_of=today,
        total=_results(found.each, found.scale),
        steps=tuple(_steps(found, order, stayed)),
        beside=tuple(_beside(found, {one.code for one in order}, stayed)),
        nowhere=found.each["furthest"].null_count(),
        people=tuple(_people(found, teams)),
    )


def _whose(
    session: Session, owner: str | None, team: str | None, teams: Mapping[str, str]
) -> Whose:
    owners = None if owner is None else frozenset([owner])
    if team is None:
        return Whose(owners)
    those = frozenset(members(session, team))
    if not those:
        return Whose(owners, team, frozenset(teams))
    return Whose(those if owners is None else those & owners)


def _steps(
    found: Deals, order: Sequence[OpportunityStep], stayed: Mapping[str, Stay]
) -> list[StepFigures]:
    reached = [found.each.filter(pl.col("furthest") >= place) for place in range(len(order))]
    counts = [one.height for one in reached]
    shares = [after / before if before else None for before, after in pairwise(counts)]
    here = dict(found.each.filter(state=OPEN).group_by("step").len().iter_rows())
    return [
        StepFigures(
            code=one.code,
            part=one.part,
            count=own.height,
            amount=_sum(own["units"], found.scale),
            conversion=share,
            standing=here.get(one.code, 0),
            stay=stayed.get(one.code, Stay()),
        )
        for one, own, share in zip(order, reached, [*shares, None], strict=True)
    ]


def _beside(found: Deals, known: set[str], stayed: Mapping[str, Stay]) -> list[Beside]:
    strange = found.changes.filter(~pl.col("step").is_in(list(known)))
    pairs = strange.unique([KEY, "step"]).group_by("step").len()
    ordered = sorted(pairs.iter_rows(), key=lambda pair: (-pair[1], pair[0]))
    return [Beside(code, count, stayed.get(code, Stay())) for code, count in ordered]


def _people(found: Deals, teams: Mapping[str, str]) -> list[Person]:
    people = [
        Person(owner, teams.get(owner or ""), _results(own, found.scale))
        for (owner,), own in found.each.group_by("owner", maintain_order=True)
    ]
    return sorted(people, key=lambda one: (one.owner is None, -one.results.count, one.owner or ""))


def _results(each: pl.DataFrame, scale: int) -> Results:
    won, lost, there = (each.filter(state=state) for state in (WON, LOST, OPEN))
    took = pl.col("ended") - pl.col("came")
    return Results(
        count=each.height,
        won=won.height,
        lost=lost.height,
        otherwise=each.height - won.height - lost.height - there.height,
        open=there.height,
        amount=_sum(each["units"], scale),
        unpriced=each["units"].null_count(),
        amount_won=_sum(won["units"], scale) if won.height else Decimal(0),
        to_close=days(each.select(took).to_series()),
        to_win=days(won.select(took).to_series()),
    )


def _sum(units: pl.Series, scale: int) -> Decimal | None:
    """Exactly; None where nothing is known."""
    known = units.drop_nulls()
    return None if known.is_empty() else exactly(int(known.sum()), scale)
