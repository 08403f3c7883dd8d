"""How few customers bring how much: the real Pareto curve."""

from __future__ import annotations

from typing import Any

import polars as pl

from custrata.service.figures.measured import Measured

MOST = 0.8
"""The share of revenue whose bringers are counted."""
FIFTH = 0.2
"""The share of customers whose revenue is told."""
_POINTS = 100
_DECIMALS = 6


def concentration(known: Measured, contacts: pl.DataFrame) -> dict[str, Any] | None:
    """The curve of revenue over customers, the largest first; None where nobody brings any.

    Customers with refunds alone count as bringing nothing, as the rules' `top_share` has it.

    Args:
        contacts: `customer_id`, `contacts`.

    Returns:
        customers: all. bringing: those with revenue above 0.
        points: shares from 0 to 1 of customers and of revenue, about a hundred.
        fifth: which share of revenue the largest fifth of customers brings.
        most: how many customers bring `MOST` of it, the fewest.
        largest: the share of the largest customer.
        contacts: which share of contacts the largest fifth got; None where there were none.
    """
    ranked = known.frame.select("customer_id", brings=_brings()).sort(
        ["brings", "customer_id"], descending=[True, False]
    )
    summed = ranked["brings"].cast(pl.Int128).cum_sum()
    total = int(summed[-1]) if ranked.height else 0
    if not total:
        return None
    return {
        "customers": ranked.height,
        "bringing": int((ranked["brings"] > 0).sum()),
        "points": _points(summed, total),
        "fifth": _share(summed[_fifth(ranked) - 1], total),
        "most": _reaching(summed, total),
        "largest": _share(summed[0], total),
        "contacts": _effort(ranked.head(_fifth(ranked)), contacts),
    }


def _brings() -> pl.Expr:
    return pl.col("revenue").fill_null(0).clip(lower_bound=0)


def _fifth(ranked: pl.DataFrame) -> int:
    return max(1, round(ranked.height * FIFTH))


def _share(part: int, total: int) -> float:
    return round(part / total, _DECIMALS)


def _points(summed: pl.Series, total: int) -> list[list[float]]:
    everyone = len(summed)
    steps = min(_POINTS, everyone)
    places = sorted({round(everyone * step / steps) for step in range(1, steps + 1)})
    found = [[_share(place, everyone), _share(summed[place - 1], total)] for place in places]
    return [[0.0, 0.0], *found]


def _reaching(summed: pl.Series, total: int) -> int:
    """How many of the largest reach the share, by whole numbers."""
    wanted = -(-total * round(MOST * 100) // 100)
    return int((summed < wanted).sum()) + 1


def _effort(largest: pl.DataFrame, contacts: pl.DataFrame) -> float | None:
    total = int(contacts["contacts"].sum() or 0)
    if not total:
        return None
    theirs = contacts.join(largest, on="customer_id", how="semi")["contacts"].sum()
    return _share(int(theirs or 0), total)
