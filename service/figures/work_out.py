"""Figures out of a run's frames, as JSON values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
from sqlalchemy import select

from custrata.engine.binning import Columns, any_of
from custrata.engine.result import Result
from custrata.engine.vector import label_text
from custrata.service.figures.adoption import adoption
from custrata.service.figures.asked import asked
from custrata.service.figures.baskets import baskets
from custrata.service.figures.concentration import concentration
from custrata.service.figures.contacted import efforts
from custrata.service.figures.crossed import crossed
from custrata.service.figures.ground import Ground
from custrata.service.figures.groups import group_overlap
from custrata.service.figures.measured import Measured, contacts, measured
from custrata.service.figures.months import by_month
from custrata.service.figures.newcomers import waiting_counts
from custrata.service.figures.reminders import Reminder, important, reminders
from custrata.service.figures.results import results
from custrata.service.figures.rfm import rfm_map
from custrata.service.figures.source_months import source_months
from custrata.service.figures.tail import tail
from custrata.service.figures.turnover import turnover
from custrata.service.runs.labels import classifiers_of
from custrata.service.runs.reading import Reader
from custrata.store.models import Customer

_BOUGHT = pl.col("recency").is_not_null()


def work_out(ground: Ground) -> dict[str, Any]:
    """All figures but those that depend on stages which the run itself lays."""
    return {name: figure for find in FIGURES for name, figure in find(ground).items()}


def _of_labels(ground: Ground) -> dict[str, Any]:
    """Figures of labels and measures."""
    result, known = ground.result, ground.known
    days = result.engine.ruleset.window_days
    return {
        "basis": {"currency": result.engine.ruleset.currency, "window_days": days},
        "everyone": _rows(known.frame.select(_sums(days)), known)[0],
        "sizes": _sizes(result),
        "reminded": _reminded(result),
        "rfm": rfm_map(known),
        "pareto": concentration(known, contacts(result)),
    }


def by_origin(reader: Reader, result: Result) -> dict[str, Any]:
    """Figures of sources, stages and groups.

    Args:
        reader: sees the stages that the run itself laid, and whom it put into groups.
        result: a complete one.
    """
    known = measured(result)
    joined = _origins(reader).join(known.frame, on="customer_id", how="inner")
    sums = _sums(result.engine.ruleset.window_days)
    own = joined.group_by(pl.col("own").alias("stage")).len("customers")
    both = joined.group_by("source", "stage").agg(pl.len().alias("customers"))
    return {
        "sources": _rows(joined.group_by("source").agg(sums), known),
        "stages": _rows(joined.group_by("stage").agg(sums), known),
        "own_stages": own.sort(pl.all()).to_dicts(),
        "source_stages": both.sort(pl.all()).to_dicts(),
        "group_overlap": group_overlap(reader),
    }


def _sizes(result: Result) -> dict[str, list[dict[str, Any]]]:
    """By classifier, every label with its customers and what they bring."""
    return {
        name: [
            {
                "label": label,
                "customers": one.customers,
                "revenue": None if one.revenue is None else format(one.revenue, "f"),
            }
            for label, one in sorted(result.sizes[name].items(), key=_by_name)
        ]
        for name in classifiers_of(result.engine)
    }


def _reminded(result: Result) -> dict[str, int] | None:
    """By the label that tells who is important: how many are to be contacted."""
    rules, columns = result.engine.ruleset, result.labelled.columns
    ranks, those = important(rules), reminders(rules)
    if ranks is None or not those:
        return None
    called = any_of(_has(columns, one) for one in those)
    frame = result.labelled.frame.filter(called).select(
        label_text(columns, ranks.name).alias("label")
    )
    counted = frame.group_by("label").agg(nw.len())
    rows = sorted(result.labelled.backend.rows(counted), key=_by_name)
    return {label: count for label, count in rows if label}


def _has(columns: Columns, one: Reminder) -> nw.Expr:
    """Who has a label that reminds, alone or in a list."""
    text = label_text(columns, one.classifier)
    return text.str.contains(one.quoted, literal=True) if one.lists else text == one.label


def _by_name(pair: tuple[str | None, object]) -> str:
    return pair[0] or ""


def _origins(reader: Reader) -> pl.DataFrame:
    """`customer_id`, `source`, `stage` as it shows, `own` as a person set it."""
    table = Customer.__table__.c
    frame = reader.frame(select(table.customer_id, table.source, table.stage, table.overlay))
    shown = pl.coalesce("overlay", "stage")
    return frame.select("customer_id", "source", shown.alias("stage"), own="stage")


def _sums(window_days: int | None) -> list[pl.Expr]:
    """Customers; those who ever bought; those of them whose first sale lies in the window."""
    lately = _BOUGHT if window_days is None else (pl.col("tenure") < window_days).fill_null(False)
    return [
        pl.len().alias("customers"),
        _BOUGHT.sum().alias("won"),
        lately.sum().alias("won_lately"),
        pl.col("revenue").cast(pl.Int128).sum(),
    ]


def _rows(frame: pl.DataFrame, known: Measured) -> list[dict[str, Any]]:
    """Rows with revenue as exact text, the most customers first."""
    rows = frame.sort("customers", frame.columns[0], descending=[True, False]).to_dicts()
    return [{**row, "revenue": known.amount(row["revenue"])} for row in rows]


FIGURES: tuple[Callable[[Ground], Mapping[str, Any]], ...] = (
    _of_labels,
    adoption,
    asked,
    baskets,
    efforts,
    results,
    turnover,
    waiting_counts,
    by_month,
    crossed,
    source_months,
    tail,
)
"""What works figures out: JSON values by name that hold no customer; one module each."""
