"""Tables as files that a spreadsheet opens without running what customers are called."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ENDINGS = ("csv", "xlsx")
_STARTS = ("=", "+", "-", "@", "\t", "\r")


def table_file(head: Sequence[str], rows: Iterable[Sequence[Any]], ending: str) -> bytes:
    """A table as the content of a CSV or an XLSX file.

    Text that a spreadsheet would take for a formula gets an apostrophe in front. Moments with a
    zone are written as they are read there, without it. Amounts are exact in a CSV file; in a
    workbook they are numbers, which have some fifteen digits.

    Args:
        head: the columns' titles. rows: as many values each: texts, numbers, amounts, days,
            moments, None.
        ending: one of `ENDINGS`.
    """
    safe = [tuple(map(_safe, row)) for row in rows]
    write = {"csv": _csv, "xlsx": _xlsx}[ending]
    return write([escaped(one) for one in head], safe)


def escaped(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_STARTS) else text


def _safe(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return escaped(value) if isinstance(value, str) else value


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def _csv(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """With a mark in front by which Excel knows UTF-8."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def _xlsx(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    import polars as pl

    from custrata.service.xlsx_files import write_xlsx

    columns = [f"{place}" for place in range(len(head))]
    numbers = [tuple(map(_number, row)) for row in rows]
    frame = pl.DataFrame(numbers, schema=columns, orient="row", infer_schema_length=None)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "table.xlsx"
        write_xlsx(frame.rename(dict(zip(columns, head, strict=True))), path, "custrata")
        return path.read_bytes()
