"""What an import would do, and what it did."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from custrata.engine.diagnostics import Diagnostic
from custrata.service.imports.faults import Reason
from custrata.service.imports.guess import Guess
from custrata.service.imports.known import Known
from custrata.service.imports.rows import Rows
from custrata.service.imports.sheet import Sheet
from custrata.store.types import microseconds


@dataclass(frozen=True)
class Counts:
    """What becomes of the rows that are taken.

    Attributes:
        created: customers who become known by these facts alone.
    """

    inserted: int = 0
    changed: int = 0
    same: int = 0
    created: int = 0


@dataclass(frozen=True)
class Entry:
    """What all rows of one import share.

    Attributes:
        number: of this writing of facts; touched customers get it.
        at: when; after all that was recorded before.
    """

    import_id: int
    number: int
    at: datetime
    by: str

    @property
    def moment(self) -> int:
        """`at`, as the database holds it."""
        return microseconds(self.at)


@dataclass(frozen=True)
class Reading:
    """A file that was read, and what the store knew when it was."""

    sheet: Sheet
    guess: Guess
    known: Known
    rows: Rows

    @property
    def path(self) -> Path:
        """The file."""
        return self.sheet.path


@dataclass(frozen=True)
class Plan:
    """What would be done; nothing is written.

    Attributes:
        first: the first rows, as the file has them.
        rows: how many the file has: those in `counts` and `refused`.
        reasons: why rows would be refused, the commonest first.
        reading: what `land` takes.
    """

    guess: Guess
    first: tuple[dict[str, str], ...]
    rows: int
    counts: Counts
    refused: int
    reasons: tuple[Reason, ...]
    notes: tuple[Diagnostic, ...]
    reading: Reading = field(repr=False)


@dataclass(frozen=True)
class ImportSummary:
    """What was done.

    Attributes:
        import_id: of its row in the store.
        rows: how many the file had: those in `counts` and `refused`.
        touched: customers of whom something new is known.
        refused_file: where the refused rows are; None where all were taken.
    """

    import_id: int
    record: str
    file: Path
    rows: int
    counts: Counts
    touched: int
    refused: int
    reasons: tuple[Reason, ...]
    refused_file: Path | None
    notes: tuple[Diagnostic, ...]
