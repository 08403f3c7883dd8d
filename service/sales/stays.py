"""How long opportunities stay in a step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from custrata.service.figures.standing import KEY, OPEN, WON, first
from custrata.service.sales.deals import Deals
from custrata.store.types import day_number


@dataclass(frozen=True)
class Days:
    """Spans of whole days: how many, their mean and median; None where there is none."""

    count: int = 0
    mean: float | None = None
    median: float | None = None


NONE = Days()


@dataclass(frozen=True)
class Stay:
    """Time in a step.

    Attributes:
        done: of those who went on, or ended. so_far: of those who are there still.
    """

    done: Days = NONE
    so_far: Days = NONE


def days(spans: pl.Series) -> Days:
    """What a column of whole numbers comes to; nulls are left out."""
    known = spans.drop_nulls()
    if known.is_empty():
        return NONE
    median = known.median()
    assert isinstance(median, float)
    return Days(len(known), int(known.sum()) / len(known), median)


def stays(found: Deals, today: date) -> Mapping[str, Stay]:
    """By step. Several spans of one opportunity in a step count together.

    A span lasts till the next row. While an opportunity is lost it is in no step; after it was won
    it is, as long as the sale goes on.
    """
    state, after = pl.col("state"), pl.col("state").shift(-1)
    is_last = first().shift(-1, fill_value=True)
    till = pl.when(is_last).then(day_number(today)).otherwise(pl.col("day").shift(-1))
    counts = (state == OPEN) | (~is_last & (state == WON) & (after == WON))
    spans = (
        found.changes.with_columns(days=till - pl.col("day"), still=is_last, counts=counts)
        .filter("counts")
        .group_by(KEY, "step")
        .agg(pl.col("days").sum(), pl.col("still").any())
    )
    return {
        str(step): Stay(
            days(own.filter(~pl.col("still"))["days"]), days(own.filter("still")["days"])
        )
        for (step,), own in spans.group_by("step")
    }
