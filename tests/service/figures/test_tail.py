"""The head and the tail: what they bring and take, how the tail goes, who is rising."""

import pytest

from custrata.service.figures import latest, shares
from custrata.service.figures.kept import over_time
from custrata.service.figures.lists import listed
from custrata.service.runs import run
from custrata.store.models import Customer
from tests.service.runs.putting import contact, customer, put, rules, sale

RULES = (
    "ruleset: 1\ntime_zone: Asia/Ho_Chi_Minh\nwindow_days: {days}\nclassifiers:\n  pareto: {how}\n"
)
LATE, EARLY, BEFORE = "2026-11-01", "2026-01-15", "2025-06-01"


@pytest.fixture
def desk(desk):
    """As of 2026-11-21 the window's second half begins on 2026-05-24."""
    rules(desk, RULES.format(days=365, how="{}"))
    put(desk, *(customer(name) for name in ("big", "up", "near", "down", "gone", "never")))
    put(desk, sale("big", LATE, 1000), sale("up", EARLY, 10), sale("up", LATE, 100_5, 1))
    put(desk, sale("near", EARLY, 30), sale("near", LATE, 31), sale("down", EARLY, 40))
    put(desk, sale("down", LATE, 2), sale("gone", BEFORE, 70), sale("down", BEFORE, 30))
    put(desk, contact("big", LATE), *(contact("never", LATE) for _ in range(3)))
    return desk


def figure(desk):
    with desk.database.read() as session:
        return latest(session).get("tail")


def names(desk, name):
    with desk.database.read() as session:
        return [(one.customer_id, dict(one.detail)) for _, one in listed(session, name)]


def test_parts_and_the_tail_over_two_windows(desk):
    run(desk)
    tail = figure(desk)
    assert (tail["classifier"], tail["head"], tail["tail"]) == ("pareto", "key", "long_tail")
    assert tail["parts"] == [
        {"label": "key", "customers": 1, "revenue": "1000.0", "contacts": 1},
        {"label": "long_tail", "customers": 5, "revenue": "213.5", "contacts": 3},
    ]
    assert (tail["customers"], tail["bringing"], tail["revenue"]) == (5, 3, "213.5")
    assert (tail["before"], tail["growth"]) == ("100.0", pytest.approx(1.135))
    assert (tail["rising"], tail["reaching"]) == (2, 0)
    with desk.database.read() as session:
        assert [row for _, row in over_time(session, "tail")] == [tail]


def test_who_is_rising_and_how_far_it_is(desk):
    run(desk)
    assert names(desk, "rising") == [
        ("up", {"earlier": "10.0", "later": "100.5", "missing": "889.5"}),
        ("near", {"earlier": "30.0", "later": "31.0", "missing": "939.0"}),
    ]


def test_who_would_get_to_the_head_at_that_pace(desk):
    put(desk, customer("new"), sale("new", LATE, 150), customer("next"), sale("next", EARLY, 160))
    rules(desk, RULES.format(days=365, how="{bands: {monetary: {cuts: [160]}}}"))
    run(desk)
    tail = figure(desk)
    assert (tail["rising"], tail["reaching"]) == (3, 2)
    assert names(desk, "rising")[0] == (
        "new",
        {"earlier": "0.0", "later": "150.0", "missing": "10.0"},
    )


def test_the_largest_with_their_shares(desk):
    run(desk)
    largest = names(desk, "largest")
    assert largest[0] == (
        "big",
        {"revenue": "1000.0", "share": pytest.approx(1000 / 1213.5, abs=1e-6)},
    )
    assert [name for name, _ in largest] == ["big", "up", "near", "down"]


def test_abc_has_a_head_and_a_tail_too(desk):
    cuts = "{cuts: [{top_share: 0.95}, {top_share: 0.8}], names: [C, B, A]}"
    table = "{rules: [{monetary: A, label: A}, {monetary: B, label: B}], otherwise: C}"
    rules(desk, RULES.format(days=365, how=f"{{bands: {{monetary: {cuts}}}, table: {table}}}"))
    run(desk)
    tail = figure(desk)
    assert (tail["head"], tail["tail"], tail["customers"]) == ("A", "C", 3)


@pytest.mark.parametrize("days", ["all", 30])
def test_without_a_time_before_nothing_is_said_of_growth(desk, days):
    rules(desk, RULES.format(days=days, how="{}"))
    run(desk)
    tail = figure(desk)
    assert tail["growth"] is None
    assert (tail["rising"] is None) == (days == "all")


def test_by_profit_nobody_lacks_revenue(desk):
    bands = "{profit: {cuts: [{top_share: 0.8}], names: [long_tail, key]}}"
    table = "{rules: [{profit: key, label: key}], otherwise: long_tail}"
    rules(desk, RULES.format(days=365, how=f"{{bands: {bands}, table: {table}}}"))
    run(desk)
    assert figure(desk)["reaching"] is None
    assert {detail["missing"] for _, detail in names(desk, "rising")} == {None}


def test_rules_without_pareto_have_no_tail(desk):
    rules(desk, "ruleset: 1\nclassifiers:\n  lifecycle: {}\n")
    run(desk)
    assert figure(desk) is None
    assert names(desk, "rising") == []
    assert names(desk, "largest")[0][0] == "big"


def test_who_is_rising_is_cut_by_turns(desk, monkeypatch):
    for name, owner in (("up", "an"), ("near", "binh"), ("later", "an")):
        if name == "later":
            put(desk, customer(name, owner=owner), sale(name, LATE, 20))
        else:
            with desk.database.write() as session:
                session.get(Customer, name).owner = owner
    monkeypatch.setattr(shares, "LONGEST", 2)
    run(desk)
    assert [name for name, _ in names(desk, "rising")] == ["up", "near"]
    assert figure(desk)["rising"] == 3
