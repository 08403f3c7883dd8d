"""The funnel, on rows whose outcome can be worked out by hand."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from custrata.engine.diagnostics import DataError
from custrata.service.calendar.periods import PERIODS, period
from custrata.service.customers.opportunities import opportunities
from custrata.service.registers.staff import add_staff
from custrata.service.registers.steps import steps
from custrata.service.sales.funnel import funnel
from custrata.service.sales.stays import Days
from custrata.store.models import Customer, Opportunity
from tests.service.runs.putting import at, customer, fresh, put

STEPS = ("lead", "opportunity", "quotation", "negotiation", "contract", "payment", "invoice")
NOVEMBER = date(2026, 11, 1), date(2026, 11, 30)


def row(who, step, day, deal="o1", amount=None, scale=0, outcome=None, owner="an", hour=9):
    return Opportunity(
        customer_id=who,
        opportunity_id=deal,
        step=step,
        changed_at=at(day, hour),
        amount=amount,
        scale=None if amount is None else scale,
        outcome=outcome,
        owner=owner,
        **fresh(),
    )


@pytest.fixture
def desk(desk):
    """Five opportunities of four customers; one began in October, one has no id."""
    put(desk, *(customer(one, team="north") for one in "abcd"))
    add_staff(desk, "an", name="An", team="south")
    put(
        desk,
        row("a", "lead", "2026-11-02", "a1", 100),
        row("a", "quotation", "2026-11-06", "a1", 120),
        row("a", "contract", "2026-11-10", "a1"),
        row("a", "contract", "2026-11-12", "a1", outcome="won"),
        row("b", "lead", "2026-11-03", "b1", 50),
        row("b", "lead", "2026-11-13", "b1", 4050, 2, outcome="Lost"),
        row("b", "quotation", "2026-11-20", "b2", owner="binh"),
        row("c", "opportunity", "2026-11-05", None, 10, owner=None),
        row("c", "negotiation", "2026-11-15", None, owner=None),
        row("d", "lead", "2026-10-31", "d1", 999),
        row("d", "invoice", "2026-11-05", "d1", 999, outcome="won"),
    )
    return desk


def read(desk, since=NOVEMBER[0], until=NOVEMBER[1], **who):
    with desk.database.read() as session:
        return funnel(session, since, until, now=desk.now(), **who)


def counts(found):
    return {one.code: one.count for one in found.steps if one.count}


def test_who_came_far_counts_at_every_step_before(desk):
    found = read(desk)
    assert found.as_of == date(2026, 11, 21)
    assert counts(found) == {
        "lead": 4,
        "opportunity": 3,
        "quotation": 3,
        "negotiation": 2,
        "contract": 1,
    }
    shares = {one.code: one.conversion for one in found.steps}
    assert shares["lead"] == 0.75
    assert shares["negotiation"] == 0.5
    assert (shares["contract"], shares["payment"], shares["invoice"]) == (0, None, None)


def test_amounts_are_the_latest_and_exact(desk):
    found = read(desk)
    assert found.total.amount == Decimal("170.50")  # 120 + 40.50 + 10; that of b2 is not known
    assert found.total.unpriced == 1
    assert found.total.amount_won == Decimal(120)
    amounts = {one.code: one.amount for one in found.steps}
    assert amounts["lead"] == Decimal("170.50")
    assert amounts["negotiation"] == Decimal(130)
    assert amounts["payment"] is None


def test_days_in_a_step_run_till_the_next_change(desk):
    stays = {one.code: one.stay for one in read(desk).steps}
    assert stays["lead"].done == Days(2, 7.0, 7.0)  # 4 of a1, 10 of b1
    assert stays["quotation"].done == Days(1, 4.0, 4.0)
    assert stays["contract"].done == Days(1, 2.0, 2.0)
    assert stays["quotation"].so_far == Days(1, 1.0, 1.0)
    assert stays["negotiation"].so_far == Days(1, 6.0, 6.0)
    assert stays["opportunity"].done == Days(1, 10.0, 10.0)
    standing = {one.code: one.standing for one in read(desk).steps if one.standing}
    assert standing == {"quotation": 1, "negotiation": 1}


def test_how_they_ended_and_whose_they_are(desk):
    found = read(desk)
    total = found.total
    assert (total.count, total.won, total.lost, total.open, total.otherwise) == (4, 1, 1, 2, 0)
    assert total.win_rate == 0.5
    assert (total.to_win, total.to_close) == (Days(1, 10.0, 10.0), Days(2, 10.0, 10.0))
    assert [(one.owner, one.team, one.results.count) for one in found.people] == [
        ("an", "south", 2),
        ("binh", None, 1),
        (None, None, 1),
    ]
    assert found.people[1].results.win_rate is None


def test_of_one_person_and_of_a_team(desk):
    assert read(desk, owner="an").total.count == 2
    assert counts(read(desk, owner="binh")) == {"lead": 1, "opportunity": 1, "quotation": 1}
    assert read(desk, team="south").total.count == 2
    assert read(desk, team="north").total.count == 2  # who is in no team: the customer's
    assert read(desk, owner="nobody").total.amount is None


def test_the_period_is_of_the_first_row_in_the_rules_time_zone(desk):
    assert read(desk, date(2026, 10, 1), date(2026, 10, 31)).total.won == 1
    late = at("2026-12-01", 0) - timedelta(minutes=1)
    put(desk, row("d", "lead", late.date(), "d2", hour=23))
    assert read(desk).total.count == 4  # it is still to come
    with desk.database.read() as session:
        found = funnel(session, *NOVEMBER, now=datetime(2026, 12, 5, tzinfo=UTC))
    assert found.total.count == 5


def test_a_step_that_the_register_does_not_know_is_told_and_not_dropped(desk):
    put(desk, row("d", "tasting", "2026-11-08", "d3", 7))
    put(desk, row("d", "tasting", "2026-11-09", "d4"), row("d", "quotation", "2026-11-10", "d4"))
    found = read(desk)
    assert [(one.code, one.count) for one in found.beside] == [("tasting", 2)]
    assert found.beside[0].stay.so_far == Days(1, 13.0, 13.0)
    assert (found.total.count, found.nowhere) == (6, 1)
    assert counts(found)["lead"] == 5


def test_after_the_sale_an_opportunity_stays_won_and_before_it_opens_again(desk):
    put(desk, row("a", "payment", "2026-11-18", "a1"))
    found = read(desk)
    assert found.total.won == 1
    assert found.total.to_win == Days(1, 10.0, 10.0)  # till it was won, not till it was paid
    put(
        desk, row("b", "quotation", "2026-11-19", "b1"), row("a", "negotiation", "2026-11-20", "a1")
    )
    again = read(desk).total
    assert (again.won, again.lost, again.open) == (0, 0, 4)


def test_what_ends_neither_won_nor_lost_is_left_out_of_the_win_rate(desk):
    put(desk, row("b", "quotation", "2026-11-21", "b2", outcome="cancelled"))
    total = read(desk).total
    assert (total.otherwise, total.open, total.win_rate) == (1, 1, 0.5)


@pytest.mark.parametrize(
    ("since", "until", "code"),
    [
        (date(2026, 11, 2), date(2026, 11, 1), "period-turned"),
        (date(2000, 1, 1), date(2026, 11, 1), "period-long"),
    ],
)
def test_a_period_that_cannot_be(desk, since, until, code):
    with pytest.raises(DataError) as refused:
        read(desk, since, until)
    assert refused.value.diagnostics[0].code == code


def test_periods_by_name():
    today = date(2026, 2, 28)
    assert {one: period(one, today) for one in PERIODS} == {
        "this_month": (date(2026, 2, 1), date(2026, 2, 28)),
        "last_month": (date(2026, 1, 1), date(2026, 1, 31)),
        "this_quarter": (date(2026, 1, 1), date(2026, 3, 31)),
        "this_year": (date(2026, 1, 1), date(2026, 12, 31)),
        "last_12_months": (date(2025, 3, 1), date(2026, 2, 28)),
    }
    assert period("last_month", date(2026, 1, 5)) == (date(2025, 12, 1), date(2025, 12, 31))
    with pytest.raises(DataError):
        period("soon", today)


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b"]),
        st.sampled_from([None, "x", "y"]),
        st.sampled_from([*STEPS, "tasting"]),
        st.integers(0, 40),
        st.sampled_from([None, None, None, "won", "lost"]),
        st.sampled_from([None, "an", "binh"]),
    ),
    max_size=25,
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(ROWS)
def test_whatever_rows_say_steps_never_rise_and_all_are_accounted_for(desk, told):
    with desk.database.write() as session:
        session.execute(delete(Opportunity))
    first = date(2026, 10, 20)
    rows = [
        row(who, step, first + timedelta(days=day), deal, 5, 0, outcome, owner)
        for who, deal, step, day, outcome, owner in told
    ]
    put(desk, *rows) if rows else None
    found = read(desk, first, date(2026, 12, 31))
    reached = [one.count for one in found.steps]
    assert reached == sorted(reached, reverse=True)
    assert found.total.count == reached[0] + found.nowhere
    total = found.total
    assert total.won + total.lost + total.open + total.otherwise == total.count
    assert sum(one.results.count for one in found.people) == total.count
    assert sum(one.results.won for one in found.people) == total.won
    assert total.amount == (5 * total.count if total.count else None)
    with desk.database.read() as session:
        # the page about a customer says the same of each; it reads what is dated later, too
        states = [
            deal.state
            for who in ("a", "b")
            for deal in opportunities(session, who)
            if all(one.at <= desk.now() for one in deal.rows)
        ]
        if all(one.changed_at <= desk.now() for one in session.query(Opportunity)):
            assert states.count("won") == total.won
            assert states.count("lost") == total.lost


def test_the_register_has_the_steps_that_the_tests_go_by(desk):
    with desk.database.read() as session:
        assert tuple(one.code for one in steps(session)) == STEPS
        assert session.get(Customer, "a").team == "north"
