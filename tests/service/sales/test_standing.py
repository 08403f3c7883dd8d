"""Whether an opportunity is open: the page of a customer, the funnel and the morning page agree."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custrata.service.customers.opportunities import opportunities, state_of
from custrata.service.figures.standing import KEY, in_order, with_states
from custrata.service.registers.staff import add_staff
from custrata.service.runs import run
from custrata.service.sales.funnel import funnel
from custrata.service.sales.morning import morning
from custrata.service.sales.scope import scope_of
from custrata.store.models import Opportunity
from tests.service.runs.putting import at, customer, fresh, put, rules
from tests.service.sales.test_morning import RULES

AUTUMN = date(2026, 9, 1), date(2026, 11, 30)


@pytest.fixture
def desk(desk):
    rules(desk, RULES)
    put(desk, customer("a", owner="an"))
    return desk


def step(changed, step="lead", **more):
    moment = changed if isinstance(changed, datetime) else at(changed)
    said = {"customer_id": "a", "opportunity_id": "a1", **more}
    return Opportunity(step=step, changed_at=moment, **said, **fresh())


def page(desk):
    with desk.database.read() as session:
        return morning(session, scope_of(session, "everyone", "an"), desk.now())


def told(desk):
    """What the customer's page, the funnel and the morning page say."""
    with desk.database.read() as session:
        (deal,) = opportunities(session, "a")
        total = funnel(session, *AUTUMN, now=desk.now()).total
    return deal.state, (total.won, total.lost, total.open), page(desk).stalled.count


def said(*words, **more):
    """What a row says; each database gets a row of its own."""
    return words, more


@pytest.mark.parametrize(
    ("rows", "stands"),
    [
        (
            [said("2026-10-01", "contract", outcome="Won"), said("2026-10-02", "payment")],
            ("won", (1, 0, 0), 0),
        ),
        (
            [said("2026-10-01", "contract", outcome="won"), said("2026-10-01", "quotation")],
            ("won", (1, 0, 0), 0),
        ),
        (
            [said("2026-10-01", "lead", outcome="won"), said("2026-10-02", "quotation")],
            ("open", (0, 0, 1), 1),
        ),
        (
            [said("2026-10-01", outcome="lost"), said("2026-10-02", "payment")],
            ("open", (0, 0, 1), 1),
        ),
    ],
)
def test_three_pages_say_the_same(desk, rows, stands):
    put(desk, *(step(*words, **more) for words, more in rows))
    run(desk)
    assert told(desk) == stands


def test_what_is_dated_later_has_not_ended_it_yet(desk, clock):
    put(desk, step("2026-10-01", amount=5, scale=0, expected_close=date(2026, 11, 20)))
    put(desk, step("2026-11-25", "contract", outcome="won"))
    run(desk)
    assert told(desk)[1:] == ((0, 0, 1), 1)
    assert page(desk).closing.count == 1
    clock.forward(days=5)
    assert told(desk)[1:] == ((1, 0, 0), 0)


def test_a_row_of_the_runs_own_day_counts_and_goes_with_the_clock(desk, clock):
    put(desk, step("2026-10-01"))
    put(desk, step(at("2026-11-22", 8)))
    run(desk)
    assert page(desk).stalled.count == 1
    clock.forward(days=1)
    assert page(desk).stalled.count == 0


def test_what_the_last_row_leaves_out_stays_as_it_was(desk):
    first = {"amount": 1050, "scale": 2, "expected_close": date(2026, 11, 20), "owner": "bao"}
    put(desk, customer("b"))
    put(desk, step("2026-10-01", **first))
    put(desk, step("2026-10-05", "quotation"))
    put(desk, step("2026-10-01", customer_id="b", opportunity_id="b1", **first))
    put(desk, step("2026-10-05", "quotation", customer_id="b", opportunity_id="b1"))
    run(desk)
    found = page(desk)
    assert [(one.who.customer_id, one.owner) for one in found.closing.rows] == [
        ("a", "an"),
        ("b", "bao"),
    ]
    assert {one.amount for one in found.closing.rows} == {Decimal("10.50")}
    assert [one.step for one in found.stalled.rows] == ["quotation", "quotation"]


