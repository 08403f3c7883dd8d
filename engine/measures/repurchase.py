"""How likely a customer is to buy again soon: the MBG/NBD model.

Batislam, Denizel, Filiztekin: Empirical validation and comparison of models for customer base
analysis, International Journal of Research in Marketing 24 (2007).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from custrata.engine.hookspecs import Measure
from custrata.engine.measures import schemas
from custrata.engine.measures.context import Context, Unmeasurable
from custrata.engine.measures.expressions import constant

if TYPE_CHECKING:
    from custrata.engine.facts import Facts

Parameters = Mapping[str, Any]

LEAST_REPEAT_BUYERS = 50
"""With fewer, the four parameters mean little."""
_UNIT = 1e9
"""Probabilities are rounded to nine decimals, so that engines agree."""


def fit(facts: Facts, parameters: Parameters, context: Context) -> dict[str, float]:
    """The model's `r`, `alpha` (days), `a` and `b`, by maximum likelihood.

    Raises:
        Unmeasurable: under 50 repeat buyers, or SciPy is not installed.
    """
    try:
        from custrata.engine.measures.mbg_nbd import maximum_likelihood
    except ModuleNotFoundError as error:
        raise Unmeasurable(f"{error.name} is not installed: pip install 'custrata[fit]'") from error
    histories = _histories(facts, context)
    repeat = sum(customers for x, _, _, customers in histories if x > 0)
    if repeat < LEAST_REPEAT_BUYERS:
        raise Unmeasurable(f"{repeat} repeat buyers are too few, it takes {LEAST_REPEAT_BUYERS}")
    return maximum_likelihood(histories)


def _histories(facts: Facts, context: Context) -> list[tuple[int, ...]]:
    """Repeat dates, days from first to last, tenure, and how many customers have these."""
    assert facts.measures is not None
    first, last = nw.col("_first_sale"), nw.col("_last_sale")
    groups = (
        facts.measures.filter(~first.is_null())
        .select(
            (nw.col("_sale_dates") - 1).alias("x"),
            (last - first).alias("t"),
            (nw.lit(context.day) - first).alias("age"),
        )
        .group_by("x", "t", "age")
        .agg(nw.len().alias("customers"))
    )
    return facts.backend.rows(groups)


def repurchase_probability(facts: Facts, parameters: Parameters, context: Context) -> nw.Expr:
    """P(a sale within the horizon): alive · (1 − ((α+T)/(α+T+H))^(r+x))."""
    state = context.state
    r, alpha, a, b = (float(state[name]) for name in ("r", "alpha", "a", "b"))
    first, last = nw.col("_first_sale"), nw.col("_last_sale")
    x = (nw.col("_sale_dates") - 1).cast(nw.Float64)
    age = (nw.lit(context.day) - first).cast(nw.Float64) + alpha
    quiet = age / ((last - first).cast(nw.Float64) + alpha)
    power = x + r
    alive = constant(1.0, x) / (constant(a, x) / (x + b) * quiet**power + 1.0)
    none = (age / (age + float(parameters["horizon"]))) ** power
    chance = alive * (none * -1.0 + 1.0)
    rounded: nw.Expr = (chance * _UNIT + 0.5).floor() / constant(_UNIT, x)
    return rounded


MEASURES = (
    Measure(
        name="repurchase_probability",
        unit="0 to 1",
        type="number",
        inputs=("measures._first_sale", "measures._last_sale", "measures._sale_dates"),
        scope="population",
        parameters=schemas.Repurchase,
        compute=repurchase_probability,
        fit=fit,
        fills=True,
    ),
)
