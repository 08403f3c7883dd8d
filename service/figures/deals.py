"""Opportunities that are open: those that stand still, and those that are to close."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl
from sqlalchemy import select

from custrata.service.figures.shares import LONGEST, fairly
from custrata.store.models import Opportunity, OpportunityStep
from custrata.store.types import EPOCH, day_number, day_of

if TYPE_CHECKING:
    from custrata.service.figures.ground import Ground
    from custrata.service.runs.reading import Reader

STALLED = 14
"""Days without a step after which an opportunity stands still."""
_BEFORE, _AHEAD = 7, 13
"""Days around a run's own in which the weeks lie that are looked at until the next run."""


def deals(reader: Reader) -> pl.DataFrame:
    """Every step of every opportunity, for `Beside.deals`."""
    table = Opportunity.__table__.c
    plain = (table.customer_id, table.id, table.opportunity_id, table.step, table.changed_at)
    worth = (table.amount, table.scale, table.expected_close, table.owner, table.outcome)
    steps = OpportunityStep.__table__
    part = steps.c.part
    query = select(*plain, *worth, part).join_from(
        Opportunity.__table__, steps, steps.c.code == table.step, isouter=True
    )
    return reader.frame(query)


def deal_lists(ground: Ground) -> Mapping[str, pl.DataFrame]:
    """The lists `stalled` and `closing`, each owner's largest first.

    An opportunity is whose the customer is, else whose it says: nothing is lost with a salesperson
    who leaves. Those without an id of their own are one for each customer.
    """
    last = day_number(ground.result.as_of)
    whose = ground.beside.customers.select("customer_id", theirs="owner")
    opened = _open(ground.beside.deals).join(whose, on="customer_id")
    told = opened.with_columns(
        owner=pl.coalesce("theirs", "owner"),
        worth=pl.col("amount").cast(pl.Float64) / 10.0 ** pl.col("scale").cast(pl.Float64),
    )
    ended = (day_of(last) - EPOCH.date() + timedelta(days=1 - STALLED)) // timedelta(microseconds=1)
    still = told.filter(pl.col("changed_at") < ended)
    near = told.filter(pl.col("expected_close").is_between(last - _BEFORE, last + _AHEAD))
    return {"stalled": _listed(still), "closing": _listed(near)}


def _open(rows: pl.DataFrame) -> pl.DataFrame:
    """The last step of each opportunity that was neither won nor lost.

    A step after the sale that says nothing of it leaves it won.
    """
    said = pl.col("outcome").drop_nulls().last().alias("said")
    grouped = rows.sort("changed_at", "id").group_by("customer_id", "opportunity_id")
    latest = grouped.agg(pl.exclude("customer_id", "opportunity_id").last(), said)
    paid = (pl.col("part") == "after") & (pl.col("said") == "won")
    return latest.filter(pl.col("outcome").is_null(), ~paid.fill_null(value=False))


def _moment(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Datetime("us", "UTC")).dt.to_string("%Y-%m-%dT%H:%M:%S%.6fZ")


def _listed(found: pl.DataFrame) -> pl.DataFrame:
    order = ["worth", "customer_id", "opportunity_id"]
    first = fairly(found, order, [True, False, False], LONGEST)
    names = ("opportunity_id", "step", "amount", "scale", "changed", "close", "owner")
    # `changed` and `close` are texts: what a list keeps is JSON
    close = pl.from_epoch("expected_close", "d").dt.to_string("%Y-%m-%d")
    told = first.with_columns(changed=_moment("changed_at"), close=close)
    return told.select("customer_id", *names)
