"""Customers who sent others, and what those brought."""

from __future__ import annotations

import polars as pl

from custrata.service.figures.ground import Ground
from custrata.service.figures.shares import shared


def referrers(ground: Ground) -> dict[str, pl.DataFrame]:
    """The list `referrers`, those first whose people brought most.

    Returns:
        `referred`, `bought` (how many of them ever did), `brought` (all that they ever paid, units
        of `10**-scale`, less what was paid back), `scale`.
    """
    customers = ground.beside.customers
    sent = customers.filter(
        pl.col("referred_by").is_not_null(), pl.col("referred_by") != pl.col("customer_id")
    ).select("customer_id", "referred_by")
    paid = (
        ground.sold.lazy()
        .join(sent.lazy().select("customer_id"), on="customer_id", how="semi")
        .group_by("customer_id")
        .agg(paid=pl.col("amount").sum())
        .collect()
    )
    buyers = ground.known.frame.filter(pl.col("recency").is_not_null())
    buyers = buyers.select("customer_id", buys=pl.lit(value=True))
    told = sent.join(buyers, on="customer_id", how="left").join(paid, on="customer_id", how="left")
    summed = told.group_by(customer_id="referred_by").agg(
        referred=pl.len(),
        bought=pl.col("buys").sum(),
        brought=pl.col("paid").fill_null(0).cast(pl.Int128).sum(),
    )
    known = summed.join(customers.select("customer_id"), on="customer_id", how="semi")
    order = ["brought", "bought", "referred", "customer_id"]
    found = shared(known, customers, order, [True, True, True, False])
    return {"referrers": found.with_columns(scale=pl.lit(ground.result.facts.scale))}
