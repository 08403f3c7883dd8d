"""When the clock asks for a run."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle, islice
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from custrata.service.work.schedule import DAY, NIGHTLY, Plan, coming, due, plan
from custrata.store.faults import StoreError

HANOI = Plan("Asia/Ho_Chi_Minh", time(2))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "names"),
    [
        ("2026-11-20 16:59:59", ["nightly:2026-11-20"]),
        ("2026-11-20 17:00:00", ["nightly:2026-11-20", "day:2026-11-21"]),
        ("2026-11-20 18:59:59", ["nightly:2026-11-20", "day:2026-11-21"]),
        ("2026-11-20 19:00:00", ["nightly:2026-11-21"]),
        ("2026-11-21 05:00:00", ["nightly:2026-11-21"]),
    ],
)
def test_what_is_due(now, names):
    assert [slot.name for slot in due(HANOI, utc(now))] == names


def test_a_night_run_in_the_first_hour_does_for_the_day():
    early = Plan("Asia/Ho_Chi_Minh", time(0, 59))
    assert [slot.name for slot in due(early, utc("2026-11-20 17:30"))] == ["nightly:2026-11-20"]
    assert coming(early, utc("2026-11-20 17:30")).name == "nightly:2026-11-21"


def test_the_run_that_comes_next():
    assert coming(HANOI, utc("2026-11-20 17:00")).at == utc("2026-11-20 19:00")


@pytest.mark.parametrize(
    ("zone", "at", "day", "moment"),
    [
        ("Europe/Berlin", time(2, 30), date(2026, 3, 29), "2026-03-29 01:30"),  # 3:30: a gap
        ("Europe/Berlin", time(2, 30), date(2026, 10, 25), "2026-10-25 00:30"),  # twice: the first
        ("America/Santiago", time(0, 30), date(2026, 9, 6), "2026-09-06 04:30"),  # no midnight
        ("Pacific/Apia", time(2), date(2011, 12, 31), "2011-12-30 12:00"),  # no 30 December
    ],
)
def test_when_clocks_change(zone, at, day, moment):
    (found,) = due(Plan(zone, at), utc(moment))
    assert (found.day, found.kind, found.at) == (day, NIGHTLY, utc(moment))


@example("Pacific/Apia", date(2011, 12, 28), time(0, 30), [900])
@example("Atlantic/Azores", date(2026, 10, 23), time(0, 15), [900])
@example("America/Santiago", date(2026, 9, 4), time(4), [600])
@given(
    st.sampled_from(sorted(available_timezones())),
    st.dates(date(1995, 1, 1), date(2037, 1, 1)),
    st.times().filter(lambda at: at < time(1) or at > time(3, 30)),  # not amid changing clocks
    st.lists(st.integers(300, 1800), min_size=1, max_size=50),
)
@settings(deadline=None, max_examples=50)
def test_every_day_has_its_runs_once_however_clocks_tick(zone, start, at, steps):
    planned, now = Plan(zone, at), datetime.combine(start, time(12), UTC)
    seen, days = dict.fromkeys(due(planned, now)), {}
    for step in islice(cycle(steps), 3 * 24 * 3600 // (sum(steps) // len(steps))):
        now += timedelta(seconds=step)
        days[now.astimezone(ZoneInfo(zone)).date()] = None
        found = due(planned, now)
        assert found == sorted(found)
        assert found[-1].at <= now < coming(planned, now).at
        seen |= dict.fromkeys(found)
    whole = list(days)[1:-1]
    of = {kind: [slot.day for slot in seen if slot.kind == kind] for kind in (NIGHTLY, DAY)}
    assert [day for day in of[NIGHTLY] if day in whole] == whole
    assert [day for day in of[DAY] if day in whole] == ([] if at < time(1) else whole)


@pytest.mark.parametrize("text", ["25:00", "two", ""])
def test_a_time_that_is_none(text):
    with pytest.raises(StoreError, match="no time of day"):
        plan("UTC", text)
