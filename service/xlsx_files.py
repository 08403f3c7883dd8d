"""XLSX: the first sheet in, one sheet out."""

from __future__ import annotations

import logging
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, time
from pathlib import Path
from typing import Any

import polars as pl

from custrata.engine.diagnostics import DataError, Diagnostic, Mark, warning
from custrata.service.files import File, check_names, fail, no_rows

MOST_ROWS = 2**20
"""Rows of a sheet, the header's included."""
_ROOM, _TIGHTEST = 50_000_000, 50
"""Bytes that a workbook may hold in any case, and those beyond for each byte of its file."""
_LOOK = 6
"""Rows that tell a title from column names."""
_WIDEST = 40
_SHOWN = 5
_ERROR = re.compile(
    rb'<c\b(?=[^>]*\bt="e")(?=[^>]*\br="([A-Z]+[0-9]+)")[^>]*>(?:(?!</c>).)*<v>([^<]*)</v>',
    re.DOTALL,
)
_CELL = re.compile(rb'<c\b[^>]*?\br="[A-Z]+([0-9]+)"[^>/]*(?:/>|>(.*?)</c>)', re.DOTALL)


def read_xlsx(path: Path) -> File:
    """The first sheet, its first row being the header; rows that are wholly empty are left out.

    Raises:
        DataError: damaged, empty, a name twice, far larger than its file, or the package that
            reads it is missing.
    """
    with packaged():
        import fastexcel
    logging.getLogger("fastexcel").setLevel(logging.ERROR)  # it tells of every empty column
    try:
        _need_modest(path)
        reader = fastexcel.read_excel(path)
        header = reader.load_sheet(0, header_row=None, n_rows=_LOOK, dtypes="string").to_polars()
        names = _names(path, header)
        cells = _cells(path)
        first = _first_line(cells)
        sheet = reader.load_sheet(0, schema_sample_rows=None, column_names=names, skip_rows=first)
        rows = sheet.to_polars()
        columns = {one.absolute_index: one.name for one in sheet.selected_columns}
    except (fastexcel.FastExcelError, zipfile.BadZipFile, KeyError):
        allowed = "a workbook that Excel opens, saved as .xlsx"
        fail(path, "file-damaged", "this is no XLSX file that can be read", allowed)
    errors = _ERROR.findall(cells) if b't="e"' in cells else []
    notes = [*_further_sheets(path, reader.sheet_names), *_error_cells(path, errors)]
    notes += [no_rows(path)] if rows.is_empty() else []
    return _source(path, rows, notes, first, _places(errors, columns))


def write_xlsx(rows: pl.DataFrame, path: Path, name: str = "labels") -> None:
    """One sheet of that name; text stays text, also where it looks like a formula or a number.

    Raises:
        DataError: more rows than a sheet has, or the package that writes it is missing.
    """
    if rows.height >= MOST_ROWS:
        fail(
            path, "too-many-rows", f"{rows.height:,} rows", f"{MOST_ROWS - 1:,}; or .csv, .parquet"
        )
    with packaged():
        import xlsxwriter  # type: ignore[import-untyped]
    plain = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, {"constant_memory": True, **plain}) as book:
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for column, width in enumerate(_widths(rows)):
            sheet.set_column(column, column, width)
        sheet.write_row(0, 0, rows.columns)
        dated = book.add_format({"num_format": "yyyy-mm-dd"})
        timed = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for number, row in enumerate(rows.iter_rows(), start=1):
            for column, value in enumerate(row):
                _write_cell(sheet, number, column, value, timed if is_timed(value) else dated)


def _widths(rows: pl.DataFrame) -> list[int]:
    """Signs of each column's longest text, within bounds."""
    texts = rows.lazy().select(pl.all().cast(pl.String).str.len_chars().max())
    longest = texts.collect().row(0)
    pairs = zip(rows.columns, longest, strict=True)
    return [min(max(len(name), found or 0), _WIDEST) + 2 for name, found in pairs]


def is_timed(value: Any) -> bool:
    """Whether a value is a time that is not the beginning of a day."""
    return isinstance(value, datetime) and value.time() != time()


def _write_cell(sheet: Any, row: int, column: int, value: Any, dated: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool | int | float | str):
        sheet.write(row, column, value)
    elif hasattr(value, "isoformat"):
        sheet.write_datetime(row, column, value, dated)
    else:
        sheet.write_string(row, column, str(value))


