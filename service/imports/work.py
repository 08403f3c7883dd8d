"""Files of records into the store: read, shown, then landed whole or not at all."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypedDict, Unpack

import polars as pl

from custrata.engine.diagnostics import warning
from custrata.service.amounts import extent
from custrata.service.desk import Desk
from custrata.service.files import NO_COLUMNS
from custrata.service.imports.guess import check, guess
from custrata.service.imports.known import known
from custrata.service.imports.land import counted, land
from custrata.service.imports.records import Kind
from custrata.service.imports.results import ImportSummary, Plan, Reading
from custrata.service.imports.rows import Forms, Rows, read_rows
from custrata.service.imports.sheet import open_sheet
from custrata.service.progress import Progress, silent
from custrata.store.types import microseconds

_FIRST = 5


class How(TypedDict, total=False):
    """How a file is read.

    Attributes:
        attributes: columns that become attributes of customers; None takes all that are no field.
        forms: what comes first in dates, and what parts decimals, where columns do not tell.
        progress: hears how far it is.
    """

    attributes: Collection[str] | None
    forms: Forms
    progress: Progress


def read_file(
    desk: Desk,
    path: Path,
    record: str | None = None,
    columns: Mapping[str, str] = NO_COLUMNS,
    **how: Unpack[How],
) -> Reading:
    """Read a file, and take or refuse each of its rows; see `preview` for arguments.

    Raises:
        DataError: the file, or a whole column of it, cannot be read.
    """
    sheet = open_sheet(path)
    found = guess(sheet, record, columns, how.get("attributes"))
    check(sheet, found)
    with desk.database.read() as session:
        there = known(session)
        if found.record == "transactions":
            there = replace(there, extent=extent(session))
    forms, progress = how.get("forms", Forms()), how.get("progress", silent)
    rows = read_rows(sheet, found, there, forms, progress)
    return Reading(sheet, found, there, _with_what_is_ahead(desk, rows))


def preview(
    desk: Desk,
    path: Path,
    record: str | None = None,
    columns: Mapping[str, str] = NO_COLUMNS,
    *,
    after: Sequence[Reading] = (),
    **how: Unpack[How],
) -> Plan:
    """What an import would do; nothing is written.

    Args:
        path: ends in .csv, .parquet or .xlsx.
        record: one of `RECORDS`; None tells it by the columns and the file's name.
        columns: by our name of a field, the file's own name for it; others are guessed. Empty
            text leaves a field out.
        after: files that would land before this one, and make customers known.
        how: see `How`.

    Raises:
        DataError: the file, or a whole column of it, cannot be read.
    """
    reading = read_file(desk, path, record, columns, **how)
    rows = reading.rows
    before = [one.rows for one in after]
    return Plan(
        guess=reading.guess,
        first=tuple(reading.sheet.first(_FIRST)),
        rows=rows.height,
        counts=counted(desk, rows, before, how.get("progress", silent)),
        refused=rows.refused,
        reasons=rows.reasons,
        notes=rows.notes,
        reading=reading,
    )


def import_file(
    desk: Desk,
    path: Path,
    record: str | None = None,
    columns: Mapping[str, str] = NO_COLUMNS,
    *,
    refused: Path | None = None,
    strict: bool = False,
    **how: Unpack[How],
) -> ImportSummary:
    """Take in a file; see `preview` and `land`.

    Raises:
        DataError: the file cannot be read, or is refused; nothing was written.
        StoreError: the database cannot be written; nothing was.
    """
    reading = read_file(desk, path, record, columns, **how)
    progress = how.get("progress", silent)
    return land(desk, reading, refused=refused, strict=strict, progress=progress)


def _with_what_is_ahead(desk: Desk, rows: Rows) -> Rows:
    """A note of rows that tell of a time to come: they are kept, and count from then on."""
    when = next((one for one in rows.record.fields if one.kind is Kind.MOMENT and one.needed), None)
    if when is None:
        return rows
    ahead = rows.frame.filter(pl.col(when.stored) > microseconds(desk.now())).height
    if not ahead:
        return rows
    told = f"{ahead:,} row{'s' if ahead > 1 else ''} of a time to come; kept, and read from then on"
    return replace(rows, notes=(*rows.notes, warning("ahead", told)))
