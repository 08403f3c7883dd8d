"""The morning page: every section by hand, of one person, a team and everyone."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from sqlalchemy import event

from custrata.service.customers.erase import erase
from custrata.service.customers.hand_over import hand_over
from custrata.service.customers.record import record_contact
from custrata.service.registers.closed_days import add_closed_days
from custrata.service.registers.staff import add_staff
from custrata.service.runs import run
from custrata.service.sales.funnel import funnel
from custrata.service.sales.morning import morning
from custrata.service.sales.scope import Scope, scope_of
from custrata.store.faults import StoreError
from custrata.store.models import Feedback, Opportunity, OwnerChange, Target, Visit
from tests.service.runs.putting import at, contact, customer, fresh, put, rules, sale, stage_set

RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
classifiers:
  value:
    bands: {recency_days: {cuts: [30], names: [lately, long_ago]}}
    table:
      rules:
        - {recency_days: lately, label: good}
        - {recency_days: long_ago, label: fading}
      otherwise: other
    labels: {good: {rank: 1}, fading: {rank: 2}, other: {rank: 3}}
"""


@pytest.fixture
def desk(desk):
    rules(desk, RULES)
    add_staff(desk, "an", team="north")
    add_staff(desk, "bao", team="north")
    add_staff(desk, "chi", team="south", everyone=True)
    return desk


EVERYONE = Scope("everyone")


def page(desk, name="everyone", login="an"):
    with desk.database.read() as session:
        return morning(session, scope_of(session, name, login), desk.now())


def ids(found):
    return [one.who.customer_id for one in found.rows]


def step(name, changed, step="lead", **more):
    return Opportunity(customer_id=name, step=step, changed_at=at(changed), **fresh(), **more)


def target(owner, amount, scale=0, calls=None):
    month = date(2026, 11, 1)
    return Target(owner=owner, month=month, amount=amount, scale=scale, calls=calls)


def put_rows(desk, *rows):
    with desk.database.write() as session:
        session.add_all(rows)


# --- the month ----------------------------------------------------------------------------


def test_the_month_counts_sales_for_whom_she_belonged_to_then_exactly(desk):
    put(desk, customer("a", owner="bao"), customer("b", owner="bao"), customer("c"))
    put(desk, sale("a", "2026-11-03", 100_05, 2), sale("a", "2026-11-18", 50_10, 2))
    put(
        desk, sale("b", "2026-10-31", 999), sale("b", "2026-11-05", -20), sale("c", "2026-11-01", 7)
    )
    moment = at("2026-11-10")
    handed = OwnerChange(
        customer_id="a", changed_at=moment, from_owner="an", to_owner="bao", recorded_at=moment
    )
    put_rows(desk, handed, target("an", 200), target("bao", 6050, 2))
    run(desk)
    assert page(desk, "mine").month.brought.revenue == Decimal("100.05")
    bao = page(desk, "mine", "bao").month
    assert (bao.brought.revenue, bao.target) == (Decimal("30.10"), Decimal("60.50"))
    assert bao.reached == Fraction(3010, 6050)
    everyone = page(desk).month
    assert (everyone.brought.revenue, everyone.brought.sales) == (Decimal("137.15"), 3)
    assert everyone.target == Decimal("260.50")
    assert page(desk, "team:north").month.brought.revenue == Decimal("130.15")


def test_the_share_of_the_month_is_that_of_its_open_days(desk):
    add_closed_days(desk, "Fair", date(2026, 11, 1), date(2026, 11, 10))
    put(desk, customer("a", owner="an"), sale("a", "2026-11-15", 55))
    put_rows(desk, target("an", 100))
    run(desk)
    month = page(desk, "mine").month
    assert month.gone == Fraction(11, 20)  # of 30 days 10 are closed, and the 21st is the run's
    assert month.on_its_way


def test_without_a_run_or_a_target_nothing_is_made_up(desk):
    put(desk, customer("a", owner="an"))
    before = page(desk)
    assert (before.as_of, before.month.brought, before.month.reached) == (None, None, None)
    assert (before.leads.count, before.birthdays.count, before.lacking) == (0, 0, None)
    run(desk)
    after = page(desk).month
    assert (after.brought.revenue, after.target, after.on_its_way) == (0, None, None)


def test_figures_of_another_month_are_not_taken_for_this_one(desk, clock):
    put(desk, customer("a", owner="an"), sale("a", "2026-11-03", 5))
    run(desk)
    clock.forward(days=14)
    assert page(desk).month.brought is None


# --- leads, opportunities, who fell -------------------------------------------------------


