"""Whether profit is recorded at all."""

from collections.abc import Mapping
from typing import Any

from custrata.engine import Context, Facts, Measure, nw

Parameters = Mapping[str, Any]


def any_profit(facts: Facts, parameters: Parameters, context: Context) -> bool:
    """Whether anybody's profit in the window is known and not 0.

    Who bought nothing has a profit of 0, recorded or not.
    """
    assert facts.measures is not None
    found = facts.measures.select((nw.col("profit") != 0).fill_null(False).any())
    return any(one for (one,) in facts.backend.rows(found))


def profit_recorded(facts: Facts, parameters: Parameters, context: Context) -> nw.Expr:
    """The same answer for everyone."""
    return nw.lit(bool(context.state))


MEASURES = (
    Measure(
        name="profit_recorded",
        unit="true or false",
        type="boolean",
        inputs=("measures.profit", "measures.monetary"),
        scope="population",
        windowed=True,
        ages="window",
        needs="any",
        compute=profit_recorded,
        fit=any_profit,
    ),
)
