"""Which source deserves the budget."""

from datetime import date
from decimal import Decimal

import pytest

from custrata.service.figures import latest
from custrata.service.figures.sources import source_figures
from custrata.service.registers.sources import add_source, costs, set_cost
from custrata.service.runs import run
from tests.service.runs.putting import customer, put, rules, sale

VALUE = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
window_days: {days}
classifiers:
  pareto: {{}}
"""


@pytest.fixture
def desk(desk):
    rules(desk, VALUE.format(days=365))
    for name in ("Zalo", "Fair", "Web"):
        add_source(desk, name)
    put(desk, *(customer(name, source="zalo") for name in "abcd"), customer("e", source="fair"))
    put(desk, customer("f"))
    put(desk, sale("a", "2026-11-01", 900), sale("b", "2024-03-01", 500))
    put(desk, sale("b", "2026-02-01", 99), sale("c", "2026-05-01", 100), sale("f", "2026-05-01", 7))
    set_cost(desk, "zalo", date(2026, 11, 1), Decimal("100.25"))
    set_cost(desk, "zalo", date(2025, 12, 1), 100)
    set_cost(desk, "zalo", date(2025, 11, 1), 7_000)  # before the year that ends 2026-11-21
    set_cost(desk, "zalo", date(2026, 12, 1), 7_000)  # after it
    set_cost(desk, "web", date(2026, 11, 1), 50)
    return desk


def found(desk):
    with desk.database.read() as session:
        return {one.code: one for one in source_figures(session, latest(session))}


def test_cost_and_revenue_are_of_the_same_time(desk):
    run(desk)
    zalo = found(desk)["zalo"]
    assert (zalo.name, zalo.customers, zalo.won, zalo.won_lately) == ("Zalo", 4, 3, 2)
    assert (zalo.revenue, zalo.cost) == (Decimal(1099), Decimal("200.25"))
    assert zalo.revenue_each == Decimal("274.75")
    assert (zalo.months, zalo.unknown) == (12, 10)
    assert zalo.cost_each == Decimal("200.25")  # one was won in a month whose cost is known
    assert zalo.spend_back == pytest.approx(900 / 200.25)
    assert zalo.share_won == 0.75


def test_nothing_is_not_zero(desk):
    run(desk)
    known = found(desk)
    fair, web, without = known["fair"], known["web"], known[None]
    assert (fair.cost, fair.cost_each, fair.spend_back) == (None, None, None)
    assert (web.customers, web.share_won, web.revenue_each, web.cost_each) == (0, None, None, None)
    assert web.cost == 50
    assert (without.name, without.customers, without.revenue) == (None, 1, Decimal(7))
    assert list(known) == ["zalo", "fair", "web", None]


def test_without_a_limit_all_costs_count(desk):
    rules(desk, VALUE.format(days="all"))
    run(desk)
    zalo = found(desk)["zalo"]
    assert (zalo.cost, zalo.won_lately, zalo.revenue) == (Decimal("7200.25"), 3, Decimal(1599))


def test_costs_are_told_by_month(desk):
    with desk.database.read() as session:
        told = [one.month for one in costs(session, "zalo")]
    assert told == [date(2026, 12, 1), date(2026, 11, 1), date(2025, 12, 1), date(2025, 11, 1)]


def test_a_month_of_which_the_cost_is_not_known_is_not_compared(desk):
    run(desk)
    for month in (1, 3, 4, 5, 6, 7, 8, 9, 10):
        set_cost(desk, "zalo", date(2026, month, 1), 10)
    zalo = found(desk)["zalo"]
    assert (zalo.months, zalo.unknown) == (12, 1)
    assert zalo.spend_back == pytest.approx(1000 / 290.25)  # without the 99 of February
    set_cost(desk, "zalo", date(2026, 2, 1), 0)
    zalo = found(desk)["zalo"]
    assert (zalo.unknown, zalo.cost) == (0, Decimal("290.25"))
    assert zalo.spend_back == pytest.approx(1099 / 290.25)
    assert zalo.cost_each == Decimal("290.25") / 2
