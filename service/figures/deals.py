"""Opportunities that are open: those that stand still, and those that are to close."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import select

from custrata.service.figures.shares import LONGEST, fairly
from custrata.service.figures.standing import KEY, OPEN, handed, in_order, with_states
from custrata.store.models import Opportunity, OpportunityStep
from custrata.store.types import day_number, microseconds

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
    who leaves. Days are those of the rules' time zone; what is dated after the run's own is not
    read.
    """
    last = day_number(ground.result.as_of)
    whose = ground.beside.customers.select("customer_id", theirs="owner")
    told = (
        _open(ground)
        .join(whose, on="customer_id")
        .with_columns(
            owner=pl.coalesce("theirs", "owner"),
            worth=pl.col("amount").cast(pl.Float64) / 10.0 ** pl.col("scale").cast(pl.Float64),
        )
    )
    still = told.filter(pl.col("day") <= last - STALLED)
    near = told.filter(pl.col("expected_close").is_between(last - _BEFORE, last + _AHEAD))
    return {"stalled": _listed(still), "closing": _listed(near)}


def _open(ground: Ground) -> pl.DataFrame:
    """Each opportunity that is open at the end of the run's day, with what is known latest."""
    zone, known = ground.result.engine.ruleset.time_zone, ground.beside.deals
    end = datetime.combine(ground.result.as_of + timedelta(days=1), time(), ZoneInfo(zone))
    rows = in_order(known.filter(pl.col("changed_at") < microseconds(end)), zone)
    after = known.filter(part="after")["step"].unique().to_list()
    priced = pl.col("amount").is_not_null()
    latest = (
        with_states(rows, after)
        .with_columns(handed=handed())
        .group_by(KEY)
        .agg(
            pl.col("customer_id", "opportunity_id", "step", "state").last(),
            pl.col("changed_at", "day").filter(~pl.col("handed")).last(),
            pl.col("expected_close", "owner").drop_nulls().last(),
            pl.col("amount", "scale").filter(priced).last(),
        )
    )
    return latest.filter(state=OPEN)


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