def test_leads_that_nobody_reached_or_nobody_has(desk):
    put(desk, customer("called", created="2026-11-20", owner="an"), contact("called", "2026-11-20"))
    put(desk, customer("nobodys", created="2026-11-19"), contact("nobodys", "2026-11-19"))
    put(desk, customer("missed", created="2026-11-18", owner="an"))
    put(desk, contact("missed", "2026-11-19", outcome="no answer"))
    put(desk, customer("old", "new", "2025-01-01", owner="bao"))
    put(desk, customer("late", created="2026-11-01", owner="an"))
    put(desk, customer("buyer", created="2026-11-20", owner="an"), sale("buyer", "2026-11-20"))
    run(desk)
    assert ids(page(desk).leads) == ["nobodys", "missed", "old"]
    assert [one.reached for one in page(desk).leads.rows] == [True, False, False]
    assert ids(page(desk, "mine").leads) == ["missed"]
    record_contact(desk, "missed", desk.now(), channel="phone", outcome="reached")
    assert ids(page(desk).leads) == ["nobodys", "old"]


def test_what_reached_nobody_takes_no_lead_off_the_list(desk):
    put(desk, customer("lead", "new", "2026-11-18", owner="an"))
    run(desk)
    record_contact(desk, "lead", desk.now(), channel="email", direction="out", outcome="newsletter")
    record_contact(desk, "lead", desk.now(), channel="Mass Mail", direction="out", outcome="sent")
    put(desk, contact("lead", "2026-12-24", channel="phone", outcome="reached"))
    assert ids(page(desk).leads) == ["lead"]
    record_contact(desk, "lead", desk.now(), channel="newsletter", direction="in")
    assert ids(page(desk).leads) == []


def test_a_deal_that_stands_still_goes_along_and_goes_on_standing_still(desk):
    put(desk, customer("a", owner="an"))
    put(desk, step("a", "2026-11-01", opportunity_id="a1", amount=5, scale=0, owner="an"))
    run(desk)
    hand_over(desk, "chi", "an")
    for _look in range(2):
        (found,) = page(desk, "mine", "chi").stalled.rows
        assert (found.owner, found.changed_at, found.amount) == ("chi", at("2026-11-01"), 5)
        assert page(desk, "mine").stalled.count == 0
        run(desk)
    with desk.database.read() as session:
        whole = funnel(session, date(2026, 11, 1), date(2026, 11, 30), now=desk.now())
    assert [(one.owner, one.results.open) for one in whole.people] == [("chi", 1)]


def test_open_opportunities_that_stand_still(desk):
    put(desk, *(customer(one, owner="an") for one in ("a", "b", "c", "d", "e")))
    put(desk, step("a", "2026-11-07", opportunity_id="a1", amount=5, scale=0))
    put(desk, step("b", "2026-11-08", opportunity_id="b1"))  # thirteen days ago
    put(desk, step("c", "2026-10-01", opportunity_id="c1"))
    put(desk, step("c", "2026-10-05", "contract", opportunity_id="c1", outcome="won"))
    put(desk, step("d", "2026-10-01", owner="bao"))  # without an id, but her customer is an's
    put(desk, step("e", "2026-10-01", "contract", opportunity_id="e1", outcome="won"))
    put(desk, step("e", "2026-10-02", "payment", opportunity_id="e1"))
    run(desk)
    found = page(desk, "mine").stalled
    assert (ids(found), found.count) == (["a", "d"], 2)
    assert (found.rows[0].amount, found.rows[1].amount) == (Decimal(5), None)
    assert page(desk, "mine", "bao").stalled.count == 0
    put(desk, step("a", "2026-11-21", "quotation", opportunity_id="a1"))
    assert ids(page(desk, "mine").stalled) == ["d"]


def test_opportunities_that_are_to_close_this_week(desk):
    """21 November 2026 is a Saturday; the week began on the 16th."""
    put(desk, *(customer(one, owner="an") for one in "abcd"))
    for name, close in (("a", 22), ("b", 16), ("c", 23), ("d", 15)):
        put(desk, step(name, "2026-11-15", expected_close=date(2026, 11, close)))
    run(desk)
    assert ids(page(desk).closing) == ["b", "a"]


def test_key_customers_who_fell_and_not_those_who_rose_again(desk, clock):
    put(desk, *(customer(one, owner="an") for one in "ab"), customer("c", owner="bao"))
    put(desk, *(sale(one, "2026-10-23") for one in "abc"), sale("a", "2026-10-24"))
    run(desk)
    assert page(desk).fallen.count == 0
    clock.forward(days=1)
    run(desk)
    (fell,) = page(desk, "mine").fallen.rows
    assert (fell.who.customer_id, fell.was, fell.label) == ("b", "good", "fading")
    assert ids(page(desk).fallen) == ["b", "c"]


