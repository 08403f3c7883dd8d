"""Spark: DataFrames of one session. Imported where there is one, so where PySpark is."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from unicodedata import normalize

import narwhals.stable.v2 as nw
from narwhals.stable.v2 import dependencies as kinds
from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as sql

from custrata.engine.backends.given import Source, given, install, quiet, spark_of_arrow
from custrata.engine.backends.polars import as_kind, polars_frame
from custrata.engine.backends.text import (
    AWARE_TIME,
    DECIMAL_DIGITS,
    NAIVE_TIME,
    NFC_STABLE,
    WHITE_SPACE,
)
from custrata.engine.diagnostics import DataError, Diagnostic

_DAY = 86_400_000_000
_WIDE = f"decimal({DECIMAL_DIGITS}, 0)"
_TYPES: Mapping[Any, str] = {
    nw.Int64: "bigint",
    nw.Float64: "double",
    nw.String: "string",
    nw.Boolean: "boolean",
}


class SparkBackend:
    """The adapter of Spark; frames of other kinds reach it through Arrow."""

    name = "spark"
    wide = nw.Decimal(DECIMAL_DIGITS, 0)

    def __init__(self, session: SparkSession) -> None:
        self.session = session

    def scan(self, path: Path) -> nw.LazyFrame[Any]:
        """See `Backend`."""
        name = "".join(f"\\{sign}" if sign in "*?[]{}\\" else sign for sign in str(path.absolute()))
        reader = self.session.read.option("recursiveFileLookup", "true")  # folders bring no columns
        try:
            return _narwhals(reader.parquet(name))
        except AnalysisException as error:
            fault = f"Spark cannot read {path}: {error.getCondition() or 'unknown reason'}"
            remedy = "a Parquet file with times in microseconds"
            raise DataError(Diagnostic("file-unreadable", fault, allowed=remedy)) from error

    def lazy(self, frame: Any) -> nw.LazyFrame[Any]:
        """See `Backend`."""
        native = given(frame)
        if isinstance(native, Path):
            rows = self.scan(native).to_native()
        elif kinds.is_pyspark_dataframe(native):
            rows = native
        else:
            with install(native):
                rows = spark_of_arrow(self.session, polars_frame(native).to_arrow())
        return _narwhals(_known(_named(rows, frame)))

    def native(self, frame: nw.LazyFrame[Any], like: Any) -> Any:
        """See `Backend`."""
        rows, kind = frame.to_native(), given(like)
        if isinstance(kind, Path) or kinds.is_pyspark_dataframe(kind):
            return rows
        return as_kind(polars_frame(rows), kind)

    def table(
        self, columns: Mapping[str, Sequence[Any]], types: Mapping[str, Any]
    ) -> nw.LazyFrame[Any]:
        """See `Backend`."""
        data = {name: list(values) for name, values in columns.items()}
        rows = nw.from_dict(data, schema=dict(types), backend="polars")
        return _narwhals(spark_of_arrow(self.session, rows.to_arrow()))

    def keep(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """See `Backend`; what Spark has to plan later stays short, too."""
        native: DataFrame = frame.to_native()
        return _narwhals(native.localCheckpoint(eager=True))

    def rows(self, frame: nw.LazyFrame[Any]) -> list[tuple[Any, ...]]:
        """See `Backend`."""
        schema = frame.collect_schema().values()
        wide = [isinstance(kind, nw.Decimal) and kind.scale == 0 for kind in schema]
        found = [tuple(row) for row in frame.to_native().collect()]
        return [tuple(map(_whole, row, wide)) for row in found] if any(wide) else found

    def pick(
        self,
        codes: nw.LazyFrame[Any],
        code: str,
        values: Sequence[Any],
        dtype: Any,
        name: str,
    ) -> nw.LazyFrame[Any]:
        """See `Backend`; the values stand in the plan, as one constant."""
        kind = _TYPES[dtype if isinstance(dtype, type) else type(dtype)]
        table = sql.from_json(sql.lit(json.dumps(list(values))), f"array<{kind}>")
        return _with(codes, {name: sql.get(table, sql.col(code).cast("int"))})

    def numbered(self, frame: nw.LazyFrame[Any], name: str) -> nw.LazyFrame[Any]:
        """See `Backend`."""
        order = Window.orderBy(sql.monotonically_increasing_id())
        return _with(frame, {name: sql.row_number().over(order).cast("bigint") - 1})

    def tidy(self, frame: nw.LazyFrame[Any], columns: Sequence[str]) -> set[str]:
        """See `Backend`."""
        bare = r"^[!-~]([\x00-\x7f]*[!-~])?\z"
        tests = [
            sql.bool_and(sql.coalesce(sql.col(c).rlike(bare), sql.lit(False))) for c in columns
        ]
        found = frame.to_native().agg(*tests).collect()[0] if tests else ()
        return {c for c, tidy in zip(columns, found, strict=True) if tidy is not False}

    def trimmed(self, frame: nw.LazyFrame[Any], columns: Sequence[str]) -> nw.LazyFrame[Any]:
        """See `Backend`; Spark knows no normal forms, so what may not be in one goes to Python."""
        other = [sql.bool_or(sql.col(name).rlike(f"[^{NFC_STABLE}]")) for name in columns]
        found = frame.to_native().agg(*other).collect()[0] if other else ()
        compose = _in_python(lambda text: normalize("NFC", text))
        texts = {}
        for name, composed in zip(columns, found, strict=True):
            text = compose(sql.col(name)) if composed else sql.col(name)
            texts[name] = sql.nullif(sql.btrim(text, sql.lit(WHITE_SPACE)), sql.lit(""))
        return _with(frame, texts)

    def timed(
        self, frame: nw.LazyFrame[Any], column: str, time_zone: str, day: str, moment: str
    ) -> nw.LazyFrame[Any]:
        """See `Backend`."""
        local = _local(sql.col(column), frame.collect_schema()[column], time_zone)
        timed = _with(frame, {"#local": local}) if day == column else _with(frame, {moment: local})
        at = sql.col("#local" if day == column else moment)
        days = sql.call_function("div", at - sql.pmod(at, sql.lit(_DAY)), sql.lit(_DAY))
        found = _with(timed, {day: days, moment: at})
        return found.drop("#local") if day == column else found

    def scaled(
        self, frame: nw.LazyFrame[Any], column: str, scale: int, name: str
    ) -> nw.LazyFrame[Any]:
        """See `Backend`; floats are spelt by Python, since Java did so in too many digits."""
        kind, number = frame.collect_schema()[column], sql.col(column)
        if kind.is_float():
            text = _in_python(_single() if kind == nw.Float32 else repr)(number)
        else:
            text = number.cast("string")
        cut = sql.regexp_replace(text, rf"^([+-]?[0-9]*\.[0-9]{{{scale}}})[0-9]+\z", "$1")
        decimal = cut.try_cast(f"decimal({DECIMAL_DIGITS}, {scale})")
        size, unit = sql.abs(decimal), sql.lit(str(10**scale)).cast(_WIDE)
        rest = (
            size % sql.lit("1").cast("decimal(1, 0)")
        ) * unit  # no difference: it loses decimals
        units = sql.floor(size).cast(_WIDE) * unit + rest.cast(_WIDE)
        return _with(frame, {name: sql.when(decimal < 0, -units).otherwise(units)})


def _narwhals(native: DataFrame) -> nw.LazyFrame[Any]:
    frame: nw.LazyFrame[Any] = nw.from_native(native)
    return frame


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _named(rows: DataFrame, source: Any) -> DataFrame:
    """The rows of a source under its names.

    Raises:
        DataError: a name that Spark, or Narwhals on Spark, takes for something else.
    """
    own = {name: name for name in rows.columns}
    columns = (source.columns if isinstance(source, Source) else None) or own
    wrong = [name for name in columns if not {".", "`"}.isdisjoint(name)]
    if wrong:
        fault = f"on Spark no column may be called {wrong[0]!r}"
        raise DataError(Diagnostic("column-name", fault, allowed="names without . and `"))
    if columns == own:
        return rows
    return rows.select(*(sql.col(_quoted(old)).alias(new) for new, old in columns.items()))


def _known(rows: DataFrame) -> DataFrame:
    """Types that Narwhals does not know, as text."""
    schema = nw.from_native(rows).collect_schema()
    unknown = [name for name, kind in schema.items() if kind == nw.Unknown]
    return rows.withColumns({name: sql.col(name).cast("string") for name in unknown})


def _with(frame: nw.LazyFrame[Any], columns: Mapping[str, Column]) -> nw.LazyFrame[Any]:
    native: DataFrame = frame.to_native()
    return _narwhals(native.withColumns(dict(columns)))


def _whole(value: Any, wide: bool) -> Any:
    return int(value) if wide and value is not None else value


def _in_python(spell: Callable[[Any], str]) -> Callable[[Column], Column]:
    """A column of texts that Python makes of values.

    Args:
        spell: no function of a module, since the workers may not have custrata.
    """
    with quiet():
        made: Callable[[Column], Column] = sql.udf(
            lambda value: None if value is None else spell(value), useArrow=False
        )
    return made


def _single() -> Callable[[float], str]:
    """What gives the shortest decimal of a float of 32 bits."""

    def spell(number: float) -> str:
        spelt = (f"{number:.{digits}g}" for digits in range(1, 10))
        same = (one for one in spelt if struct.pack("f", float(one)) == struct.pack("f", number))
        return next(same, "")

    return spell


def _local(column: Column, dtype: Any, time_zone: str) -> Column:
    """Local microseconds since 1970-01-01; the session's own time zone has no say."""
    if dtype == nw.Date:
        return sql.unix_date(column).cast("bigint") * _DAY
    if isinstance(dtype, nw.Datetime):
        return _naive(column) if dtype.time_zone is None else _aware(column, time_zone)
    naive = _naive(column.try_cast("timestamp_ntz"))
    seconds = sql.regexp_replace(column, "^(.{16})([Z+-])", "$1:00$2")
    minutes = sql.regexp_replace(seconds, "([+-][0-9]{2})([0-9]{2})?$", "$1:$2")
    zoned = sql.regexp_replace(minutes, ":$", ":00").try_cast("timestamp")
    return sql.when(column.rlike(rf"^{NAIVE_TIME}\z"), naive).when(
        column.rlike(rf"^{AWARE_TIME}\z"), _aware(zoned, time_zone)
    )


def _naive(time: Column) -> Column:
    """Of a local time without a zone."""
    return sql.unix_micros(sql.concat(time.cast("string"), sql.lit("Z")).cast("timestamp"))


def _aware(time: Column, time_zone: str) -> Column:
    return sql.unix_micros(sql.from_utc_timestamp(time, time_zone))
