"""Results over some months, against targets, by the names of the staff."""

from datetime import date
from decimal import Decimal

import pytest

from custrata.engine.diagnostics import DataError
from custrata.service.figures import latest
from custrata.service.registers.staff import add_staff
from custrata.service.registers.targets import set_target
from custrata.service.runs import run
from custrata.service.sales.results import median, results
from tests.service.runs.putting import contact, customer, put, rules, sale

RULES = "ruleset: 1\ntime_zone: Asia/Ho_Chi_Minh\nclassifiers:\n  pareto: {}\n"


@pytest.fixture
def desk(desk):
    rules(desk, RULES)
    add_staff(desk, "an", name="Nguyễn An", team="north")
    add_staff(desk, "dung")
    put(desk, *(customer(name, created="2026-10-01", owner="an") for name in "ab"))
    put(desk, *(customer(name, created="2026-11-01", owner="an") for name in "cd"))
    put(desk, customer("e", created="2026-11-01", owner="bao", marketer="quynh"))
    put(desk, contact("a", "2026-10-02"), contact("b", "2026-10-05"), contact("c", "2026-11-11"))
    put(
        desk, sale("a", "2026-10-03", 7550, 2), sale("a", "2026-11-03", 20), sale("e", "2026-11-03")
    )
    for owner, month, amount in (("an", 10, 100), ("an", 11, 91), ("dung", 11, "50.5")):
        set_target(desk, owner, date(2026, month, 1), Decimal(amount))
    run(desk)
    return desk


def told(desk, *months):
    with desk.database.read() as session:
        return results(session, latest(session), *(date(2026, one, 15) for one in months))


def test_the_month_of_the_run_is_told_first(desk):
    found = told(desk)
    assert (found.span.first, found.span.last) == (date(2026, 11, 1), date(2026, 11, 1))
    bao, an, dung = found.owners
    assert (bao.code, bao.name, bao.team, bao.target, bao.reached_target) == (
        "bao",
        None,
        None,
        None,
        None,
    )
    assert (an.name, an.team, an.taken_over, an.not_reached) == ("Nguyễn An", "north", 2, 1)
    assert (an.wait, an.won, an.revenue, an.target) == (Decimal(10), 0, Decimal(20), Decimal(91))
    assert an.reached_target == pytest.approx(20 / 91)
    assert (dung.code, dung.revenue, dung.target, dung.wait) == ("dung", 0, Decimal("50.5"), None)
    every = found.owners_total
    assert (every.revenue, every.target, every.taken_over) == (Decimal(120), Decimal("141.5"), 3)


def test_several_months_are_one(desk):
    found = told(desk, 10, 11)
    an = found.owners[1]
    assert (an.code, an.taken_over, an.not_reached, an.won) == ("an", 4, 1, 1)
    assert (an.wait, an.revenue, an.target) == (Decimal(4), Decimal("95.5"), Decimal(191))
    assert [one.code for one in found.marketers] == ["quynh", None]
    quynh, nobody = found.marketers
    assert (quynh.brought, quynh.contacted, quynh.won, quynh.revenue) == (1, 0, 1, Decimal(100))
    assert nobody.brought == 4
    assert found.marketers_total.revenue == found.owners_total.revenue == Decimal("195.5")


def test_one_end_alone_is_that_month(desk):
    assert told(desk, 10).span.asked == [date(2026, 10, 1)]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 11, 1), date(2026, 10, 1)),
        (date(2020, 1, 1), date(2026, 11, 1)),
        (date(2026, 12, 1), date(2026, 12, 1)),
    ],
)
def test_months_that_are_not_told(desk, first, last):
    with desk.database.read() as session, pytest.raises(DataError, match="is not told"):
        results(session, latest(session), first, last)


@pytest.mark.parametrize(
    ("waits", "expected"),
    [
        ({}, None),
        ({3: 1}, 3),
        ({0: 1, 5: 1}, Decimal("2.5")),
        ({9: 2, 1: 3}, 1),
        ({1: 2, 4: 2}, Decimal("2.5")),
    ],
)
def test_the_median_is_exact(waits, expected):
    assert median(waits) == expected


def test_a_run_without_the_figure(desk):
    from sqlalchemy import delete

    from custrata.store.models import RunFigure

    with desk.database.write() as session:
        session.execute(delete(RunFigure).where(RunFigure.name == "results"))
    assert told(desk) is None
