"""The map of recency and frequency: fifths of the buyers, whatever bands the rules have."""

from __future__ import annotations

from typing import Any

import polars as pl

from custrata.service.figures.measured import Measured

_PARTS = 5
AXES = ("recency", "frequency")


def rfm_map(known: Measured) -> dict[str, Any] | None:
    """How many buyers lie in which part of the map, and what they bring; None without buyers.

    Each axis is cut into fifths of the buyers. Equal values stay together, so that there may be
    fewer parts than five.

    Returns:
        recency, frequency: the parts of each axis, `[least, greatest]` value, the least first.
        cells: a row for each that has customers: number of the part of recency and of
            frequency, `customers`, `revenue`.
    """
    buyers = known.frame.drop_nulls(AXES)
    if buyers.is_empty():
        return None
    placed = buyers.with_columns(_part(buyers[name]).alias(f"{name}_part") for name in AXES)
    keys = [f"{name}_part" for name in AXES]
    cells = placed.group_by(keys).agg(
        pl.len().alias("customers"), pl.col("revenue").cast(pl.Int128).sum()
    )
    rows = cells.sort(keys).rows()
    return {
        **{name: _ends(placed, name) for name in AXES},
        "cells": [
            {"recency": r, "frequency": f, "customers": n, "revenue": known.amount(units)}
            for r, f, n, units in rows
        ],
    }


def _part(values: pl.Series) -> pl.Series:
    """The number of the part in which each value lies, counted from 0 without gaps."""
    ordered = values.sort()
    cuts = {ordered[-(-len(ordered) * fifth // _PARTS) - 1] for fifth in range(1, _PARTS)}
    above = pl.sum_horizontal(pl.lit(values) > cut for cut in sorted(cuts))
    return pl.select(above.rank("dense").cast(pl.Int64) - 1).to_series()


def _ends(placed: pl.DataFrame, name: str) -> list[list[float]]:
    grouped = placed.group_by(f"{name}_part").agg(
        least=pl.col(name).min(), greatest=pl.col(name).max()
    )
    return [list(row) for row in grouped.sort(f"{name}_part").select("least", "greatest").rows()]
