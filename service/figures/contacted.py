"""What every salesperson's contacts came to, day by day: calls, visits, whom they reached."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import select

from custrata.engine.facts.meaning import INCOMING, folded, reached
from custrata.service.calendar.columns import local_day
from custrata.service.figures.turnover import HISTORY, NOBODY
from custrata.store.models import Contact
from custrata.store.types import day_number, day_of

if TYPE_CHECKING:
    from custrata.service.figures.ground import Ground
    from custrata.service.runs.reading import Reader

CALLS = frozenset({"phone", "call"})
"""Channels of calls."""
VISIT = "visit"
FIELDS = ("calls", "answered", "visits", "reached")
"""What the numbers of a channel are, in order: calls made, those of them that reached somebody,
visits that took place, contacts of any kind that reached somebody."""
NO_CHANNEL = ""
"""Stands for a channel that nobody said, where a JSON key is needed."""
_NOT_YET = frozenset({"planned", "scheduled"})
_KIND = ("channel", "direction", "outcome")


def came_to(
    channel: str | None, direction: str | None, outcome: str | None
) -> tuple[bool, bool, bool, bool]:
    """Which of `FIELDS` such a contact counts for; what has not taken place is none of them."""
    if folded(outcome) in _NOT_YET:
        return False, False, False, False
    counts, by = reached(channel, direction, outcome), folded(channel)
    call = by in CALLS and folded(direction) not in INCOMING
    return call, call and counts, counts and by == VISIT, counts


def contacts(reader: Reader, as_of: date, time_zone: str) -> pl.DataFrame:
    """`id`, `owner`, `occurred_at`, `channel`, `direction`, `outcome` of the days that are kept."""
    table = Contact.__table__.c
    first = datetime.combine(_first(as_of), time(), ZoneInfo(time_zone))
    columns = (table.id, table.owner, table.occurred_at, *(table[name] for name in _KIND))
    return reader.frame(select(*columns).where(table.occurred_at >= first))


def efforts(ground: Ground) -> Mapping[str, Any]:
    """The figure `efforts`: by who made contacts, day and channel, the numbers of `FIELDS`.

    `seen` is the last contact that the run read: those recorded since come on top. Days after the
    run's own are taken in too.
    """
    made = ground.beside.contacts
    day = local_day("occurred_at", ground.result.engine.ruleset.time_zone).alias("day")
    counted = made.group_by("owner", day, *_KIND).len("times")
    told = counted.join(_told(counted), on=_KIND, nulls_equal=True)
    sums = ((pl.col(name) * pl.col("times")).sum() for name in FIELDS)
    each = told.group_by("owner", "day", "channel").agg(*sums).sort("owner", "day", "channel")
    owners: dict[str, dict[str, dict[str, list[int]]]] = {}
    for owner, number, channel, *numbers in each.iter_rows():
        days = owners.setdefault(owner or NOBODY, {})
        days.setdefault(day_of(number).isoformat(), {})[channel or NO_CHANNEL] = numbers
    first, seen = _first(ground.result.as_of), made["id"].max() or 0
    return {"efforts": {"first": first.isoformat(), "seen": seen, "owners": owners}}


def _first(as_of: date) -> date:
    return day_of(day_number(as_of) - HISTORY + 1)


def _told(counted: pl.DataFrame) -> pl.DataFrame:
    """Every kind of contact, with what it counts for: there are few."""
    kinds = counted.select(_KIND).unique()
    counts = pl.DataFrame(
        [came_to(*kind) for kind in kinds.iter_rows()],
        schema=dict.fromkeys(FIELDS, pl.Boolean),
        orient="row",
    )
    return pl.concat([kinds, counts.cast(pl.Int64)], how="horizontal")
