"""Efforts: what the run counted and what was recorded since come to what all contacts do."""

from datetime import date, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from custrata.service.figures.kept import Figures, latest
from custrata.service.runs import run
from custrata.service.sales.efforts import efforts
from tests.service.runs.putting import at, contact, customer, put, rules

RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
classifiers:
  value:
    bands: {recency_days: {cuts: [30], names: [lately, long_ago]}}
    table:
      rules: [{recency_days: lately, label: good}]
      otherwise: other
"""
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
TODAY, MONTH = date(2026, 11, 21), date(2026, 11, 1)
OWNERS = ["an", "bao"]
CHANNELS = ("phone", "Call ", "visit", "mass_mail", None)
OUTCOMES = ("reached", "no_answer", "planned", None)


@pytest.fixture
def desk(desk):
    rules(desk, RULES)
    put(desk, customer("a"))
    return desk


def contacts():
    """Of every kind, also a little after midnight, when it still is the day before elsewhere."""
    days = (("2026-11-02", 9), ("2026-11-20", 23), ("2026-11-21", 1))
    kinds = product(days, ("an", "chi", None), CHANNELS, ("in", "out", None), OUTCOMES)
    rows = []
    for (day, hour), owner, channel, way, outcome in kinds:
        row = contact("a", day, owner=owner, channel=channel, direction=way, outcome=outcome)
        row.occurred_at = at(day, hour)
        rows.append(row)
    return rows


def found(desk, since=MONTH, until=TODAY, *, nobody=True, live=False):
    """Off the last run's figures and what came since; or all of it off the contacts."""
    with desk.database.read() as session:
        figures = Figures(0, date.min, 0, {}) if live else latest(session)
        return efforts(session, figures, OWNERS, since, until, ZONE, nobody=nobody)


def test_what_a_run_counted_is_what_contacts_come_to(desk):
    put(desk, *contacts())
    run(desk)
    for since in (MONTH, date(2026, 11, 20), TODAY):
        assert found(desk, since) == found(desk, since, live=True) != {}
    assert set(found(desk)) == {"an", None}
    assert set(found(desk, nobody=False)) == {"an"}


def test_what_was_recorded_since_comes_on_top_of_whatever_day(desk):
    rows = contacts()
    put(desk, *rows[::2])
    run(desk)
    before = found(desk)["an"].calls
    put(desk, *rows[1::2])
    assert found(desk) == found(desk, live=True)
    assert found(desk)["an"].calls > before > 0


def test_a_run_before_any_contact_counts_those_that_follow(desk):
    run(desk)
    assert found(desk) == {}
    put(desk, contact("a", "2026-11-03", owner="an", channel="phone"))
    assert found(desk)["an"].calls == 1


def test_what_lies_ahead_of_the_run_counts_on_its_day(desk):
    put(desk, contact("a", "2026-11-25", owner="an", channel="visit"))
    run(desk)
    assert found(desk) == {}
    assert found(desk, until=date(2026, 11, 25))["an"].visits == 1


def test_days_before_those_that_are_kept_are_counted_as_well(desk):
    long_ago = TODAY - timedelta(days=500)
    put(desk, contact("a", long_ago.isoformat(), owner="an", channel="phone"))
    put(desk, contact("a", "2026-11-03", owner="an", channel="phone"))
    run(desk)
    assert found(desk, long_ago, long_ago)["an"].calls == 1
    assert found(desk, long_ago)["an"].calls == 2


def test_a_page_reads_no_contact_that_the_run_counted(desk):
    put(desk, *contacts())
    run(desk)
    with desk.database.write() as session:
        session.connection().exec_driver_sql("UPDATE contacts SET outcome = 'no_answer'")
    assert found(desk) != found(desk, live=True)
