"""Workbooks of several sheets, with charts that a spreadsheet draws itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from custrata.service.values import wrong
from custrata.service.xlsx_files import MOST_ROWS, is_timed, packaged

_EXACT = 15
"""Digits that a cell's number holds."""
_NAME = 31
"""Signs of a sheet's name at most."""
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
_WIDEST = 48


@dataclass(frozen=True)
class Chart:
    """A chart of a sheet's columns.

    Attributes:
        kind: `column` (upright) or `bar` (lying).
        values: the columns that are drawn, from 0; column 0 has the names.
    """

    kind: str
    title: str
    values: tuple[int, ...]


@dataclass(frozen=True)
class Sheet:
    """A table, and what is drawn of it."""

    name: str
    head: Sequence[str]
    rows: Sequence[Sequence[Any]]
    chart: Chart | None = None


def workbook(sheets: Sequence[Sheet]) -> bytes:
    """The content of an XLSX file.

    Texts stay texts, also where they look like formulas; numbers are numbers as far as a cell
    holds them exactly, and texts beyond.

    Raises:
        DataError: more rows than a sheet has, or the package that writes it is missing.
    """
    longest = max((len(one.rows) for one in sheets), default=0)
    if longest >= MOST_ROWS:
        raise wrong("too-many-rows", f"{longest:,} rows", f"{MOST_ROWS - 1:,}; or .csv")
    with packaged():
        import xlsxwriter  # type: ignore[import-untyped]
    content = BytesIO()
    with xlsxwriter.Workbook(content, {"constant_memory": True}) as book:
        for one, name in zip(sheets, _names(sheets), strict=True):
            _write(book, one, name)
    return content.getvalue()


def _names(sheets: Sequence[Sheet]) -> list[str]:
    """Names that a workbook takes, each once."""
    found: list[str] = []
    for place, one in enumerate(sheets, start=1):
        name = one.name.translate(_FORBIDDEN).strip()[:_NAME] or f"{place}"
        taken = name.lower() in (other.lower() for other in found)
        found.append(f"{name[: _NAME - 3]} {place}" if taken else name)
    return found


def _write(book: Any, one: Sheet, name: str) -> None:
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True})
    dated = book.add_format({"num_format": "yyyy-mm-dd"})
    timed = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    sheet.freeze_panes(1, 0)
    for column, title in enumerate(one.head):
        sheet.write_string(0, column, title, bold)
        sheet.set_column(column, column, _width(one, column))
    for line, row in enumerate(one.rows, start=1):
        for column, value in enumerate(row):
            _write_cell(sheet, line, column, value, timed if is_timed(value) else dated)
    if one.chart and one.rows:
        sheet.insert_chart(1, len(one.head) + 1, _drawn(book, one, one.chart, name))


def _drawn(book: Any, one: Sheet, chart: Chart, name: str) -> Any:
    drawn, last = book.add_chart({"type": chart.kind}), len(one.rows)
    for column in chart.values:
        drawn.add_series(
            {
                "name": [name, 0, column],
                "categories": [name, 1, 0, last, 0],
                "values": [name, 1, column, last, column],
            }
        )
    drawn.set_title({"name": chart.title})
    if chart.kind == "bar":
        drawn.set_y_axis({"reverse": True})  # the first row at the top
    if len(chart.values) == 1:
        drawn.set_legend({"none": True})
    drawn.set_size({"width": 640, "height": 360})
    return drawn


def _width(one: Sheet, column: int) -> int:
    texts = (str(row[column]) for row in one.rows if row[column] is not None)
    return min(_WIDEST, max([len(one.head[column]), *map(len, texts)])) + 2


def _write_cell(sheet: Any, line: int, column: int, value: Any, dated: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(line, column, value)
    elif isinstance(value, date):
        sheet.write_datetime(line, column, _without_zone(value), dated)
    elif isinstance(value, int | float | Decimal):
        _write_number(sheet, line, column, value)
    else:
        sheet.write_string(line, column, str(value))


def _without_zone(value: date) -> date:
    """As it is read there: a cell has no zone."""
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def _write_number(sheet: Any, line: int, column: int, value: float | Decimal) -> None:
    exact = isinstance(value, float) or len(Decimal(value).normalize().as_tuple().digits) <= _EXACT
    if exact:
        sheet.write_number(line, column, value)
    else:
        sheet.write_string(line, column, format(Decimal(value), "f"))
