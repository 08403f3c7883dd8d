"""The few things that Narwhals does not do alike everywhere, one adapter per engine.

Everything else is written once, as Narwhals expressions. A new engine is one more module here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    import narwhals.stable.v2 as nw

ENGINES = ("polars", "duckdb", "spark")
"""The names that `backend` knows."""


class Backend(Protocol):
    """One engine that computes: Polars, DuckDB, Spark.

    Attributes:
        wide: the data type of whole numbers beyond 64 bits.
    """

    name: str
    wide: Any

    def scan(self, path: Path) -> nw.LazyFrame[Any]:
        """A Parquet file, read lazily."""
        ...

    def lazy(self, frame: Any) -> nw.LazyFrame[Any]:
        """Any native frame (Polars, pandas, PyArrow, DuckDB, PySpark, Narwhals), on this engine.

        A path is that of a Parquet file; a `Source` is its frame under its names.

        Raises:
            DataError: no frame, or the package that reads it is not installed.
        """
        ...

    def native(self, frame: nw.LazyFrame[Any], like: Any) -> Any:
        """The rows of `frame` as the kind of frame that `like` is, computed now.

        A Polars LazyFrame gives a LazyFrame, a DuckDB relation one on its own connection, a
        PySpark DataFrame one of its own session, a path the engine's own kind.
        """
        ...

    def table(
        self, columns: Mapping[str, Sequence[Any]], types: Mapping[str, Any]
    ) -> nw.LazyFrame[Any]:
        """A small table out of Python lists; `types` are Narwhals data types."""
        ...

    def keep(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """The same rows, computed now and held, so that later readers do not compute again."""
        ...

    def rows(self, frame: nw.LazyFrame[Any]) -> list[tuple[Any, ...]]:
        """All rows as Python values; for small results."""
        ...

    def pick(
        self,
        codes: nw.LazyFrame[Any],
        code: str,
        values: Sequence[Any],
        dtype: Any,
        name: str,
    ) -> nw.LazyFrame[Any]:
        """`codes` with a column `name` of `values[code]`; a null code gives null."""
        ...

    def numbered(self, frame: nw.LazyFrame[Any], name: str) -> nw.LazyFrame[Any]:
        """`frame` with the row number, from 0 in the order that the frame was given in."""
        ...

    def tidy(self, frame: nw.LazyFrame[Any], columns: Sequence[str]) -> set[str]:
        """Those text columns that `trimmed` would not change, without nulls; it may miss some."""
        ...

    def trimmed(self, frame: nw.LazyFrame[Any], columns: Sequence[str]) -> nw.LazyFrame[Any]:
        """`frame` with text columns in NFC, without white space around; empty is null."""
        ...

    def timed(
        self, frame: nw.LazyFrame[Any], column: str, time_zone: str, day: str, moment: str
    ) -> nw.LazyFrame[Any]:
        """`frame` with the local `day` and `moment` of a Date, Datetime or text column.

        `day` is Int64, days since 1970-01-01; `moment` is Int64, local microseconds since
        then. A naive time is local already; an aware one is converted. Text is an ISO date
        or date-time; what is not, is null.
        """
        ...

    def scaled(
        self, frame: nw.LazyFrame[Any], column: str, scale: int, name: str
    ) -> nw.LazyFrame[Any]:
        """`frame` with `name`: a number column, or text that spells numbers, · 10^scale.

        `wide`, exact through the decimal that a float prints as; decimals beyond `scale`
        are cut off; null where it does not fit 38 digits.
        """
        ...


def small() -> Backend:
    """An adapter for a handful of rows: what computes millions takes its time to start."""
    from custrata.engine.backends.polars import PolarsBackend

    return PolarsBackend("in-memory")


def backend(name: str) -> Backend:
    """The adapter of that name: `polars`, `duckdb` or `spark`.

    Raises:
        DataError: unknown name, or what the engine needs is not installed.
    """
    if known_engine(name) == "polars":
        from custrata.engine.backends.polars import PolarsBackend

        return PolarsBackend()
    if name == "duckdb":
        from custrata.engine.backends.duckdb import DuckDBBackend

        return DuckDBBackend()
    from custrata.engine.backends.spark_session import session

    found = session()  # says what is missing
    from custrata.engine.backends.spark import SparkBackend

    return SparkBackend(found)


def known_engine(name: str) -> str:
    """A name that `backend` knows; nothing is imported for it.

    Raises:
        DataError: unknown name.
    """
    from custrata.engine.diagnostics import DataError, Diagnostic, nearest

    if name in ENGINES:
        return name
    allowed, spelling = ", ".join(ENGINES), nearest(name, ENGINES)
    raise DataError(
        Diagnostic(
            "unknown-engine", f"there is no engine {name!r}", allowed=allowed, nearest=spelling
        )
    )
