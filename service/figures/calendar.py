"""Calendar months of a run: which they are, and in which of them something took place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import polars as pl


def months_until(last: date, count: int) -> list[date]:
    """The first days of so many months, the last of which holds a day."""
    return list(_back(last, count))[::-1]


def month_of(day: pl.Expr) -> pl.Expr:
    """The first day of the month in which a day lies; the day is counted from 1970."""
    return day.cast(pl.Int32).cast(pl.Date).dt.truncate("1mo")


def _back(last: date, count: int) -> Iterator[date]:
    month = last.replace(day=1)
    for _ in range(count):
        yield month
        month = (month - timedelta(days=1)).replace(day=1)
