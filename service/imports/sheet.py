"""A file of rows that is to be imported: its columns as they stand, and rows to send back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from weakref import finalize

import polars as pl

from custrata.engine.backends.polars import PolarsBackend
from custrata.engine.diagnostics import DataError, Diagnostic, Mark
from custrata.service.files import File, read
from custrata.service.imports.records import REFUSED
from custrata.service.imports.texts import as_text

_EXAMPLES = 3
_SHOWN = 40
_LOOK = 200


@dataclass(frozen=True)
class Sheet:
    """The rows of a file under its own names.

    Attributes:
        file: what reads it, and knows on which lines rows stand.
        rows: lazy; nothing is changed, but cells with an error hold its name.
    """

    path: Path
    file: File
    rows: pl.LazyFrame

    @property
    def notes(self) -> tuple[Diagnostic, ...]:
        """What the reader remarked, but for cells with errors: those are refused."""
        return tuple(one for one in self.file.notes if one.code != "error-cells")

    @cached_property
    def schema(self) -> pl.Schema:
        """Types by the file's names, without the column that refused rows come back with."""
        schema = self.rows.collect_schema()
        kept = {name: kind for name, kind in schema.items() if name.strip().lower() != REFUSED}
        return pl.Schema(kept)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, in the file's order."""
        return tuple(self.schema)

    @cached_property
    def height(self) -> int:
        """How many rows there are."""
        height: int = self.rows.select(pl.len()).collect().item()
        return height

    @cached_property
    def top(self) -> pl.DataFrame:
        """The first rows."""
        return self.rows.select(self.names).head(_LOOK).collect()

    def column(self, name: str) -> pl.Series:
        """All values of a column."""
        return self.rows.select(name).collect(engine="streaming")[name]

    def examples(self, name: str) -> tuple[str, ...]:
        """The first different values of a column, as a person would write them."""
        shown = (_text(value) for value in self.top[name] if value is not None)
        filled = dict.fromkeys(text for text in shown if text)
        return tuple(filled)[:_EXAMPLES]

    def first(self, count: int) -> list[dict[str, str]]:
        """The first rows, as a person would write them."""
        rows = self.top.head(count).iter_rows(named=True)
        return [{k: _text(v) if v is not None else "" for k, v in row.items()} for row in rows]

    def mark(self, row: int | None) -> Mark:
        """Where a row stands; the file where there is none."""
        return Mark(str(self.path)) if row is None else self.file.marks([row])[0]

    def lines(self, rows: Sequence[int]) -> tuple[int, ...]:
        """The lines on which rows stand."""
        return tuple(mark.line for mark in self.file.marks(list(rows)))


def open_sheet(path: Path) -> Sheet:
    """Look at a file.

    Raises:
        DataError: there is none, it is damaged, not UTF-8, ragged, or has no column names.
    """
    file = read(path, "rows")
    rows: pl.LazyFrame = PolarsBackend().lazy(file).to_native()
    sheet = Sheet(path, file, rows)
    if isinstance(file.frame, Path) and file.frame != path:  # a copy, which no erasure would find
        finalize(sheet, file.frame.unlink, missing_ok=True)
    if file.errors:
        sheet = replace(sheet, rows=_with_errors(sheet))
    if not sheet.names:
        raise DataError(Diagnostic("file-empty", "there are no columns", mark=Mark(str(path))))
    return sheet


def _with_errors(sheet: Sheet) -> pl.LazyFrame:
    """Cells such as `#DIV/0!` by their names; the reader takes them for empty ones."""
    frame = sheet.rows.collect()
    lines = sheet.lines(range(frame.height))
    rows = {line: row for row, line in enumerate(lines)}
    by_column: dict[str, dict[int, str]] = {}
    for line, column, error in sheet.file.errors:
        if line in rows:
            by_column.setdefault(column, {})[rows[line]] = error
    for column, errors in by_column.items():
        text = as_text(frame[column]).scatter(list(errors), list(errors.values()))
        frame = frame.with_columns(text.alias(column))
    return frame.lazy()


def _text(value: Any) -> str:
    text = str(value).strip()
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
