"""Cells of dates and amounts as they were read, for whoever has to say whether that is right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from custrata.engine.values import exactly
from custrata.service.amounts import MOST_DECIMALS
from custrata.service.imports.records import Kind

KINDS = (Kind.MOMENT, Kind.DAY, Kind.MONTH, Kind.MONEY)
"""Those that may be read in more than one way."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def spelt(kind: Kind, value: int, time_zone: str) -> str:
    """A value as it is written without any doubt: `2026-11-21 14:30`, `1250000.5`.

    Args:
        value: as `rows` reads it: microseconds UTC, days, units of 10⁻⁹.
        time_zone: in which moments are told.
    """
    if kind is Kind.MONEY:
        return f"{exactly(value, MOST_DECIMALS).normalize():f}"
    if kind is Kind.MOMENT:
        at = (_EPOCH + timedelta(microseconds=value)).astimezone(ZoneInfo(time_zone))
        return f"{at:%Y-%m-%d %H:%M}".removesuffix(" 00:00")
    return f"{_EPOCH + timedelta(days=value):%Y-%m-%d}"[: 7 if kind is Kind.MONTH else None]
