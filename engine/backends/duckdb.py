"""DuckDB: relations on a connection of their own, held in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2 import dependencies as kinds

from custrata.engine.backends.given import (
    arrow_of_pandas,
    given,
    install,
    named,
    refuse,
    spark_of_arrow,
)
from custrata.engine.backends.text import (
    AWARE_TIME,
    DECIMAL_DIGITS,
    NAIVE_TIME,
    WHITE_SPACE,
)
from custrata.engine.diagnostics import DataError, Diagnostic

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

_TYPES: Mapping[Any, str] = {
    nw.Int32: "INTEGER",
    nw.Int64: "BIGINT",
    nw.Int128: "HUGEINT",
    nw.Float64: "DOUBLE",
    nw.String: "VARCHAR",
    nw.Boolean: "BOOLEAN",
    nw.Date: "DATE",
}


class DuckDBBackend:
    """The adapter of DuckDB; relations of other connections are copied in."""

    name = "duckdb"
    wide = nw.Int128

    def __init__(self) -> None:
        """Open an own database in memory.

        Raises:
            DataError: DuckDB is not installed.
        """
        try:
            import duckdb
        except ModuleNotFoundError as error:
            message = "the engine 'duckdb' needs the package duckdb"
            remedy = "pip install 'custrata[duckdb]'"
            raise DataError(Diagnostic("missing-package", message, allowed=remedy)) from error
        self.connection = duckdb.connect(":memory:")
        self.connection.execute("SET TimeZone = 'UTC'").fetchall()

    def scan(self, path: Path) -> nw.LazyFrame[Any]:
        """See `Backend`."""
        name = "".join(f"[{sign}]" if sign in "*?[" else sign for sign in str(path))
        return nw.from_native(self.connection.read_parquet(name, hive_partitioning=False))

    def lazy(self, frame: Any) -> nw.LazyFrame[Any]:
        """See `Backend`."""
        native = given(frame)
        if isinstance(native, Path):
            return named(_known(self.scan(native)), frame)
        with install(native):
            relation = self._own(native)
            if relation is None:
                relation = self.connection.from_arrow(_arrow(native))
            return named(_known(nw.from_native(relation)), frame)

    def _own(self, native: Any) -> DuckDBPyRelation | None:
        """A relation as one of this connection, if it can be; another's tables are not seen."""
        import duckdb

        if not kinds.is_duckdb_relation(native):
            return None
        try:
            return self.connection.sql("SELECT * FROM native")
        except duckdb.Error:
            return None

    def native(self, frame: nw.LazyFrame[Any], like: Any) -> Any:
        """See `Backend`."""
        relation: DuckDBPyRelation = frame.to_native()
        kind = given(like)
        if isinstance(kind, Path):
            return relation.materialize()
        with install(kind):
            if kinds.is_polars_dataframe(kind):
                return relation.pl()
            if kinds.is_polars_lazyframe(kind):
                return relation.pl().lazy()
            if kinds.is_pandas_dataframe(kind):
                return relation.df()
            rows = relation.to_arrow_table()
            if kinds.is_pyspark_dataframe(kind):
                return spark_of_arrow(kind.sparkSession, rows)
        return kind.query("given", "SELECT * FROM rows") if kinds.is_duckdb_relation(kind) else rows

    def table(
        self, columns: Mapping[str, Sequence[Any]], types: Mapping[str, Any]
    ) -> nw.LazyFrame[Any]:
        """See `Backend`."""
        parts = (f"unnest(?::{_sql_type(types[name])}[]) AS {_quoted(name)}" for name in columns)
        lists = [list(values) for values in columns.values()]
        relation = self.connection.sql(f"SELECT {', '.join(parts)}", params=lists)
        return nw.from_native(relation.materialize())

    def keep(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """See `Backend`."""
        relation: DuckDBPyRelation = frame.to_native()
        return nw.from_native(relation.materialize())

    def rows(self, frame: nw.LazyFrame[Any]) -> list[tuple[Any, ...]]:
        """See `Backend`."""
        found: list[tuple[Any, ...]] = frame.to_native().fetchall()
        return found

    def pick(
        self,
        codes: nw.LazyFrame[Any],
        code: str,
        values: Sequence[Any],
        dtype: Any,
        name: str,
    ) -> nw.LazyFrame[Any]:
        """See `Backend`."""
        key = f"{name}.{code}"
        table = {key: range(len(values)), name: values}
        looked_up = self.table(table, {key: nw.Int64(), name: dtype})
        return codes.join(looked_up, how="left", left_on=code, right_on=key)

    def numbered(self, frame: nw.LazyFrame[Any], name: str) -> nw.LazyFrame[Any]:
        """See `Backend`."""
        return _with(frame, {name: "row_number() OVER () - 1"})

    def tidy(self, frame: nw.LazyFrame[Any], columns: Sequence[str]) -> set[str]:
        """See `Backend`."""
        tests = (
            f"coalesce(bool_and({c} >= '!' AND right({c}, 1) >= '!' AND strlen({c}) = length({c})),"
            f" true) AND count({c}) = count(*)"
            for c in map(_quoted, columns)
        )
        found = frame.to_native().aggregate(", ".join(tests)).fetchall()[0] if columns else ()
        return {column for column, tidy in zip(columns, found, strict=True) if tidy}

    def trimmed(self, frame: nw.LazyFrame[Any], columns: Sequence[str]) -> nw.LazyFrame[Any]:
        """See `Backend`."""
        return _with(frame, {column: _trimmed(_quoted(column)) for column in columns})

    def timed(
        self, frame: nw.LazyFrame[Any], column: str, time_zone: str, day: str, moment: str
    ) -> nw.LazyFrame[Any]:
        """See `Backend`."""
        local = _local(_quoted(column), frame.collect_schema()[column], time_zone)
        days = f"CAST({local} AS DATE) - DATE '1970-01-01'"
        return _with(frame, {day: days, moment: f"epoch_us(CAST({local} AS TIMESTAMP))"})

    def scaled(
        self, frame: nw.LazyFrame[Any], column: str, scale: int, name: str
    ) -> nw.LazyFrame[Any]:
        """See `Backend`."""
        kind, number = frame.collect_schema()[column], _quoted(column)
        if isinstance(kind, nw.Decimal) and kind.scale <= scale < DECIMAL_DIGITS - kind.precision:
            unit = f"{10**scale}::DECIMAL({scale + 1}, 0)"
            return _with(frame, {name: f"CAST({number} * {unit} AS HUGEINT)"})
        if kind.is_float():
            number = f"CASE WHEN NOT isnan({number}) THEN {number}::VARCHAR END"
        decimal = f"TRY_CAST({number} AS DECIMAL({DECIMAL_DIGITS}, {scale}))"
        return _with(frame, {name: f"replace({decimal}::VARCHAR, '.', '')::HUGEINT"})


def _arrow(frame: Any) -> Any:
    """What a connection can register."""
    if kinds.is_duckdb_relation(frame):
        return frame.to_arrow_table()
    if kinds.is_pyspark_dataframe(frame):
        return frame.toArrow()
    if kinds.is_polars_lazyframe(frame):
        frame = frame.collect(engine="streaming")
    if kinds.is_pandas_dataframe(frame):
        return arrow_of_pandas(frame)
    if kinds.is_polars_dataframe(frame):
        return _without_int128(frame)
    if kinds.is_pyarrow_table(frame):
        return frame
    raise refuse(frame)


def _known(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Types that Narwhals does not know as ones that it does: text, but for aware nanoseconds."""
    unknown = [name for name, kind in frame.collect_schema().items() if kind == nw.Unknown]
    native: DuckDBPyRelation = frame.to_native()
    kinds_there = dict(zip(native.columns, map(str, native.types), strict=True))
    wanted = {n: "TIMESTAMPTZ" if "TZ" in kinds_there[n] else "VARCHAR" for n in unknown}
    casts = {name: f"CAST({_quoted(name)} AS {kind})" for name, kind in wanted.items()}
    return _with(frame, casts) if casts else frame


def _without_int128(frame: Any) -> Any:
    """Arrow has no integers of 128 bits, only decimals."""
    wide = [name for name, kind in nw.from_native(frame).schema.items() if kind == nw.Int128]
    columns = (nw.col(name).cast(nw.Decimal(38, 0)) for name in wide)
    return nw.from_native(frame).with_columns(*columns).to_native() if wide else frame


def _sql_type(dtype: Any) -> str:
    return _TYPES[dtype if isinstance(dtype, type) else type(dtype)]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _with(frame: nw.LazyFrame[Any], columns: Mapping[str, str]) -> nw.LazyFrame[Any]:
    """`frame` with columns that are SQL expressions."""
    relation: DuckDBPyRelation = frame.to_native()
    kept = {name: _quoted(name) for name in relation.columns} | dict(columns)
    parts = (f"{value} AS {_quoted(name)}" for name, value in kept.items())
    return nw.from_native(relation.project(", ".join(parts)))


def _trimmed(text: str) -> str:
    """Most text begins and ends with a visible ASCII sign, and `trim` with a set is slow."""
    plain = f"left({text}, 1) BETWEEN '!' AND '~' AND right({text}, 1) BETWEEN '!' AND '~'"
    normal = f"nfc_normalize({text})"
    stripped = f"nullif(trim({normal}, {_literal(WHITE_SPACE)}), '')"
    return f"CASE WHEN {plain} THEN {normal} ELSE {stripped} END"


def _local(column: str, dtype: Any, time_zone: str) -> str:
    """A local date or naive timestamp."""
    zone = _literal(time_zone)
    if isinstance(dtype, nw.Datetime):
        return column if dtype.time_zone is None else f"timezone({zone}, {column})"
    if dtype == nw.Date:
        return column
    aware = f"timezone({zone}, TRY_CAST({column} AS TIMESTAMPTZ))"
    return (
        f"CASE WHEN regexp_full_match({column}, {_literal(NAIVE_TIME)})"
        f" THEN TRY_CAST({column} AS TIMESTAMP)"
        f" WHEN regexp_full_match({column}, {_literal(AWARE_TIME)}) THEN {aware} END"
    )
