"""What growth starts from, and on how many days of the window there was a sale."""

from collections.abc import Mapping
from typing import Any

from custrata.engine import Context, Facts, Measure, Unmeasurable, nw

Parameters = Mapping[str, Any]


def previous_monetary(facts: Facts, parameters: Parameters, context: Context) -> nw.Expr:
    """Amounts in the window before this one, refunds being negative.

    Raises:
        Unmeasurable: the window has no limit.
    """
    if context.window.older is None:
        raise Unmeasurable("a window without limit has none before it")
    return _inside(context.before(), "amount").sum()


def purchase_days(facts: Facts, parameters: Parameters, context: Context) -> nw.Expr:
    """Different days of the window with a sale."""
    day = nw.when(nw.col("is_sale")).then(_inside(context, "day"))
    return day.n_unique().cast(nw.Int64) - day.is_null().any().cast(nw.Int64)


def _inside(context: Context, column: str) -> nw.Expr:
    """A column where the row lies in the window, null elsewhere."""
    first, last = context.bounds()
    after = nw.col("day") > first if first is not None else ~nw.col("day").is_null()
    return nw.when(after & (nw.col("day") <= last)).then(nw.col(column))


MEASURES = (
    Measure(
        name="previous_monetary",
        unit="currency",
        type="money",
        inputs=("transactions.day", "transactions.amount"),
        no_data=0,
        windowed=True,
        ages="window",
        moves="no",
        compute=previous_monetary,
    ),
    Measure(
        name="purchase_days",
        unit="days",
        type="integer",
        inputs=("transactions.day", "transactions.is_sale"),
        no_data=0,
        windowed=True,
        ages="window",
        compute=purchase_days,
    ),
)
