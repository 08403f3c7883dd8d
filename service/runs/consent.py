"""Customers who may not be classified: the labels that they had are taken back."""

from __future__ import annotations

import polars as pl

from custrata.engine.result import Result
from custrata.service.runs.labels import SCHEMA, classifiers_of

WHY = "consent"
"""What a label that is taken back is put down to."""


def left_out(result: Result) -> pl.DataFrame:
    """`customer_id` of those who were given and may not be classified."""
    given = result.frames.get("customers")
    if given is None:
        return pl.DataFrame(schema={"customer_id": pl.String})
    known: pl.DataFrame = result.labelled.frame.select("customer_id").to_native().collect()
    ids: pl.DataFrame = given.select("customer_id")
    return ids.join(known, on="customer_id", how="anti")


def withdrawn(result: Result, now: pl.DataFrame) -> pl.DataFrame:
    """The transitions of those who are left out and have labels; see `labels.SCHEMA`.

    Args:
        now: the labels as they stand.
    """
    had = now.filter(
        pl.col("label").is_not_null() & pl.col("classifier").is_in(classifiers_of(result.engine))
    )
    theirs = had.join(left_out(result), on="customer_id", how="semi")
    return theirs.select(
        "customer_id",
        "classifier",
        label=pl.lit(None, pl.String),
        was="label",
        why=pl.lit(WHY),
    ).select(*SCHEMA)
