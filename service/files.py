"""Files of rows in and out, by their ending: CSV, Parquet, XLSX."""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

from custrata.engine.backends.given import Source
from custrata.engine.diagnostics import DataError, Diagnostic, Mark, nearest, warning
from custrata.service.staged import Staged

if TYPE_CHECKING:
    import polars as pl

NO_COLUMNS: Mapping[str, str] = MappingProxyType({})
HEADER_FIRST = "the first line must hold the column names; delete the lines above it"
_TITLE = 2
"""So few cells in a wider first line are a title, not column names."""
_SIGNS = {
    b"PK\x03\x04": ("a workbook", "the ending .xlsx"),
    b"PAR1": ("a Parquet file", "the ending .parquet"),
    b"\xd0\xcf\x11\xe0": ("an old or a locked workbook", "saved as .xlsx, without a password"),
}
"""How files begin that may bear a wrong ending; what each is, and what it should have been."""
_OWN = {".xlsx": b"PK\x03\x04", ".parquet": b"PAR1"}


@dataclass(frozen=True)
class File(Source):
    """A source with what its reader remarked.

    Attributes:
        notes: warnings: no rows, further sheets, cells that hold errors.
        errors: line, column and error of such cells, which are read as empty.
        separator: of a CSV file.
    """

    notes: tuple[Diagnostic, ...] = ()
    errors: tuple[tuple[int, str, str], ...] = ()
    separator: str = ","


def read(path: Path, record: str, columns: Mapping[str, str] = NO_COLUMNS) -> File:
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
        _check_sign(path)
        source: File = reader(path)
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


def check_names(path: Path, names: Sequence[str], line: int = 1, below: int | None = None) -> None:
    """Refuse a first line that holds a title, or names that are missing or there twice.

    Args:
        path: for messages.
        names: trimmed; empty where a column has none.
        line: where they stand.
        below: cells that the fullest of the next lines has; None takes one for each name.

    Raises:
        DataError: the names cannot be column names.
    """
    filled = [name for name in names if name]
    if len(filled) <= _TITLE and 2 * len(filled) < (len(names) if below is None else below):
        title(path, filled, line)
    twice = [name for name, times in Counter(filled).items() if times > 1]
    if twice:
        shown = ", ".join(map(repr, twice))
        fail(path, "column-twice", f"columns have the same name: {shown}", line=line)


def title(path: Path, filled: Sequence[str], line: int = 1) -> NoReturn:
    """Raise the error of a first line that is no header."""
    shown = ", ".join(map(repr, filled))
    fail(path, "no-header", f"there are no column names, but {shown}", HEADER_FIRST, line)


def no_rows(path: Path) -> Diagnostic:
    """The warning of a file that holds column names alone."""
    return warning("no-rows", "the file has column names and no rows", Mark(str(path)))


def _check_sign(path: Path) -> None:
    """Refuse a file that is another kind than its ending says."""
    with path.open("rb") as file:
        start = file.read(512)
    own = _OWN.get(path.suffix.lower())
    for sign, (kind, allowed) in _SIGNS.items():
        if start.startswith(sign) and sign != own:
            fail(path, "file-damaged", f"this is {kind}", allowed)
    if own and start and not start.startswith(own) and _is_text(start):
        fail(path, "file-damaged", "this is text, as in a CSV file", "the ending .csv")


def _is_text(start: bytes) -> bool:
    """Whether bytes, maybe cut within a sign, are plain text."""
    try:
        getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return b"\0" not in start


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


def _renamed(source: File, record: str, columns: Mapping[str, str]) -> File:
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
    renamed = source.renamed(columns)
    assert isinstance(renamed, File)
    return renamed


def _csv(path: Path) -> File:
    from custrata.service.csv_files import read_csv

    return read_csv(path)


def _parquet(path: Path) -> File:
    import polars as pl

    try:
        names = list(pl.read_parquet_schema(path))
        rows = pl.scan_parquet(path, glob=False).select(pl.len()).collect().item()
    except pl.exceptions.PolarsError as error:
        fail(path, "file-damaged", f"this is no Parquet file: {_first_line(error)}")
    notes = () if rows else (no_rows(path),)
    return File(str(path), path, columns={name: name for name in names}, notes=notes)


def _xlsx(path: Path) -> File:
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
