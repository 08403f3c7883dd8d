"""What some salespeople brought between two days, out of the figure `turnover` of the last run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata.engine.values import exactly
from custrata.service.figures.kept import Figures
from custrata.service.figures.turnover import FIELDS, NOBODY
from custrata.service.registers.targets import goal_of
from custrata.service.sales.scope import Scope
from custrata.store.models import Staff, Target


@dataclass(frozen=True)
class Takings:
    """What was brought; everything counts for whom a customer belonged to on that day.

    Attributes:
        revenue: exact, refunds subtracted.
        won: customers with their first sale. created: new customers. lost: customers.
        complaints: opened. settled: of these, at the run.
    """

    sales: int = 0
    revenue: Decimal = Decimal()
    won: int = 0
    created: int = 0
    lost: int = 0
    complaints: int = 0
    settled: int = 0


def takings(figures: Figures, scope: Scope, since: date, until: date) -> Takings | None:
    """Sums of some days; None where the run knows nothing of them, before its time or after."""
    found = _found(figures, since)
    return None if found is None else _sum(_rows(found, scope, since, until), found["scale"])


def by_owner(
    figures: Figures, scope: Scope, since: date, until: date
) -> dict[str | None, Takings] | None:
    """For each of whom there is anything to tell; the key None is for nobody's customers."""
    found = _found(figures, since)
    if found is None:
        return None
    parts = {}
    for owner in found["owners"]:
        rows = list(_rows(found, Scope("", frozenset([owner])), since, until))
        if rows and scope.has(owner):
            parts[owner or None] = _sum(iter(rows), found["scale"])
    return parts


def targets(session: Session, scope: Scope, month: date) -> dict[str, Target]:
    """What each is to sell in a month, and how often to call."""
    rows = session.scalars(select(Target).where(Target.month == month))
    return {one.owner: one for one in rows if scope.has(one.owner)}


def target_sum(rows: Mapping[str, Target]) -> Decimal | None:
    """All of them together; None where nobody has any."""
    return sum((goal_of(one).amount for one in rows.values()), Decimal()) if rows else None


def sellers(session: Session, figures: Figures, scope: Scope) -> list[str]:
    """Who is there: of the firm those of the register, and whose customers the last run told of."""
    if scope.owners is not None:
        return sorted(scope.owners)
    found = figures.get("turnover")
    return sorted(
        {*session.scalars(select(Staff.code)), *(found["owners"] if found else ())} - {NOBODY}
    )


def _found(figures: Figures, since: date) -> Mapping[str, Any] | None:
    """The figure, where it knows that day: what came after the run is not known to be nothing."""
    found: Mapping[str, Any] | None = figures.get("turnover")
    if found is None or since > figures.as_of or since.isoformat() < found["first"]:
        return None
    return found


def _rows(found: Mapping[str, Any], scope: Scope, since: date, until: date) -> Iterator[list[int]]:
    first, last = since.isoformat(), until.isoformat()
    for owner, days in found["owners"].items():
        if scope.has(owner):
            yield from (numbers for day, numbers in days.items() if first <= day <= last)


def _sum(rows: Iterator[list[int]], scale: int) -> Takings:
    sums = [sum(column) for column in zip(*rows, strict=True)] or [0] * len(FIELDS)
    values: dict[str, Any] = dict(zip(FIELDS, sums, strict=True))
    return Takings(**{**values, "revenue": exactly(values["revenue"], scale)})
