"""The days between which figures of sales are looked at."""

from __future__ import annotations

from datetime import date, timedelta

from custrata.service.values import wrong

THIS_MONTH, LAST_MONTH, THIS_QUARTER, THIS_YEAR, LAST_12_MONTHS = PERIODS = (
    "this_month",
    "last_month",
    "this_quarter",
    "this_year",
    "last_12_months",
)
"""Periods that are asked for by name."""
LONGEST = 3660
"""Days, ten years."""


def period(name: str, today: date) -> tuple[date, date]:
    """The first and the last day of a period, both taken in; the last may still be to come.

    `last_12_months` are whole months, the last of which is today's.

    Raises:
        DataError: there is no period of that name (`no-period`).
    """
    if name not in PERIODS:
        raise wrong("no-period", f"there is no period {name[:40]!r}", ", ".join(PERIODS))
    month = today.year * 12 + today.month - 1
    first, count = {
        THIS_MONTH: (month, 1),
        LAST_MONTH: (month - 1, 1),
        THIS_QUARTER: (month - month % 3, 3),
        THIS_YEAR: (today.year * 12, 12),
        LAST_12_MONTHS: (month - 11, 12),
    }[name]
    return _first(first), _first(first + count) - timedelta(days=1)


def span(since: date, until: date) -> tuple[date, date]:
    """Two days, both taken in.

    Raises:
        DataError: they are turned round (`period-turned`), or too far apart (`period-long`).
    """
    if until < since:
        raise wrong("period-turned", f"{until} lies before {since}", "the first day, then the last")
    if (until - since).days >= LONGEST:
        raise wrong("period-long", f"{since} to {until} is too long", f"up to {LONGEST:,} days")
    return since, until


def _first(month: int) -> date:
    """The first day of a month; months since the year 0."""
    return date(month // 12, month % 12 + 1, 1)
