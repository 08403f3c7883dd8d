"""One customer at a time goes by the rules in force, and never waits for a run."""

from datetime import date

from custrata.service.runs import run
from custrata.service.runs.in_force import engine_in_force
from tests.service.runs.putting import customer, put, rules, sale

FOUND = """
ruleset: 1
classifiers:
  value:
    bands: {monetary: {cuts: [%s], names: [low, high]}}
    table: {rules: [{monetary: high, label: %s}], otherwise: rest}
"""
DAY = date(2026, 11, 21)


def label(desk):
    found = engine_in_force(desk).customer(as_of=DAY, transactions=[(DAY, 1000)])
    return found.labels["value"]


def stocked(desk, text):
    rules(desk, text)
    for number in range(1, 6):
        name = f"c{number}"
        put(desk, customer(name), sale(name, "2026-11-01", 100 * number))
    run(desk, as_of=DAY)


def test_a_changed_table_decides_at_once_by_the_cut_points_of_the_last_run(desk):
    stocked(desk, FOUND % ("{quantile: 0.5}", "best"))
    assert label(desk) == "best"
    rules(desk, FOUND % ("{quantile: 0.5}", "finest"))
    assert label(desk) == "finest"


def test_cut_points_that_no_run_has_found_yet_decide_after_the_next_one(desk):
    stocked(desk, FOUND % ("{quantile: 0.5}", "best"))
    rules(desk, FOUND % ("{quantile: 0.9}", "finest"))
    assert label(desk) == "best"
    run(desk, as_of=DAY)
    assert label(desk) == "finest"


def test_the_engine_is_made_once_for_all_customers(desk):
    stocked(desk, FOUND % ("{quantile: 0.5}", "best"))
    assert engine_in_force(desk) is engine_in_force(desk)


def test_fixed_cut_points_wait_for_nothing(desk):
    rules(desk, FOUND % (500, "best"))
    assert label(desk) == "best"
    stocked(desk, FOUND % (500, "best"))
    rules(desk, FOUND % (5000, "best"))
    assert label(desk) == "rest"
