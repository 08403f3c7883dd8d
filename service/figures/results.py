"""What each salesperson and each marketer brought about, by month: a base for pay.

Everything counts for whom the customer belonged to on that day; see `owned`. The page and
docs/portfolio.md tell the definitions: change both with what is here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl

from custrata.engine.facts.meaning import SYSTEM
from custrata.service.calendar.columns import local_day, month_of
from custrata.service.calendar.times import months_until
from custrata.service.figures.ground import Ground
from custrata.service.figures.measured import exact_text
from custrata.service.figures.milestones import first_sales, losses, moves
from custrata.service.figures.owned import held
from custrata.store.types import day_number

MONTHS = 13
"""So many are told, that of the run's day, which is not over, among them."""
_OWNERS = ("taken_over", "moved_on", "won", "lost", "sales")
_MARKETERS = ("brought", "contacted", "won", "sales")


@dataclass(frozen=True)
class _Told:
    """What is counted from; days are numbers since 1970.

    Attributes:
        held_by: see `owned.holdings`. first, last: the days that are told of.
    """

    ground: Ground
    held_by: pl.DataFrame
    first: int
    last: int

    def within(self, name: str = "day") -> pl.Expr:
        """Whether a day is told of."""
        return pl.col(name).is_between(self.first, self.last)


def results(ground: Ground) -> dict[str, Any]:
    """The figure `results`.

    Returns:
        months: `YYYY-MM`, the earliest first.
        owners: a row for each month and owner (null for nobody) of whom there is anything to
            tell: `month`, `owner`, `taken_over`, `waits` (days from taking over to the first
            contact, with how many customers: `[[0, 3], [2, 1]]`; who is missing was not reached
            yet), `moved_on`, `won`, `lost`, `sales`, `revenue`.
        marketers: `month`, `marketer`, `brought`, `contacted`, `won`, `sales`, `revenue`.
    """
    months = months_until(ground.result.as_of, MONTHS)
    ends = day_number(months[0]), day_number(ground.result.as_of)
    told = _Told(ground, ground.holdings, *ends)
    won, sales = _won(told), _sales(told)
    owners = [_taken(told), _moved_on(told), _lost(told), won, sales]
    scale = ground.result.facts.scale
    rows = _rows(owners, "owner", _OWNERS, scale)
    waits = _waits(told)
    for row in rows:
        row["waits"] = waits.get((row["month"], row["owner"]), [])
    marketers = _rows([_brought(told), won, sales], "marketer", _MARKETERS, scale)
    named = [f"{one:%Y-%m}" for one in months]
    return {"results": {"months": named, "owners": rows, "marketers": marketers}}


# --- for salespeople ----------------------------------------------------------------------


def _events(told: _Told) -> pl.DataFrame:
    """Customers whom somebody took over."""
    theirs = told.held_by.filter(told.within("taken"), pl.col("owner").is_not_null())
    return theirs.with_row_index("event").with_columns(day="taken")


def _taken(told: _Told) -> pl.DataFrame:
    return _counted(_events(told).lazy(), "taken_over")


def _waits(told: _Told) -> dict[tuple[str, str | None], list[list[int]]]:
    """By month and owner: days until the first contact that counts, as long as she had her."""
    events = _events(told)
    made = events.lazy().join(_contacts(told), on="customer_id", suffix="_of_contact")
    when = pl.col("day_of_contact")
    hers = (when < pl.col("until")).fill_null(value=True) & (when >= pl.col("taken"))
    first = made.filter(hers).group_by("event").agg(days=when.min() - pl.col("taken").first())
    waited = events.lazy().join(first, on="event").with_columns(_month())
    counted = waited.group_by("month", "owner", "days").len().sort("days").collect()
    found: dict[tuple[str, str | None], list[list[int]]] = {}
    for month, owner, days, customers in counted.rows():
        found.setdefault((f"{month:%Y-%m}", owner), []).append([days, customers])
    return found


