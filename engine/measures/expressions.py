"""Small frame expressions that measures share."""

from __future__ import annotations

from functools import reduce
from operator import and_

import narwhals.stable.v2 as nw

from custrata.engine.measures.context import Context


def in_window(context: Context, *further: nw.Expr) -> nw.Expr:
    """Whether a row's `day` lies in the window, and all `further` conditions hold."""
    first, last = context.bounds()
    conditions = list(further)
    if first is not None:
        conditions.append(nw.col("day") > first)
    if last < context.day:
        conditions.append(nw.col("day") <= last)
    return reduce(and_, conditions) if conditions else ~nw.col("day").is_null()


def distinct(values: nw.Expr) -> nw.Expr:
    """How many different values there are, nulls apart; an aggregate."""
    return values.n_unique().cast(nw.Int64) - values.is_null().any().cast(nw.Int64)


def how_many(condition: nw.Expr) -> nw.Expr:
    """On how many rows a condition holds; an aggregate. Spark adds up no Booleans."""
    return condition.cast(nw.Int64).sum()


def divide(above: nw.Expr, below: nw.Expr) -> nw.Expr:
    """The quotient of two columns of whole numbers, rounded once."""
    return above.cast(nw.Float64) / below.cast(nw.Float64)


def constant(value: float, like: nw.Expr) -> nw.Expr:
    """A float column of one value, null where the number `like` is.

    Polars divides by a literal, a `when` of one value too, through its reciprocal, which is off
    by a bit now and then; by a column that it cannot see through it divides exactly.
    """
    return like.cast(nw.Float64) * 0.0 + value
