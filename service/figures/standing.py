"""How opportunities stand, row by row: the one rule for all of them at once.

An opportunity is the rows of a customer that share an id; her rows without one are one together.
Its state is what the latest row says; a row after the sale that says nothing of it leaves it won.
"""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from custrata.service.calendar.columns import local_day

OPEN, WON, LOST = "open", "won", "lost"
KEY = "deal"
"""The number of an opportunity among those that were read."""
_NAMED = ("customer_id", "opportunity_id")


def in_order(rows: pl.DataFrame, time_zone: str) -> pl.DataFrame:
    """With `KEY` and `day`, in the order of time; of one moment, what ends it comes last.

    Args:
        rows: `customer_id`, `opportunity_id`, `changed_at`, `id`, `outcome`, as files spell it.
    """
    said = pl.col("outcome").str.strip_chars().str.to_lowercase()
    outcome = pl.when(said != "").then(said)
    rows = rows.with_columns(day=local_day("changed_at", time_zone), outcome=outcome)
    order = (*_NAMED, "changed_at", pl.col("outcome").is_not_null(), "id")
    other = (pl.col(one).ne_missing(pl.col(one).shift()) for one in _NAMED)
    number = pl.any_horizontal(*other).cum_sum().alias(KEY)
    return rows.sort(*order, nulls_last=True).with_columns(number)


def with_states(rows: pl.DataFrame, after: Collection[str]) -> pl.DataFrame:
    """With `state` after each row, and `since`: the day from which on it stood without a break.

    Args:
        rows: see `in_order`. after: the steps after the sale.
    """
    said, paid = pl.col("outcome"), pl.col("step").is_in(sorted(after))
    told = pl.when(said.is_not_null()).then(said).when(~paid | first()).then(pl.lit(OPEN))
    # after the sale, a row that says nothing goes on with what was before: won, else open
    before = told.forward_fill()
    state = pl.when(told.is_null() & (before != WON)).then(pl.lit(OPEN)).otherwise(before)
    rows = rows.with_columns(state=state)
    turned = first() | (pl.col("state") != pl.col("state").shift())
    return rows.with_columns(since=pl.when(turned).then(pl.col("day")).forward_fill())


def first() -> pl.Expr:
    """Whether a row is its opportunity's first. Rows: see `in_order`.

    Told off the row before it: a window for each opportunity takes many times as long.
    """
    return pl.col(KEY).ne_missing(pl.col(KEY).shift())


def handed() -> pl.Expr:
    """Whether a row only gave an opportunity to somebody else, with its customer: no step.

    It is as the row before it, of another owner. Rows: see `in_order`, with all that they say.
    """
    same = (KEY, "step", "amount", "scale", "expected_close", "outcome")
    as_before = [pl.col(name).eq_missing(pl.col(name).shift()) for name in same]
    return pl.all_horizontal(*as_before) & pl.col("owner").ne_missing(pl.col("owner").shift())
