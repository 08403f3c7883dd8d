"""Where somebody works: the store, who asks, and what time it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from custrata.store.database import Database


def wall_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def unheard(job: int) -> None:
    """A bell that nobody hears; workers find the job by looking."""


@dataclass(frozen=True)
class Desk:
    """What every use case on the store is handed first.

    Attributes:
        database: the store.
        by: who asks, for histories and audit: a login, or `system`.
        clock: gives the present moment, aware; tests and simulations bring their own.
        bell: wakes a worker for a job that was asked for, by the job's id.
    """

    database: Database
    by: str = "system"
    clock: Callable[[], datetime] = wall_clock
    bell: Callable[[int], None] = unheard

    def now(self) -> datetime:
        """The present moment."""
        return self.clock()

    def today(self, time_zone: str) -> date:
        """The day that it is in a time zone."""
        return self.now().astimezone(ZoneInfo(time_zone)).date()

    def of(self, by: str) -> Desk:
        """The same for somebody else."""
        return replace(self, by=by)
