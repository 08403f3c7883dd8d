"""What transactions say: how lately, how often, how much, in what rhythm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from custrata.engine.hookspecs import Measure
from custrata.engine.measures import schemas
from custrata.engine.measures.context import Context, Unmeasurable, day_number
from custrata.engine.measures.expressions import distinct, divide, how_many, in_window

if TYPE_CHECKING:
    from custrata.engine.facts import Facts

Parameters = Mapping[str, Any]

FIRST_YEAR = 365
"""Days after a launch in which it is too early to tell who adopts a product late."""


def recency_days(facts: Facts, parameters: Parameters, context: Context) -> nw.Expr:
    """Days from the last sale to the as-of date."""
    return nw.lit(context.day) - nw.col("_last_sale")


def tenure_days(facts: Facts, parameters: Parameters, context: Context) -> nw.Expr:
    """Days from the first sale to the as-of date."""
    return nw.lit(context.day) - nw.col("_first_sale")


def mean_gap_days(facts: Facts, parameters: Parameters, context: Context) -> nw.Expr:
    """Days from the first to the last sale date, by the gaps between sale dates."""
    gaps = nw.col("_sale_dates") - 1
    return nw.when(gaps >= 2).then(divide(nw.col("_last_sale") - nw.col("_first_sale"), gaps))


def frequency(facts: Facts, parameters: Parameters, context: Context) -> nw.Expr:
    """Sales in the window, or the days that have any."""
    sold = in_window(context, _sales(parameters))
    return (
        how_many(sold) if parameters["count"] == "transactions" else distinct(_where(sold, "day"))
    )


def frequency_of_values(facts: Facts, parameters: Parameters, context: Context) -> nw.Expr:
    """Different values of a column that sales in the window have."""
    paid = (_sales(parameters),) if parameters["paid_only"] else ()
    return distinct(_where(in_window(context, *paid), parameters["count"]))


def monetary(facts: Facts, parameters: Parameters, context: Context) -> nw.Expr:
    """Amounts in the window, refunds being negative."""
    return _total(context, "amount")


def monetary_mean(facts: Facts, parameters: Parameters, context: Context) -> nw.Expr:
    """`monetary` ÷ sales in the window."""
    sales = how_many(in_window(context, _sales(parameters)))
    return nw.when(sales > 0).then(divide(_total(context, "amount"), sales * 10**context.scale))


def profit(facts: Facts, parameters: Parameters, context: Context) -> nw.Expr:
    """Profit in the window; null where a sale there lacks it."""
    lacking = in_window(context, nw.col("is_sale"), nw.col("profit").is_null()).any()
    return nw.when(~lacking).then(_total(context, "profit"))


def growth_rate(facts: Facts, parameters: Parameters, context: Context) -> nw.Expr:
    """What `monetary` has grown by since the window before, ÷ that."""
    if context.window.older is None:
        raise Unmeasurable("a window without limit has none before it")
    now, before = _total(context, "amount"), _total(context.before(), "amount")
    return nw.when(before > 0).then(divide(now - before, before))


def adoption_days(facts: Facts, parameters: Parameters, context: Context) -> nw.Expr:
    """Days from a product's launch to its first sale."""
    first = _where(_of_product(parameters), "day").min()
    return first - day_number(parameters["launch"])


def adoption_doubts(facts: Facts, parameters: Parameters, context: Context) -> Iterator[str]:
    """A product nobody bought, a launch after the first purchase, a first year that lasts."""
    assert facts.lines is not None
    product, launch = parameters["product"], day_number(parameters["launch"])
    sold = facts.lines.filter(_of_product(parameters))
    early = how_many(nw.col("day") < launch)
    ((lines, before),) = facts.backend.rows(sold.select(nw.len(), early.alias("before")))
    if not lines:
        yield f"nobody has bought {product!r}; it has to be spelt as in the transactions"
    elif before:
        told = f"{product!r} was bought before its launch on {parameters['launch']}"
        yield f"{told} ({before} times); the date may be wrong"
    if context.day < launch + FIRST_YEAR:
        told = f"the first year of {product!r}, launched on {parameters['launch']}, is not over"
        yield f"{told}; who has not bought it yet may still do so"


def _of_product(parameters: Parameters) -> nw.Expr:
    named: nw.Expr = nw.col("product").cast(nw.String) == parameters["product"]
    return named


def _sales(parameters: Parameters) -> nw.Expr:
    sale = nw.col("is_sale")
    return sale & (nw.col("amount") > 0) if parameters["paid_only"] else sale


def _total(context: Context, column: str) -> nw.Expr:
    return _where(in_window(context), column).sum().cast(nw.Int64)


def _where(condition: nw.Expr, column: str) -> nw.Expr:
    return nw.when(condition).then(nw.col(column))


def _counting(parameters: Parameters) -> Measure:
    """`frequency` as it counts: sales and days in sales, a column's values in their lines."""
    column = parameters["count"]
    if column in ("transactions", "days"):
        return _FREQUENCY
    record = "transactions" if parameters["paid_only"] else "lines"
    inputs = (f"{record}.day", f"{record}.{column}")
    return replace(_FREQUENCY, inputs=inputs, compute=frequency_of_values)


_SALES = ("transactions.day", "transactions.is_sale")
_AMOUNTS = ("transactions.day", "transactions.amount")
_MONETARY = Measure(
    name="monetary",
    unit="currency",
    type="money",
    inputs=(*_AMOUNTS, "transactions.is_sale"),
    no_data=0,
    parameters=schemas.Monetary,
    windowed=True,
    ages="window",
    compute=monetary,
)
_FREQUENCY = Measure(
    name="frequency",
    unit="sales",
    type="integer",
    inputs=(*_SALES, "transactions.amount"),
    no_data=0,
    parameters=schemas.Frequency,
    windowed=True,
    ages="window",
    compute=frequency,
)
_MEAN = replace(_MONETARY, type="number", no_data=None, compute=monetary_mean)

MEASURES = (
    Measure(
        name="recency_days",
        unit="days",
        type="integer",
        inputs=("measures._last_sale",),
        compute=recency_days,
    ),
    replace(_FREQUENCY, under=_counting),
    replace(
        _MONETARY,
        under=lambda parameters: _MEAN if parameters["statistic"] == "mean" else _MONETARY,
    ),
    Measure(
        name="profit",
        unit="currency",
        type="money",
        inputs=(*_SALES, "transactions.profit"),
        no_data=0,
        windowed=True,
        ages="window",
        compute=profit,
    ),
    Measure(
        name="tenure_days",
        unit="days",
        type="integer",
        inputs=("measures._first_sale",),
        moves="up",
        compute=tenure_days,
    ),
    Measure(
        name="mean_gap_days",
        unit="days",
        type="number",
        inputs=("measures._first_sale", "measures._last_sale", "measures._sale_dates"),
        ages="steady",
        compute=mean_gap_days,
    ),
    Measure(
        name="growth_rate",
        unit="ratio",
        type="number",
        inputs=_AMOUNTS,
        windowed=True,
        ages="window",
        compute=growth_rate,
    ),
    Measure(
        name="adoption_days",
        unit="days",
        type="integer",
        inputs=("lines.day", "lines.product"),
        parameters=schemas.Adoption,
        ages="steady",
        moves="no",
        compute=adoption_days,
        doubts=adoption_doubts,
    ),
)
