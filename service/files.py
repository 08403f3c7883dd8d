"""Files of rows in and out, by their ending: CSV, Parquet, XLSX."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

from custrata.engine.backends.given import Source
from custrata.engine.diagnostics import DataError, Diagnostic, Mark, nearest
from custrata.service.staged import Staged

if TYPE_CHECKING:
    import polars as pl

NO_COLUMNS: Mapping[str, str] = MappingProxyType({})


def read(path: Path, record: str, columns: Mapping[str, str] = NO_COLUMNS) -> Source:
    """A file as a source of facts, for any engine.

    Args:
        path: ends in .csv (UTF-8; comma, semicolon or tab), .parquet or .xlsx (first sheet).
        record: what it holds, for messages.
        columns: by our name of a column, the file's own name for it.

    Raises:
        DataError: no such file, another ending, or what is in it is no such file.
    """
    reader = _by_ending(path, {".csv": _csv, ".parquet": _parquet, ".xlsx": _xlsx})
    _check_there(path)
    with _system(path, "read"):
        source: Source = reader(path)
    return _renamed(source, record, columns)


def write(frame: Any, path: Path) -> None:
    """Write a native frame; the file appears when it is whole, or not at all.

    Rows are sorted by customer where the frame has `customer_id`, so that no engine shows.

    Raises:
        DataError: another ending, a place that cannot be written, too many rows for XLSX.
    """
    writer = _by_ending(
        path, {".csv": _write_csv, ".parquet": _write_parquet, ".xlsx": _write_xlsx}
    )
    rows = _sorted(frame)
    with _system(path, "write"), Staged() as staged:
        writer(rows, staged.path(path))


def fail(
    path: Path, code: str, message: str, allowed: str | None = None, line: int = 0
) -> NoReturn:
    """Raise the error of a file, at a line."""
    raise DataError(Diagnostic(code, message, mark=Mark(str(path), line), allowed=allowed))


def _by_ending(path: Path, known: Mapping[str, Callable[..., Any]]) -> Callable[..., Any]:
    ending = path.suffix.lower()
    if ending not in known:
        ending_text = f"the ending {ending!r} is not known" if ending else "the file has no ending"
        fail(path, "file-ending", ending_text, allowed=", ".join(known))
    return known[ending]


def _check_there(path: Path) -> None:
    if path.is_dir():
        fail(path, "file-unreadable", "this is a folder", allowed="a file")
    if not path.exists():
        there = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
        fault = Diagnostic(
            "file-missing",
            "there is no such file",
            mark=Mark(str(path)),
            nearest=nearest(path.name, there),
        )
        raise DataError(fault)


@contextmanager
def _system(path: Path, verb: str) -> Iterator[None]:
    """What the system refuses, as an error of ours."""
    try:
        yield
    except OSError as error:
        fail(path, "file-unreadable", f"cannot {verb} it: {(error.strerror or str(error)).lower()}")


def _renamed(source: Source, record: str, columns: Mapping[str, str]) -> Source:
    """The source under our names; a column that had such a name before gives way."""
    there = list(source.columns)
    missing = {ours: theirs for ours, theirs in columns.items() if theirs not in there}
    if missing:
        raise DataError(
            Diagnostic(
                "column-missing",
                f"there is no column {theirs!r} to be {record}.{ours}",
                mark=Mark(source.name),
                allowed=", ".join(there),
                nearest=nearest(theirs, there),
            )
            for ours, theirs in missing.items()
        )
    return source.renamed(columns)


def _csv(path: Path) -> Source:
    from custrata.service.csv_files import read_csv

    return read_csv(path)


def _parquet(path: Path) -> Source:
    import polars as pl

    try:
        names = list(pl.read_parquet_schema(path))
    except pl.exceptions.PolarsError as error:
        fail(path, "file-damaged", f"this is no Parquet file: {_first_line(error)}")
    return Source(str(path), path, columns={name: name for name in names})


def _xlsx(path: Path) -> Source:
    from custrata.service.xlsx_files import read_xlsx

    return read_xlsx(path)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _sorted(frame: Any) -> pl.DataFrame:
    from custrata.engine.backends.polars import PolarsBackend

    rows = PolarsBackend().lazy(frame)
    if "customer_id" in rows.collect_schema():
        rows = rows.sort("customer_id")
    collected: pl.DataFrame = rows.to_native().collect(engine="streaming")
    return collected


def _write_csv(rows: pl.DataFrame, path: Path) -> None:
    rows.write_csv(path)


def _write_parquet(rows: pl.DataFrame, path: Path) -> None:
    rows.write_parquet(path)


def _write_xlsx(rows: pl.DataFrame, path: Path) -> None:
    from custrata.service.xlsx_files import write_xlsx

    write_xlsx(rows, path)