def _names(path: Path, header: pl.DataFrame) -> list[str]:
    if header.is_empty():
        fail(path, "file-empty", "the first sheet is empty", "a row of column names, then rows")
    names = [(name or "").strip() for name in header.row(0)]
    fullest = max((sum(cell is not None for cell in row) for row in header.rows()[1:]), default=0)
    check_names(path, names, below=fullest)
    return [name or f"column {place}" for place, name in enumerate(names, start=1)]


def _further_sheets(path: Path, sheets: Sequence[str]) -> Iterator[Diagnostic]:
    if len(sheets) > 1:
        first, *others = sheets
        told = f"only the first sheet, {first!r}, is read, not {', '.join(map(repr, others))}"
        yield warning("further-sheets", told, Mark(str(path)))


def _error_cells(path: Path, found: Sequence[tuple[bytes, bytes]]) -> Iterator[Diagnostic]:
    """Cells such as `#DIV/0!`: the reader takes them for empty ones."""
    if found:
        shown = ", ".join(f"{cell.decode()} {error.decode()}" for cell, error in found[:_SHOWN])
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        told = f"cells with an error are read as empty: {shown}{more}"
        yield warning("error-cells", told, Mark(str(path)))


def _places(
    found: Sequence[tuple[bytes, bytes]], columns: Mapping[int, str]
) -> list[tuple[int, str, str]]:
    """Line, column and error of cells."""
    places = []
    for cell, error in found:
        letters = cell.rstrip(b"0123456789")
        column = columns.get(_column(letters))
        if column is not None:
            places.append((int(cell[len(letters) :]), column, error.decode()))
    return places


def _column(letters: bytes) -> int:
    """Which column it is, from 0: `A` is 0, `AA` is 26."""
    number = 0
    for letter in letters:
        number = 26 * number + letter - ord("A") + 1
    return number - 1


def _need_modest(path: Path) -> None:
    """Refuse what is packed so tightly that it would fill the memory: tables never are."""
    with zipfile.ZipFile(path) as book:
        unpacked = sum(one.file_size for one in book.infolist())
    if unpacked > _ROOM + _TIGHTEST * path.stat().st_size:
        fail(path, "too-large", f"{unpacked:,} bytes when unpacked", "a workbook that Excel saved")


def _cells(path: Path) -> bytes:
    """The part of a workbook that holds the cells of its first sheet."""
    with zipfile.ZipFile(path) as book:
        return book.read(_first_sheet(book))


def _first_line(cells: bytes) -> int:
    """The line on which the first filled cell stands: the reader passes over empty ones."""
    filled = (one for one in _CELL.finditer(cells) if b"<v" in one[2] or b"<is" in one[2])
    first = next(filled, None)
    return int(first[1]) if first else 1


def _first_sheet(book: zipfile.ZipFile) -> str:
    """The part of a workbook that holds its first sheet."""
    listed = book.read("xl/workbook.xml")
    (key,) = re.findall(rb'<(?:\w+:)?sheet\b[^>]*?\w+:id="([^"]+)"', listed)[:1] or [b""]
    links = re.findall(rb"<Relationship\b[^>]*>", book.read("xl/_rels/workbook.xml.rels"))
    for link in links:
        fields = dict(re.findall(rb'(\w+)="([^"]*)"', link))
        if fields.get(b"Id") == key:
            target = fields[b"Target"].decode()
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    raise KeyError("no first sheet")


def _source(
    path: Path,
    rows: pl.DataFrame,
    notes: Sequence[Diagnostic],
    first: int,
    errors: Sequence[tuple[int, str, str]],
) -> File:
    numbered = rows.with_row_index("row number").filter(
        ~pl.all_horizontal(pl.exclude("row number").is_null())
    )
    kept = numbered["row number"].to_list()
    frame = numbered.drop("row number")
    names = {name: name for name in frame.columns}
    return File(
        str(path),
        frame,
        lines=lambda some: [kept[row] + first + 1 for row in some],
        columns=names,
        notes=tuple(notes),
        errors=tuple(errors),
    )


@contextmanager
def packaged() -> Iterator[None]:
    """Say what to install where the package of these files is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        message = f"XLSX files need the package {error.name}"
        remedy = "pip install 'custrata[xlsx]'"
        raise DataError(Diagnostic("missing-package", message, allowed=remedy)) from error
