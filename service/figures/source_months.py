"""Sources over time: what each brought and cost, month by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata.service.calendar.columns import local_day, month_of
from custrata.service.calendar.times import months_until
from custrata.service.figures.ground import Ground
from custrata.service.figures.kept import Figures
from custrata.service.figures.measured import exact_text
from custrata.service.figures.milestones import first_sales
from custrata.service.figures.sources import exact
from custrata.store.models import SourceCost
from custrata.store.types import day_number

MONTHS = 13
"""So many are told: a year, and the month that is under way."""


@dataclass(frozen=True)
class SourceMonth:
    """A month of a source, or of all.

    Attributes:
        new: customers who were created in it. won: whose first sale lies in it.
        revenue: of it, from all of the source's customers.
        cost: None where none is known.
    """

    month: date
    new: int
    won: int
    revenue: Decimal
    cost: Decimal | None

    @property
    def cost_each(self) -> Decimal | None:
        """Cost per customer won."""
        return None if self.cost is None or not self.won else self.cost / self.won

    @property
    def spend_back(self) -> float | None:
        """Revenue ÷ cost."""
        return float(self.revenue / self.cost) if self.cost else None


def source_months(ground: Ground) -> dict[str, Any]:
    """What each source brought in each of the last months; months without anything are left out."""
    months = months_until(ground.result.as_of, MONTHS)
    ends = day_number(months[0]), day_number(ground.result.as_of)
    sums = [_new(ground), _won(ground), _revenue(ground, ends[0])]
    rows = pl.concat(sums, how="diagonal").filter(pl.col("day").is_between(*ends))
    summed = rows.group_by("source", month_of(pl.col("day")).alias("month")).agg(
        pl.col("new").sum(), pl.col("won").sum(), pl.col("revenue").sum()
    )
    scale = ground.result.facts.scale
    return {
        "sources_by_month": {
            "months": [str(month) for month in months],
            "rows": [
                {**row, "month": str(row["month"]), "revenue": exact_text(row["revenue"], scale)}
                for row in summed.sort("source", "month", nulls_last=True).to_dicts()
            ],
        }
    }


@dataclass(frozen=True)
class SourceMonths:
    """Every source month by month, the earliest first.

    Attributes:
        rows: as the figure has them. costs: by source and month, as they are known now.
    """

    months: Sequence[date]
    rows: Sequence[Mapping[str, Any]]
    costs: Mapping[str | None, Mapping[date, Decimal]]

    def of(self, source: str | None) -> list[SourceMonth]:
        """One source; None for customers without any."""
        own = [row for row in self.rows if row["source"] == source]
        return [_of(month, own, [self.costs.get(source, {})]) for month in self.months]

    def together(self) -> list[SourceMonth]:
        """All sources, and customers without any."""
        return [_of(month, self.rows, list(self.costs.values())) for month in self.months]


def months_of_sources(session: Session, figures: Figures) -> SourceMonths | None:
    """The last months of each source; None where the run left none."""
    found = figures.get("sources_by_month")
    if not found:
        return None
    months = [date.fromisoformat(one) for one in found["months"]]
    return SourceMonths(months, found["rows"], _costs(session, months))


def _of(
    month: date,
    rows: Sequence[Mapping[str, Any]],
    costs: Sequence[Mapping[date, Decimal]],
) -> SourceMonth:
    own = [row for row in rows if row["month"] == str(month)]
    paid = [one[month] for one in costs if month in one]
    return SourceMonth(
        month,
        new=sum(row["new"] for row in own),
        won=sum(row["won"] for row in own),
        revenue=sum((Decimal(row["revenue"]) for row in own), Decimal()),
        cost=sum(paid, Decimal()) if paid else None,
    )


def _costs(session: Session, months: Sequence[date]) -> dict[str | None, dict[date, Decimal]]:
    """By source, what the months cost of which something is known."""
    query = select(SourceCost).where(SourceCost.month.between(months[0], months[-1]))
    costs: dict[str | None, dict[date, Decimal]] = {}
    for row in session.scalars(query):
        costs.setdefault(row.source, {})[row.month] = exact(row)
    return costs


# --- at landing ---------------------------------------------------------------------------


def _new(ground: Ground) -> pl.DataFrame:
    """Customers on the days on which they were created."""
    zone = ground.result.engine.ruleset.time_zone
    known = ground.beside.customers.filter(pl.col("created_at").is_not_null())
    return known.select("source", day=local_day("created_at", zone), new=pl.lit(1, pl.Int64))


def _won(ground: Ground) -> pl.DataFrame:
    """Customers on the days of their first sales."""
    return _with_source(ground, first_sales(ground)).select(
        "source", "day", won=pl.lit(1, pl.Int64)
    )


def _revenue(ground: Ground, first: int) -> pl.DataFrame:
    """Amounts on their days from the first day on, refunds among them."""
    made = ground.sold.filter(pl.col("day") >= first)
    return _with_source(ground, made).select(
        "source", "day", revenue=pl.col("amount").cast(pl.Int128)
    )


def _with_source(ground: Ground, frame: pl.DataFrame) -> pl.DataFrame:
    sources = ground.beside.customers.select("customer_id", "source")
    return frame.join(sources, on="customer_id", how="inner")
