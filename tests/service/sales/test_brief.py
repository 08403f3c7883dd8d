"""The sales brief: the figures of a time, of one person, a team and the firm."""

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from custrata.service.calendar.times import end_of, months
from custrata.service.customers.record import record_sale
from custrata.service.figures import latest
from custrata.service.figures.best import best_times
from custrata.service.registers.staff import add_staff
from custrata.service.runs import run
from custrata.service.sales.brief import brief
from custrata.service.sales.scope import Scope, scope_of
from custrata.service.sales.takings import by_owner, takings
from custrata.store.models import Feedback, Opportunity, OwnerChange, Target
from tests.service.runs.putting import (
    at,
    contact,
    customer,
    emptied,
    fresh,
    put,
    rules,
    sale,
    stage_set,
)
from tests.service.sales.test_morning import RULES

TODAY = date(2026, 11, 21)
MONTH = date(2026, 11, 1), TODAY
EVERYONE = Scope("everyone")


@pytest.fixture
def desk(desk):
    rules(desk, RULES)
    add_staff(desk, "an", team="north")
    return desk


def of(desk, since, until, name="everyone", login="an"):
    with desk.database.read() as session:
        return brief(session, scope_of(session, name, login), since, until, desk.now())


def test_the_figures_of_a_month_of_one_and_of_all(desk):
    put(desk, customer("a", created="2026-11-02", owner="an"), customer("b", owner="bao"))
    put(desk, sale("a", "2026-11-03", 1050, 1), sale("a", "2026-11-21", -5))
    put(desk, sale("b", "2026-10-31", 7), sale("b", "2026-11-01", 3))
    put(desk, stage_set("b", "2026-11-05", "lost", "closed"), stage_set("b", "2026-11-06", "new"))
    put(desk, stage_set("b", "2026-11-07", "lost", "new"))
    for state in ("open", "resolved"):
        moment, more = at("2026-11-04"), fresh()
        put(
            desk, Feedback(customer_id="a", opened_at=moment, kind="complaint", state=state, **more)
        )
    put(desk, contact("a", "2026-11-04", owner="an", channel="phone"))
    run(desk)
    mine, everyone = of(desk, *MONTH, "mine").brought, of(desk, *MONTH).brought
    assert (mine.sales, mine.revenue, mine.won, mine.created) == (1, Decimal("100.0"), 1, 1)
    assert (mine.complaints, mine.settled, mine.lost) == (2, 1, 0)
    assert (everyone.sales, everyone.revenue, everyone.lost) == (2, Decimal("103.0"), 1)
    assert of(desk, *MONTH, "mine").efforts.channels == {"phone": 1}
    assert of(desk, *MONTH, "team:north").brought == mine
    assert [one.owner for one in of(desk, *MONTH).people] == ["an", "bao"]


def test_targets_are_of_months_not_of_weeks(desk):
    put(desk, customer("a", owner="an"), sale("a", "2026-11-16", 5), sale("a", "2026-10-02", 4))
    with desk.database.write() as session:
        for month, amount in ((10, 1000), (11, 2000)):
            first = date(2026, month, 1)
            session.add(Target(owner="an", month=first, amount=amount, scale=1))
    run(desk)
    assert of(desk, *MONTH).target == 200
    both = of(desk, date(2026, 10, 1), TODAY)
    assert (both.target, both.brought.revenue) == (300, 9)
    assert [(one.month.month, one.brought.revenue, one.target) for one in both.months] == [
        (10, 4, 100),
        (11, 5, 200),
    ]
    week = of(desk, date(2026, 11, 16), TODAY)
    assert (week.target, week.brought.revenue) == (None, 5)
    assert [one.target for one in week.months] == [None]
    october = of(desk, date(2026, 10, 1), date(2026, 10, 31))
    assert (october.target, [one.target for one in october.people]) == (100, [100])
    days = of(desk, date(2026, 10, 1), date(2026, 10, 3))
    assert (days.target, days.months[0].target, days.people[0].target) == (None, None, None)


def test_who_brought_most_counts_for_whom_she_belonged_to(desk):
    put(desk, *(customer(one, owner="bao") for one in "abc"))
    moment = at("2026-11-10")
    put(desk, sale("a", "2026-11-02", 50), sale("a", "2026-11-12", 9), sale("b", "2026-11-12", 20))
    put(desk, sale("c", "2026-11-12", -3))
    with desk.database.write() as session:
        row = {"from_owner": "an", "to_owner": "bao", "recorded_at": moment}
        session.add(OwnerChange(customer_id="a", changed_at=moment, **row))
    run(desk)
    best = {
        name: [(one.who.customer_id, one.revenue) for one in of(desk, *MONTH, *name).best]
        for name in (("mine",), ("mine", "bao"))
    }
    assert best == {("mine",): [("a", 50)], ("mine", "bao"): [("b", 20), ("a", 9)]}
    assert of(desk, date(2026, 11, 2), TODAY).best is None  # no list of these days is kept


