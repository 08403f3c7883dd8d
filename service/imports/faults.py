"""Why rows are refused: gathered column by column, told row by row."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from custrata.service.imports.sheet import Sheet
from custrata.service.imports.texts import ABOUT, ALLOWED, as_text

ROW = "row number"
WHY = "why"
_CELL = "cell"
_SCHEMA = pl.Schema({ROW: pl.UInt32, WHY: pl.String, _CELL: pl.String})
_HEAD = rf"^([^{ABOUT}{ALLOWED}]*)"
_INSTEAD = rf"{_HEAD}{ALLOWED}([^{ABOUT}]*)"
_SHOWN = 5
_EXAMPLES, _LONGEST = 3, 40


class Reason(NamedTuple):
    """Why rows are refused, how many, the lines of the first of them, and what stands there.

    The cells are for whoever brings the file alone.
    """

    text: str
    rows: int
    lines: tuple[int, ...]
    examples: tuple[str, ...] = ()


class Faults:
    """What is wrong with the rows of a file."""

    def __init__(self) -> None:
        self._all: list[pl.DataFrame] = []

    def of_cells(self, column: str, why: pl.Series, cells: pl.Series) -> None:
        """Faults of a column's cells; null where there is none."""
        told = pl.format("{}: {}", pl.lit(column), pl.col(WHY))
        found = why.to_frame(WHY).with_row_index(ROW).filter(pl.col(WHY).is_not_null())
        wrong = as_text(cells.gather(found[ROW])).str.slice(0, _LONGEST).alias(_CELL)
        self._add(found.with_columns(told.alias(WHY), wrong))

    def of_rows(self, rows: pl.Series, why: str) -> None:
        """Rows, by their numbers, that are refused for one and the same reason."""
        if len(rows):
            cell = pl.lit(None, pl.String).alias(_CELL)
            self._add(pl.DataFrame({ROW: rows}).with_columns(pl.lit(why).alias(WHY), cell))

    def alone(self) -> pl.DataFrame:
        """As `together`, without what is about one cell alone: no word of any cell."""
        instead = pl.format("; allowed: {}", pl.col(WHY).str.extract(_INSTEAD, 2)).fill_null("")
        head = pl.col(WHY).str.extract(_HEAD) + instead
        listed = self._whole.with_columns(head).group_by(ROW, maintain_order=True)
        return listed.agg(pl.col(WHY).unique(maintain_order=True)).sort(ROW)

    def together(self) -> pl.DataFrame:
        """Each refused row once, rising, with all of its reasons."""
        told = pl.col(WHY).str.replace(_INSTEAD, "${1}").str.replace(ABOUT, " ", literal=True)
        listed = self._whole.with_columns(told).group_by(ROW, maintain_order=True)
        return listed.agg(pl.col(WHY).str.join("; ")).sort(ROW)

    def reasons(self, sheet: Sheet) -> tuple[Reason, ...]:
        """The reasons, the commonest first; what is about one cell alone is left out."""
        head = pl.col(WHY).str.extract(_HEAD)
        rows = pl.col(ROW).sort().head(_SHOWN)
        cells = pl.col(_CELL).drop_nulls().unique(maintain_order=True).head(_EXAMPLES)
        found = self._whole.sort(ROW).group_by(head).agg(pl.len(), rows, cells)
        ordered = found.sort("len", WHY, descending=[True, False]).rows()
        return tuple(
            Reason(text, count, sheet.lines(numbers), tuple(some))
            for text, count, numbers, some in ordered
        )

    def _add(self, found: pl.DataFrame) -> None:
        self._all.append(found.cast(_SCHEMA))

    @property
    def _whole(self) -> pl.DataFrame:
        return pl.concat(self._all) if self._all else _SCHEMA.to_frame()
