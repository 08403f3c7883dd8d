"""Which source deserves the budget: what each brought in the rules' window, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata.engine.values import exactly
from custrata.service.figures.kept import Figures
from custrata.service.registers.sources import sources
from custrata.store.models import Source, SourceCost


@dataclass(frozen=True)
class Compared:
    """What a source brought and cost in the months whose cost is known; `cost` is None if none."""

    revenue: Decimal = Decimal()
    won: int = 0
    cost: Decimal | None = None


@dataclass(frozen=True)
class SourceFigures:
    """A source as of a run.

    Attributes:
        code, name: None for customers without one.
        won: customers who ever bought. won_lately: whose first sale lies in the window.
        revenue: in the window; None where it is not measured.
        cost: of the months that begin in the window; None where none is known.
        months: so many begin in it; of a window without a limit those that are told by month.
        unknown: of so many of these no cost is known.
        compared: what is set against cost: revenue, customers won and cost of the others.
    """

    code: str | None
    name: str | None
    active: bool
    customers: int
    won: int
    won_lately: int
    revenue: Decimal | None
    cost: Decimal | None
    months: int
    unknown: int
    compared: Compared

    @property
    def share_won(self) -> float | None:
        """Which share of its customers ever bought."""
        return self.won / self.customers if self.customers else None

    @property
    def revenue_each(self) -> Decimal | None:
        """Revenue per customer."""
        if self.revenue is None or not self.customers:
            return None
        return self.revenue / self.customers

    @property
    def cost_each(self) -> Decimal | None:
        """Cost per customer won, in the months whose cost is known."""
        cost, won = self.compared.cost, self.compared.won
        return None if cost is None or not won else cost / won

    @property
    def spend_back(self) -> float | None:
        """Revenue ÷ cost, in the months whose cost is known."""
        cost = self.compared.cost
        return float(self.compared.revenue / cost) if cost else None


_NOTHING: Mapping[str, Any] = {"customers": 0, "won": 0, "won_lately": 0, "revenue": None}


def source_figures(session: Session, figures: Figures) -> list[SourceFigures]:
    """Every source of the register, and whatever else customers have; the most revenue first."""
    named = {one.code: one for one in sources(session)}
    rows = {row["source"]: row for row in figures.get("sources") or ()}
    costs = costs_within(session, *months(figures))
    by_month = figures.get("sources_by_month") or {"months": (), "rows": ()}
    after = str(months(figures)[0] or "")
    told = [month for month in by_month["months"] if month > after]
    found = [
        _of(
            code,
            named.get(code or ""),
            rows.get(code, _NOTHING),
            costs.get(code or "", {}),
            told,
            [row for row in by_month["rows"] if row["source"] == code],
        )
        for code in dict.fromkeys([*named, *rows])
    ]
    return sorted(found, key=lambda one: (one.code is None, -(one.revenue or 0), one.name or ""))


def months(figures: Figures) -> tuple[date | None, date]:
    """The days between which the months begin whose costs belong to the revenue of a run.

    Returns:
        The day before the first one, None where the rules' window has no limit; the last one.
    """
    days = (figures.get("basis") or {}).get("window_days")
    return None if days is None else figures.as_of - timedelta(days=days), figures.as_of


def costs_within(session: Session, after: date | None, last: date) -> dict[str, dict[str, Decimal]]:
    """What each source cost in each of the months that begin then, of which something is known."""
    query = select(SourceCost).where(SourceCost.month <= last)
    rows = session.scalars(query if after is None else query.where(SourceCost.month > after))
    costs: dict[str, dict[str, Decimal]] = {}
    for row in rows:
        costs.setdefault(row.source, {})[str(row.month)] = exact(row)
    return costs


def exact(cost: SourceCost) -> Decimal:
    """The amount of a cost."""
    return exactly(cost.amount, cost.scale)


def _of(
    code: str | None,
    entry: Source | None,
    row: Mapping[str, Any],
    costs: Mapping[str, Decimal],
    months: Sequence[str],
    by_month: Sequence[Mapping[str, Any]],
) -> SourceFigures:
    known = [one for one in months if one in costs]
    return SourceFigures(
        code=code,
        name=entry.name if entry else code,
        active=entry.active if entry else True,
        customers=row["customers"],
        won=row["won"],
        won_lately=row["won_lately"],
        revenue=None if row["revenue"] is None else Decimal(row["revenue"]),
        cost=sum(costs.values(), Decimal()) if costs else None,
        months=len(months),
        unknown=len(months) - len(known),
        compared=_compared(costs, known, by_month),
    )


def _compared(
    costs: Mapping[str, Decimal], known: Sequence[str], by_month: Sequence[Mapping[str, Any]]
) -> Compared:
    """The months whose cost is known; a month without anything has no row."""
    rows = [row for row in by_month if row["month"] in known]
    return Compared(
        revenue=sum((Decimal(row["revenue"]) for row in rows), Decimal()),
        won=sum(row["won"] for row in rows),
        cost=sum((costs[one] for one in known), Decimal()) if known else None,
    )
