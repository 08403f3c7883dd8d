"""The labels of a run against those that customers have: the transitions, and why each came."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl
from sqlalchemy import select

from custrata import Engine
from custrata.engine.calibration import Calibration
from custrata.engine.columns import MeasureTable
from custrata.engine.result import Result
from custrata.engine.run import Labelled, label
from custrata.engine.vector import label_text, result_name
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


@dataclass(frozen=True)
class Step:
    """Everyone's labels after one step of the way.

    Attributes:
        why: what a label that it changed is put down to; None for facts and days.
        labelled: None for the labels of now.
    """

    why: str | None
    labelled: Labelled | None


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


def transitions(labelled: Labelled, names: Sequence[str], now: pl.DataFrame) -> pl.DataFrame:
    """Whose label differs from the one that stands, or who had none; `why` is still null.

    Args:
        names: the rules' own classifiers; one that they no longer have gives null to all who had
            a label of it.
        now: the labels as they stand.
    """
    parts = [_differences(texts(labelled, name), now, name) for name in names]
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
    steps: Callable[[], Sequence[Step]],
) -> pl.DataFrame:
    """The transitions with their `why`.

    The way from the last run to this one is taken in steps: new facts and days under the old
    rules and cut points first, then new cut points, then new rules. The last step that changed
    a label is the reason.

    Args:
        moved: as `transitions` gives them.
        before: what the labels before rested on; None where there was no run.
        steps: gives the steps, the last of which led to the labels in `moved`; called only
            where it is needed.
    """
    if before is None or moved["first"].all():
        why = pl.when("first").then(pl.lit("first")).otherwise(pl.lit("facts"))
        return moved.with_columns(why=why).select(*SCHEMA)
    taken = steps()
    parts = [_explained(part, taken, before, present) for part in moved.partition_by("classifier")]
    return pl.concat(parts).select(*SCHEMA)


def _explained(
    part: pl.DataFrame, steps: Sequence[Step], before: Before, present: Present
) -> pl.DataFrame:
    """The transitions of one classifier."""
    name = part["classifier"][0]
    joined = part.join(
        present.touched.with_columns(touched=pl.lit(value=True)), on="customer_id", how="left"
    )
    why = pl.when("touched").then(pl.lit("facts")).otherwise(pl.lit(_by_itself(before, present)))
    reached = pl.col("was")
    for number, step in enumerate(steps):
        column = f"step{number}"
        joined = _after(joined, step, name, column)
        changed = pl.col(column).ne_missing(reached)
        why = pl.when(changed).then(pl.lit(step.why) if step.why else why).otherwise(why)
        reached = pl.col(column)
    first = pl.when("first").then(pl.lit("first")).otherwise(why)
    return joined.with_columns(why=first)


def _after(joined: pl.DataFrame, step: Step, name: str, column: str) -> pl.DataFrame:
    """The labels after a step; those of now after the last, and where the table is new."""
    if step.labelled is None:
        return joined.with_columns(pl.col("label").alias(column))
    if result_name(name) not in step.labelled.columns:
        return joined.with_columns(pl.col("was").alias(column))
    found = texts(step.labelled, name).rename({"label": column})
    return joined.join(found, on="customer_id", how="left")


def _by_itself(before: Before, present: Present) -> str:
    """Why labels change where nothing is known of a customer that was not known before."""
    if dict(before.plugins) != dict(present.plugins):
        return "plugin"
    return "day" if before.as_of != present.as_of else "calibration"


def relabelled(result: Result, calibration: Calibration | None) -> Labelled:
    """The same measures under other cut points of the same rules; None finds them anew."""
    labelled = result.labelled
    hidden = ("label.", "score.", "#")
    columns = {
        name: column for name, column in labelled.columns.items() if not name.startswith(hidden)
    }
    frame = labelled.frame.select("customer_id", *(one.name for one in columns.values()))
    table = MeasureTable(frame, columns, labelled.backend, result.calibration.states)
    return label(result.engine.ruleset, table, calibration.bands if calibration else None)