def test_who_was_handed_over_stands_once_with_all_that_she_brought(desk):
    put(desk, customer("a", owner="bao"), customer("b", owner="bao"))
    put(desk, sale("a", "2026-11-02", 60), sale("a", "2026-11-12", 50), sale("b", "2026-11-12", 70))
    moment = at("2026-11-10")
    with desk.database.write() as session:
        row = {"from_owner": "an", "to_owner": "bao", "recorded_at": moment}
        session.add(OwnerChange(customer_id="a", changed_at=moment, **row))
    run(desk)
    best = [(one.who.customer_id, one.revenue) for one in of(desk, *MONTH).best]
    assert best == [("a", 110), ("b", 70)]
    mine = [(one.who.customer_id, one.revenue) for one in of(desk, *MONTH, "mine", "bao").best]
    assert mine == [("b", 70), ("a", 50)]


def test_what_came_after_the_run_is_not_known_to_be_nothing(desk, clock):
    put(desk, customer("a", owner="an"), sale("a", "2026-11-03", 5))
    with desk.database.write() as session:
        session.add(Target(owner="an", month=date(2026, 12, 1), amount=200, scale=0))
    run(desk)
    clock.forward(days=14)
    found = of(desk, date(2026, 12, 1), date(2026, 12, 5))
    assert (found.brought, found.target, found.months, found.people) == (None, 200, (), ())
    with desk.database.read() as session:
        assert by_owner(latest(session), EVERYONE, date(2026, 12, 1), date(2026, 12, 5)) is None


def test_moves_that_come_at_once_are_the_firms_too(desk, clock):
    put(desk, customer("a", owner="an"), sale("a", "2026-10-23"))
    run(desk)
    clock.forward(days=1)
    run(desk)
    record_sale(desk, "a", Decimal(3), desk.now())
    until = date(2026, 11, 22)
    everyone, mine = of(desk, TODAY, until).moves, of(desk, TODAY, until, "mine").moves
    assert (everyone.rose, everyone.fell) == (mine.rose, mine.fell) == (1, 1)
    assert everyone == mine


def test_moves_up_and_down_of_the_firm_and_of_ones_own(desk, clock):
    put(desk, customer("a", owner="an"), customer("b", owner="bao"), customer("c", owner="an"))
    put(desk, *(sale(one, "2026-10-23") for one in "ab"))
    run(desk)
    clock.forward(days=1)
    put(desk, sale("c", "2026-11-22"))
    run(desk)
    until = date(2026, 11, 22)
    everyone, mine = of(desk, TODAY, until).moves, of(desk, TODAY, until, "mine").moves
    assert (everyone.classifier, everyone.rose, everyone.fell) == ("value", 1, 2)
    assert (mine.rose, mine.fell) == (1, 1)
    assert ("good", "fading", 2) in everyone.largest


def test_the_funnel_is_of_the_same_people(desk):
    put(desk, customer("a", owner="an"), customer("b", owner="bao"))
    for name, owner in (("a", "an"), ("b", "bao")):
        changed = at("2026-11-03")
        row = {"step": "lead", "changed_at": changed, "owner": owner, **fresh()}
        put(desk, Opportunity(customer_id=name, opportunity_id=name, **row))
    assert [of(desk, *MONTH, one).funnel.total.count for one in ("mine", "everyone")] == [1, 2]


def test_what_was_never_kept_is_not_known(desk):
    assert of(desk, *MONTH).brought is None
    put(desk, customer("a"), sale("a", "2024-01-01", 5))
    run(desk)
    found = of(desk, date(2024, 1, 1), date(2024, 1, 31))
    assert (found.brought, found.months, found.people, found.best) == (None, (), (), None)
    assert of(desk, date(2026, 1, 1), TODAY).efforts is None  # too many days to count live


def test_the_times_of_which_lists_are_kept():
    found = best_times(date(2026, 11, 21))
    assert (date(2026, 11, 16), date(2026, 11, 21)) in found
    assert (date(2026, 10, 1), date(2026, 10, 31)) in found
    assert (date(2026, 10, 1), date(2026, 11, 21)) in found
    assert len(found) == len(set(found)) == 6


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 800))
def test_months_lie_side_by_side(since, days):
    until = date.fromordinal(since.toordinal() + days)
    found = months(since, until)
    assert found[0] == since.replace(day=1)
    assert found[-1] <= until <= end_of(found[-1])
    assert all((after - end_of(before)).days == 1 for before, after in pairwise(found))


DAYS = st.integers(1, 20)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), DAYS, st.integers(-50, 99)), max_size=12),
    st.lists(st.tuples(st.sampled_from("abc"), DAYS, st.sampled_from(["an", "bao"])), max_size=4),
)
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_all_owners_together_have_every_sale_once(desk, sold, handed):
    emptied(desk)
    rules(desk, RULES)
    put(desk, *(customer(one, owner="chi") for one in "abc"))
    for name, day, amount in sold:
        put(desk, sale(name, f"2026-11-{day:02}", amount))
    with desk.database.write() as session:
        for name, day, to in handed:
            moment = at(f"2026-11-{day:02}", 12)
            row = {"from_owner": None, "to_owner": to, "recorded_at": moment}
            session.add(OwnerChange(customer_id=name, changed_at=moment, **row))
    run(desk)
    with desk.database.read() as session:
        figures = latest(session)
        total = takings(figures, EVERYONE, *MONTH)
        parts = by_owner(figures, EVERYONE, *MONTH).values()
    assert total.revenue == sum(one.revenue for one in parts) == sum(one[2] for one in sold)
    assert total.sales == sum(one.sales for one in parts) == sum(one[2] >= 0 for one in sold)
