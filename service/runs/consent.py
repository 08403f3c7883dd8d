"""Customers who may not be classified: the labels that they had are taken back."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from custrata.engine.run import Labelled
from custrata.service.runs.labels import SCHEMA

WHY = "consent"
"""What a label that is taken back is put down to."""


def left_out(given: pl.DataFrame, labelled: Labelled) -> pl.DataFrame:
    """`customer_id` of those who were given and may not be classified."""
    known: pl.DataFrame = labelled.frame.select("customer_id").to_native().collect()
    return given.select("customer_id").join(known, on="customer_id", how="anti")


def withdrawn(out: pl.DataFrame, names: Sequence[str], now: pl.DataFrame) -> pl.DataFrame:
    """The transitions of those who are left out and have labels; see `labels.SCHEMA`.

    Args:
        out, names, now: as `left_out` and `labels.transitions` have them.
    """
    had = now.filter(pl.col("label").is_not_null() & pl.col("classifier").is_in(names))
    theirs = had.join(out, on="customer_id", how="semi")
    return theirs.select(
        "customer_id",
        "classifier",
        label=pl.lit(None, pl.String),
        was="label",
        why=pl.lit(WHY),
    ).select(*SCHEMA)
