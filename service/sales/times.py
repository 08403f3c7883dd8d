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


def end_of(month: date) -> date:
    """The last day of a month."""
    return following(month) - timedelta(days=1)


def following(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=1) + timedelta(days=31)).replace(day=1)
