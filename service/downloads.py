"""Tables as files that a spreadsheet opens without running what customers are called."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import StringIO
from typing import Any

ENDINGS = ("csv", "xlsx")
_STARTS = ("=", "+", "-", "@", "\t", "\r")


def table_file(head: Sequence[str], rows: Iterable[Sequence[Any]], ending: str) -> bytes:
    """A table as the content of a CSV or an XLSX file.

    In a CSV file, text that a spreadsheet would take for a formula gets an apostrophe in front; the
    cells of a workbook say themselves that they are text. Moments with a zone are written as they
    are read there, without it. Amounts are exact: in a workbook those that no number of a cell
    holds, of more than fifteen digits, are texts.

    Args:
        head: the columns' titles. rows: as many values each: texts, numbers, amounts, days,
            moments, None.
        ending: one of `ENDINGS`.
    """
    write = {"csv": _csv, "xlsx": _xlsx}[ending]
    return write(head, [tuple(map(_local, row)) for row in rows])


def escaped(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_STARTS) else text


def _local(value: Any) -> Any:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def _safe(value: Any) -> Any:
    return escaped(value) if isinstance(value, str) else value


def _csv(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """With a mark in front by which Excel knows UTF-8."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(map(_safe, head))
    writer.writerows(map(_safe, row) for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _xlsx(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    from custrata.service.workbooks import Sheet, workbook

    return workbook([Sheet("custrata", head, rows)])