# --- complaints, efforts, birthdays, gaps -------------------------------------------------


def complaint(name, due, owner=None, state="open", kind="complaint"):
    opened = at("2026-10-01")
    return Feedback(
        customer_id=name, opened_at=opened, kind=kind, state=state, owner=owner,
        due_at=at(due), **fresh(),
    )  # fmt: skip


def test_overdue_complaints_the_oldest_first(desk):
    put(desk, customer("a", owner="an"), customer("b", owner="bao"))
    put(desk, complaint("a", "2026-11-20"), complaint("a", "2026-11-02", "bao"))
    put(desk, complaint("b", "2026-11-10", "an", "waiting"), complaint("b", "2026-11-25"))
    put(desk, complaint("a", "2026-11-01", state="resolved"))
    put(desk, complaint("a", "2026-11-01", kind="praise"))
    days = [one.due_at.date().day for one in page(desk).complaints.rows]
    assert days == [2, 10, 20]
    mine = page(desk, "mine").complaints
    assert [one.owner for one in mine.rows] == ["an", None]  # hers, and nobody's of her customer
    assert page(desk, "mine", "bao").complaints.count == 1


def test_calls_and_visits_against_the_plan(desk):
    put(desk, customer("a", owner="an"))
    for day, more in (
        ("2026-11-20", {"channel": "phone", "direction": "out", "outcome": "reached"}),
        ("2026-11-20", {"channel": "phone", "direction": "out", "outcome": "no_answer"}),
        ("2026-11-20", {"channel": "phone", "direction": "in"}),
        ("2026-11-20", {"channel": "phone", "outcome": "planned"}),
        ("2026-11-20", {"channel": "mass_mail", "direction": "out"}),
        ("2026-11-02", {"channel": "visit", "outcome": "reached"}),
        ("2026-11-02", {"channel": "visit", "outcome": "no_show"}),
        ("2026-10-31", {"channel": "phone"}),
        ("2026-11-21", {"channel": "phone"}),
    ):
        put(desk, contact("a", day, owner="an", **more))
    for day, state in ((20, "planned"), (20, "done"), (20, "postponed"), (2, "done")):
        put(
            desk,
            Visit(customer_id="a", day=date(2026, 11, day), owner="an", state=state, **fresh()),
        )
    put_rows(desk, target("an", 1, calls=60))
    found = page(desk, "mine")
    day, month = found.yesterday, found.so_far
    assert (day.since, day.until) == (date(2026, 11, 20),) * 2
    assert (day.done.calls, day.done.reached, day.done.planned) == (2, 1, 2)
    assert (day.calls_planned, month.calls_planned) == (2, 40)
    assert (month.done.calls, month.done.visits, month.done.planned) == (2, 1, 3)
    assert month.done.channels == {"phone": 2, "visit": 1}
    assert page(desk, "mine", "bao").so_far.done.contacts == 0


def test_before_a_closed_day_counts_the_last_open_one(desk):
    add_closed_days(desk, "Fair", date(2026, 11, 19), date(2026, 11, 20))
    assert page(desk).yesterday.since == date(2026, 11, 18)


def test_birthdays_of_today_and_seven_days(desk, clock):
    born = {"a": (1980, 11, 21), "b": (1990, 11, 28), "c": (1990, 11, 29), "d": (1999, 11, 20)}
    put(desk, *(customer(one, owner="an", birth_date=date(*day)) for one, day in born.items()))
    put(desk, customer("e", owner="bao", birth_date=date(2000, 11, 25)))
    run(desk)
    found = page(desk).birthdays
    assert [(one.who.customer_id, one.day.day, one.age) for one in found.rows] == [
        ("a", 21, 46),
        ("e", 25, 26),
        ("b", 28, 36),
    ]
    assert (ids(page(desk, "mine").birthdays), found.count) == (["a", "b"], 3)
    clock.forward(days=1)
    assert ids(page(desk).birthdays) == ["e", "b", "c"]


def test_who_was_born_on_a_leap_day_has_her_birthday_each_year(desk, clock):
    put(desk, customer("a", birth_date=date(2000, 2, 29)))
    clock.forward(days=95)  # 24 February 2027
    run(desk)
    (found,) = page(desk).birthdays.rows
    assert (found.day, found.age) == (date(2027, 2, 28), 27)


