"""What all rows of one landing share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

FEW = 2_000
"""So many ids fit into one statement."""


@dataclass(frozen=True)
class Entry:
    """A landing: of a run, of some customers at once, of a past day."""

    run_id: int
    as_of: date
    at: datetime
