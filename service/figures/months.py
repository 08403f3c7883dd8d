"""Revenue month by month, and what it foretells."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from custrata.service.calendar.columns import month_of
from custrata.service.calendar.times import end_of, following, months_until
from custrata.service.figures.forecast import foretell
from custrata.service.figures.ground import Ground
from custrata.service.figures.measured import exact_text
from custrata.store.types import day_of

MONTHS = 60
"""So many are told, and so many a forecast looks at."""
_FIRST_WEEK = 7


def by_month(ground: Ground) -> dict[str, Any]:
    """Revenue of the last months, and the forecast of the next ones.

    Returns:
        revenue_by_month: `month`, `revenue` as exact text, `whole`: whether the month is over,
            and was not the first one, begun in its middle. From the first sale on.
        forecast: see `figures.forecast`, with `from`, the first month that it tells.
    """
    as_of = ground.result.as_of
    rows = _rows(ground, as_of)
    whole = [Decimal(row["revenue"]) for row in rows if row["whole"]]
    last = next((date.fromisoformat(row["month"]) for row in rows[::-1] if row["whole"]), None)
    first = None if last is None else str(following(last))
    return {"revenue_by_month": rows, "forecast": {**asdict(foretell(whole)), "from": first}}


def _rows(ground: Ground, as_of: date) -> list[dict[str, Any]]:
    days = ground.sold.group_by("day").agg(pl.col("amount").cast(pl.Int128).sum())
    if days.is_empty():
        return []
    begun = day_of(min(days["day"]))
    sums = days.group_by(month_of(pl.col("day")).alias("month")).agg(pl.col("amount").sum())
    brought, scale = dict(sums.rows()), ground.result.facts.scale
    first = begun.replace(day=1)
    return [
        {
            "month": str(month),
            "revenue": exact_text(brought.get(month), scale),
            "whole": end_of(month) <= as_of and (month != first or begun.day <= _FIRST_WEEK),
        }
        for month in months_until(as_of, MONTHS)
        if month >= first
    ]