def test_records_without_an_owner_a_source_or_a_phone(desk):
    put(desk, customer("a", owner="an", phone="1"), customer("b", owner="an", phone="2"))
    put(desk, customer("c", phone="3"), customer("d", owner="bao"))
    run(desk)
    everyone, mine = page(desk).lacking, page(desk, "mine").lacking
    assert (everyone.owner, everyone.source, everyone.phone) == (1, 4, 1)
    assert (mine.owner, mine.source, mine.phone) == (None, 2, 0)


# --- whose --------------------------------------------------------------------------------


def test_the_scope_is_ones_own_where_one_sells_unless_one_leads(desk):
    put(desk, customer("a", owner="an"), customer("b", owner="chi"))
    with desk.database.read() as session:
        names = [scope_of(session, None, login).name for login in ("an", "bao", "chi", "boss")]
        assert names == ["mine", "everyone", "everyone", "everyone"]
        with pytest.raises(StoreError, match="no-team"):
            scope_of(session, "team:west", "an")


def test_people_are_told_one_by_one_of_everyone(desk):
    put(desk, customer("a", owner="an"), customer("b"), sale("a", "2026-11-02", 5))
    put(desk, sale("b", "2026-11-02", 9))
    put_rows(desk, target("bao", 10))
    run(desk)
    found = {one.owner: one for one in page(desk).people}
    assert list(found) == [None, "an", "bao"]
    assert (found["an"].brought.revenue, found["bao"].target) == (5, 10)
    assert page(desk, "mine").people == ()


def test_people_together_brought_what_the_headline_says(desk, clock):
    put(desk, customer("a", owner="an"), customer("b"), sale("a", "2026-11-02", 100))
    put(desk, sale("b", "2026-11-21", 11))  # of today, the day of the run
    december = Target(owner="an", month=date(2026, 12, 1), amount=7, scale=0)
    put_rows(desk, target("an", 200), december)
    run(desk)
    found = page(desk)
    assert found.month.brought.revenue == sum(one.brought.revenue for one in found.people) == 111
    clock.forward(days=10)  # the 1st of December
    first = page(desk)
    assert (first.month.first.month, first.month.brought, first.so_far.since.month) == (
        12,
        None,
        11,
    )
    assert [(one.owner, one.brought, one.target) for one in first.people] == [("an", None, 7)]


def test_however_many_sell_the_page_takes_as_many_looks(desk):
    put(desk, *(customer(f"c{one}", owner=f"s{one}") for one in range(60)))
    put(desk, *(sale(f"c{one}", "2026-11-02", 5) for one in range(60)))
    put(desk, *(complaint(f"c{one}", "2026-11-10", f"s{one}") for one in range(20)))
    put(desk, *(contact(f"c{one}", "2026-11-03", owner=f"s{one}") for one in range(60)))
    run(desk)
    counts = {few: looks(desk, EVERYONE if few is None else of_team(few)) for few in (None, 2, 60)}
    assert counts[2] == counts[60]
    assert max(counts.values()) < 60


def of_team(many):
    return Scope("team:x", frozenset(f"s{one}" for one in range(many)))


def looks(desk, scope):
    """So many statements the page takes."""
    told = []

    def count(*given):
        told.append(given[2])

    event.listen(desk.database.engine, "before_cursor_execute", count)
    try:
        with desk.database.read() as session:
            found = morning(session, scope, desk.now())
    finally:
        event.remove(desk.database.engine, "before_cursor_execute", count)
    assert found.complaints.count
    return len(told)


def test_a_pareto_without_ranks_is_no_fault(desk):
    rules(desk, RULES.replace("  value:", "  pareto:").split("    labels:")[0])
    put(desk, customer("a", owner="an"), sale("a", "2026-11-02", 5))
    run(desk)
    assert page(desk).fallen.count == 0


def test_who_was_erased_is_on_no_list(desk):
    put(desk, customer("a", "new", "2026-11-20", birth_date=date(1980, 11, 22)))
    put(desk, step("a", "2026-10-01", expected_close=date(2026, 11, 20)))
    run(desk)
    assert page(desk).leads.count == page(desk).stalled.count == page(desk).birthdays.count == 1
    erase(desk, "a")
    found = page(desk)
    assert (found.stalled.count, found.closing.count) == (0, 0)
    assert (found.leads.count, found.birthdays.count) == (0, 0)


def test_stage_changes_make_no_lead_of_a_buyer(desk):
    put(desk, customer("a", "new", "2020-01-01"), sale("a", "2026-11-01"))
    put(desk, stage_set("a", "2026-11-20", "new"))
    run(desk)
    assert page(desk).leads.count == 0
