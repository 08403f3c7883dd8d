"""The days that somebody asks a page for: a period by its name, or from one day to another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import request

from custrata.admin import typed
from custrata.admin.language import lazy
from custrata.service.calendar.periods import PERIODS

DAYS = "days"
"""In place of a named period: from one day to another."""
NAMES: Mapping[str, Any] = {
    "this_month": lazy("This month"),
    "last_month": lazy("Last month"),
    "this_quarter": lazy("This quarter"),
    "this_year": lazy("This year"),
    "last_12_months": lazy("The last 12 months"),
    DAYS: lazy("From – to"),
}
assert {*PERIODS, DAYS} == set(NAMES)


@dataclass(frozen=True)
class Days:
    """A period, or `DAYS`, with its first and its last day."""

    period: str
    since: date
    until: date

    @property
    def query(self) -> dict[str, str]:
        """The same in an address."""
        days = {"since": str(self.since), "until": str(self.until)}
        return {"period": self.period, **(days if self.period == DAYS else {})}


def typed_days() -> tuple[date, date]:
    """The days that the address names.

    Raises:
        DataError: one of them is none.
    """
    since, until = (request.args.get(name, "") for name in ("since", "until"))
    return typed.day(since), typed.day(until)
