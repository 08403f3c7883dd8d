"""Lists that are cut somewhere: so that nobody's customers are all behind the cut."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

LONGEST = 500
"""So many customers at most are on a list."""


def fairly(
    found: pl.DataFrame, by: Sequence[str], descending: Sequence[bool], most: int
) -> pl.DataFrame:
    """The first so many rows in order, the first of every owner before the second of any.

    Args:
        found: has the column `owner`.
        by, descending: the order; nulls come last.
    """
    ordered = found.sort(by, descending=list(descending), nulls_last=True)
    first = ordered.group_by("owner", maintain_order=True).head(most)
    turn = pl.int_range(pl.len()).over("owner")
    # every owner's rows lie together now: they go back into the order before they take turns
    again = first.sort(by, descending=list(descending), nulls_last=True)
    ranked = again.with_columns(_turn=turn).sort("_turn", maintain_order=True)
    return ranked.drop("_turn").head(most)


def shared(
    found: pl.DataFrame, customers: pl.DataFrame, by: Sequence[str], descending: Sequence[bool]
) -> pl.DataFrame:
    """The rows in order; of more than a list holds, those that `fairly` takes.

    Args:
        found: has the column `customer_id`. customers: says the `owner` of each.
    """
    owned = found.join(customers.select("customer_id", "owner"), on="customer_id", how="left")
    taken = fairly(owned, by, descending, LONGEST)
    return taken.drop("owner").sort(by, descending=list(descending), nulls_last=True)
