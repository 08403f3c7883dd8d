"""Days that count once for a customer: her first sale, her moves from stage to stage, her loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from custrata.service.calendar.columns import local_day, month_of
from custrata.store.types import day_number

if TYPE_CHECKING:
    from custrata.service.figures.ground import Ground


def first_sales(ground: Ground) -> pl.DataFrame:
    """`customer_id`, `day` of everybody's first sale ever."""
    today = pl.lit(day_number(ground.result.as_of), pl.Int64)
    buyers = ground.known.frame.filter(pl.col("tenure").is_not_null())
    return buyers.select("customer_id", day=today - pl.col("tenure").cast(pl.Int64))


def moves(ground: Ground) -> pl.DataFrame:
    """Changes of stage with their `day`, and `was`, in their order.

    Where a change does not say what was before, it is what the change before it led to.
    """
    changes = ground.beside.stage_changes.sort("customer_id", "changed_at", "id")
    same = pl.col("customer_id") == pl.col("customer_id").shift(1)
    before = pl.when(same).then(pl.col("to_stage").shift(1))
    zone = ground.result.engine.ruleset.time_zone
    return changes.with_columns(
        day=local_day("changed_at", zone), was=pl.coalesce("from_stage", before)
    )


def losses(ground: Ground) -> pl.DataFrame:
    """`customer_id`, `day` of who was put outside of the funnel, by whomever; once a month."""
    exits = ground.beside.stages.filter(pl.col("exit"))["code"].implode()
    outside = moves(ground).filter(
        pl.col("to_stage").is_in(exits), ~pl.col("was").is_in(exits).fill_null(value=False)
    )
    month = month_of(pl.col("day")).alias("month")
    return outside.group_by("customer_id", month).agg(pl.col("day").min()).drop("month")
