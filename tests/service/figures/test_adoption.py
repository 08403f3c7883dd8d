"""The course of a new product, from its launch to the run."""

from datetime import date, timedelta

from custrata.service.figures import latest
from custrata.service.runs import run
from tests.service.runs.putting import customer, put, rules, sale

RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
measures:
  adoption_days: {{measure: adoption_days, product: {product}, launch: 2026-01-01}}
classifiers:
  adopter: {how}
"""
LAUNCH = date(2026, 1, 1)


def bought(desk, days):
    """A customer for each day on which the product is bought first, and two who never do."""
    people = {f"c{number}": day for number, day in enumerate(days)}
    put(desk, *(customer(name) for name in (*people, "never", "other")))
    put(desk, sale("other", "2026-02-01", 10, product="Tea"))
    for name, day in people.items():
        at = str(LAUNCH + timedelta(days=day))
        put(desk, sale(name, at, 10, product="Cold brew"))
        put(desk, sale(name, "2026-11-01", 10, product="Cold brew"))


def figure(desk):
    run(desk, as_of=date(2026, 11, 21))
    with desk.database.read() as session:
        return latest(session).get("adoption")


def test_categories_with_their_days_and_the_course(desk):
    rules(desk, RULES.format(product="Cold brew", how="{}"))
    bought(desk, [3, 9, 40, 50, 60, 70, 80, 90, 200, 210])
    (found,) = figure(desk)
    assert found["points"][-1] == [210, 10]
    assert found["points"][0] == [3, 1]
    del found["points"]
    assert found == {
        "classifier": "adopter",
        "product": "Cold brew",
        "launch": "2026-01-01",
        "days": 324,
        "customers": 12,
        "buyers": 10,
        "steps": [
            {"label": "innovator", "customers": 1, "first": 3, "last": 3},
            {"label": "early_adopter", "customers": 1, "first": 9, "last": 9},
            {"label": "early_majority", "customers": 3, "first": 40, "last": 60},
            {"label": "late_majority", "customers": 4, "first": 70, "last": 200},
            {"label": "laggard", "customers": 1, "first": 210, "last": 210},
        ],
    }


def test_who_bought_before_the_launch_comes_first_and_nobody_is_a_buyer_of_what_nobody_bought(desk):
    rules(desk, RULES.format(product="Cold brew", how="{}"))
    bought(desk, [-5, 30])
    (found,) = figure(desk)
    assert (found["buyers"], found["steps"][0]["first"]) == (2, -5)
    rules(desk, RULES.format(product="Hot brew", how="{}"))
    (found,) = figure(desk)
    assert (found["buyers"], found["steps"], found["points"]) == (0, [], [])


def test_without_a_product_there_is_no_course(desk):
    rules(desk, "ruleset: 1\nclassifiers: {adopter: {}}\n")
    put(desk, customer("a"), sale("a", "2026-11-01", 10))
    assert figure(desk) == []
