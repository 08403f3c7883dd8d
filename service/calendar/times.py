"""Weeks and months around a day."""

from __future__ import annotations

from datetime import date, timedelta


def monday_of(day: date) -> date:
    """The first day of a week."""
    return day - timedelta(days=day.weekday())


def months(since: date, until: date) -> list[date]:
    """The first days of the months that lie between two days, as a whole or in part."""
    found, month = [], since.replace(day=1)
    while month <= until:
        found.append(month)
        month = following(month)
    return found


def months_until(last: date, count: int) -> list[date]:
    """The first days of so many months, the last of which holds a day."""
    ended = last.year * 12 + last.month
    return [date(one // 12, one % 12 + 1, 1) for one in range(ended - count, ended)]


def end_of(month: date) -> date:
    """The last day of a month."""
    return following(month) - timedelta(days=1)


def following(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=1) + timedelta(days=31)).replace(day=1)
