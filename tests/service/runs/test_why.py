"""Every transition says why it came."""

import pytest
from sqlalchemy import select, update

from custrata.service.runs import reclassify, run
from custrata.store.models import LabelNow, Run
from tests.service.runs.putting import contact, customer, put, rules, sale

RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
classifiers:
  value:
    bands: {{monetary: {{cuts: [{cut}], names: [small, big]}}}}
    table:
      rules:
        - {{monetary: big, label: big}}
      otherwise: small
  touch:
    bands: {{days_since_contact: {{cuts: [{days}], names: [fresh, stale]}}}}
    table:
      rules:
        - {{days_since_contact: stale, label: stale}}
      otherwise: fresh
"""


@pytest.fixture
def desk(desk):
    rules(desk, RULES.format(cut="{quantile: 0.5}", days=30))
    put(desk, *(customer(name, "hot", "2026-01-01") for name in "abc"))
    put(desk, *(contact(name, "2026-10-25") for name in "abc"))
    put(desk, *(sale(name, "2026-11-01", 100 * n) for n, name in enumerate("abc", 1)))
    run(desk)
    return desk


def whys(summary):
    return {(one.classifier, one.was, one.label, one.why): one.customers for one in summary.flows}


def test_a_first_label(desk):
    put(desk, customer("d", "hot", "2026-11-20"))
    assert {one.why for one in run(desk).flows} == {"first"}


def test_facts_of_her_own(desk):
    put(desk, contact("a", "2026-09-01"), sale("a", "2026-11-20", 1))
    assert whys(run(desk)) == {}
    put(desk, sale("c", "2026-11-20", 1), contact("a", "2026-11-20"))
    assert whys(run(desk)) == {}


def test_facts_that_move_a_label(desk):
    rules(desk, RULES.format(cut=200, days=30))
    assert whys(run(desk)) == {}
    put(desk, sale("a", "2026-11-20", 100))
    assert whys(run(desk)) == {("value", "small", "big", "facts"): 1}


def test_the_day(desk, clock):
    clock.forward(days=5)
    assert whys(run(desk)) == {("touch", "fresh", "stale", "day"): 3}


def test_cut_points_that_others_moved(desk):
    put(desk, sale("a", "2026-11-20", 1000), sale("c", "2026-11-20", 1000))
    assert whys(run(desk)) == {
        ("value", "small", "big", "facts"): 1,
        ("value", "big", "small", "calibration"): 1,
    }


def test_the_rules(desk):
    rules(desk, RULES.format(cut="{quantile: 0.5}", days=20))
    assert whys(run(desk)) == {("touch", "fresh", "stale", "rules"): 3}


def test_rules_cut_points_and_facts_are_told_apart(desk):
    put(desk, contact("a", "2026-11-20"), sale("a", "2026-11-20", 150))
    rules(desk, RULES.format(cut="{quantile: 0.5}", days=20))
    assert whys(run(desk)) == {
        ("touch", "fresh", "stale", "rules"): 2,
        ("value", "small", "big", "facts"): 1,
        ("value", "big", "small", "calibration"): 1,
    }


def test_a_classifier_that_is_no_more(desk):
    rules(desk, RULES.format(cut="{quantile: 0.5}", days=30).partition("  touch:")[0])
    assert whys(run(desk)) == {("touch", "fresh", None, "rules"): 3}


def test_a_plugin_of_another_version(desk):
    with desk.database.write() as session:
        last = session.scalars(select(Run)).one()
        last.plugins = {**last.plugins, "rfm": "0.0"}
        session.execute(update(LabelNow).values(label="other").where(LabelNow.customer_id == "a"))
    assert {one.why for one in run(desk).flows} == {"plugin"}


def test_at_once_after_a_contact(desk, clock):
    clock.forward(days=5)
    run(desk)
    put(desk, contact("a", "2026-11-26"))
    with desk.database.write() as session:
        (moved,) = reclassify(session, desk, ["a"])
    assert (moved.customer_id, moved.was, moved.label, moved.why) == (
        "a",
        "stale",
        "fresh",
        "facts",
    )
