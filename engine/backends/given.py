"""Frames as users hand them in: what kind they are, and what reading that kind needs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import narwhals.stable.v2 as nw

from custrata.engine.diagnostics import DataError, Diagnostic, Mark

ALLOWED = "a frame of Polars, pandas, PyArrow, DuckDB, PySpark or Narwhals, or a path of Parquet"


@dataclass(frozen=True)
class Source:
    """A frame with the name of the file that it was read from.

    Attributes:
        name: for messages.
        frame: native, or Narwhals, or the path of a Parquet file.
        first_line: the file's line of the first row.
        lines: gives the lines of rows counted from 0, where rows may span lines.
        columns: by our name of a column, the frame's own; empty leaves all as they are.
    """

    name: str
    frame: Any
    first_line: int = 1
    lines: Callable[[Sequence[int]], list[int]] | None = None
    columns: Mapping[str, str] = field(default_factory=dict)

    def marks(self, rows: Sequence[int]) -> list[Mark]:
        """Where those rows stand."""
        lines = self.lines(rows) if self.lines else [self.first_line + row for row in rows]
        return [Mark(self.name, line) for line in lines]

    def renamed(self, columns: Mapping[str, str]) -> Source:
        """The same under other names; what had such a name before gives way."""
        kept = {
            ours: theirs for ours, theirs in self.columns.items() if theirs not in columns.values()
        }
        return replace(self, columns={**kept, **{o: self.columns[t] for o, t in columns.items()}})


def given(frame: Any) -> Any:
    """The native frame: that of a source, that inside Narwhals, or itself."""
    frame = frame.frame if isinstance(frame, Source) else frame
    return frame.to_native() if type(frame).__module__.startswith("narwhals.") else frame


def named(rows: nw.LazyFrame[Any], source: Any) -> nw.LazyFrame[Any]:
    """The rows of a source under its names."""
    columns = source.columns if isinstance(source, Source) else {}
    if all(ours == theirs for ours, theirs in columns.items()):
        return rows
    return rows.select(nw.col(theirs).alias(ours) for ours, theirs in columns.items())


def arrow_of_pandas(frame: Any) -> Any:
    """The PyArrow table of a pandas frame.

    Raises:
        DataError: a column that mixes kinds, or two columns of one name.
    """
    import pyarrow as pa  # type: ignore[import-untyped]

    try:
        named = frame.set_axis([str(name) for name in frame.columns], axis="columns")
        return pa.Table.from_pandas(named, preserve_index=False)
    except (pa.ArrowException, ValueError, TypeError) as error:
        reason = " ".join(str(part) for part in error.args)
        raise DataError(
            Diagnostic(
                "mixed-column",
                f"cannot read a pandas frame: {reason}",
                allowed="columns of one type each, every name once",
            )
        ) from error


def spark_of_arrow(session: Any, table: Any) -> Any:
    """A PyArrow table as a DataFrame of a Spark session; naive times stay naive."""
    with quiet():
        from pyspark.sql.pandas.types import from_arrow_schema

        schema = from_arrow_schema(table.schema, prefer_timestamp_ntz=True)
        return session.createDataFrame(table, schema)


@contextmanager
def quiet() -> Iterator[None]:
    """Without PySpark's word on pandas, which it is not asked to use."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas")
        yield


def refuse(frame: Any) -> DataError:
    """The error for what is no frame."""
    kind = type(frame)
    what = f"{kind.__module__}.{kind.__qualname__}"
    return DataError(Diagnostic("no-frame", f"cannot read a {what}", allowed=ALLOWED))


@contextmanager
def install(frame: Any) -> Iterator[None]:
    """Turns a missing package into an error that names the extra which brings it."""
    try:
        yield
    except ModuleNotFoundError as error:
        package = type(frame).__module__.partition(".")[0].lstrip("_")
        extra = "duckdb" if error.name == "duckdb" else "pandas"  # which brings PyArrow
        raise DataError(
            Diagnostic(
                "missing-package",
                f"a frame of {package} needs the package {error.name}",
                allowed=f"pip install 'custrata[{extra}]'",
            )
        ) from error
