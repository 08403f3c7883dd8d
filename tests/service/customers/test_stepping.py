"""An opportunity comes up, goes on, ends, and opens again."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from custrata.engine.diagnostics import CustrataError
from custrata.service.customers.opportunities import opportunities, state_of
from custrata.service.customers.stepping import NAMELESS, record_step
from custrata.service.imports import import_file
from custrata.service.runs import run
from custrata.store.models import Opportunity
from tests.service.runs.putting import at, customer, fresh, label, put, rules

RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
classifiers:
  sales_stage: {}
"""


@pytest.fixture
def desk(desk):
    rules(desk, RULES)
    put(desk, customer("a", "new", "2026-01-05", owner="lan"), customer("b", "new", "2026-01-05"))
    return desk


def refused(call, *args, **words):
    with pytest.raises(CustrataError) as error:
        call(*args, **words)
    return error.value.diagnostics[0]


def deals(desk, who="a"):
    with desk.database.read() as session:
        return opportunities(session, who)


def test_a_new_one_gets_an_id_and_changes_labels_at_once(desk):
    run(desk)
    done = record_step(desk, "a", "lead", amount=Decimal("1500.50"))
    assert [(one.classifier, one.was, one.label) for one in done.moved] == [
        ("sales_stage", "lead", "prospect")
    ]
    assert label(desk, "a", "sales_stage") == "prospect"
    assert not done.reopened
    (deal,) = deals(desk)
    assert (deal.id, deal.state, deal.amount) == (done.opportunity_id, "open", Decimal("1500.5"))
    assert (deal.owner, deal.rows[0].by) == ("lan", "an")
    assert run(desk).changed == 0


def test_what_is_not_said_stays_as_it_was(desk):
    first = record_step(
        *(desk, "a", "lead"),
        amount=100,
        expected_close=date(2026, 12, 1),
        intent="high",
        value_grade="A",
        owner="binh",
        changed_at=at("2026-11-01"),
    )
    record_step(desk, "a", "quotation", first.opportunity_id, changed_at=at("2026-11-05"))
    (deal,) = deals(desk)
    assert (deal.step, deal.amount, deal.expected_close) == (
        *("quotation", Decimal(100), date(2026, 12, 1)),
    )
    assert (deal.intent, deal.value_grade, deal.owner) == ("high", "A", "binh")
    assert [one.step for one in deal.rows] == ["quotation", "lead"]


def test_won_stays_won_after_the_sale_and_before_it_opens_again(desk):
    deal = record_step(desk, "a", "lead", changed_at=at("2026-11-01")).opportunity_id
    record_step(desk, "a", "contract", deal, outcome="won", changed_at=at("2026-11-02"))
    assert not record_step(desk, "a", "payment", deal, changed_at=at("2026-11-03")).reopened
    assert deals(desk)[0].state == "won"
    with desk.database.read() as session:
        rows = session.scalars(select(Opportunity.outcome).order_by(Opportunity.changed_at))
        assert list(rows) == [None, "won", "won"]
    assert record_step(desk, "a", "negotiation", deal, changed_at=at("2026-11-04")).reopened
    assert deals(desk)[0].state == "open"
    late = record_step(desk, "a", "quotation", deal, changed_at=at("2026-11-02", 12))
    assert not late.reopened  # it is open by what came later


def test_the_one_without_an_id_goes_on_without(desk):
    assert refused(record_step, desk, "a", "lead", NAMELESS).code == "no-opportunity"
    put(desk, Opportunity(customer_id="a", step="lead", changed_at=at("2026-11-01"), **fresh()))
    assert record_step(desk, "a", "quotation", NAMELESS, amount=5).opportunity_id is None
    record_step(desk, "a", "lead")
    assert sorted(len(one.rows) for one in deals(desk)) == [1, 2]


def test_a_hosts_own_id_is_one_customers(desk, tmp_path):
    record_step(desk, "a", "lead", "CH-1", changed_at=at("2026-11-01"))
    assert refused(record_step, desk, "b", "lead", "CH-1").code == "opportunity-known"
    same = refused(record_step, desk, "a", "lead", "CH-1", changed_at=at("2026-11-01"))
    assert same.code == "opportunity-known"
    path = tmp_path / "steps.csv"
    path.write_text(
        "customer_id,opportunity_id,step,changed_at\na,CH-1,lead,2026-11-01T09:00:00+07:00\n"
    )
    columns = {name: name for name in ("customer_id", "opportunity_id", "step", "changed_at")}
    assert import_file(desk, path, "opportunities", columns).counts.inserted == 0


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"step": "quotatoin"}, "no-step"),
        ({"outcome": "maybe"}, "outcome"),
        ({"amount": Decimal(-1)}, "amount-negative"),
        ({"amount": Decimal("Infinity")}, "infinite"),
        ({"expected_close": date(2026, 11, 20)}, "close-past"),
        ({"changed_at": at("2026-11-22")}, "time-in-future"),
        ({"changed_at": datetime(2026, 11, 2)}, "time-without-zone"),  # noqa: DTZ001
        ({"owner": "x" * 300}, "text-too-long"),
        ({"customer_id": "nobody"}, "no-customer"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(desk, said, code):
    told = refused(record_step, desk, **{"customer_id": "a", "step": "lead", **said})
    assert told.code == code
    assert told.nearest == ("quotation" if code == "no-step" else None)
    assert deals(desk) == ()


def test_a_day_that_has_passed_can_be_said_of_what_ended(desk):
    record_step(desk, "a", "contract", expected_close=date(2026, 11, 1), outcome="won")
    assert deals(desk)[0].state == "won"


@pytest.mark.parametrize(
    ("rows", "state"),
    [
        ([], "open"),
        ([("lead", None)], "open"),
        ([("lead", " WON ")], "won"),
        ([("lead", "won"), ("payment", None)], "won"),
        ([("lead", "lost"), ("payment", None)], "open"),
        ([("lead", "lost"), ("lead", None)], "open"),
        ([("lead", "won"), ("lead", None), ("payment", None)], "open"),
        ([("lead", "cancelled")], "cancelled"),
    ],
)
def test_how_it_stands(rows, state):
    assert state_of(rows, {"payment"}) == state
