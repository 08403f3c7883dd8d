"""Opportunities that came up between two days, each with how far it came and how it ended.

An opportunity is the rows of a customer that share an id; her rows without one are one together.
Its state is what the latest row says; a row after the sale that says nothing of it leaves it won.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from custrata.store import bulk
from custrata.store.models import Customer, Opportunity, OpportunityStep
from custrata.store.types import day_number

OPEN, WON, LOST = "open", "won", "lost"
KEY = "deal"
"""The number of an opportunity among those that were read."""
_NAMED = ("customer_id", "opportunity_id")


@dataclass(frozen=True)
class Deals:
    """What came up, as frames; days are numbers since 1970-01-01 in the rules' time zone.

    Attributes:
        each: one row an opportunity: `KEY`, `came` and `ended` (days), `state` (`open`, `won`,
            `lost`, or what else ended it), `owner`, `team` (the customer's), `units` (the latest
            amount, in `10**-scale`), `furthest` (the place of the furthest step, null where it is
            at none that is known) and `step` (where it is).
        changes: their rows in the order of time: `KEY`, `step`, `day`, `state`.
        scale: of all amounts.
    """

    each: pl.DataFrame
    changes: pl.DataFrame
    scale: int


def deals(
    session: Session,
    steps: Sequence[OpportunityStep],
    since: date,
    until: date,
    now: datetime,
    zone: ZoneInfo,
) -> Deals:
    """Opportunities whose first row lies between two days, both taken in.

    Args:
        steps: in funnel order. now: what is dated later is not read.
    """
    start = datetime.combine(since, time(), zone)
    end = datetime.combine(until + timedelta(days=1), time(), zone)
    rows = _with_days(_read(session, start, end, now), zone)
    changes = _with_states(rows, {one.code: one.part for one in steps})
    scale = int(changes["scale"].max() or 0)  # type: ignore[arg-type]  # whole numbers
    places = {one.code: place for place, one in enumerate(steps)}
    within = pl.col("came").is_between(day_number(since), day_number(until))
    each = _each(changes, places, scale).filter(within)
    kept = changes.join(each.select(KEY), on=KEY, how="semi")
    return Deals(each, kept.select(KEY, "step", "day", "state"), scale)


def _read(session: Session, start: datetime, end: datetime, now: datetime) -> pl.DataFrame:
    """All rows up to now of each opportunity that changed within, found by indices."""
    table, of = Opportunity.__table__.c, Customer.__table__.c
    within = (table.changed_at >= start, table.changed_at < end)
    nameless = table.opportunity_id.is_(None)
    named = select(table.opportunity_id).where(*within, ~nameless)
    whose = select(table.customer_id).where(*within, nameless)
    parts: tuple[tuple[ColumnElement[bool], ...], ...] = (
        (table.opportunity_id.in_(named),),
        (nameless, table.customer_id.in_(whose)),
    )
    columns = (
        *(table.id, table.customer_id, table.opportunity_id, table.step, table.changed_at),
        *(table.amount, table.scale, table.owner, table.outcome, of.team),
    )
    theirs = of.customer_id == table.customer_id
    query = select(*columns).join_from(Opportunity, Customer, theirs, isouter=True)
    connection = session.connection()
    return pl.concat(
        bulk.read(connection, query.where(*one, table.changed_at <= now)) for one in parts
    )


def _with_days(rows: pl.DataFrame, zone: ZoneInfo) -> pl.DataFrame:
    """With `KEY`, in the order of time; of one moment, what ends an opportunity comes last."""
    there = pl.from_epoch("changed_at", "us").dt.replace_time_zone("UTC")
    local = there.dt.convert_time_zone(zone.key).dt.date().cast(pl.Int32).cast(pl.Int64)
    said = pl.col("outcome").str.strip_chars().str.to_lowercase()
    outcome = pl.when(said != "").then(said)
    rows = rows.with_columns(day=local, outcome=outcome)
    order = (*_NAMED, "changed_at", pl.col("outcome").is_not_null(), "id")
    other = (pl.col(one).ne_missing(pl.col(one).shift()) for one in _NAMED)
    number = pl.any_horizontal(*other).cum_sum().alias(KEY)
    return rows.sort(*order, nulls_last=True).with_columns(number)


def _with_states(rows: pl.DataFrame, parts: Mapping[str, str]) -> pl.DataFrame:
    """With `state` after each row, and `since`: the day from which on it stood without a break."""
    after = pl.col("step").is_in([code for code, part in parts.items() if part == "after"])
    said = pl.col("outcome")
    told = pl.when(said.is_not_null()).then(said).when(~after).then(pl.lit(OPEN))
    # after the sale, a row that says nothing goes on with what was before: won, else open
    before = told.forward_fill().over(KEY)
    state = pl.when(told.is_null() & (before != WON)).then(pl.lit(OPEN)).otherwise(before)
    rows = rows.with_columns(state=state.fill_null(OPEN))
    turned = (pl.col("state") != pl.col("state").shift().over(KEY)).fill_null(value=True)
    since = pl.when(turned).then(pl.col("day")).forward_fill().over(KEY)
    return rows.with_columns(since=since)


def _each(changes: pl.DataFrame, places: Mapping[str, int], scale: int) -> pl.DataFrame:
    place = pl.col("step").replace_strict(dict(places), default=None, return_dtype=pl.Int64)
    finer = pl.lit(10, pl.Int128).pow(scale - pl.col("scale").fill_null(0)).cast(pl.Int128)
    units = pl.col("amount").cast(pl.Int128) * finer
    return (
        changes.with_columns(place=place, units=units)
        .group_by(KEY, maintain_order=True)
        .agg(
            pl.col("day").first().alias("came"),
            pl.when(pl.col("state").last() != OPEN).then(pl.col("since").last()).alias("ended"),
            pl.col("state", "step").last(),
            pl.col("owner", "units").drop_nulls().last(),
            pl.col("team").first(),
            pl.col("place").max().alias("furthest"),
        )
    )
