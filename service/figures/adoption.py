"""How new products were taken up: who bought when since the launch, and where it stuck."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import polars as pl

from custrata.engine.model import Classifier
from custrata.engine.vector import label_text
from custrata.service.figures.ground import Ground

_PLUGIN = "adopter"
_MEASURES = ("adoption_days", "adoption_wait_days")
_POINTS = 100


def adoption(ground: Ground) -> dict[str, Any]:
    """The course of each product whose adopters the rules tell.

    Returns:
        adoption: for each classifier of the plugin `adopter` its name as `classifier`, `product`,
            `launch`, `customers` (all), `buyers`, `days` from the launch to the run, `steps` (the
            categories that have buyers, the earliest first: `label`, `customers`, `first` and
            `last` day since the launch) and `points` (days since the launch, buyers up to then).
    """
    rules = ground.result.engine.ruleset.classifiers
    return {"adoption": [found for one in rules for found in _course(ground, one)]}


def _course(ground: Ground, one: Classifier) -> Iterator[dict[str, Any]]:
    measure = _measure_of(ground, one)
    if measure is None:
        return
    chosen = ground.result.engine.ruleset.measures[measure].parameters
    launch = date.fromisoformat(str(chosen["launch"]))
    days = (ground.result.as_of - launch).days
    everyone = _everyone(ground, one, measure)
    buyers = everyone.filter(pl.col("day") <= days)
    yield {
        "classifier": one.name,
        "product": str(chosen["product"]),
        "launch": launch.isoformat(),
        "days": days,
        "customers": everyone.height,
        "buyers": buyers.height,
        "steps": _steps(buyers),
        "points": _points(buyers),
    }


def _measure_of(ground: Ground, one: Classifier) -> str | None:
    """The classifier's own measure of adoption, if it is of a named product and was measured."""
    if one.plugin != _PLUGIN:
        return None
    uses, columns = ground.result.engine.ruleset.measures, ground.result.labelled.columns
    for name in one.bands:
        use = uses.get(name)
        if use is not None and use.measure in _MEASURES and name in columns:
            return name
    return None


def _everyone(ground: Ground, one: Classifier, measure: str) -> pl.DataFrame:
    """`label` and `day`, null of who has not bought."""
    labelled = ground.result.labelled
    label = label_text(labelled.columns, one.name).alias("label")
    frame: pl.DataFrame = labelled.frame.select(label, measure).to_native().collect()
    return frame.select("label", pl.col(measure).cast(pl.Int64).alias("day"))


def _steps(buyers: pl.DataFrame) -> list[dict[str, Any]]:
    day = pl.col("day")
    counted = buyers.group_by("label").agg(
        pl.len().alias("customers"), day.min().alias("first"), day.max().alias("last")
    )
    return counted.sort("first", "last", "label").to_dicts()


def _points(buyers: pl.DataFrame) -> list[list[int]]:
    """About a hundred, the last one among them."""
    daily = buyers.group_by("day").len().sort("day").with_columns(pl.col("len").cum_sum())
    every = max(1, daily.height // _POINTS)
    rows = daily.rows()
    return [list(row) for row in dict.fromkeys([*rows[::every], *rows[-1:]])]
