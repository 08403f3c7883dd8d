"""Files of records into the store: read, shown, then landed whole or not at all."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from custrata.service.desk import Desk
from custrata.service.files import NO_COLUMNS
from custrata.service.imports.guess import check, guess
from custrata.service.imports.known import known
from custrata.service.imports.land import counted, land
from custrata.service.imports.results import ImportSummary, Plan, Reading
from custrata.service.imports.rows import Forms, read_rows
from custrata.service.imports.sheet import open_sheet
from custrata.service.progress import Progress, silent

_FIRST = 5
_PLAIN = Forms()


def read_file(
    desk: Desk,
    path: Path,
    record: str | None = None,
    columns: Mapping[str, str] = NO_COLUMNS,
    *,
    attributes: Collection[str] | None = None,
    forms: Forms = _PLAIN,
    progress: Progress = silent,
) -> Reading:
    """Read a file, and take or refuse each of its rows; see `preview` for arguments.

    Raises:
        DataError: the file, or a whole column of it, cannot be read.
    """
    sheet = open_sheet(path)
    found = guess(sheet, record, columns, attributes)
    check(sheet, found)
    with desk.database.read() as session:
        there = known(session)
    return Reading(sheet, found, there, read_rows(sheet, found, there, forms, progress))


def preview(
    desk: Desk,
    path: Path,
    record: str | None = None,
    columns: Mapping[str, str] = NO_COLUMNS,
    *,
    attributes: Collection[str] | None = None,
    forms: Forms = _PLAIN,
    progress: Progress = silent,
) -> Plan:
    """What an import would do; nothing is written.

    Args:
        path: ends in .csv, .parquet or .xlsx.
        record: one of `RECORDS`; None tells it by the columns and the file's name.
        columns: by our name of a field, the file's own name for it; others are guessed. Empty
            text leaves a field out.
        attributes: columns that become attributes of customers; None takes all that are no field.
        forms: what comes first in dates, and what parts decimals, where columns do not tell.

    Raises:
        DataError: the file, or a whole column of it, cannot be read.
    """
    reading = read_file(
        desk, path, record, columns, attributes=attributes, forms=forms, progress=progress
    )
    rows = reading.rows
    return Plan(
        guess=reading.guess,
        first=tuple(reading.sheet.first(_FIRST)),
        rows=rows.height,
        counts=counted(desk, rows, progress),
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
    attributes: Collection[str] | None = None,
    forms: Forms = _PLAIN,
    refused: Path | None = None,
    strict: bool = False,
    progress: Progress = silent,
) -> ImportSummary:
    """Take in a file; see `preview` and `land`.

    Raises:
        DataError: the file cannot be read, or is refused; nothing was written.
        StoreError: the database cannot be written; nothing was.
    """
    reading = read_file(
        desk, path, record, columns, attributes=attributes, forms=forms, progress=progress
    )
    return land(desk, reading, refused=refused, strict=strict, progress=progress)