def _moved_on(told: _Told) -> pl.DataFrame:
    """Moves forward by persons; into one stage a customer counts once a month."""
    stages = told.ground.beside.stages.filter(~pl.col("automatic") & ~pl.col("exit"))
    places = stages.lazy().select("code", "position")
    by = pl.col("by")
    machine = by.is_in(sorted(SYSTEM)) | by.str.starts_with("rule:")
    forward = (
        moves(told.ground)
        .lazy()
        .filter(told.within(), ~machine.fill_null(value=False))
        .join(places, left_on="was", right_on="code")
        .join(places, left_on="to_stage", right_on="code", suffix="_now")
        .filter(pl.col("position_now") > pl.col("position"))
        .with_columns(_month())
        .sort("changed_at", "id")
        .unique(["customer_id", "month", "to_stage"], keep="first", maintain_order=True)
    )
    return _counted(held(forward.select("customer_id", "day"), told.held_by), "moved_on")


def _lost(told: _Told) -> pl.DataFrame:
    rows = losses(told.ground).lazy().filter(told.within())
    return _counted(held(rows, told.held_by), "lost")


# --- for marketers ------------------------------------------------------------------------


def _brought(told: _Told) -> pl.DataFrame:
    """Customers by the month in which they were created, and how many of them were reached."""
    zone = told.ground.result.engine.ruleset.time_zone
    created = told.ground.beside.customers.lazy().select(
        "customer_id", "marketer", day=local_day("created_at", zone)
    )
    reached = _contacts(told).select("customer_id", reached=pl.lit(value=True)).unique()
    brought = created.filter(told.within()).join(reached, on="customer_id", how="left")
    grouped = brought.with_columns(_month()).group_by("month", "marketer")
    counts = (pl.len().cast(pl.Int64).alias("brought"), pl.col("reached").sum().cast(pl.Int64))
    return grouped.agg(counts).rename({"reached": "contacted"}).collect()


# --- for both -----------------------------------------------------------------------------


def _won(told: _Told) -> pl.DataFrame:
    rows = first_sales(told.ground).lazy().filter(told.within())
    return _counted(held(rows, told.held_by), "won")


def _sales(told: _Told) -> pl.DataFrame:
    """Sales and revenue; what was paid back is subtracted as the facts have it."""
    rows = held(told.ground.sold.lazy().filter(told.within()), told.held_by).with_columns(_month())
    sums = (
        pl.col("is_sale").sum().cast(pl.Int64).alias("sales"),
        pl.col("amount").cast(pl.Int128).sum().alias("revenue"),
    )
    return rows.group_by("month", "owner", "marketer").agg(sums).collect()


def _contacts(told: _Told) -> pl.LazyFrame:
    """`customer_id`, `day` of contacts in which somebody was reached."""
    made = told.ground.result.facts.contacts
    if made is None:
        return pl.LazyFrame(schema={"customer_id": pl.String, "day": pl.Int64})
    frame: pl.LazyFrame = made.filter(nw.col("counts")).select("customer_id", "day").to_native()
    return frame


def _month() -> pl.Expr:
    return month_of(pl.col("day")).alias("month")


def _counted(rows: pl.LazyFrame, name: str) -> pl.DataFrame:
    grouped = rows.with_columns(_month()).group_by("month", "owner", "marketer")
    return grouped.agg(pl.len().cast(pl.Int64).alias(name)).collect()


def _rows(
    parts: Sequence[pl.DataFrame], whose: str, counts: Sequence[str], scale: int
) -> list[dict[str, Any]]:
    """Rows by month and person, counts and exact revenue, in order."""
    joined = pl.concat(parts, how="diagonal")
    sums = joined.group_by("month", whose).agg(pl.col(*counts, "revenue").sum())
    rows = sums.sort("month", whose).with_columns(pl.col("month").dt.strftime("%Y-%m"))
    return [{**row, "revenue": exact_text(row["revenue"], scale)} for row in rows.to_dicts()]