@pytest.mark.parametrize(("hour", "count"), [(-1, 1), (0, 0)])
def test_two_weeks_are_counted_in_days_of_the_rules_time_zone(desk, hour, count):
    """Fourteen days before 21 November end at midnight in Vietnam, at 17:00 in UTC."""
    put(desk, step(at("2026-11-08", 0) + timedelta(hours=hour)))
    run(desk)
    assert page(desk).stalled.count == count


def test_the_first_hours_of_a_local_day_are_of_that_day(desk):
    put(desk, step(datetime(2026, 11, 6, 23, tzinfo=UTC)))  # the 7th, 6:00 in Vietnam
    run(desk)
    assert page(desk).stalled.count == 1


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["lead", "contract", "payment"]),
        st.integers(0, 5),
        st.sampled_from([None, None, "won", " WON", "Lost", "cancelled", " "]),
    ),
    min_size=1,
    max_size=8,
)


@given(ROWS, st.sampled_from([frozenset(), frozenset(["payment"])]))
def test_the_rule_for_frames_is_that_for_rows(rows, after):
    frame = pl.DataFrame(
        [("a", None, number, *row) for number, row in enumerate(rows)],
        schema={
            "customer_id": pl.String,
            "opportunity_id": pl.String,
            "id": pl.Int64,
            "step": pl.String,
            "changed_at": pl.Int64,
            "outcome": pl.String,
        },
        orient="row",
    )
    ordered = in_order(frame, "Asia/Ho_Chi_Minh")
    assert ordered[KEY].n_unique() == 1
    steps = list(ordered.select("step", "outcome").iter_rows())
    states = with_states(ordered, after)["state"].to_list()
    assert states == [state_of(steps[: count + 1], after) for count in range(len(steps))]


# --- whose --------------------------------------------------------------------------------


def test_a_team_is_who_the_register_puts_in_it_on_every_page(desk):
    """A customer of the team whose salesperson is in no team is nobody of the team's."""
    add_staff(desk, "an", team="north")
    put(desk, customer("b", owner="bao", team="north"), customer("c", owner="an", team="south"))
    for name, owner in (("a", "an"), ("b", "bao"), ("c", "an")):
        put(desk, step("2026-11-05", customer_id=name, opportunity_id=name, owner=owner))
    with desk.database.read() as session:
        scope = scope_of(session, "team:north", "an")
        theirs = funnel(session, *AUTUMN, team="north", now=desk.now())
        south = funnel(session, *AUTUMN, team="south", now=desk.now())
    assert {one.owner for one in theirs.people} == scope.owners == {"an"}
    assert theirs.total.count == 2
    assert south.total.count == 0  # the register has no south: only customers of no other team's


def test_one_persons_funnel_reads_only_what_may_be_hers(desk, monkeypatch):
    from custrata.service.sales import deals as module

    put(desk, step("2026-11-01", owner="an"), step("2026-11-20", owner="bao"))
    put(desk, step("2026-11-02", opportunity_id="a2", owner="bao"))
    put(desk, *(step("2026-11-03", opportunity_id=f"b{one}", owner="chi") for one in range(20)))
    seen = []
    read = module.bulk.read

    def counted(*args):
        frame = read(*args)
        seen.append(frame.height)
        return frame

    monkeypatch.setattr(module.bulk, "read", counted)
    november = date(2026, 11, 1), date(2026, 11, 30)
    with desk.database.read() as session:
        assert funnel(session, *november, "bao", now=desk.now()).total.count == 2
        assert sum(seen) == 3
        assert funnel(session, *november, "an", now=desk.now()).total.count == 0  # it was handed on
        early = date(2026, 11, 1), date(2026, 11, 1)
        assert funnel(session, *early, "bao", now=desk.now()).total.count == 1
