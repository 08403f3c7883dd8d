"""The examples about stages and forty days, through runs."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from custrata.service.customers.record import record_contact, record_sale, set_stage
from custrata.service.runs import run
from custrata.store.models import StageChange
from tests.service.runs.putting import (
    changes,
    contact,
    customer,
    label,
    put,
    rules,
    sale,
    shown,
    stage_set,
)

ONLY = "ruleset: 1\ntime_zone: Asia/Ho_Chi_Minh\nclassifiers: {stale_contact: {}}\n"


@pytest.fixture
def desk(desk):
    rules(desk, ONLY)
    return desk


def days(clock, first: str, count: int):
    """Noon of one day after another."""
    start = datetime.fromisoformat(first).replace(hour=5, tzinfo=UTC)
    for number in range(count):
        clock.moment = start + timedelta(days=number)
        yield clock.moment.date()


def test_examples_of_the_day(desk):
    put(
        desk,
        customer("thirty", "hot", "2025-01-01"),
        contact("thirty", "2026-10-22"),
        customer("twenty-nine", "hot", "2025-01-01"),
        contact("twenty-nine", "2026-10-23"),
        customer("closed", "closed", "2024-01-01"),
        contact("closed", "2025-01-01"),
        customer("never", "new", "2026-10-22"),
    )
    run(desk)
    stages = {name: shown(desk, name) for name in ("thirty", "twenty-nine", "closed", "never")}
    assert stages == {
        "thirty": "dont_forget",
        "twenty-nine": "hot",
        "closed": "closed",
        "never": "dont_forget",
    }


def test_who_was_never_contacted_is_not_forgotten_in_a_store_without_contacts(desk):
    put(desk, customer("never", "new", "2026-10-22"))
    run(desk)
    assert shown(desk, "never") == "dont_forget"


def test_a_persons_choice_of_a_stage_is_a_touch(desk, clock):
    put(
        desk,
        customer("a", "hot", "2026-01-01"),
        contact("a", "2026-10-07"),
        stage_set("a", "2026-11-16", "hot", "potential"),
    )
    seen = {}
    for day in days(clock, "2026-12-14", 3):
        run(desk)
        seen[day] = shown(desk, "a")
    assert list(seen.values()) == ["hot", "hot", "dont_forget"]
    assert max(seen) == date(2026, 12, 16)


@pytest.mark.parametrize(
    ("called", "stage"), [("2026-10-10", "dont_forget"), ("2026-11-20", "hot")]
)
def test_a_call_that_is_entered_afterwards_counts_on_its_own_day(desk, called, stage):
    put(desk, customer("a", "hot", "2026-01-01"), contact("a", "2026-09-01"))
    run(desk)
    assert shown(desk, "a") == "dont_forget"
    put(desk, contact("a", called))
    run(desk)
    assert shown(desk, "a") == stage


def test_forty_days_without_a_call_change_the_stage_once(desk, clock):
    put(desk, customer("a", "hot", "2026-01-01"), contact("a", "2026-10-01"))
    for number, _day in enumerate(days(clock, "2026-10-01", 40)):
        if number % 5 == 0 or number in range(28, 33):
            run(desk, recalibrate=False)
    assert changes(desk, "a") == [
        (date(2026, 10, 1), "in_touch", "first"),
        (date(2026, 10, 31), "dont_forget", "day"),
    ]
    with desk.database.read() as session:
        rows = session.scalars(select(StageChange)).all()
    assert [(one.from_stage, one.to_stage, one.how, one.by) for one in rows] == [
        ("hot", "dont_forget", "overlay", "rule:stale_contact")
    ]


def test_an_overlay_goes_when_the_label_that_held_it_is_no_more(desk):
    put(desk, customer("a", "hot", "2026-01-01"), contact("a", "2026-09-01"))
    run(desk)
    assert shown(desk, "a") == "dont_forget"
    rules(desk, "ruleset: 1\nclassifiers: {rfm: {}}\n")
    put(desk, sale("a", "2026-11-01"))
    run(desk)
    assert shown(desk, "a") == "hot"
    assert changes(desk, "a")[-1][1:] == (None, "rules")


def test_the_rules_read_the_stage_below(desk, clock):
    put(desk, customer("a", "hot", "2026-01-01"), contact("a", "2026-09-01"))
    for _day in days(clock, "2026-11-21", 3):
        run(desk)
    assert label(desk, "a") == "dont_forget"
    assert len(changes(desk, "a")) == 1


# --- several labels that lay a stage ------------------------------------------------------

TWO = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
classifiers:
  touch:
    table:
      rules: [{days_since_contact: ">= 30", label: stale}]
      otherwise: fresh
    effects: {stale: {enter: [{set_stage: dont_forget}], leave: [restore_stage]}}
  sales:
    table:
      rules: [{recency_days: ">= 60", label: asleep}]
      otherwise: awake
    effects: {asleep: {enter: [{set_stage: dont_forget}], leave: [restore_stage]}}
"""
WITHOUT_RESTORING = TWO.replace(", leave: [restore_stage]", "")
OTHERWISE = TWO.replace(
    "asleep: {enter: [{set_stage: dont_forget}]", "asleep: {enter: [{set_stage: lost}]"
)


def both_hold(desk, text=TWO):
    rules(desk, text)
    put(desk, customer("a", "hot", "2026-01-01"), contact("a", "2026-09-01"))
    put(desk, sale("a", "2026-09-01"))
    run(desk)


def told(desk):
    with desk.database.read() as session:
        rows = session.scalars(select(StageChange).order_by(StageChange.id))
        return [(one.from_stage, one.to_stage, one.how, one.by) for one in rows]


@pytest.mark.parametrize("first", ["contact", "sale"])
def test_a_stage_that_two_labels_lay_stays_until_both_are_gone(desk, first):
    both_hold(desk)
    facts = [contact("a", "2026-11-20"), sale("a", "2026-11-20")]
    for fact in facts if first == "contact" else reversed(facts):
        assert shown(desk, "a") == "dont_forget"
        put(desk, fact)
        run(desk)
    assert shown(desk, "a") == "hot"
    assert [row[:3] for row in told(desk)] == [
        ("hot", "dont_forget", "overlay"),
        ("dont_forget", "hot", "lift"),
    ]


def test_where_one_label_goes_the_stage_of_the_other_shows(desk):
    both_hold(desk, OTHERWISE)
    assert shown(desk, "a") == "lost"
    put(desk, sale("a", "2026-11-20"))
    run(desk)
    assert shown(desk, "a") == "dont_forget"
    assert told(desk)[-1] == ("lost", "dont_forget", "overlay", "rule:touch")


def test_a_persons_choice_lifts_what_both_laid(desk):
    both_hold(desk)
    set_stage(desk, "a", "potential")
    put(desk, contact("a", "2026-11-20"))
    run(desk)
    assert shown(desk, "a") == "potential"


def test_a_stage_goes_with_its_label_though_no_effect_restores_it(desk):
    both_hold(desk, WITHOUT_RESTORING)
    record_contact(desk, "a", desk.now())
    assert shown(desk, "a") == "dont_forget"
    record_sale(desk, "a", 5, desk.now())
    assert shown(desk, "a") == "hot"


def test_rules_that_lay_another_stage_change_what_shows(desk):
    both_hold(desk)
    rules(desk, TWO.replace("dont_forget", "lost"))
    run(desk)
    assert shown(desk, "a") == "lost"
