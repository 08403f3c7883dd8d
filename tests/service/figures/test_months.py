"""Revenue by month, and when a forecast is told."""

from datetime import date, timedelta

import pytest

from custrata.service.figures import latest
from custrata.service.runs import run
from tests.service.runs.putting import customer, put, rules, sale

RULES = "ruleset: 1\ntime_zone: Asia/Ho_Chi_Minh\nclassifiers:\n  pareto: {}\n"


@pytest.fixture
def desk(desk):
    rules(desk, RULES)
    put(desk, customer("a"))
    return desk


def figures(desk):
    run(desk)
    with desk.database.read() as session:
        return latest(session)


def test_months_are_exact_and_whole_ones_are_told_apart(desk):
    put(
        desk,
        sale("a", "2026-08-20", 100_25, 2),
        sale("a", "2026-10-03", 7),
        sale("a", "2026-10-31", -2),
    )
    put(desk, sale("a", "2026-11-20", 3))
    assert figures(desk).get("revenue_by_month") == [
        {"month": "2026-08-01", "revenue": "100.25", "whole": False},
        {"month": "2026-09-01", "revenue": "0.00", "whole": True},
        {"month": "2026-10-01", "revenue": "5.00", "whole": True},
        {"month": "2026-11-01", "revenue": "3.00", "whole": False},
    ]


def test_a_first_month_from_its_first_week_on_is_whole(desk):
    put(desk, sale("a", "2026-09-07"))
    assert [row["whole"] for row in figures(desk).get("revenue_by_month")] == [True, True, False]


def test_a_forecast_is_of_the_months_after_the_whole_ones(desk):
    first = date(2025, 1, 1)
    put(desk, *(sale("a", first + timedelta(weeks=week), 100 + week) for week in range(98)))
    told = figures(desk).get("forecast")
    assert (told["why"], told["months"], told["from"]) == (None, 22, "2026-11-01")
    assert len(told["points"]) == 6
    assert set(told["points"][0]) == {"likely", "low", "high"}
    assert len(told["tested"]["actual"]) == 3


def test_too_few_months_or_none_say_so(desk):
    found = figures(desk)
    assert found.get("revenue_by_month") == []
    assert (found.get("forecast")["why"], found.get("forecast")["from"]) == ("short", None)
