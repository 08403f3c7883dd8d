"""Days and months of a frame's columns; days are counted from 1970."""

from __future__ import annotations

import polars as pl


def local_day(name: str, time_zone: str) -> pl.Expr:
    """The day of a moment (microseconds since 1970, UTC), as days since 1970."""
    moment = pl.col(name).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(time_zone)
    return moment.dt.date().cast(pl.Int32).cast(pl.Int64)


def month_of(day: pl.Expr) -> pl.Expr:
    """The first day of the month in which a day lies."""
    return day.cast(pl.Int32).cast(pl.Date).dt.truncate("1mo")
