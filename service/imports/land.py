"""Rows that were read into the store: whole, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection, select, update
from sqlalchemy.orm import Session

from custrata.engine.diagnostics import DataError, Diagnostic, Mark
from custrata.service.audit import note
from custrata.service.desk import Desk
from custrata.service.files import fail
from custrata.service.imports import customers, facts
from custrata.service.imports.known import known
from custrata.service.imports.present import is_history, settle
from custrata.service.imports.records import Record
from custrata.service.imports.refused import kept_once, refused_beside, write_refused
from custrata.service.imports.results import Counts, Entry, ImportSummary, Reading
from custrata.service.imports.rows import Rows
from custrata.service.progress import Progress, silent
from custrata.service.staged import Staged
from custrata.store.faults import refuse
from custrata.store.models import Import, Source
from custrata.store.sequence import moment, take

_PATIENCE = 6 * 3600.0
"""Seconds that an import waits for another one."""
_STEPS = 4
_CUSTOMERS = "customers"


def counted(
    desk: Desk, rows: Rows, before: Sequence[Rows] = (), progress: Progress = silent
) -> Counts:
    """What would become of rows; nothing is written.

    Args:
        before: rows that would land first, and make customers known.
    """
    with desk.database.read() as session:
        connection = session.connection()
        if rows.record.name == _CUSTOMERS:
            counts = customers.compare(connection, rows).counts
        else:
            counts = facts.count(connection, rows, before)
        session.commit()  # lets go of what was staged
    progress("compare", 1, 1)
    return _all(counts, rows)


def land(
    desk: Desk,
    reading: Reading,
    *,
    refused: Path | None = None,
    strict: bool = False,
    progress: Progress = silent,
) -> ImportSummary:
    """Write what was read, whole or not at all; another import is waited for.

    Args:
        refused: where refused rows go, in a file of the same kind; None finds a place beside the
            file that was read.
        strict: whether one refused row refuses the file.

    Raises:
        DataError: strict, and rows are refused; or these cannot be written. Nothing was.
        StoreError: the database cannot be written, or its stages, groups or rules are others
            than when the file was read, or the file is gone. Nothing was written.
    """
    rows = reading.rows
    if strict and rows.refused:
        raise DataError(_refusals(reading))
    place = _place(reading, refused) if rows.refused else None
    with desk.database.lock("import", wait=_PATIENCE) as held:
        if not held:
            raise refuse("import-under-way", "another import is under way", "this one after it")
        with desk.database.write(later=True) as session, Staged() as files:
            staged = _staged_ahead(session, rows)
            done = write_rows(session, desk, reading, staged, progress)
            if not reading.path.exists():  # whom it names may have been erased with it
                raise refuse("no-upload", "the file is here no more", "the file sent again")
            if place:
                write_refused(reading.sheet, rows.faults, files.path(place))
    progress("write", _STEPS, _STEPS)
    return replace(done, refused_file=kept_once(place) if place and not refused else place)


def _all(counts: Counts, rows: Rows) -> Counts:
    """The rows that say the same again, too."""
    return replace(counts, same=counts.same + rows.repeated)


def _refusals(reading: Reading) -> list[Diagnostic]:
    return [
        Diagnostic(
            "rows-refused",
            f"{one.text} ({one.rows:,} row{'s' if one.rows > 1 else ''})",
            mark=Mark(str(reading.path), one.lines[0]),
        )
        for one in reading.rows.reasons
    ]


def _place(reading: Reading, refused: Path | None) -> Path:
    """Where refused rows go.

    Raises:
        DataError: that is the file itself, a folder, in none, or of another kind.
    """
    place = refused or refused_beside(reading.path)
    ending = reading.path.suffix.lower()
    if place.suffix.lower() != ending:
        fail(place, "file-ending", "refused rows are written as the file that they are of", ending)
    if place.resolve() == reading.path.resolve():
        fail(place, "file-unreadable", "refused rows would overwrite the file that they are of")
    if place.is_dir() or not place.resolve().parent.is_dir():
        fail(place, "file-unreadable", "refused rows cannot be written there", "a folder's file")
    return place


# --- in the transaction -------------------------------------------------------------------


def _staged_ahead(session: Session, rows: Rows) -> facts.Staged | None:
    """Facts beside their table, before other writers have to wait; None where they must."""
    if rows.record.name == _CUSTOMERS or facts.looks_back(rows):
        return None
    return facts.stage(session.connection(), rows)


def write_rows(
    session: Session,
    desk: Desk,
    reading: Reading,
    staged: facts.Staged | None,
    progress: Progress,
) -> ImportSummary:
    """Write what was read, in a transaction that others hold.

    Args:
        staged: facts that lie beside their table already.
    """
    progress("write", 0, _STEPS)
    number, rows = take(session), reading.rows
    if known(session, currency=reading.known.asked) != reading.known:
        fault = "stages, groups or rules were changed while the file was read"
        raise refuse("changed-meanwhile", fault, "the same again")
    at = moment(session, desk.now())
    row = Import(at=at, by=desk.by, file=reading.path.name[-255:], **_said(reading))
    session.add(row)
    session.flush()
    entry = Entry(row.id, number, at, desk.by)
    _add_sources(session, rows)
    connection = session.connection()
    if rows.record.name == _CUSTOMERS:
        counts, touched = _land_customers(connection, rows, entry, progress)
    else:
        staged = staged or facts.stage(connection, rows)
        counts, touched = _land_facts(connection, staged, entry, progress)
    counts = _all(counts, rows)
    done = {"inserted": counts.inserted, "changed": counts.changed, "same": counts.same}
    session.execute(update(Import).where(Import.id == row.id).values(**done))
    told = {"record": rows.record.name, "rows": rows.height, "refused": rows.refused, **done}
    note(session, desk, "import.land", "import", row.id, **told)
    return ImportSummary(
        import_id=row.id,
        record=rows.record.name,
        file=reading.path,
        rows=rows.height,
        counts=counts,
        touched=touched,
        refused=rows.refused,
        reasons=rows.reasons,
        refused_file=None,
        notes=rows.notes,
    )


def _said(reading: Reading) -> dict[str, object]:
    """What is known of an import before it is done."""
    columns = {**reading.guess.columns, **{name: name for name in reading.guess.own}}
    return {
        "record": reading.rows.record.name,
        "columns": columns,
        "rows": reading.rows.height,
        "refused": reading.rows.refused,
        **dict.fromkeys(("inserted", "changed", "same"), 0),
    }


def _add_sources(session: Session, rows: Rows) -> None:
    """Sources that nobody has heard of before."""
    if not rows.sources:
        return
    there = set(session.scalars(select(Source.code)))
    missing = sorted(set(rows.sources) - there)
    session.add_all(Source(code=one, name=rows.sources[one], active=True) for one in missing)
    session.flush()


def _land_customers(
    connection: Connection, rows: Rows, entry: Entry, progress: Progress
) -> tuple[Counts, int]:
    difference = customers.compare(connection, rows)
    progress("write", 2, _STEPS)
    customers.land(connection, difference, entry)
    return difference.counts, difference.rows.height


def _land_facts(
    connection: Connection, staged: facts.Staged, entry: Entry, progress: Progress
) -> tuple[Counts, int]:
    progress("write", 1, _STEPS)
    record, shared = staged.record, _shared(staged.record, entry)
    if not record.of_customers:
        return facts.land(connection, staged, shared), 0
    touched = facts.touched(connection, staged)
    progress("write", 2, _STEPS)
    counts = facts.land(connection, staged, shared)
    progress("write", 3, _STEPS)
    created = facts.touch(connection, touched, entry.number)
    if is_history(record):
        settle(connection, record, touched, entry)
    return replace(counts, created=created), touched.height


def _shared(record: Record, entry: Entry) -> dict[str, object]:
    """What all facts of an import say."""
    if not record.of_customers:
        return {}
    shared: dict[str, object] = {"recorded_at": entry.at, "import_id": entry.import_id}
    return {**shared, "how": "set"} if record.name == "stage_changes" else shared
