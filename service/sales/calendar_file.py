"""Visits as an iCalendar file (RFC 5545), for the calendar of a telephone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from custrata.service.sales.visits import PLANNED, Planned

_PRODUCT = "-//custrata//visits//EN"
_LASTS = timedelta(hours=1)


def calendar_file(
    planned: Sequence[Planned], zone: ZoneInfo, now: datetime, words: Mapping[str, str]
) -> bytes:
    """These visits as events; without a time of day they take the day.

    A visit keeps its id, so that a calendar which takes the file again changes what it has; one
    that is no more planned or done is shown as cancelled.

    Args:
        zone: whose clock times of day are on.
        words: what is written before texts: `visit`, `phone`, `matter`, `purpose`, in the
            reader's language.
    """
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    for one in planned:
        calendar.add_component(_event(one, zone, now, words))
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _event(one: Planned, zone: ZoneInfo, now: datetime, words: Mapping[str, str]) -> Event:
    row, event = one.row, Event()
    event.add("uid", f"{row.key.hex()}@custrata")
    event.add("dtstamp", now)
    if row.starts_at:
        start = datetime.combine(row.day, time.fromisoformat(row.starts_at), zone)
        event.add("dtstart", start)
        event.add("dtend", start + _LASTS)
    else:
        event.add("dtstart", row.day)
        event.add("dtend", row.day + timedelta(days=1))
    event.add("summary", f"{words['visit']}: {one.name or row.customer_id}")
    event.add("status", "CONFIRMED" if row.state in (PLANNED, "done") else "CANCELLED")
    if row.region:
        event.add("location", row.region)
    told = (("phone", one.phone), ("matter", row.matter), ("purpose", row.purpose))
    lines = [f"{words[name]}: {text}" for name, text in told if text]
    if lines:
        event.add("description", "\n".join(lines))
    return event
