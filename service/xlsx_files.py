"""XLSX: the first sheet in, one sheet out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from custrata.engine.backends.given import Source
from custrata.engine.diagnostics import DataError, Diagnostic
from custrata.service.files import fail

MOST_ROWS = 2**20
"""Rows of a sheet, the header's included."""


def read_xlsx(path: Path) -> Source:
    """The first sheet, its first row being the header; rows that are wholly empty are left out.

    Raises:
        DataError: damaged, empty, a name twice, or the package that reads it is missing.
    """
    with _packaged():
        import fastexcel
    try:
        reader = fastexcel.read_excel(path)
        header = reader.load_sheet(0, header_row=None, n_rows=1, dtypes="string").to_polars()
        names = _names(path, header)
        sheet = reader.load_sheet(0, schema_sample_rows=None, column_names=names, skip_rows=1)
        rows = sheet.to_polars()
    except fastexcel.FastExcelError as error:
        fault = str(error).partition("\n")[0]
        fail(path, "file-damaged", f"this is no XLSX file that can be read: {fault}")
    return _source(path, rows)


def write_xlsx(rows: pl.DataFrame, path: Path) -> None:
    """One sheet; text stays text, also where it looks like a formula, a number or a link.

    Raises:
        DataError: more rows than a sheet has, or the package that writes it is missing.
    """
    if rows.height >= MOST_ROWS:
        fail(
            path, "too-many-rows", f"{rows.height:,} rows", f"{MOST_ROWS - 1:,}; or .csv, .parquet"
        )
    with _packaged():
        import xlsxwriter  # type: ignore[import-untyped]
    plain = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, {"constant_memory": True, **plain}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, rows.columns)
        dated = book.add_format({"num_format": "yyyy-mm-dd"})
        for number, row in enumerate(rows.iter_rows(), start=1):
            for column, value in enumerate(row):
                _write_cell(sheet, number, column, value, dated)


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
    twice = [name for name, times in Counter(names).items() if times > 1 and name]
    if twice:
        shown = ", ".join(map(repr, twice))
        fail(path, "column-twice", f"columns have the same name: {shown}", line=1)
    return [name or f"column {place}" for place, name in enumerate(names, start=1)]


def _source(path: Path, rows: pl.DataFrame) -> Source:
    numbered = rows.with_row_index("row number").filter(
        ~pl.all_horizontal(pl.exclude("row number").is_null())
    )
    kept = numbered["row number"].to_list()
    frame = numbered.drop("row number")
    names = {name: name for name in frame.columns}
    return Source(
        str(path), frame, lines=lambda some: [kept[row] + 2 for row in some], columns=names
    )


@contextmanager
def _packaged() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        message = f"XLSX files need the package {error.name}"
        remedy = "pip install 'custrata[xlsx]'"
        raise DataError(Diagnostic("missing-package", message, allowed=remedy)) from error
