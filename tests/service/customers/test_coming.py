"""Labels that change by themselves: the same as real runs of later days find."""

from datetime import date, timedelta

import pytest

from custrata.service.customers.coming import coming
from custrata.service.rules.versions import current, engine_of
from custrata.service.runs import run
from custrata.service.runs.basis import calibration_of, last_full
from custrata.service.runs.facts import Wanted, frames
from custrata.store.faults import StoreError
from tests.service.runs.putting import contact, customer, emptied, put, rules, sale, stage_set

RULES = """\
ruleset: 1
time_zone: {zone}
measures:
  waiting: {{days_since: signed_on}}
  this_month: {{measure: frequency, calendar: month, window: 1}}
classifiers:
  rfm: {{}}
  pareto: {{}}
  stale_contact: {{}}
  signed:
    table:
      rules:
        - {{waiting: '>= 100', label: old}}
      otherwise: young
  follows:
    table:
      rules:
        - {{label.stale_contact: dont_forget, label: call}}
      otherwise: wait
  monthly:
    table:
      rules:
        - {{this_month: '>= 1', label: bought}}
      otherwise: not_yet
"""
TODAY = date(2026, 11, 21)


@pytest.fixture(params=["Asia/Ho_Chi_Minh"])
def desk(request, desk):
    rules(desk, RULES.format(zone=request.param))
    put(
        desk,
        customer("a", "hot", "2026-01-05", attributes={"signed_on": "2026-10-01"}),
        customer("b", "closed", "2024-01-05", attributes={"signed_on": "2026-09-01"}),
        customer("c", "new", "2026-11-20"),
    )
    put(desk, contact("a", "2026-11-01"), stage_set("b", "2026-11-02", "closed"))
    put(desk, *(sale("a", f"2026-{month:02}-15", 100) for month in (2, 5, 8, 11)))
    put(desk, *(sale("b", f"2025-{month:02}-28", 300) for month in (11, 12)))
    run(desk)
    return desk


@pytest.fixture
def real(desk):
    """The labels of a customer that a real run of a later day gives, by the cut points of now."""
    with desk.database.read() as session:
        engine, last = engine_of(current(session)), last_full(session)
        calibration = calibration_of(session, last)

    def labels(who, day):
        with desk.database.snapshot() as snapshot:
            given = frames(snapshot, Wanted(engine, day, [who]))
        found = engine.run(as_of=day, calibration=calibration, **given).labels
        return {name: column[0] for name, column in found.to_dict().items()}

    return labels


@pytest.mark.parametrize(
    ("desk", "who"),
    [("Asia/Ho_Chi_Minh", "a"), ("Asia/Ho_Chi_Minh", "b"), ("America/New_York", "a")],
    indirect=["desk"],
)
def test_real_runs_of_later_days_say_the_same(desk, real, who):
    found = {one.classifier: one for one in coming(desk, who)}
    today = real(who, TODAY)
    for day in {one.day for one in found.values()}:
        eve, then = real(who, day - timedelta(days=1)), real(who, day)
        for name in (name for name, one in found.items() if one.day == day):
            assert eve[name] == today[name] == found[name].was
            assert then[name] == found[name].label != found[name].was
    for ahead in (30, 200, 365):
        day = TODAY + timedelta(days=ahead)
        same = {name for name, one in today.items() if real(who, day)[name] == one}
        assert not {name for name, one in found.items() if one.day > day} - same
        assert today.keys() - found.keys() - {"monthly", "customer_id"} <= same


def test_what_is_told(desk):
    assert [(one.classifier, one.label, one.day, one.measures) for one in coming(desk, "a")] == [
        ("follows", "call", date(2026, 12, 1), ("days_since_touch",)),
        ("stale_contact", "dont_forget", date(2026, 12, 1), ("days_since_touch",)),
        ("signed", "old", date(2027, 1, 9), ("waiting",)),
        ("rfm", "general_keep", date(2027, 1, 15), ("recency_days",)),
        ("pareto", "long_tail", date(2027, 2, 15), ("monetary",)),
    ]


def test_nothing_is_told_of_nobody_and_before_any_run(desk):
    with pytest.raises(StoreError, match="no-customer"):
        coming(desk, "z")
    emptied(desk)
    put(desk, customer("a", "hot", "2026-01-05"))
    assert coming(desk, "a") == ()
