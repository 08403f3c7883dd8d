"""CSV, read as text entirely, so that leading zeros stay.

Every line is looked at before the first is used: the encoding, and how many fields it has.
"""

from __future__ import annotations

import atexit
import codecs
import csv
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import count
from pathlib import Path
from typing import Any, TextIO

import polars as pl

from custrata.service.files import HEADER_FIRST, File, check_names, fail, no_rows, title

LARGE = 256 * 2**20
"""Bytes from which on a file is turned into Parquet on disk instead of held in memory."""

_CHUNK = 2**22
_SEPARATORS = ",;\t"
_UTF_8 = "UTF-8 (in Excel: save as CSV UTF-8)"


@dataclass(frozen=True)
class _Shape:
    """What the first look at a file finds: its header, and whether fields are quoted."""

    names: list[str]
    separator: str
    header_lines: int
    quoted: bool


def read_csv(path: Path) -> File:
    """A CSV file, all columns text.

    Raises:
        DataError: empty, not UTF-8, a name twice, a line with too many or too few fields.
    """
    quoted = _check_encoding(path)
    shape = _shape(path, quoted)
    if shape.quoted:
        _check_quoted(path, shape)
    else:
        _check_plain(path, shape)
    scan = _scan(path, shape)
    frame = _staged(scan) if path.stat().st_size > LARGE else scan.collect(engine="streaming")
    lines = partial(_lines, path, shape)
    columns = {name: name for name in shape.names}
    empty = not isinstance(frame, Path) and frame.is_empty()
    notes = (no_rows(path),) if empty else ()
    return File(
        str(path), frame, lines=lines, columns=columns, notes=notes, separator=shape.separator
    )


def _check_encoding(path: Path) -> bool:
    """Whether there is a quote, after making sure that all is UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    quoted, line = False, 1
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                line += error.object[: error.start].count(b"\n")
                fail(path, "file-encoding", "the text is not UTF-8", _UTF_8, line)
            quoted = quoted or b'"' in chunk
            line += chunk.count(b"\n")
    if decoder.getstate()[0]:
        fail(path, "file-encoding", "the text is not UTF-8", _UTF_8, line)
    return quoted


def _open(path: Path) -> TextIO:
    return path.open(encoding="utf-8-sig", newline="")


def _shape(path: Path, quoted: bool) -> _Shape:
    with _open(path) as file:
        rows = csv.reader(file, delimiter=_separator(path))
        header = next((row for row in rows if any(row)), None)
        if header is None:
            fail(path, "file-empty", "the file is empty", "a line of column names, then rows")
        names = [name.strip() for name in header]
        check_names(path, names, rows.line_num)
        if names.count("") > 1:
            fault = f"{names.count('')} columns have no name"
            fail(path, "column-twice", fault, f"one each; {HEADER_FIRST}", rows.line_num)
        return _Shape(names, _separator(path), _last_before_rows(rows), quoted)


def _last_before_rows(rows: Any) -> int:
    """The last line of the header and of empty lines below it; the engine counts its fields."""
    last: int = rows.line_num
    for row in rows:
        if row:
            break
        last = rows.line_num
    return last


def _separator(path: Path) -> str:
    """The one that splits the first line into most fields; a comma where none does."""
    with _open(path) as file:
        line = next((line for line in file if line.strip()), "")
    return max(_SEPARATORS, key=lambda one: len(next(csv.reader([line], delimiter=one), [])))


def _check_plain(path: Path, shape: _Shape) -> None:
    """Without quotes, a line's fields are its separators and one."""
    line = pl.col("line").str.strip_chars_end("\r")
    fields = line.str.count_matches(shape.separator, literal=True) + 1
    lines = pl.scan_lines(path, name="line", row_index_name="row", glob=False)
    wrong = lines.filter((line.str.len_bytes() > 0) & (fields != len(shape.names)))
    found = wrong.select("row", fields=fields).head(1).collect(engine="streaming")
    for row, fields_there in found.rows():
        _ragged(path, shape, row + 1, fields_there)


def _check_quoted(path: Path, shape: _Shape) -> None:
    with _open(path) as file:
        rows = csv.reader(file, delimiter=shape.separator, strict=True)
        try:
            for row in rows:
                if row and len(row) != len(shape.names):
                    _ragged(path, shape, rows.line_num, len(row))
        except csv.Error as error:
            fail(path, "file-damaged", f"the quotes are wrong: {error}", line=rows.line_num)


def _ragged(path: Path, shape: _Shape, line: int, fields: int) -> None:
    wanted = len(shape.names)
    if wanted == 1 and fields > 1:
        title(path, shape.names, shape.header_lines)
    there = "1 field" if fields == 1 else f"{fields} fields"
    fail(path, "file-ragged", f"the line has {there}", f"{wanted}, as the header", line)


def _scan(path: Path, shape: _Shape) -> pl.LazyFrame:
    """Rows that are not wholly empty."""
    rows = pl.scan_csv(
        path,
        schema=dict.fromkeys(shape.names, pl.String),
        has_header=False,
        skip_lines=shape.header_lines,
        separator=shape.separator,
        quote_char='"' if shape.quoted else None,
        empty_string_is_null=False,
        glob=False,
    )
    return rows.filter(pl.any_horizontal(pl.all() != ""))


def _lines(path: Path, shape: _Shape, rows: Sequence[int]) -> list[int]:
    """The lines on which rows start, rows counted from 0 without the header."""
    wanted = set(rows)
    starts = zip(_starts(path, shape), count(), strict=False)
    by_row = {row: line for line, row in starts if row in wanted}
    return [by_row[row] for row in rows]


def _starts(path: Path, shape: _Shape) -> Iterator[int]:
    with _open(path) as file:
        reader = csv.reader(file, delimiter=shape.separator)
        start = 1
        for row in reader:
            if reader.line_num > shape.header_lines and any(row):
                yield start
            start = reader.line_num + 1


def _staged(rows: pl.LazyFrame) -> Path:
    """The rows as Parquet, kept until the process ends."""
    with tempfile.NamedTemporaryFile(suffix=".parquet", dir=_folder(), delete=False) as file:
        path = Path(file.name)
    rows.sink_parquet(path, compression="lz4")
    return path


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="custrata-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
