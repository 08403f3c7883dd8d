"""Hand-written Polars as one streaming query: the cut points are expressions in it."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from benchmarks.job import TOP_FRACTIONS, TOP_SHARE
from benchmarks.peers.polars_parts import bought, labels, measured
from benchmarks.peers.polars_two_step import FIFTHS


def run(folder: Path, out: Path) -> None:
    """Read the data set, write `customer_id` and six labels as Parquet."""
    fifths = [
        [pl.col(name).filter(bought).quantile(share, "linear") for share in FIFTHS]
        for name in ("recency_days", "frequency", "monetary")
    ]
    query = measured(folder).select(labels(fifths, _tops(), _head()))
    query.sink_parquet(out, engine="streaming")


def _tops() -> list[pl.Expr]:
    falling = pl.col("monetary").filter(bought).sort(descending=True)
    count = bought.sum().cast(pl.Int64)
    places = [(round(share * 100) * count + 99) // 100 - 1 for share in TOP_FRACTIONS]
    return [falling.get(place) for place in places]


def _head() -> pl.Expr:
    amount = pl.col("monetary")
    falling = amount.filter(amount > 0).sort(descending=True)
    sums = falling.cum_sum()
    reached = sums * 100 >= falling.sum() * round(TOP_SHARE * 100)
    return falling.filter(reached).first()
