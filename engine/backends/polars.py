"""Polars: lazy frames, computed by the streaming engine."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event, Thread
from typing import Any, Literal, cast

import narwhals.stable.v2 as nw
import polars as pl
from narwhals.stable.v2 import dependencies as kinds

from custrata.engine.backends.given import (
    arrow_of_pandas,
    given,
    install,
    named,
    refuse,
    spark_of_arrow,
)
from custrata.engine.backends.text import AWARE_TIME, DECIMAL_DIGITS, NAIVE_TIME, WHITE_SPACE
from custrata.engine.diagnostics import DataError, Diagnostic

_DAY = 86_400_000_000


class PolarsBackend:
    """The adapter of Polars; `collector` is Polars' own engine, `in-memory` for a few rows."""

    name = "polars"
    wide = nw.Int128

    def __init__(self, collector: Literal["in-memory", "streaming"] = "streaming") -> None:
        self._collector: Literal["in-memory", "streaming"] = collector

    def scan(self, path: Path) -> nw.LazyFrame[Any]:
        """See `Backend`."""
        return nw.from_native(pl.scan_parquet(path, glob=False, hive_partitioning=False))

    def lazy(self, frame: Any) -> nw.LazyFrame[Any]:
        """See `Backend`."""
        native = given(frame)
        rows = self.scan(native) if isinstance(native, Path) else nw.from_native(_lazy(native))
        return named(_known(rows), frame)

    def native(self, frame: nw.LazyFrame[Any], like: Any) -> Any:
        """See `Backend`."""
        return as_kind(self._collect(frame), given(like))

    def table(
        self, columns: Mapping[str, Sequence[Any]], types: Mapping[str, Any]
    ) -> nw.LazyFrame[Any]:
        """See `Backend`."""
        data = {name: list(values) for name, values in columns.items()}
        frame = nw.from_dict(data, schema=dict(types), backend="polars")
        return frame.lazy()

    def keep(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """See `Backend`."""
        return nw.from_native(self._collect(frame).lazy())

    def rows(self, frame: nw.LazyFrame[Any]) -> list[tuple[Any, ...]]:
        """See `Backend`."""
        return self._collect(frame).rows()

    def pick(
        self,
        codes: nw.LazyFrame[Any],
        code: str,
        values: Sequence[Any],
        dtype: Any,
        name: str,
    ) -> nw.LazyFrame[Any]:
        """See `Backend`."""
        table = nw.from_dict({name: list(values)}, schema={name: dtype}, backend="polars")
        picked = pl.lit(table.to_native()[name]).gather(pl.col(code).cast(pl.UInt32))
        return _lazily(_native(codes).with_columns(picked.alias(name)))

    def numbered(self, frame: nw.LazyFrame[Any], name: str) -> nw.LazyFrame[Any]:
        """See `Backend`."""
        return _lazily(_native(frame).with_row_index(name))

    def tidy(self, frame: nw.LazyFrame[Any], columns: Sequence[str]) -> set[str]:
        """See `Backend`."""
        tests = (_tidy(pl.col(column)).alias(column) for column in columns)
        found = self._collect(nw.from_native(frame.to_native().select(*tests))).row(0, named=True)
        return {column for column, tidy in found.items() if tidy}

    def trimmed(self, frame: nw.LazyFrame[Any], columns: Sequence[str]) -> nw.LazyFrame[Any]:
        """See `Backend`."""
        trimmed = pl.col(list(columns)).str.normalize("NFC").str.strip_chars(WHITE_SPACE)
        return _lazily(_native(frame).with_columns(trimmed.replace("", None)))

    def timed(
        self, frame: nw.LazyFrame[Any], column: str, time_zone: str, day: str, moment: str
    ) -> nw.LazyFrame[Any]:
        """See `Backend`."""
        rows = _native(frame)
        local = _local(pl.col(column), rows.collect_schema()[column], time_zone)
        days = local.dt.date().cast(pl.Int32).cast(pl.Int64).alias(day)
        return _lazily(rows.with_columns(days, local.to_physical().alias(moment)))

    def scaled(
        self, frame: nw.LazyFrame[Any], column: str, scale: int, name: str
    ) -> nw.LazyFrame[Any]:
        """See `Backend`."""
        rows = _native(frame)
        exact = pl.col(column)
        if rows.collect_schema()[column].is_float():
            exact = exact.fill_nan(None).cast(pl.String)
        decimal = exact.cast(pl.Decimal(DECIMAL_DIGITS, scale), strict=False)
        return _lazily(rows.with_columns(decimal.to_physical().alias(name)))

    def _collect(self, frame: nw.LazyFrame[Any]) -> pl.DataFrame:
        need_threads()
        return _native(frame).collect(engine=self._collector)


_PATIENCE = 5.0
"""So many seconds Polars is given for what takes it some milliseconds."""
_answered: dict[int, Event] = {}
"""The process that tried, and whether Polars' threads did what they were asked there."""
_without: set[int] = set()
"""A process that has none."""


def need_threads() -> None:
    """A fork leaves Polars' threads behind, and a child would wait for them for ever.

    Whoever computed before the fork need not have come by here, so each process tries once, in a
    thread that is left behind where no answer comes.

    Raises:
        DataError: this process is such a child.
    """
    process = os.getpid()
    if not _answered:
        Thread(target=_try, args=(_answered.setdefault(process, Event()),), daemon=True).start()
    answered = _answered.get(process)
    if answered and answered.wait(0 if process in _without else _PATIENCE):
        return
    _without.add(process)
    fault = "this process was forked after Polars had computed, so its threads are missing"
    allowed = "processes that are spawned, or forked before anything is computed"
    raise DataError(Diagnostic("forked", fault, allowed=allowed))


def _try(answered: Event) -> None:
    rows = pl.DataFrame({"row": [2, 1]}).sort("row")
    rows.lazy().select(pl.col("row").sum()).collect(engine="streaming")
    answered.set()


def _native(frame: nw.LazyFrame[Any]) -> pl.LazyFrame:
    native: pl.LazyFrame = frame.to_native()
    return native


def _lazily(rows: pl.LazyFrame) -> nw.LazyFrame[Any]:
    return nw.from_native(rows)


def _lazy(frame: Any) -> pl.LazyFrame:
    if isinstance(frame, pl.LazyFrame):
        return frame
    if kinds.is_polars_dataframe(frame):
        return frame.lazy()
    with install(frame):
        if kinds.is_pandas_dataframe(frame):
            frame = arrow_of_pandas(frame)
        if kinds.is_duckdb_relation(frame):
            return cast("pl.DataFrame", frame.pl()).lazy()
        if kinds.is_pyspark_dataframe(frame):
            frame = frame.toArrow()
        if kinds.is_pyarrow_table(frame):
            return cast("pl.DataFrame", pl.from_arrow(frame)).lazy()
    raise refuse(frame)


def _known(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """A column of nothing but nulls, without a type, as text."""
    untyped = [name for name, kind in frame.collect_schema().items() if kind == nw.Unknown]
    return frame.with_columns(nw.col(*untyped).cast(nw.String)) if untyped else frame


def polars_frame(frame: Any) -> pl.DataFrame:
    """Any native frame as one of Polars, of types that Spark and Arrow know too."""
    rows = _lazy(frame).collect(engine="streaming")
    known: dict[Any, Any] = {
        name: _COMMON[kind] for name, kind in rows.schema.items() if kind in _COMMON
    }
    times = [n for n, kind in rows.schema.items() if isinstance(kind, pl.Datetime)]
    return rows.cast(known).with_columns(pl.col(times).dt.cast_time_unit("us"))


_COMMON: Mapping[Any, Any] = {
    pl.Int128: pl.Decimal(DECIMAL_DIGITS, 0),
    pl.UInt64: pl.Decimal(20, 0),
    pl.UInt32: pl.Int64,
    pl.UInt16: pl.Int32,
    pl.UInt8: pl.Int16,
    pl.Null: pl.String,
    pl.Categorical: pl.String,
    pl.Enum: pl.String,
    pl.Time: pl.String,
    pl.Duration: pl.String,
}


def as_kind(rows: pl.DataFrame, kind: Any) -> Any:
    """Rows of Polars as the kind of frame that `kind` is; a path asks for Polars' own."""
    if isinstance(kind, Path) or kinds.is_polars_dataframe(kind):
        return rows
    if kinds.is_polars_lazyframe(kind):
        return rows.lazy()
    with install(kind):
        return _foreign(rows, kind)


def _foreign(rows: pl.DataFrame, kind: Any) -> Any:
    if kinds.is_pyspark_dataframe(kind):
        return spark_of_arrow(kind.sparkSession, rows.to_arrow())
    if kinds.is_pandas_dataframe(kind):
        return rows.to_pandas()
    if kinds.is_pyarrow_table(kind):
        return rows.to_arrow()
    if kinds.is_duckdb_relation(kind):
        return kind.query("given", "SELECT * FROM rows")
    raise refuse(kind)


def _tidy(text: pl.Expr) -> pl.Expr:
    ascii_only = (text.str.len_bytes() == text.str.len_chars()).all()
    bare = (text.str.strip_chars(WHITE_SPACE) == text).all()
    return ascii_only & bare & (text != "").all() & (text.null_count() == 0)


def _local(column: pl.Expr, dtype: pl.DataType, time_zone: str) -> pl.Expr:
    """Local naive microseconds."""
    if isinstance(dtype, pl.Datetime):
        if dtype.time_zone is not None:
            column = column.dt.convert_time_zone(time_zone).dt.replace_time_zone(None)
        return column.cast(pl.Datetime("us"))
    return column.cast(pl.Datetime("us")) if dtype == pl.Date else from_text(column, time_zone)


def from_text(text: pl.Expr, time_zone: str) -> pl.Expr:
    """ISO dates and times by the clock of a zone; null where text is none."""
    aware = text.str.contains(f"^{AWARE_TIME}$")
    day = text.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us"))
    naive = day + _clock(text.str.slice(11))
    utc = (naive - _offset(text)).dt.replace_time_zone("UTC")
    converted = utc.dt.convert_time_zone(time_zone).dt.replace_time_zone(None)
    known = aware | text.str.contains(f"^{NAIVE_TIME}$")
    return pl.when(known).then(pl.when(aware).then(converted).otherwise(naive))


def _clock(text: pl.Expr) -> pl.Expr:
    """Time of day of `HH:MM[:SS[.ffffff]]...`, zero of empty text."""
    fraction = text.str.extract(r"^.{8}\.([0-9]{1,6})").str.pad_end(6, "0")
    return pl.duration(
        hours=_digits(text.str.slice(0, 2)),
        minutes=_digits(text.str.slice(3, 2)),
        seconds=_digits(text.str.extract(r"^.{5}:([0-9]{2})")),
        microseconds=_digits(fraction),
    )


def _offset(text: pl.Expr) -> pl.Expr:
    """East of UTC, zero for `Z`."""
    parts = r"([+-])([0-9]{2}):?([0-9]{2})?$"
    tail = text.str.slice(16)
    sign = pl.when(tail.str.extract(parts, 1) == "-").then(-1).otherwise(1)
    hours, minutes = (_digits(tail.str.extract(parts, group)) for group in (2, 3))
    return pl.duration(minutes=sign * (hours * 60 + minutes))


def _digits(text: pl.Expr) -> pl.Expr:
    return text.cast(pl.Int64, strict=False).fill_null(0)
