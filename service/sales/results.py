"""Results of salespeople and marketers over some months, against what they were to sell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata.service.figures.kept import Figures
from custrata.service.registers.targets import goals
from custrata.service.values import wrong
from custrata.store.models import Staff

_COUNTS = ("taken_over", "moved_on", "won", "lost", "sales", "brought", "contacted")


@dataclass(frozen=True)
class Span:
    """The months that are asked for, by their first days.

    Attributes:
        months: all that there are, the earliest first.
    """

    first: date
    last: date
    months: Sequence[date]

    @property
    def asked(self) -> list[date]:
        """Those that are asked for."""
        return [one for one in self.months if self.first <= one <= self.last]


@dataclass(frozen=True)
class Person:
    """What somebody brought about; see docs/portfolio.md.

    Attributes:
        code: None for customers of nobody. name, team: None where the staff register knows none.
        waits: days from taking a customer over to the first contact, with how many customers.
        brought, contacted: of marketers alone; `taken_over` to `lost` but won: of salespeople.
        target: None where there is none.
    """

    code: str | None
    name: str | None = None
    team: str | None = None
    taken_over: int = 0
    waits: Mapping[int, int] = field(default_factory=dict)
    moved_on: int = 0
    won: int = 0
    lost: int = 0
    sales: int = 0
    brought: int = 0
    contacted: int = 0
    revenue: Decimal = Decimal()
    target: Decimal | None = None

    @property
    def wait(self) -> Decimal | None:
        """Median days from taking over to the first contact; None where nobody was reached."""
        return median(self.waits)

    @property
    def not_reached(self) -> int:
        """Customers taken over whom she had not reached when the run was made."""
        return self.taken_over - sum(self.waits.values())

    @property
    def reached_target(self) -> float | None:
        """Revenue ÷ target."""
        return float(self.revenue / self.target) if self.target else None


@dataclass(frozen=True)
class Results:
    """Results of some months.

    Attributes:
        as_of: the run's day, up to which the last month is told.
        owners, marketers: the most revenue first, nobody last. owners_total, marketers_total: all.
    """

    span: Span
    as_of: date
    owners: Sequence[Person]
    owners_total: Person
    marketers: Sequence[Person]
    marketers_total: Person


def results(
    session: Session, figures: Figures, first: date | None = None, last: date | None = None
) -> Results | None:
    """What the last run found; None where it has no such figure.

    Args:
        first, last: days of the months asked for; None takes the month of the run.

    Raises:
        DataError: months that are not told of, or the last one before the first.
    """
    found = figures.get("results")
    if found is None:
        return None
    span = _span([date.fromisoformat(f"{one}-01") for one in found["months"]], first, last)
    staff = {one.code: one for one in session.scalars(select(Staff))}
    targets = _targets(session, span)
    owners = _people(found["owners"], "owner", span, staff, targets)
    marketers = _people(found["marketers"], "marketer", span, staff, {})
    return Results(span, figures.as_of, owners, total(owners), marketers, total(marketers))


def total(people: Iterable[Person]) -> Person:
    """All together; the target of those who have one."""
    those = list(people)
    targets = [one.target for one in those if one.target is not None]
    return Person(
        code=None,
        waits=_merged(one.waits for one in those),
        revenue=sum((one.revenue for one in those), Decimal()),
        target=sum(targets, Decimal()) if targets else None,
        **{name: sum(getattr(one, name) for one in those) for name in _COUNTS},
    )


def median(waits: Mapping[int, int]) -> Decimal | None:
    """The median of values that occur so often each; exactly."""
    count = sum(waits.values())
    if not count:
        return None
    ordered = sorted(waits.items())
    ends = (count - 1) // 2, count // 2
    return Decimal(sum(_at(ordered, place) for place in ends)) / 2


def _at(ordered: Sequence[tuple[int, int]], place: int) -> int:
    """The value at a place, counted from 0."""
    for value, times in ordered:
        place -= times
        if place < 0:
            return value
    raise IndexError(place)


def _span(months: Sequence[date], first: date | None, last: date | None) -> Span:
    begin, end = first or last or months[-1], last or first or months[-1]
    begin, end = begin.replace(day=1), end.replace(day=1)
    if not months[0] <= begin <= end <= months[-1]:
        allowed = f"{months[0]:%Y-%m} to {months[-1]:%Y-%m}"
        raise wrong("results-months", f"{begin:%Y-%m} to {end:%Y-%m} is not told", allowed)
    return Span(begin, end, months)


def _targets(session: Session, span: Span) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for (owner, _month), goal in goals(session, span.asked).items():
        sums[owner] = sums.get(owner, Decimal()) + goal.amount
    return sums


def _people(
    rows: Sequence[Mapping[str, Any]],
    whose: str,
    span: Span,
    staff: Mapping[str, Staff],
    targets: Mapping[str, Decimal],
) -> list[Person]:
    months = {f"{one:%Y-%m}" for one in span.asked}
    parts: dict[str | None, list[Person]] = {code: [] for code in targets}
    for row in rows:
        if row["month"] in months:
            parts.setdefault(row[whose], []).append(_of(row))
    found = [_together(code, ones, staff, targets) for code, ones in parts.items()]
    return sorted(found, key=lambda one: (one.code is None, -one.revenue, one.code or ""))


def _of(row: Mapping[str, Any]) -> Person:
    counts = {name: row.get(name, 0) for name in _COUNTS}
    waits = dict(row.get("waits", ()))
    return Person(None, waits=waits, revenue=Decimal(row["revenue"]), **counts)


def _together(
    code: str | None,
    months: Sequence[Person],
    staff: Mapping[str, Staff],
    targets: Mapping[str, Decimal],
) -> Person:
    summed, known = total(months), staff.get(code or "")
    return Person(
        code=code,
        name=known.name if known else None,
        team=known.team if known else None,
        waits=summed.waits,
        revenue=summed.revenue,
        target=targets.get(code or ""),
        **{name: getattr(summed, name) for name in _COUNTS},
    )


def _merged(several: Iterable[Mapping[int, int]]) -> dict[int, int]:
    found: dict[int, int] = {}
    for one in several:
        for days, customers in one.items():
            found[days] = found.get(days, 0) + customers
    return found
