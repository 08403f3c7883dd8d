"""Who brought most in the weeks, months, quarters and years that people look at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import narwhals.stable.v2 as nw
import polars as pl

from custrata.service.figures.ground import Ground
from custrata.service.figures.owned import held, holdings
from custrata.service.figures.shares import fairly
from custrata.service.sales.periods import PERIODS, period
from custrata.service.sales.times import monday_of
from custrata.store.types import day_number

KEPT = 200
"""Customers of a time."""


def best_lists(ground: Ground) -> Mapping[str, pl.DataFrame]:
    """Lists `best:FIRST:LAST`, of the times that begin and end there, for the run's own day.

    Revenue counts for whom a customer belonged to on the day of the sale, as in `turnover`.
    """
    made = ground.result.facts.transactions
    if made is None:
        return {}
    times = best_times(ground.result.as_of)
    first = min(day_number(since) for since, _ in times)
    wanted = made.filter(nw.col("day") >= first).select("customer_id", "day", "amount")
    sums = {best_name(*ends): pl.col("amount").filter(_within(*ends)).sum() for ends in times}
    rows = held(wanted.to_native(), holdings(ground)).group_by("customer_id", "owner").agg(**sums)
    summed, scale = rows.collect(), ground.result.facts.scale
    return {name: _best(summed.select("customer_id", "owner", amount=name), scale) for name in sums}


def best_times(day: date) -> list[tuple[date, date]]:
    """The week and the periods of a brief, up to a day."""
    named = [period(name, day) for name in PERIODS]
    found = [(since, min(until, day)) for since, until in ((monday_of(day), day), *named)]
    return list(dict.fromkeys(found))


def best_name(since: date, until: date) -> str:
    """The name of the list of a time."""
    return f"best:{since}:{until}"


def _within(since: date, until: date) -> pl.Expr:
    return pl.col("day").is_between(day_number(since), day_number(until))


def _best(summed: pl.DataFrame, scale: int) -> pl.DataFrame:
    brought = summed.filter(pl.col("amount") > 0)
    first = fairly(brought, ["amount", "customer_id"], [True, False], KEPT)
    exact = [format(Decimal(units).scaleb(-scale), "f") for units in first["amount"]]
    return first.select("customer_id", pl.Series("revenue", exact, pl.String), "owner")
