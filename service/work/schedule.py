"""What the clock asks for, and when: all customers, every night and at the start of every day.

The run of the night finds new cut points; that of the day keeps the last ones, so that what is
counted in days (who was not contacted for thirty) is right from the first hour on. Where the night
run stands within that hour, it does for both.

A time of day that a change of clocks leaves out comes right after the gap, one that it brings
twice counts the first time, and a date that a time zone leaves out is none: each once a day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from custrata.store.faults import refuse

NIGHTLY, DAY = "nightly", "day"
_FIRST_HOUR = time(1)
_AROUND = range(-2, 3)


@dataclass(frozen=True)
class Plan:
    """When the clock asks.

    Attributes:
        time_zone: an IANA name, in which days and times are meant.
        nightly_at: the time of the night run.
    """

    time_zone: str
    nightly_at: time


@dataclass(frozen=True, order=True)
class Slot:
    """A run that the clock asks for.

    Attributes:
        at: the moment from which it is due, in UTC.
        day: the date that it is for, where the firm is.
        kind: `nightly` or `day`.
    """

    at: datetime
    day: date
    kind: str

    @property
    def name(self) -> str:
        """What only one job may be for, `nightly:2026-11-21`."""
        return f"{self.kind}:{self.day}"


def plan(time_zone: str, nightly_at: str) -> Plan:
    """The plan of a time zone and a time of day.

    Raises:
        StoreError: the time is none.
    """
    try:
        return Plan(time_zone, time.fromisoformat(nightly_at).replace(tzinfo=None))
    except ValueError:
        fault = f"settings.nightly_at is no time of day: {nightly_at!r}"
        raise refuse("setting", fault, "hours and minutes, 02:00") from None


def due(plan: Plan, now: datetime) -> list[Slot]:
    """The last night run, and the last run of a day where that is later.

    They do for all before them: who was off for three days needs no run for each. (Labels of the
    days between are for a back-fill.)
    """
    past = [slot for slot in _slots(plan, now) if slot.at <= now]
    night = max(slot for slot in past if slot.kind == NIGHTLY)
    return [night, *sorted(slot for slot in past if slot > night)[-1:]]


def coming(plan: Plan, now: datetime) -> Slot:
    """The run that comes next."""
    return min(slot for slot in _slots(plan, now) if slot.at > now)


def _slots(plan: Plan, now: datetime) -> Iterator[Slot]:
    zone = ZoneInfo(plan.time_zone)
    today = now.astimezone(zone).date()
    for day in (today + timedelta(days=by) for by in _AROUND):
        yield Slot(_moment(day, plan.nightly_at, zone), day, NIGHTLY)
        if plan.nightly_at >= _FIRST_HOUR:
            yield Slot(_moment(day, time(0), zone), day, DAY)


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
