"""What each salesperson and each marketer brought about, by month: a base for pay.

Everything counts for whom the customer belonged to on that day; see `owned`. The page and
docs/portfolio.md tell the definitions: change both with what is here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl

from custrata.engine.facts.meaning import SYSTEM
from custrata.service.figures.ground import Ground
from custrata.service.figures.owned import held, holdings, local_day
from custrata.service.figures.sold import sold
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
    months = months_until(ground.result.as_of)
    first = day_number(date.fromisoformat(f"{months[0]}-01"))
    told = _Told(ground, holdings(ground), first, day_number(ground.result.as_of))
    won, sales = _won(told), _sales(told)
    moves = _moves(told)
    owners = [_taken(told), _moved_on(told, moves), _lost(told, moves), won, sales]
    scale = ground.result.facts.scale
    rows = _rows(owners, "owner", _OWNERS, scale)
    waits = _waits(told)
    for row in rows:
        row["waits"] = waits.get((row["month"], row["owner"]), [])
    marketers = _rows([_brought(told), won, sales], "marketer", _MARKETERS, scale)
    return {"results": {"months": months, "owners": rows, "marketers": marketers}}


def months_until(last: date) -> list[str]:
    """The months that are told of, `YYYY-MM`."""
    count = last.year * 12 + last.month - 1
    return [f"{one // 12:04}-{one % 12 + 1:02}" for one in range(count - MONTHS + 1, count + 1)]


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


def _moves(told: _Told) -> pl.DataFrame:
    """Changes of stage that are told of: `day`, `was`, `to_stage`, `by`, in their order.

    Where a change does not say what was before, it is what the change before it led to.
    """
    zone = told.ground.result.engine.ruleset.time_zone
    changes = told.ground.beside.stage_changes.lazy().sort("changed_at", "id")
    before = pl.col("to_stage").shift(1).over("customer_id")
    return (
        changes.with_columns(
            day=local_day("changed_at", zone), was=pl.coalesce("from_stage", before)
        )
        .filter(told.within())
        .collect()
    )


def _moved_on(told: _Told, made: pl.DataFrame) -> pl.DataFrame:
    """Moves forward by persons; into one stage a customer counts once a month."""
    stages = told.ground.beside.stages.filter(~pl.col("automatic") & ~pl.col("exit"))
    places = stages.lazy().select("code", "position")
    by = pl.col("by")
    machine = by.is_in(sorted(SYSTEM)) | by.str.starts_with("rule:")
    moves = (
        made.lazy()
        .filter(~machine.fill_null(value=False))
        .join(places, left_on="was", right_on="code")
        .join(places, left_on="to_stage", right_on="code", suffix="_now")
        .filter(pl.col("position_now") > pl.col("position"))
    )
    return _counted(_held_once(told, moves, "to_stage"), "moved_on")


def _lost(told: _Told, made: pl.DataFrame) -> pl.DataFrame:
    """Customers who were put outside of the funnel, by whomever; each once a month."""
    exits = told.ground.beside.stages.filter(pl.col("exit"))["code"].implode()
    moves = made.lazy().filter(
        pl.col("to_stage").is_in(exits), ~pl.col("was").is_in(exits).fill_null(value=False)
    )
    return _counted(_held_once(told, moves), "lost")


def _held_once(told: _Told, moves: pl.LazyFrame, *also: str) -> pl.LazyFrame:
    """The first of a customer's moves in a month, with whose she was."""
    ordered = moves.with_columns(_month()).sort("changed_at", "id")
    once = ordered.unique(["customer_id", "month", *also], keep="first", maintain_order=True)
    return held(once.select("customer_id", "day"), told.held_by)


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
    """First sales ever."""
    known = told.ground.known.frame.lazy().filter(pl.col("recency").is_not_null())
    first = known.select("customer_id", day=told.last - pl.col("tenure").cast(pl.Int64))
    return _counted(held(first.filter(told.within()), told.held_by), "won")


def _sales(told: _Told) -> pl.DataFrame:
    """Sales and revenue; what was paid back is subtracted as the facts have it."""
    rows = held(sold(told.ground).filter(told.within()), told.held_by).with_columns(_month())
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
    return pl.from_epoch("day", "d").dt.truncate("1mo").alias("month")


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
    return [
        {**row, "revenue": format(Decimal(int(row["revenue"])).scaleb(-scale), "f")}
        for row in rows.to_dicts()
    ]
