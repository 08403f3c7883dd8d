"""A classifier's table as a sheet of a workbook, out and in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl

from custrata.engine.diagnostics import DataError, Diagnostic, Mark, nearest
from custrata.engine.values import shortest
from custrata.service.rules.editing import Editing, RowForm
from custrata.service.rules.editing_cells import number_text
from custrata.service.xlsx_files import read_xlsx, write_xlsx

MOST_ROWS = 5_000
_OWN = ("label", "note")
_SHEET_NAME = 31
_UNFIT = re.compile(r"[\[\]:*?/\\']")


def write_table(form: Editing, path: Path, named: Callable[[str], str] = str) -> None:
    """A classifier's rows as a workbook: a column a measure, then label and note.

    Args:
        named: gives a column's name for the header; its id follows in brackets.
    """
    columns = (*form.columns, *_OWN)
    rows = {_header(column, named): [_text(row, column) for row in form.rows] for column in columns}
    frame = pl.DataFrame(rows, schema=dict.fromkeys(rows, pl.String))
    write_xlsx(frame, path, _UNFIT.sub(" ", form.name)[:_SHEET_NAME] or "table")


def read_table(form: Editing, path: Path) -> Editing:
    """The form with the rows of a workbook; a column that the sheet lacks means anything.

    Rows that are as they were, or stand where one stood, are taken for the same: their comments
    in the text stay with them.

    Raises:
        DataError: no workbook, a column that the table has not, a row without a label.
    """
    frame = read_xlsx(path).frame
    columns = {name: _column(form, name, path) for name in frame.columns}
    if "label" not in columns.values():
        raise _wrong(path, 1, "no column holds the labels", "a column `label`")
    if frame.height > MOST_ROWS:
        raise _wrong(path, 1, f"{frame.height:,} rows", f"up to {MOST_ROWS:,}")
    rows = [
        _row(number, dict(zip(columns.values(), row, strict=True)), path)
        for number, row in enumerate(frame.iter_rows())
    ]
    return replace(form, rows=tuple(_known(form.rows, rows)))


def _header(column: str, named: Callable[[str], str]) -> str:
    name = named(column)
    return column if name == column else f"{name} ({column})"


def _text(row: RowForm, column: str) -> str | None:
    text = {"label": row.label, "note": row.note}.get(column) or row.cells.get(column)
    return text or None


def _column(form: Editing, header: str, path: Path) -> str:
    """The id that a header names, alone or in brackets."""
    known = (*form.columns, *_OWN)
    for name in (header.strip(), _in_brackets(header)):
        if name in known:
            return name
    told = f"the table has no column {header!r}"
    raise _wrong(path, 1, told, ", ".join(known), nearest(header, known))


def _in_brackets(header: str) -> str:
    """What stands in the brackets at the end of a header."""
    _name, bracket, rest = header.strip().rpartition("(")
    return rest[:-1].strip() if bracket and rest.endswith(")") else ""


def _row(number: int, values: Mapping[str, object], path: Path) -> RowForm:
    texts = {column: _typed(value) for column, value in values.items()}
    label, note = texts.pop("label"), texts.pop("note", "")
    if not label:
        raise _wrong(path, number + 2, "a row has no label", "a label in every row")
    cells = {column: text for column, text in texts.items() if text}
    return RowForm(f"s{number}", cells, label, note)


def _typed(value: object) -> str:
    """A cell as somebody would have typed it."""
    if value is None:
        return ""
    if isinstance(value, float):
        return number_text(shortest(value))
    if isinstance(value, date):
        return value.isoformat()
    return number_text(value).strip()


def _known(old: Sequence[RowForm], new: Sequence[RowForm]) -> Iterator[RowForm]:
    """New rows with the keys of those that they were."""
    free: dict[object, list[str]] = {}
    for row in old:
        free.setdefault(_identity(row), []).append(row.key)
    same = [free[_identity(row)].pop(0) if free.get(_identity(row)) else None for row in new]
    taken = set(same)
    for place, row in enumerate(new):
        there = old[place].key if place < len(old) else None
        found = same[place] or (row.key if there is None or there in taken else there)
        yield replace(row, key=found)


def _identity(row: RowForm) -> object:
    cells = frozenset((column, cell) for column, cell in row.cells.items() if cell)
    return cells, row.label, row.note


def _wrong(
    path: Path, line: int, message: str, allowed: str, close: str | None = None
) -> DataError:
    mark = Mark(path.name, line)
    return DataError(Diagnostic("sheet-table", message, mark=mark, allowed=allowed, nearest=close))
