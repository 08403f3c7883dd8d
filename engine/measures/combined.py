"""Measures made of other measures alone, in frames: a margin, a silence.

`derived` has the same for a single record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from custrata.engine.hookspecs import Measure
from custrata.engine.measures.context import Context
from custrata.engine.measures.expressions import divide

if TYPE_CHECKING:
    from custrata.engine.facts import Facts

Parameters = Mapping[str, Any]


def margin_rate(facts: Facts, parameters: Parameters, context: Context) -> nw.Expr:
    """Profit ÷ amount; both have the same scale."""
    monetary = nw.col("monetary")
    return nw.when(monetary > 0).then(divide(nw.col("profit"), monetary))


def silence_ratio(facts: Facts, parameters: Parameters, context: Context) -> nw.Expr:
    """`recency_days ÷ mean_gap_days`, rounded once: recency · gaps ÷ days from first to last."""
    first, last = nw.col("_first_sale"), nw.col("_last_sale")
    gaps = nw.col("_sale_dates") - 1
    silent = (nw.lit(context.day) - last) * gaps
    return nw.when(gaps >= 2).then(divide(silent, last - first))


def silence_of_columns(facts: Facts, parameters: Parameters, context: Context) -> nw.Expr:
    """The same, where something else brings one of the two."""
    gap = nw.col("mean_gap_days")
    return nw.when(gap != 0).then(divide(nw.col("recency_days"), gap))


MEASURES = (
    Measure(
        name="margin_rate",
        unit="ratio",
        type="number",
        inputs=("measures.profit", "measures.monetary"),
        windowed=True,
        ages="window",
        compute=margin_rate,
    ),
    Measure(
        name="silence_ratio",
        unit="ratio",
        type="number",
        inputs=("measures._first_sale", "measures._last_sale", "measures._sale_dates"),
        compute=silence_ratio,
    ),
)

SILENCE_OF_COLUMNS = Measure(
    name="silence_ratio",
    unit="ratio",
    type="number",
    inputs=("measures.recency_days", "measures.mean_gap_days"),
    compute=silence_of_columns,
)
