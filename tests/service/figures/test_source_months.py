"""Sources month by month: exact, and nothing is not zero."""

from datetime import date
from decimal import Decimal

import pytest

from custrata.engine.diagnostics import DataError
from custrata.service.figures import latest
from custrata.service.figures.source_months import MONTHS, months_of_sources
from custrata.service.registers.sources import add_source, set_cost
from custrata.service.runs import run
from tests.service.runs.putting import customer, put, rules, sale

RULES = "ruleset: 1\ntime_zone: Asia/Ho_Chi_Minh\nclassifiers:\n  pareto: {}\n"


@pytest.fixture
def desk(desk):
    rules(desk, RULES)
    for name in ("Zalo", "Fair"):
        add_source(desk, name)
    put(desk, customer("a", created="2026-10-05", source="zalo"))
    put(desk, customer("b", created="2026-11-02", source="zalo"), customer("c", source="fair"))
    put(desk, customer("d", created="2024-01-01"))
    put(
        desk,
        sale("a", "2026-10-06", 100_05, 2),
        sale("a", "2026-11-06", 50),
        sale("a", "2026-11-07", -8),
    )
    put(desk, sale("b", "2026-11-03", 20), sale("c", "2024-05-01", 900), sale("d", "2026-11-09", 7))
    set_cost(desk, "zalo", date(2026, 11, 1), Decimal("10.5"))
    set_cost(desk, "zalo", date(2026, 9, 1), 4)
    run(desk)
    return desk


def months(desk, source):
    with desk.database.read() as session:
        found = months_of_sources(session, latest(session))
    told = found.together() if source == "all" else found.of(source)
    return {one.month: one for one in told}


def test_a_source_is_told_month_by_month(desk):
    zalo = months(desk, "zalo")
    assert (len(zalo), min(zalo), max(zalo)) == (MONTHS, date(2025, 11, 1), date(2026, 11, 1))
    october, november = zalo[date(2026, 10, 1)], zalo[date(2026, 11, 1)]
    assert (october.new, october.won, october.revenue) == (1, 1, Decimal("100.05"))
    assert (november.new, november.won, november.revenue) == (1, 1, Decimal(62))
    assert (november.cost, november.cost_each) == (Decimal("10.5"), Decimal("10.5"))
    assert november.spend_back == pytest.approx(62 / 10.5)


def test_a_month_without_cost_has_none_and_one_without_buyers_no_cost_of_each(desk):
    zalo, fair = months(desk, "zalo"), months(desk, "fair")
    october, september = zalo[date(2026, 10, 1)], zalo[date(2026, 9, 1)]
    assert (october.cost, october.cost_each, october.spend_back) == (None, None, None)
    assert (september.cost, september.cost_each, september.spend_back) == (4, None, 0)
    assert {(one.cost, one.spend_back, one.revenue) for one in fair.values()} == {(None, None, 0)}


def test_together_and_without_a_source(desk):
    assert months(desk, None)[date(2026, 11, 1)].revenue == 7
    november = months(desk, "all")[date(2026, 11, 1)]
    assert (november.won, november.revenue, november.cost) == (2, Decimal(69), Decimal("10.5"))


def test_costs_are_those_of_now(desk):
    set_cost(desk, "fair", date(2026, 11, 1), 3)
    set_cost(desk, "zalo", date(2026, 11, 1), None)
    assert months(desk, "fair")[date(2026, 11, 1)].cost == 3
    assert months(desk, "zalo")[date(2026, 11, 1)].cost is None
    with pytest.raises(DataError, match="below 0"):
        set_cost(desk, "zalo", date(2026, 11, 1), -1)


def test_a_run_without_them_has_none(desk):
    with desk.database.read() as session:
        found = latest(session)
        assert months_of_sources(session, type(found)(1, found.as_of, 1, {})) is None
