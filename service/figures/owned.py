"""Who looked after whom, and when: for figures that are somebody's.

Days count, of the rules' time zone: whoever has a customer at the end of a day has that whole day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from custrata.service.calendar.columns import local_day
from custrata.store.types import day_number

if TYPE_CHECKING:
    from custrata.service.figures.ground import Ground


def holdings(ground: Ground) -> pl.DataFrame:
    """Who had each customer, one row for each time that she had the same salesperson.

    Before her first change she was whose the change says; without any she always was whose she is.
    Of several changes on a day the last one counts. Later ones than the run's day are not read.

    Returns:
        `customer_id`, `marketer` (of now), `owner` (null for nobody), `since` (day; null for as
        long as she is known), `until` (the day from which on it was another one; null for still),
        `taken` (the day on which she was taken over: that on which she was created, for the
        first one; null where it is not known).
    """
    zone, last = ground.result.engine.ruleset.time_zone, day_number(ground.result.as_of)
    changes = ground.beside.owner_changes.with_columns(day=local_day("changed_at", zone))
    changes = changes.sort("changed_at", "id")
    begun = _begun(ground, changes, zone, last)
    moved = (
        changes.filter(pl.col("day") <= last)
        .group_by("customer_id", "day")
        .agg(owner=pl.col("to_owner").last())
        .join(begun.select("customer_id", "marketer"), on="customer_id")
        .select("customer_id", "marketer", "owner", since="day", taken="day")
    )
    settled = begun.join(moved, on="customer_id", how="anti")
    both = pl.concat([begun.join(moved, on="customer_id", how="semi"), moved])
    alone = settled.with_columns(until=pl.lit(None, pl.Int64))
    return pl.concat([alone, _ended(both)], how="diagonal")


def held(rows: pl.LazyFrame, held_by: pl.DataFrame) -> pl.LazyFrame:
    """`rows` with `owner` and `marketer`.

    Args:
        rows: `customer_id`, `day`, others; of customers who are not known none is left.
        held_by: see `holdings`. Customers who had one salesperson alone, nearly all of them, are
            joined without a look at the day: ten million rows take seconds.
    """
    always = pl.col("since").is_null() & pl.col("until").is_null()
    one, several = held_by.filter(always), held_by.filter(~always)
    names = ("customer_id", "owner", "marketer")
    ends = ("since", "until")
    then = (pl.col("day") >= pl.col("since")).fill_null(value=True)
    before = (pl.col("day") < pl.col("until")).fill_null(value=True)
    plain = rows.join(one.lazy().select(names), on="customer_id")
    dated = rows.join(several.lazy().select(*names, *ends), on="customer_id")
    return pl.concat([plain, dated.filter(then & before).drop(ends)])


def _begun(ground: Ground, changes: pl.DataFrame, zone: str, last: int) -> pl.DataFrame:
    """Who had everyone first; she was not taken over where that was over on the same day."""
    first = changes.group_by("customer_id").agg(
        first=pl.col("from_owner").first(), day=pl.col("day").first()
    )
    known = ground.beside.customers.select(
        "customer_id", "owner", "marketer", created=local_day("created_at", zone)
    ).join(first, on="customer_id", how="left")
    lasted = pl.col("day").is_null() | (pl.col("created") < pl.col("day"))
    return known.select(
        "customer_id",
        "marketer",
        owner=pl.when(pl.col("day").is_null()).then("owner").otherwise("first"),
        since=pl.lit(None, pl.Int64),
        taken=pl.when(lasted & (pl.col("created") <= last)).then("created"),
    )


def _ended(both: pl.DataFrame) -> pl.DataFrame:
    """Holdings in their order, each until the next one; what changes nothing is left out."""
    ordered = both.sort("customer_id", "since", nulls_last=False)
    same = pl.col("customer_id") == pl.col("customer_id").shift(1)
    kept = ordered.filter(
        ~same.fill_null(value=False) | pl.col("owner").ne_missing(pl.col("owner").shift(1))
    )
    following = pl.col("customer_id") == pl.col("customer_id").shift(-1)
    return kept.with_columns(until=pl.when(following).then(pl.col("since").shift(-1)))
