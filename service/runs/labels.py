"""The labels of a run against those that customers have: the transitions, and why each came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import select

from custrata import Engine
from custrata.engine.calibration import Calibration
from custrata.engine.columns import MeasureTable
from custrata.engine.result import Result
from custrata.engine.run import Labelled, label
from custrata.engine.vector import label_text
from custrata.service.runs.groups import PREFIX
from custrata.service.runs.reading import Reader
from custrata.store.models import LabelNow

SCHEMA = {
    "customer_id": pl.String,
    "classifier": pl.String,
    "label": pl.String,
    "was": pl.String,
    "why": pl.String,
}
"""A frame of transitions."""


@dataclass(frozen=True)
class Before:
    """What the last full run rested on.

    Attributes:
        engine: its rules. number: their version.
    """

    engine: Engine
    number: int
    calibration: Calibration
    as_of: date
    watermark: int
    plugins: Mapping[str, str]


@dataclass(frozen=True)
class Present:
    """What a run rests on, as far as it tells why labels change.

    Attributes:
        touched: `customer_id` of those of whom something became known since the last run.
    """

    number: int
    as_of: date
    plugins: Mapping[str, str]
    touched: pl.DataFrame


def classifiers_of(engine: Engine) -> list[str]:
    """The rules' own classifiers; the tables of groups are not among them."""
    return [one.name for one in engine.ruleset.classifiers if not one.name.startswith(PREFIX)]


def texts(labelled: Labelled, name: str) -> pl.DataFrame:
    """`customer_id` and `label`, as text, of one classifier."""
    chosen = label_text(labelled.columns, name).alias("label")
    frame: pl.DataFrame = labelled.frame.select("customer_id", chosen).to_native().collect()
    return frame


def labels_now(reader: Reader, customers: Sequence[str] | None = None) -> pl.DataFrame:
    """`customer_id`, `classifier`, `label` as they stand."""
    table = LabelNow.__table__.c
    query = select(table.customer_id, table.classifier, table.label)
    return reader.frame(
        query if customers is None else query.where(table.customer_id.in_(customers))
    )


def transitions(result: Result, now: pl.DataFrame) -> pl.DataFrame:
    """Whose label differs from the one that stands, or who had none; `why` is still null.

    A classifier that the rules no longer have gives null to all who had a label of it.
    """
    names = classifiers_of(result.engine)
    parts = [_differences(texts(result.labelled, name), now, name) for name in names]
    gone = now.filter(~pl.col("classifier").is_in(names) & pl.col("label").is_not_null())
    parts.append(
        gone.select(
            "customer_id",
            "classifier",
            label=pl.lit(None, pl.String),
            was="label",
            first=pl.lit(value=False),
        )
    )
    return pl.concat(parts)


def _differences(found: pl.DataFrame, now: pl.DataFrame, name: str) -> pl.DataFrame:
    own = now.filter(pl.col("classifier") == name).select(
        "customer_id", was="label", known=pl.lit(value=True)
    )
    joined = found.join(own, on="customer_id", how="left")
    differs = pl.col("known").is_null() | pl.col("label").ne_missing(pl.col("was"))
    return joined.filter(differs).select(
        "customer_id",
        pl.lit(name).alias("classifier"),
        "label",
        "was",
        pl.col("known").is_null().alias("first"),
    )


def with_reasons(
    moved: pl.DataFrame,
    before: Before | None,
    present: Present,
    again: Any,
) -> pl.DataFrame:
    """The transitions with their `why`.

    Each step from the last run to this one is taken by itself: new facts and days under the old
    rules and cut points first, then the cut points, then the rules. The last step that changed
    a label is the reason.

    Args:
        moved: as `transitions` gives them.
        before: what the labels before rested on; None where there was no run.
        again: labels all customers of now by the rules and cut points of before, as a
            `Labelled`; called only where it is needed.
    """
    if before is None or moved.is_empty():
        why = pl.when("first").then(pl.lit("first")).otherwise(pl.lit("facts"))
        return moved.with_columns(why=why).select(*SCHEMA)
    old = again() if not moved["first"].all() else None
    step = "rules" if before.number != present.number else "calibration"
    parts = [_explained(part, old, before, present, step) for part in _by_classifier(moved)]
    return pl.concat(parts).select(*SCHEMA)


def _by_classifier(moved: pl.DataFrame) -> Iterator[pl.DataFrame]:
    yield from moved.partition_by("classifier")


def _explained(
    part: pl.DataFrame, old: Labelled | None, before: Before, present: Present, step: str
) -> pl.DataFrame:
    name = part["classifier"][0]
    there = old is not None and name in classifiers_of(before.engine)
    unruled = texts(old, name).rename({"label": "old"}) if there and old else None
    if unruled is None:
        unruled = part.select("customer_id", old="was")
    joined = part.join(unruled, on="customer_id", how="left").join(
        present.touched.with_columns(touched=pl.lit(value=True)), on="customer_id", how="left"
    )
    itself = "day" if before.as_of != present.as_of else step
    if dict(before.plugins) != dict(present.plugins):
        itself = "plugin"
    why = (
        pl.when("first")
        .then(pl.lit("first"))
        .when(pl.col("old").ne_missing(pl.col("label")))
        .then(pl.lit(step))
        .when("touched")
        .then(pl.lit("facts"))
        .otherwise(pl.lit(itself))
    )
    return joined.with_columns(why=why)


def relabelled(result: Result, calibration: Calibration) -> Labelled:
    """The same measures under other cut points of the same rules."""
    labelled = result.labelled
    hidden = ("label.", "score.", "#")
    columns = {
        name: column for name, column in labelled.columns.items() if not name.startswith(hidden)
    }
    frame = labelled.frame.select("customer_id", *columns)
    table = MeasureTable(frame, columns, labelled.backend, result.calibration.states)
    return label(result.engine.ruleset, table, calibration.bands)
