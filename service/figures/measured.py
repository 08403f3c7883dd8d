"""What every run measures, and what of it figures are worked out from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import narwhals.stable.v2 as nw
import polars as pl

from custrata.engine.measures.plan import measure
from custrata.engine.result import Result
from custrata.engine.values import exactly
from custrata.engine.what_if import REVENUE
from custrata.store.types import day_number

RECENCY, FREQUENCY, TENURE = "recency_days", "frequency", "tenure_days"
ALWAYS = (REVENUE, RECENCY, FREQUENCY, TENURE)
"""Measured by every run, whether its rules read them or not."""


@dataclass(frozen=True)
class Measured:
    """Everyone's figures.

    Attributes:
        frame: `customer_id`, `revenue` (Int64, units of 10**-scale), `recency`, `frequency`,
            `tenure`; null where a customer has none.
        scale: of revenue; None where the rules' `monetary` is no exact amount, and then every
            revenue is null.
    """

    frame: pl.DataFrame
    scale: int | None

    def amount(self, units: int | None) -> str | None:
        """An exact sum of revenues as text; None where revenue is not measured."""
        return None if self.scale is None else exact_text(units, self.scale)


def exact_text(units: int | None, scale: int) -> str:
    """So many units of 10**-scale as text."""
    return format(exactly(units or 0, scale), "f")


def complete(result: Result) -> Result:
    """The result with all that every run measures."""
    labelled = result.labelled
    lacking = [name for name in ALWAYS if name not in labelled.columns]
    if not lacking:
        return result
    engine, states = result.engine, result.calibration.states
    table, _ = measure(result.facts, lacking, engine.ruleset, engine.plugins, states)
    joined = labelled.backend.keep(labelled.frame.join(table.frame, on="customer_id", how="left"))
    columns = {**labelled.columns, **table.columns}
    return replace(result, labelled=replace(labelled, frame=joined, columns=columns))


def measured(result: Result) -> Measured:
    """What figures need of a complete result."""
    columns = result.labelled.columns
    money = columns[REVENUE] if columns[REVENUE].kind == "integer" else None
    named = {"revenue": REVENUE, "recency": RECENCY, "frequency": FREQUENCY, "tenure": TENURE}
    wanted = [
        (nw.col(name) if columns[name].kind in ("integer", "float") else _nothing()).alias(short)
        for short, name in named.items()
    ]
    frame = result.labelled.frame.select("customer_id", *wanted).to_native().collect()
    if money is None:
        frame = frame.with_columns(revenue=pl.lit(None, pl.Int64))
    return Measured(frame, money.scale if money else None)


def contacts(result: Result) -> pl.DataFrame:
    """`customer_id` and `contacts`, those that counted within the rules' window."""
    made = result.facts.contacts
    if made is None:
        return pl.DataFrame(schema={"customer_id": pl.String, "contacts": pl.Int64})
    rows = made.filter(nw.col("counts"))
    if result.engine.ruleset.window_days is not None:
        since = result.as_of - timedelta(days=result.engine.ruleset.window_days)
        rows = rows.filter(nw.col("day") > day_number(since))
    counted = rows.group_by("customer_id").agg(nw.len().cast(nw.Int64).alias("contacts"))
    frame: pl.DataFrame = counted.to_native().collect()
    return frame


def _nothing() -> nw.Expr:
    return nw.lit(None, dtype=nw.Int64)
