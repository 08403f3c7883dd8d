"""What a measure knows of the run it is computed in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from custrata.engine.model import Window

EPOCH = date(1970, 1, 1)


class Unmeasurable(Exception):
    """Raised where a measure has to be null for everyone; the message says why."""


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def as_day(value: Any, time_zone: str, name: str = "as_of") -> date:
    """The day of a date, or of a time as the rules' time zone has it.

    Times are read as those of records are: one without a zone is local already.

    Args:
        name: what the value is called, for the message.

    Raises:
        TypeError: it is neither.
    """
    if not isinstance(value, date) or value != value:  # pandas' NaT is unlike itself
        raise TypeError(f"{name} must be a date, got {type(value).__name__}")
    if not isinstance(value, datetime):
        return value
    return (value if value.tzinfo is None else value.astimezone(ZoneInfo(time_zone))).date()


def closed_days(given: Iterable[Any], time_zone: str) -> tuple[int, ...]:
    """The day numbers of what is given as `closed_days`.

    Raises:
        TypeError: one of them is no date.
    """
    return tuple(day_number(as_day(one, time_zone, "each of closed_days")) for one in given)


@dataclass(frozen=True)
class Context:
    """The as-of date, the window in force and what was fitted.

    Attributes:
        as_of: the last day that is read.
        window: the measure's own, or the ruleset's.
        scale: decimals of money: an amount is `stored / 10**scale`.
        state: what the measure's `fit` gave, now or in the calibration that is reused.
    """

    as_of: date
    window: Window
    scale: int = 0
    state: Any = field(default=None, hash=False)

    @property
    def day(self) -> int:
        """The as-of date's day number."""
        return day_number(self.as_of)

    def bounds(self) -> tuple[int | None, int]:
        """Day numbers of the window: the first is out (None: no limit), the last is in."""
        older, newer = self.window.older, self.window.newer
        return (None if older is None else self._boundary(older)), self._boundary(newer)

    def before(self) -> Context:
        """The context of the window that ends where this one starts, as long as this one.

        Raises:
            ValueError: a window without limit has none before it.

        """
        older, newer = self.window.older, self.window.newer
        if older is None:
            raise ValueError("a window without limit has none before it")
        return replace(self, window=replace(self.window, older=2 * older - newer, newer=older))

    def _boundary(self, back: int) -> int:
        """The last day of what lies `back` days, or whole periods, before."""
        calendar = self.window.calendar
        if calendar is None:
            return self.day - back
        if back == 0:
            return self.day
        months = self.as_of.year * 12 + self.as_of.month - 1 - (back - 1)
        first = (
            date(self.as_of.year - (back - 1), 1, 1)
            if calendar == "year"
            else date(months // 12, months % 12 + 1, 1)
        )
        return day_number(first - timedelta(days=1))
