"""Which products are bought by the same customers."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import polars as pl

from custrata.service.figures.ground import Ground


def baskets(ground: Ground) -> dict[str, Any]:
    """The figure `baskets`, of the products that most customers bought; nothing without any.

    Returns:
        customers: who ever bought anything.
        products: `product`, `buyers`, the most bought first.
        pairs: `first`, `second`, `both` (customers who bought both), where there are any.
    """
    bought = ground.beside.bought.join(
        ground.beside.customers.select("customer_id"), on="customer_id", how="semi"
    )
    if bought.is_empty():
        return {}
    counted = (
        bought.group_by("product")
        .len("buyers")
        .sort(["buyers", "product"], descending=[True, False])
    )
    kinds = _kinds(bought, counted["product"].to_list())
    pairs = []
    for first, second in combinations(range(counted.height), 2):
        bits = 2**first + 2**second
        both = kinds.filter((pl.col("mask") & bits) == bits)["customers"].sum()
        if both:
            names = counted["product"][first], counted["product"][second]
            pairs.append({"first": names[0], "second": names[1], "both": int(both)})
    customers = int(ground.known.frame["recency"].is_not_null().sum())
    return {
        "baskets": {"customers": customers, "products": counted.to_dicts(), "pairs": pairs},
    }


def _kinds(bought: pl.DataFrame, products: list[str]) -> pl.DataFrame:
    """`mask`, a bit for each product that was bought, and how many `customers` bought just these.

    Customers are many, kinds of them few: pairs are counted among kinds.
    """
    bits = {name: 2**place for place, name in enumerate(products)}
    masks = bought.select(
        "customer_id", mask=pl.col("product").replace_strict(bits, return_dtype=pl.Int64)
    )
    return (
        masks.group_by("customer_id")
        .agg(pl.col("mask").sum())
        .group_by("mask")
        .agg(customers=pl.len())
    )
