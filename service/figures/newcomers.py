"""Leads nobody saw to, birthdays that come, and records that lack what is needed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl

from custrata.service.calendar.columns import local_day
from custrata.service.figures.ground import Ground
from custrata.service.figures.shares import LONGEST, fairly
from custrata.store.types import day_number

FRESH = 14
"""Days for which a customer who bought nothing yet is a new lead, in whatever stage."""
NEW = "new"
"""The stage of whom nobody met yet."""
BIRTHDAYS = 10
"""Days ahead for which birthdays are kept: a week, and nights without a run."""


def lead_list(ground: Ground) -> Mapping[str, pl.DataFrame]:
    """The list `new_leads`: who was never reached or is nobody's, the newest first."""
    first = fairly(_leads(ground), ["created", "customer_id"], [True, False], LONGEST)
    created = pl.from_epoch("created", "d").dt.to_string("%Y-%m-%d")
    return {"new_leads": first.select("customer_id", created, "reached")}


def birthday_list(ground: Ground) -> Mapping[str, pl.DataFrame]:
    """The list `birthdays`, of each day and owner those who brought most first."""
    born = _birthdays(ground)
    ranked = born.join(ground.known.frame.select("customer_id", "revenue"), on="customer_id")
    ordered = fairly(ranked, ["revenue", "customer_id"], [True, False], LONGEST)
    return {"birthdays": ordered.select("customer_id", "birthday", "year")}


def waiting_counts(ground: Ground) -> Mapping[str, Any]:
    """The figures `waiting` and `lacking`, rows by owner.

    `waiting`: `leads`; `birthdays` by day. `lacking`: `customers` of hers, those without `source`
    and without `phone`; those of nobody have no owner.
    """
    known = ground.beside.customers
    nothing = [pl.col("source").is_null().sum(), (~pl.col("phone").cast(pl.Boolean)).sum()]
    lacking = known.group_by("owner").agg(pl.len().alias("customers"), *nothing)
    leads = _leads(ground).group_by("owner").len("leads")
    born = _birthdays(ground).group_by("owner", "birthday").len("birthdays")
    return {
        "waiting": {
            "leads": leads.sort("owner").to_dicts(),
            "birthdays": born.sort("owner", "birthday").to_dicts(),
        },
        "lacking": lacking.sort("owner").to_dicts(),
    }


def _leads(ground: Ground) -> pl.DataFrame:
    """`customer_id`, `owner`, `created` (day), `reached`."""
    zone, last = ground.result.engine.ruleset.time_zone, day_number(ground.result.as_of)
    known = ground.beside.customers.with_columns(created=local_day("created_at", zone))
    buyers = ground.known.frame.filter(pl.col("tenure").is_not_null())
    fresh = pl.col("created").is_between(last - FRESH + 1, last)
    leads = known.filter((pl.col("stage") == NEW) | fresh)
    leads = leads.join(buyers, on="customer_id", how="anti")
    leads = leads.join(_reached(ground), on="customer_id", how="left")
    leads = leads.with_columns(pl.col("reached").fill_null(value=False))
    waits = ~pl.col("reached") | pl.col("owner").is_null()
    return leads.filter(waits).select("customer_id", "owner", "created", "reached")


def _reached(ground: Ground) -> pl.DataFrame:
    made = ground.result.facts.contacts
    if made is None:
        return pl.DataFrame(schema={"customer_id": pl.String, "reached": pl.Boolean})
    frame = made.filter(nw.col("counts")).select("customer_id").unique()
    reached: pl.DataFrame = frame.to_native().collect()
    return reached.with_columns(reached=pl.lit(value=True))


def _birthdays(ground: Ground) -> pl.DataFrame:
    """`customer_id`, `owner`, `birthday` (the day that is celebrated), `year` of birth."""
    days = [ground.result.as_of + timedelta(days=by) for by in range(BIRTHDAYS)]
    near = pl.DataFrame(
        [(day.month, day.day, day.isoformat()) for day in days]
        + [(2, 29, day.isoformat()) for day in days if _stands_for_leap_day(day)],
        schema={"month": pl.Int8, "day": pl.Int8, "birthday": pl.String},
        orient="row",
    )
    born = pl.from_epoch("birth_date", "d")
    known = ground.beside.customers.filter(pl.col("birth_date").is_not_null())
    known = known.with_columns(month=born.dt.month(), day=born.dt.day(), year=born.dt.year())
    joined = known.join(near, on=["month", "day"])
    return joined.select("customer_id", "owner", "birthday", "year")


def _stands_for_leap_day(day: date) -> bool:
    """Whoever was born on 29 February has her birthday on the 28th where there is none."""
    return (day.month, day.day) == (2, 28) and (day + timedelta(days=1)).month == 3
