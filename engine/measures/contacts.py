"""What contacts say, with sales, stage changes and the day a customer was created."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from custrata.engine.hookspecs import Measure
from custrata.engine.measures import schemas
from custrata.engine.measures.context import Context
from custrata.engine.measures.parts import LOST

if TYPE_CHECKING:
    from custrata.engine.facts import Facts

Parameters = Mapping[str, Any]

SKIP = "skip"
"""Leaves closed days out of a count of days."""
EXISTING_DAYS = 365
"""A customer first reached longer ago than this exists, with or without a sale."""


def known_days(facts: Facts, parameters: Parameters, context: Context) -> nw.Expr:
    """Days since the earliest of being created, reached, sold to."""
    days = (_created(facts, context), nw.col("_first_contact"), nw.col("_first_sale"))
    return nw.lit(context.day) - nw.min_horizontal(*days)


def days_since_contact(facts: Facts, parameters: Parameters, context: Context) -> nw.Expr:
    """Days since the last contact that counts, else since being created."""
    last = nw.coalesce(nw.col("_last_contact"), _created(facts, context))
    return _since(last, facts, parameters, context)


def days_since_touch(facts: Facts, parameters: Parameters, context: Context) -> nw.Expr:
    """Days since someone was reached or a person set the stage, else since being created."""
    touch = nw.max_horizontal("_last_contact", "_last_change")
    return _since(nw.coalesce(touch, _created(facts, context)), facts, parameters, context)


def touch_of_contact(facts: Facts, parameters: Parameters, context: Context) -> nw.Expr:
    """The same, where something else brings `days_since_contact`."""
    contact = nw.lit(context.day) - nw.col("days_since_contact")
    last = nw.max_horizontal(contact, nw.col("_last_change"))
    return _since(last, facts, parameters, context)


def closed_unknown(facts: Facts, parameters: Parameters, context: Context) -> list[str]:
    """Says that closed days are to be left out, and nobody said which they are."""
    if parameters["closed_days"] == SKIP and facts.closed is None:
        return ["no closed days were given, so that all days count"]
    return []


def is_existing(facts: Facts, parameters: Parameters, context: Context) -> nw.Expr:
    """Whether there ever was a sale, or the first contact is long ago."""
    reached = (nw.col("_first_contact") < context.day - EXISTING_DAYS).fill_null(False)
    return ~nw.col("_first_sale").is_null() | reached


def is_lost(facts: Facts, parameters: Parameters, context: Context) -> nw.Expr:
    """Whether the stage is `lost`, and no sale came after the day on which it was set.

    Where that day is not known, no sale is taken to have come.
    """
    lost = (nw.col("stage") == LOST).fill_null(False)
    back = (nw.col("_last_sale") > nw.col("_last_lost")).fill_null(False)
    return lost & ~back


def _since(last: nw.Expr, facts: Facts, parameters: Parameters, context: Context) -> nw.Expr:
    """Days from a day to the as-of date, those that are closed left out where that is asked."""
    days = nw.lit(context.day) - last
    if parameters.get("closed_days") != SKIP:
        return days
    for first, until in _spans(facts.closed or (), context.day):
        within = until + 1 - nw.max_horizontal(nw.lit(first), last + 1)
        days = days - nw.when(within > 0).then(within).otherwise(nw.lit(0))
    return days


def _spans(closed: Sequence[int], day: int) -> list[tuple[int, int]]:
    """Closed days up to a day, those that follow one another as one."""
    found: list[tuple[int, int]] = []
    for one in sorted(set(closed)):
        if one > day:
            break
        if found and found[-1][1] == one - 1:
            found[-1] = (found[-1][0], one)
        else:
            found.append((one, one))
    return found


def _created(facts: Facts, context: Context) -> nw.Expr:
    """The day a customer was created; null where unknown or after the as-of date."""
    column = facts.customer_columns.get("created_at")
    if column is None or column.kind != "day":
        return nw.lit(None, nw.Int64)
    return nw.when(nw.col("created_at") <= context.day).then(nw.col("created_at"))


_CREATED = "customers.created_at"

MEASURES = (
    Measure(
        name="known_days",
        unit="days",
        type="integer",
        inputs=("measures._first_contact", "measures._first_sale", _CREATED),
        needs="any",
        moves="up",
        compute=known_days,
    ),
    Measure(
        name="days_since_contact",
        unit="days",
        type="integer",
        inputs=("measures._last_contact", _CREATED),
        needs="first",
        parameters=schemas.Since,
        doubts=closed_unknown,
        compute=days_since_contact,
    ),
    Measure(
        name="days_since_touch",
        unit="days",
        type="integer",
        inputs=("measures._last_contact", "measures._last_change", _CREATED),
        needs="first",
        parameters=schemas.Since,
        doubts=closed_unknown,
        compute=days_since_touch,
    ),
    Measure(
        name="is_existing",
        unit="true or false",
        type="boolean",
        inputs=("measures._first_sale", "measures._first_contact"),
        no_data=False,
        needs="any",
        compute=is_existing,
    ),
    Measure(
        name="is_lost",
        unit="true or false",
        type="boolean",
        inputs=("customers.stage", "measures._last_lost", "measures._last_sale"),
        no_data=False,
        ages="steady",
        needs="first",
        compute=is_lost,
    ),
)

TOUCH_OF_CONTACT = Measure(
    name="days_since_touch",
    unit="days",
    type="integer",
    inputs=("measures.days_since_contact", "measures._last_change"),
    needs="first",
    parameters=schemas.Since,
    doubts=closed_unknown,
    compute=touch_of_contact,
)
