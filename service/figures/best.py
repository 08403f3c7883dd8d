"""Who brought most in the weeks, months, quarters and years that people look at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import narwhals.stable.v2 as nw
import polars as pl

from custrata.service.calendar.periods import PERIODS, period
from custrata.service.calendar.times import monday_of
from custrata.service.figures.ground import Ground
from custrata.service.figures.measured import exact_text
from custrata.service.figures.owned import held
from custrata.service.figures.shares import fairly
from custrata.store.types import day_number

KEPT = 200
"""Customers of a time that are kept as somebody's."""
OF_ALL = 50
"""Customers of a time that are kept for what they brought everyone."""


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
    rows = held(wanted.to_native(), ground.holdings).group_by("customer_id", "owner").agg(**sums)
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
    """Of each customer on it what she brought each: whoever looks at several adds that up."""
    order = ["amount", "customer_id"], [True, False]
    theirs = fairly(summed.filter(pl.col("amount") > 0), *order, KEPT)
    total = summed.group_by("customer_id").agg(pl.col("amount").sum())
    best = total.sort(*order[:1], descending=order[1]).filter(pl.col("amount") > 0).head(OF_ALL)
    those = pl.concat([best["customer_id"], theirs["customer_id"]]).unique()
    first = summed.filter(pl.col("customer_id").is_in(those.implode()), pl.col("amount") != 0).sort(
        pl.col("amount").sum().over("customer_id"),
        *("customer_id", pl.col("owner")),
        descending=[True, False, False],
    )
    exact = [exact_text(units, scale) for units in first["amount"]]
    return first.select("customer_id", pl.Series("revenue", exact, pl.String), "owner")
