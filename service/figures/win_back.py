"""Customers who went: whom to win back, those first who were worth most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

import polars as pl

from custrata.engine.vector import label_text
from custrata.service.figures.ground import Ground
from custrata.service.figures.shares import shared
from custrata.store.types import day_number

GONE: Mapping[str, tuple[str, ...]] = {
    "sales_stage": ("former",),
    "lifecycle": ("ended", "quiet"),
    "key_groups": ("defectors",),
}
"""By plugin, the labels of customers who went, or are about to."""
SILENT = 365
"""Days without a sale after which she went, where no rule says so."""
YEAR = timedelta(days=365)
"""What she was worth is what she bought in so long, up to her last sale."""


def win_back(ground: Ground) -> dict[str, pl.DataFrame]:
    """The list `win_back`: those who ever bought, and who the rules say went.

    Returns:
        `why` (`classifier:label` each; empty where no rule says so), `last_sale` (ISO), `worth`
        (units of `10**-scale`, less what was paid back), `scale`.
    """
    last = day_number(ground.result.as_of)
    went = _went(ground).select("customer_id", "why", day=last - pl.col("recency").cast(pl.Int64))
    since = pl.col("sold") > pl.col("day") - YEAR.days
    worth = (
        ground.sold.lazy()
        .rename({"day": "sold"})
        .join(went.lazy().select("customer_id", "day"), on="customer_id")
        .filter(since)
        .group_by("customer_id")
        .agg(worth=pl.col("amount").sum())
        .collect()
    )
    valued = went.join(worth, on="customer_id", how="left")
    order = ["worth", "customer_id"]
    found = shared(valued, ground.beside.customers, order, [True, False])
    return {
        "win_back": found.select(
            "customer_id",
            "why",
            last_sale=pl.from_epoch("day", "d").dt.strftime("%Y-%m-%d"),
            worth=pl.col("worth").fill_null(0),
            scale=pl.lit(ground.result.facts.scale),
        )
    }


def _went(ground: Ground) -> pl.DataFrame:
    """`customer_id`, `recency`, `why`."""
    bought = ground.known.frame.filter(pl.col("recency").is_not_null())
    labels = list(_labels(ground))
    if not labels:
        nothing = pl.lit([], pl.List(pl.String)).alias("why")
        return bought.filter(pl.col("recency") > SILENT).select("customer_id", "recency", nothing)
    columns = ground.result.labelled.columns
    names = dict.fromkeys(classifier for classifier, _ in labels)
    texts = [label_text(columns, name).alias(name) for name in names]
    called: pl.DataFrame = (
        ground.result.labelled.frame.select("customer_id", *texts).to_native().collect()
    )
    hits = [pl.when(_has(*one)).then(pl.lit(":".join(one))) for one in labels]
    why = called.select("customer_id", why=pl.concat_list(hits).list.drop_nulls())
    told = why.filter(pl.col("why").list.len() > 0)
    return bought.select("customer_id", "recency").join(told, on="customer_id")


def _labels(ground: Ground) -> Iterator[tuple[str, str]]:
    """The labels of these rules that say so, each with its classifier."""
    for one in ground.result.engine.ruleset.classifiers:
        for label in GONE.get(one.plugin or "", ()):
            yield one.name, label


def _has(classifier: str, label: str) -> pl.Expr:
    """Whether that is her label, or one of several, which are JSON."""
    text = pl.col(classifier)
    return (text == label) | text.str.contains(f'"{label}"', literal=True)
