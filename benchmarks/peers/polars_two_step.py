"""Hand-written Polars in two steps: measure with the streaming engine and keep, then classify."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from benchmarks.job import TOP_FRACTIONS, TOP_SHARE
from benchmarks.peers.polars_parts import bought, labels, measured

FIFTHS = (0.2, 0.4, 0.6, 0.8)


def run(folder: Path, out: Path) -> None:
    """Read the data set, write `customer_id` and six labels as Parquet."""
    kept = measured(folder).collect(engine="streaming")
    kept.select(labels(*find_cuts(kept))).write_parquet(out)


def find_cuts(kept: pl.DataFrame) -> tuple[list[list[float]], list[int], int]:
    """The fifths of three measures, the tops and the head, as `labels` takes them."""
    buyers = kept.filter(bought)
    fifths = [
        [buyers[name].quantile(share, "linear") or 0.0 for share in FIFTHS]
        for name in ("recency_days", "frequency", "monetary")
    ]
    return fifths, _tops(buyers["monetary"]), _head(kept["monetary"])


def _tops(amounts: pl.Series) -> list[int]:
    """The least value of each of the top fractions; who ties with it is in."""
    falling = amounts.sort(descending=True)
    places = [-(-round(share * 100) * len(falling) // 100) - 1 for share in TOP_FRACTIONS]
    return [falling[place] for place in places]


def _head(amounts: pl.Series) -> int:
    """The least value of those who together bring the share."""
    falling = amounts.filter(amounts > 0).sort(descending=True)
    sums = falling.cum_sum()
    place = sums.search_sorted(-(-round(TOP_SHARE * 100) * sums[-1] // 100), "left")
    return int(falling[place])
