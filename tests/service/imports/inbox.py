"""Files that are written, imported and read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import xlsxwriter
from sqlalchemy import select

from custrata.service.desk import Desk
from custrata.service.imports import ImportSummary, import_file
from custrata.store.models.base import Base


class Inbox:
    """A folder of files, and the store that they go to."""

    def __init__(self, desk: Desk, folder: Path):
        self.desk, self.folder = desk, folder

    def csv(self, text: str, name: str = "file.csv") -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def xlsx(self, rows: list[list[Any]], name: str = "file.xlsx") -> Path:
        return write_xlsx(self.folder / name, rows)

    def take(self, text: str, record: str | None = None, columns=None, **more: Any):
        """Import a CSV."""
        return import_file(self.desk, self.csv(text), record, columns or {}, **more)

    def rows(self, model: type[Base], *names: str) -> list[Any]:
        """Columns of all rows, sorted; values instead of tuples of one."""
        with self.desk.database.read() as session:
            found = session.execute(select(*(getattr(model, name) for name in names))).all()
        plain = [row[0] if len(names) == 1 else tuple(row) for row in found]
        return sorted(plain, key=repr)

    def add(self, *rows: Base) -> None:
        with self.desk.database.write() as session:
            session.add_all(rows)


def write_xlsx(path: Path, rows: list[list[Any]]) -> Path:
    """A workbook; dates become dates, `=...` a formula that fails."""
    with xlsxwriter.Workbook(path) as book:
        sheet, dated = book.add_worksheet(), book.add_format({"num_format": "dd/mm/yyyy"})
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if hasattr(cell, "isoformat"):
                    sheet.write_datetime(row, column, cell, dated)
                elif isinstance(cell, str) and cell.startswith("="):
                    sheet.write_formula(row, column, cell, None, "#DIV/0!")
                elif cell is not None:
                    sheet.write(row, column, cell)
    return path


def counts(done: ImportSummary) -> tuple[int, int, int, int]:
    """New, changed, same, refused."""
    return (done.counts.inserted, done.counts.changed, done.counts.same, done.refused)
