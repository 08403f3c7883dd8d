"""Stages that turn by themselves: by stage, without closed days, whoever finds it out."""

from datetime import date
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import select

from custrata.service.customers.coming import coming
from custrata.service.customers.record import record_contact, set_stage
from custrata.service.registers.closed_days import add_closed_days
from custrata.service.runs import run
from custrata.service.work.worker import work
from custrata.store.models import StageChange
from tests.service.runs.putting import contact, customer, label, put, rules, shown
from tests.service.runs.test_stages import ONLY, days

SKIPPED = ONLY.replace(
    "classifiers:",
    "measures: {days_since_touch: {measure: days_since_touch, closed_days: skip}}\nclassifiers:",
)


def told(desk):
    with desk.database.read() as session:
        rows = session.scalars(select(StageChange).order_by(StageChange.id))
        return [(one.from_stage, one.to_stage, one.how, one.by) for one in rows]


def test_each_stage_has_a_limit_of_its_own(desk):
    presets = Path(__file__).parents[3] / "config" / "presets"
    rules(desk, (presets / "reminders_by_stage.yaml").read_text("utf-8"))
    limits = {"new": 2, "approached": 14, "potential": 30, "hot": 3}
    today = date(2026, 11, 21)
    for stage, limit in limits.items():
        for by, name in ((limit, "late"), (limit - 1, "fresh")):
            one = f"{stage}-{name}"
            put(desk, customer(one, stage, "2026-01-01"))
            put(desk, contact(one, date.fromordinal(today.toordinal() - by)))
    put(desk, customer("closed", "closed", "2026-01-01"), contact("closed", "2026-01-02"))
    run(desk)
    assert {shown(desk, f"{one}-late") for one in limits} == {"dont_forget"}
    assert [shown(desk, f"{one}-fresh") for one in limits] == list(limits)
    assert shown(desk, "closed") == "closed"


@pytest.mark.parametrize(
    ("text", "turns"), [(ONLY, date(2027, 2, 20)), (SKIPPED, date(2027, 2, 27))]
)
def test_closed_days_do_not_count_where_the_rules_say_so(desk, clock, text, turns):
    rules(desk, text)
    add_closed_days(desk, "Tết", date(2027, 2, 4), date(2027, 2, 10))
    put(desk, customer("a", "hot", "2026-01-01"), contact("a", "2027-01-21"))
    seen = {}
    for day in days(clock, "2027-02-18", 12):
        run(desk, recalibrate=False)
        seen[day] = shown(desk, "a")
    assert min(day for day, stage in seen.items() if stage == "dont_forget") == turns


def test_a_contact_is_judged_without_closed_days_too(desk, clock):
    rules(desk, SKIPPED)
    add_closed_days(desk, "Fair", date(2026, 11, 2), date(2026, 11, 8))
    put(desk, customer("a", "hot", "2026-01-01"), contact("a", "2026-09-01"))
    run(desk)
    assert shown(desk, "a") == "dont_forget"
    record_contact(desk, "a", clock().replace(month=10, day=20))  # 32 days, 7 of them closed
    assert (shown(desk, "a"), label(desk, "a")) == ("hot", "in_touch")
    assert coming(desk, "a") == ()  # not day by day: nothing is promised


def test_the_clock_turns_it_as_a_person_who_starts_a_run_does(desk, clock):
    rules(desk, ONLY)
    put(desk, customer("a", "hot", "2026-01-01"), contact("a", "2026-10-24"))
    run(desk)
    assert shown(desk, "a") == "hot"
    clock.forward(days=2)
    work(desk, stop=Event(), once=True)
    assert shown(desk, "a") == "dont_forget"
    assert told(desk) == [("hot", "dont_forget", "overlay", "rule:stale_contact")]


def test_a_persons_choice_stands_and_history_tells_who_lifted(desk, clock):
    rules(desk, ONLY)
    put(desk, customer("a", "hot", "2026-01-01"), contact("a", "2026-09-01"))
    run(desk)
    set_stage(desk.of("binh"), "a", "potential", "wrote to us")
    run(desk)
    assert shown(desk, "a") == "potential"
    assert told(desk) == [
        ("hot", "dont_forget", "overlay", "rule:stale_contact"),
        ("hot", "potential", "set", "binh"),
        ("dont_forget", "potential", "lift", "binh"),
    ]
    for _day in days(clock, "2026-12-20", 3):
        run(desk, recalibrate=False)
    assert told(desk)[3:] == [("potential", "dont_forget", "overlay", "rule:stale_contact")]
    record_contact(desk, "a", clock())
    assert shown(desk, "a") == "potential"  # as the person had set it
    assert told(desk)[4:] == [("dont_forget", "potential", "lift", "rule:stale_contact")]
