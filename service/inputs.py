"""The files of facts that a use case reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from custrata.engine.diagnostics import DataError, Diagnostic, Mark, nearest
from custrata.service.progress import Progress, silent


class Readable(Protocol):
    """Where records come from: files, or a CRM by its mapping."""

    def frames(self, progress: Progress = silent) -> dict[str, Any]:
        """The records, ready for `Engine.run`."""


@dataclass(frozen=True)
class Inputs:
    """Which file holds which record.

    Attributes:
        files: by record, one of `model.RECORDS`.
        columns: by record, then by our name of a column, the file's own name for it.
    """

    files: Mapping[str, Path]
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def frames(self, progress: Progress = silent) -> dict[str, Any]:
        """The files by record, ready for `Engine.run`.

        Raises:
            DataError: a file that cannot be read, or that lacks a column.
        """
        from custrata.service.files import read  # brings engines: words are checked without

        frames = {}
        for done, (record, path) in enumerate(self.files.items()):
            progress("read", done, len(self.files))
            frames[record] = read(path, record, self.columns.get(record, {}))
            check_columns(record, path, list(frames[record].columns))
        progress("read", len(self.files), len(self.files))
        return frames


def notes_of(frames: Mapping[str, Any]) -> tuple[Diagnostic, ...]:
    """What the readers of files remarked."""
    return tuple(note for frame in frames.values() for note in getattr(frame, "notes", ()))


@contextmanager
def with_notes(frames: Mapping[str, Any]) -> Iterator[None]:
    """An error in the data comes with what the readers remarked: it may be the cause."""
    try:
        yield
    except DataError as error:
        raise DataError((*notes_of(frames), *error.diagnostics)) from error


def check_columns(record: str, path: Path, columns: list[str]) -> None:
    """Refuse a file that lacks a column, and say how to name the file's own.

    Raises:
        DataError: one diagnostic for each column that is missing.
    """
    from custrata.engine.facts import records

    known = (*records.DATED, records.CUSTOMERS, records.MEASURES)
    needed = {one.name: (records.CUSTOMER, *one.needed) for one in known}[record]
    missing = [name for name in needed if name not in columns]
    if missing:
        raise DataError(_missing(record, name, path, columns) for name in missing)


def _missing(record: str, name: str, path: Path, columns: list[str]) -> Diagnostic:
    from custrata.service.files import HEADER_FIRST

    told = f"there is no column {name!r}; the columns are {', '.join(columns)}"
    remedy = f'add --map "{record}.{name}={_like(name, columns)}"'
    hint = HEADER_FIRST if len(columns) == 1 else remedy
    return Diagnostic("column-missing", f"{told}; {hint}", mark=Mark(str(path)))


_PARTS = {"amount": ("amount", "total"), "customer_id": ("customer", "client")}
"""What is often in a file's own name of a column; dates apart."""


def _like(name: str, columns: list[str]) -> str:
    """The column that may be meant, else a word in its place."""
    folded = {re.sub(r"\W+", "_", column.strip().lower()): column for column in columns}
    parts = _PARTS.get(name, ("date", "time") if name.endswith("_at") else ())
    alike = [column for word, column in folded.items() if any(part in word for part in parts)]
    close = nearest(name, folded)
    return folded[close] if close else next(iter(alike), "ITS NAME IN THE FILE")
