"""Opportunities that came up between two days, each with how far it came and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from custrata.service.figures.standing import KEY, OPEN, in_order, with_states
from custrata.service.registers.steps import PARTS
from custrata.store import bulk
from custrata.store.models import Customer, Opportunity, OpportunityStep
from custrata.store.types import day_number


@dataclass(frozen=True)
class Whose:
    """Of whom opportunities are read; an opportunity is whose it was last.

    Attributes:
        owners: theirs alone; None for everybody's.
        team: only of customers who are in this team.
        but: not theirs.
    """

    owners: frozenset[str] | None = None
    team: str | None = None
    but: frozenset[str] = frozenset()


ALL = Whose()


@dataclass(frozen=True)
class Deals:
    """What came up, as frames; days are numbers since 1970-01-01 in the rules' time zone.

    Attributes:
        each: one row an opportunity: `KEY`, `came` and `ended` (days), `state` (`open`, `won`,
            `lost`, or what else ended it), `owner`, `units` (the latest amount, in `10**-scale`),
            `furthest` (the place of the furthest step, null where it is at none that is known)
            and `step` (where it is).
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
    whose: Whose = ALL,
) -> Deals:
    """Opportunities whose first row lies between two days, both taken in.

    Args:
        steps: in funnel order. now: what is dated later is not read.
    """
    start = datetime.combine(since, time(), zone)
    end = datetime.combine(until + timedelta(days=1), time(), zone)
    rows = in_order(_read(session, start, end, now, whose), zone.key)
    changes = with_states(rows, {one.code for one in steps if one.part == PARTS[-1]})
    scale = int(changes["scale"].max() or 0)  # type: ignore[arg-type]  # whole numbers
    places = {one.code: place for place, one in enumerate(steps)}
    within = pl.col("came").is_between(day_number(since), day_number(until))
    each = _each(changes, places, scale).filter(within, *_theirs(whose))
    kept = changes.filter(pl.col(KEY).is_in(each[KEY].implode()))
    return Deals(each, kept.select(KEY, "step", "day", "state"), scale)


def _read(
    session: Session, start: datetime, end: datetime, now: datetime, whose: Whose
) -> pl.DataFrame:
    """All rows up to now of each opportunity that may be asked for, found by indices.

    What came up within and is somebody's has a row that names her, at the earliest on the first
    day: only those are looked up.
    """
    table = Opportunity.__table__.c
    within: list[ColumnElement[bool]] = [table.changed_at >= start, table.changed_at < end]
    if whose.owners is not None:
        names = sorted(whose.owners)
        within = [table.owner.in_(names), table.changed_at >= start, table.changed_at <= now]
    of_team = []
    if whose.team is not None:
        own = select(Customer.customer_id).where(Customer.team == whose.team)
        of_team.append(table.customer_id.in_(own))
    nameless = table.opportunity_id.is_(None)
    named = select(table.opportunity_id).where(*within, ~nameless)
    nobodys = select(table.customer_id).where(*within, nameless)
    parts: tuple[tuple[ColumnElement[bool], ...], ...] = (
        (table.opportunity_id.in_(named),),
        (nameless, table.customer_id.in_(nobodys)),
    )
    query = select(
        *(table.id, table.customer_id, table.opportunity_id, table.step, table.changed_at),
        *(table.amount, table.scale, table.owner, table.outcome),
    ).where(table.changed_at <= now, *of_team)
    connection = session.connection()
    return pl.concat(bulk.read(connection, query.where(*one)) for one in parts)


def _theirs(whose: Whose) -> list[pl.Expr]:
    owner = pl.col("owner")
    only = [] if whose.owners is None else [owner.is_in(sorted(whose.owners))]
    but = [~owner.is_in(sorted(whose.but)).fill_null(value=False)] if whose.but else []
    return [*only, *but]


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
            pl.col("place").max().alias("furthest"),
        )
    )
