"""The company's records as frames, and what of them was known by a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Any, get_type_hints
from zoneinfo import ZoneInfo

import polars as pl

from custrata.service.company.rows import RECORDS, Moment

TIME_ZONE = "Asia/Ho_Chi_Minh"
_MOMENT = pl.Datetime("us", TIME_ZONE)
_TYPES = {str: pl.String, int: pl.Int64, bool: pl.Boolean, date: pl.Date, Moment: _MOMENT}
_NAMES = {"before": "from", "after": "to"}
_TIMES = {
    **dict.fromkeys(("transactions", "contacts"), "occurred_at"),
    **dict.fromkeys(("stage_changes", "owner_changes", "opportunities"), "changed_at"),
    "surveys": "answered_at",
    "feedback": "opened_at",
    "visits": "planned_at",
}
"""The moment from which on a row of a record is known."""


@dataclass(frozen=True)
class Company:
    """A firm's customer book: a frame for each record, columns as in docs/data.md and more.

    Moments are aware, in the firm's time zone; amounts are whole đồng.
    """

    customers: pl.DataFrame
    transactions: pl.DataFrame
    contacts: pl.DataFrame
    surveys: pl.DataFrame
    stage_changes: pl.DataFrame
    owner_changes: pl.DataFrame
    opportunities: pl.DataFrame
    feedback: pl.DataFrame
    source_costs: pl.DataFrame
    targets: pl.DataFrame
    visits: pl.DataFrame
    groups: pl.DataFrame

    @classmethod
    def of(cls, rows: Mapping[str, Iterable[tuple[Any, ...]]]) -> Company:
        """The book that holds these rows, by record."""
        return cls(**{record: frame_of(record, rows[record]) for record in RECORDS})

    def frames(self) -> dict[str, pl.DataFrame]:
        """The frames by record."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def until(self, day: date) -> Company:
        """What was known at the end of a day: later rows are gone, states are those of then."""
        end = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(TIME_ZONE))
        known = {
            name: frame.filter(pl.col(_TIMES[name]) < end) if name in _TIMES else frame
            for name, frame in self.frames().items()
        }
        known["customers"] = _customers(known, end)
        known["feedback"] = _feedback(known["feedback"], end)
        known["source_costs"] = self.source_costs.filter(pl.col("month") < day.replace(day=1))
        known["targets"] = self.targets.filter(pl.col("month") <= day)
        return Company(**known)

    def since(self, before: Company) -> Company:
        """The rows that are new, or other than they were."""
        old = before.frames()
        return Company(
            **{
                name: frame.join(old[name], on=frame.columns, how="anti", nulls_equal=True)
                for name, frame in self.frames().items()
            }
        )


def frame_of(record: str, rows: Iterable[tuple[Any, ...]]) -> pl.DataFrame:
    """Rows of a record as a frame."""
    types = {name: _type(hint) for name, hint in get_type_hints(RECORDS[record]).items()}
    moments = [name for name, kind in types.items() if kind == _MOMENT]
    raw = {name: pl.Int64 if name in moments else kind for name, kind in types.items()}
    told = pl.DataFrame(list(rows), schema=raw, orient="row").with_columns(
        pl.from_epoch(name, "s").dt.replace_time_zone(TIME_ZONE).cast(_MOMENT) for name in moments
    )
    return told.rename({name: _NAMES[name] for name in types if name in _NAMES})


def _type(hint: Any) -> Any:
    """The column's type of `str`, `str | None` ..."""
    return next(kind for plain, kind in _TYPES.items() if hint == plain or hint == plain | None)


def _customers(known: Mapping[str, pl.DataFrame], end: datetime) -> pl.DataFrame:
    """Customers with the stage and the owner that they had."""
    customers = known["customers"]
    stage = _last(known["stage_changes"]).select("customer_id", stage="to", reason="why")
    owner = _last(known["owner_changes"]).select("customer_id", owner="to")
    there = customers.filter((pl.col("created_at") < end).fill_null(value=True))
    told = there.drop("stage", "owner")
    for held in (stage, owner):
        told = told.join(held, on="customer_id", how="left", maintain_order="left")
    lost = (pl.col("stage") == "lost").fill_null(value=False)
    taken = lost & (pl.col("reason") == "competitor")
    gone = {"lost_reason": pl.when(lost).then("reason"), "lost_to": pl.when(taken).then("lost_to")}
    return told.with_columns(**gone).select(customers.columns)


def _last(changes: pl.DataFrame) -> pl.DataFrame:
    return changes.sort("changed_at").group_by("customer_id", maintain_order=True).last()


def _feedback(feedback: pl.DataFrame, end: datetime) -> pl.DataFrame:
    """Feedback in the state that it had."""
    settled = (pl.col("settled_at") < end).fill_null(value=False)
    fresh = pl.col("opened_at") >= end - timedelta(days=2)
    waits = pl.when(fresh).then(pl.lit("open")).otherwise(pl.lit("in_progress"))
    return feedback.with_columns(
        state=pl.when(settled).then("state").otherwise(waits),
        settled_at=pl.when(settled).then("settled_at"),
    )
