"""Every classification against every other, and against sources: counts and revenue of pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import polars as pl

from custrata.engine.vector import label_text
from custrata.service.figures.ground import Ground
from custrata.service.figures.measured import Measured
from custrata.service.runs.labels import classifiers_of

MOST_LABELS = 30
"""A classifier that gives more different ones is left out: nobody reads such a table."""
_SOURCE = "#source"
_COUNT, _REVENUE = "#customers", "#revenue"


def crossed(ground: Ground) -> dict[str, Any]:
    """How many customers have which two labels, and which label and source.

    Returns:
        crossed: for each pair of classifiers that give one label `first`, `second`, and `cells`:
            label of the first, of the second, customers, revenue.
        labels_by_source: by classifier: source, label, customers, revenue. Of more sources than
            `MOST_LABELS` the largest.
    """
    names = one_label_each(ground)
    if not names:
        return {"crossed": [], "labels_by_source": {}}
    known = ground.known
    joint = _joint(ground, names)
    kept = [name for name in names if joint[name].n_unique() <= MOST_LABELS]
    sources = _largest_sources(joint)
    return {
        "crossed": [
            {"first": first, "second": second, "cells": _cells(joint, (first, second), known)}
            for first, second in combinations(kept, 2)
        ],
        "labels_by_source": {name: _cells(sources, (_SOURCE, name), known) for name in kept},
    }


def cells_of(
    found: Sequence[Mapping[str, Any]] | None, first: str, second: str
) -> list[tuple[str | None, str | None, int, str | None]]:
    """The cells of a pair, whichever way round it is kept."""
    for one in found or ():
        if (one["first"], one["second"]) == (first, second):
            return [(a, b, count, revenue) for a, b, count, revenue in one["cells"]]
        if (one["second"], one["first"]) == (first, second):
            return [(b, a, count, revenue) for a, b, count, revenue in one["cells"]]
    return []


def one_label_each(ground: Ground) -> list[str]:
    """The classifiers whose result is one label."""
    policies = {one.name: one.policy for one in ground.result.engine.ruleset.classifiers}
    return [
        name
        for name in classifiers_of(ground.result.engine)
        if not policies[name].lists and not policies[name].scores
    ]


def labels_of_all(ground: Ground, names: Sequence[str]) -> pl.DataFrame:
    """`customer_id`, and the label that each of these classifiers gives."""
    labelled = ground.result.labelled
    texts = [label_text(labelled.columns, name).alias(name) for name in names]
    frame: pl.DataFrame = labelled.frame.select("customer_id", *texts).to_native().collect()
    return frame.with_columns(pl.col(name).cast(pl.Categorical) for name in names)


def _joint(ground: Ground, names: Sequence[str]) -> pl.DataFrame:
    """How many customers have the same labels and source: pairs are summed up of that."""
    sources = ground.beside.customers.select("customer_id", pl.col("source").alias(_SOURCE))
    revenue = ground.known.frame.select("customer_id", pl.col("revenue").alias(_REVENUE))
    frame = labels_of_all(ground, names).join(revenue, on="customer_id", how="left")
    frame = frame.join(sources, on="customer_id", how="left")
    summed = (pl.len().alias(_COUNT), pl.col(_REVENUE).cast(pl.Int128).sum())
    return frame.group_by(*names, _SOURCE).agg(summed)


def _largest_sources(joint: pl.DataFrame) -> pl.DataFrame:
    sums = joint.group_by(_SOURCE).agg(pl.col(_COUNT).sum())
    largest = sums.sort(_COUNT, _SOURCE, descending=[True, False]).head(MOST_LABELS)
    return joint.join(largest.select(_SOURCE), on=_SOURCE, how="semi", nulls_equal=True)


def _cells(joint: pl.DataFrame, pair: tuple[str, str], known: Measured) -> list[list[Any]]:
    summed = joint.group_by(pair).agg(pl.col(_COUNT).sum(), pl.col(_REVENUE).sum())
    texts = summed.with_columns(pl.col(pair).cast(pl.String))
    rows = texts.sort(pair, nulls_last=True).rows()
    return [[one, other, count, known.amount(units)] for one, other, count, units in rows]
