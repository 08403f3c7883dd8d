"""Whether two files hold the same labels."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from benchmarks.job import CLASSIFIERS


def differing_labels(reference: Path, other: Path) -> dict[str, int]:
    """Customers whose label differs, by classifier; `customers` counts those only one file has."""
    left, right = _read(reference), _read(other)
    both = left.join(right, on="customer_id", suffix="_other", how="inner")
    counts = {name: int(both[name].ne_missing(both[f"{name}_other"]).sum()) for name in CLASSIFIERS}
    return {"customers": len(left) + len(right) - 2 * len(both), **counts}


def _read(path: Path) -> pl.DataFrame:
    return pl.read_parquet(path).select(pl.col("customer_id", *CLASSIFIERS).cast(pl.String))
