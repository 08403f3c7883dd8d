"""What becomes known of one customer is recorded, and she is classified at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from custrata.engine.diagnostics import CustrataError
from custrata.service.customers import record
from custrata.service.imports import import_file
from custrata.service.runs import run
from custrata.store.models import (
    Contact,
    Counter,
    Customer,
    Feedback,
    StageChange,
    SurveyAnswer,
    Transaction,
)
from tests.service.runs.putting import at, contact, customer, label, put, rules, shown

RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
currency: VND
classifiers:
  stale_contact: {}
  buys:
    table:
      rules:
        - {frequency: ">= 1", label: buyer}
      otherwise: nobody
  mood:
    table:
      rules:
        - {satisfaction: "<= 2", label: cross}
        - {open_complaints: ">= 1", label: complains}
      otherwise: fine
"""


@pytest.fixture
def desk(desk):
    rules(desk, RULES)
    put(desk, customer("a", "hot", "2026-01-05"), customer("b", "hot", "2026-01-05"))
    put(desk, contact("a", "2026-10-01"), contact("b", "2026-10-01"))
    return desk


def code_of(call):
    with pytest.raises(CustrataError) as refused:
        call()
    return refused.value.diagnostics[0]


def rows(desk, model):
    with desk.database.read() as session:
        return session.scalars(select(model).order_by(model.id)).all()


def test_a_contact_reclassifies_at_once_and_as_a_full_run_would(desk):
    run(desk)
    assert shown(desk, "a") == "dont_forget"
    moved = record.record_contact(
        desk, "a", at("2026-11-20"), channel="phone", direction="out", owner="an"
    )
    assert [(one.customer_id, one.classifier, one.was, one.label, one.why) for one in moved] == [
        ("a", "stale_contact", "dont_forget", "in_touch", "facts")
    ]
    assert (shown(desk, "a"), shown(desk, "b")) == ("hot", "dont_forget")
    assert run(desk).changed == 0


def test_before_the_first_run_facts_are_recorded_all_the_same(desk):
    assert record.record_contact(desk, "a", at("2026-11-20"), note="two\nlines") == ()
    assert [one.note for one in rows(desk, Contact)][-1] == "two\nlines"


def test_a_person_who_sets_a_stage_lifts_the_reminder(desk, clock):
    run(desk)
    clock.forward(hours=1)
    moved = record.set_stage(desk, "a", "hot", "she called")
    assert [(one.was, one.label) for one in moved] == [("dont_forget", "in_touch")]
    assert (shown(desk, "a"), label(desk, "a")) == ("hot", "in_touch")
    *_, said, lifted = rows(desk, StageChange)
    assert [
        (one.how, one.from_stage, one.to_stage, one.by, one.why, one.changed_at)
        for one in (said, lifted)
    ] == [
        ("set", "hot", "hot", "an", "she called", clock()),
        ("lift", "dont_forget", "hot", "an", "she called", clock()),
    ]
    record.set_stage(desk, "a", "closed")
    assert (shown(desk, "a"), len(rows(desk, StageChange))) == ("closed", 5)
    assert run(desk).changed == 0


def test_amounts_are_kept_exactly_on_one_scale(desk):
    given = [
        (Decimal("500.10"), Decimal("0.125")),
        (2**53 + 1, None),
        (Decimal("1E+3"), -7),
        (Decimal("-0.001"), None),
        (Decimal("0.00"), None),
    ]
    for amount, profit in given:
        record.record_sale(desk, "a", amount, at("2026-11-20"), profit=profit)
    assert [(one.amount, one.profit, one.scale) for one in rows(desk, Transaction)] == [
        (500_100, 125, 3),
        (2**53 + 1, None, 0),
        (1000, -7, 0),
        (-1, None, 3),
        (0, None, 0),
    ]


def test_an_amount_that_leaves_no_room_for_others_is_refused(desk):
    """All are added up on one scale: nine decimals and billions do not go together."""
    day = at("2026-11-20")
    record.record_sale(desk, "a", 12_500_000_000, day)
    fine = code_of(lambda: record.record_sale(desk, "b", Decimal("0.000000001"), day))
    assert (fine.code, fine.allowed) == ("money-too-fine", "up to 5 decimals")
    record.record_sale(desk, "b", Decimal("0.00001"), day)
    large = code_of(lambda: record.record_sale(desk, "b", 10**14, day))
    assert (large.code, large.allowed) == ("money-too-large", "up to 92,233,720,368,547")
    run(desk)


def test_an_amount_that_a_few_decimals_of_another_would_make_too_large_is_refused(desk):
    """Three decimals are taken beside any amount."""
    day = at("2026-11-20")
    large = code_of(lambda: record.record_sale(desk, "a", 2**63 - 1, day))
    assert (large.code, large.allowed) == ("money-too-large", "up to 9,223,372,036,854,775")
    record.record_sale(desk, "a", 9_223_372_036_854_775, day)
    record.record_sale(desk, "b", Decimal("0.125"), day)
    run(desk)


def test_sales_answers_and_feedback_reclassify_too(desk):
    run(desk)
    due = at("2026-12-01")
    day = at("2026-11-20")
    moved = [
        *record.record_sale(desk, "a", 900_000, day, order_id="1", product="tour", currency="VND"),
        *record.record_feedback(desk, "a", "complaint", day, owner="an", due_at=due),
        *record.record_answer(desk, "a", "satisfaction", 2, day),
    ]
    assert [(one.classifier, one.was, one.label) for one in moved] == [
        ("buys", "nobody", "buyer"),
        ("mood", "fine", "complains"),
        ("mood", "complains", "cross"),
    ]
    assert [(one.question, one.answer) for one in rows(desk, SurveyAnswer)] == [
        ("satisfaction", "2")
    ]
    assert [(one.state, one.due_at) for one in rows(desk, Feedback)] == [("open", due)]


def test_an_own_id_is_taken_once_and_without_one_equal_records_are_two(desk, tmp_path):
    for _ in range(2):
        record.record_contact(desk, "a", at("2026-11-20"), channel="phone")
    record.record_contact(desk, "a", at("2026-11-20"), contact_id="c-1")
    again = code_of(lambda: record.record_contact(desk, "b", at("2026-11-19"), contact_id=" c-1 "))
    assert (again.code, len(rows(desk, Contact))) == ("contact-known", 5)
    file = tmp_path / "contacts.csv"
    file.write_text("customer_id,occurred_at,contact_id\na,2026-11-19,c-1\nb,2026-11-19,c-2\n")
    counts = import_file(desk, file, "contacts").counts
    assert (counts.inserted, counts.changed) == (1, 1)
    record.record_sale(desk, "a", 1, at("2026-11-20"), transaction_id="c-1")
    sold = code_of(lambda: record.record_sale(desk, "a", 1, at("2026-11-20"), transaction_id="c-1"))
    assert sold.code == "transaction-known"


def test_what_cannot_be_is_refused_and_nothing_is_written(desk):
    day = at("2026-11-20")

    def contact_of(name="a", moment=day, **more):
        return lambda: record.record_contact(desk, name, moment, **more)

    def sale_of(amount, **more):
        return lambda: record.record_sale(desk, "a", amount, day, **more)

    refused = [
        (contact_of("A"), "no-customer"),
        (contact_of("a\0"), "no-customer"),
        (contact_of(" "), "no-customer"),
        (contact_of(moment=desk.now() + timedelta(microseconds=1)), "time-in-future"),
        (contact_of(moment=datetime(2026, 11, 20, 9)), "time-without-zone"),  # noqa: DTZ001
        (contact_of(moment=at("0002-01-01")), "time-far"),
        (contact_of(channel="x" * 256), "text-too-long"),
        (contact_of(channel="a\nb"), "text-unreadable"),
        (contact_of(note="a\0b"), "text-unreadable"),
        (contact_of(note="\ud800"), "text-unreadable"),
        (sale_of(Decimal("0.0000000001")), "money-decimals"),
        (sale_of(2**63), "money-too-large"),
        (sale_of(Decimal("1E+999999")), "money-too-large"),
        (sale_of(10**18, profit=Decimal("0.01")), "money-too-large"),
        (sale_of(Decimal("NaN")), "infinite"),
        (sale_of(1.5), "no-number"),
        (sale_of(1, currency="USD"), "foreign-currency"),
        (lambda: record.record_answer(desk, "a", "q", " ", day), "text-missing"),
        (lambda: record.set_stage(desk, "c", "hot"), "no-customer"),
        (lambda: record.set_stage(desk, "a", "hott"), "no-stage"),
        (lambda: record.set_stage(desk, "a", "dont_forget"), "stage-automatic"),
    ]
    assert [code_of(call).code for call, _ in refused] == [code for _, code in refused]
    with desk.database.read() as session:
        counts = [session.scalar(select(func.count(one.id))) for one in (Contact, Transaction)]
        assert (counts, session.get(Counter, "facts").value) == ([2, 0], 2)


def test_an_unknown_stage_has_a_neighbour_and_an_unknown_customer_has_none(desk):
    assert code_of(lambda: record.set_stage(desk, "a", "hott")).nearest == "hot"
    told = code_of(lambda: record.set_stage(desk, "customer-b", "hot"))
    assert (told.nearest, told.message) == (None, "there is no customer with this id")


def test_many_at_once_lose_nothing(desk):
    run(desk)

    def call(number):
        record.record_contact(desk, "ab"[number % 2], at("2026-11-20"), contact_id=str(number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(call, range(8)))
    with desk.database.read() as session:
        last = session.get(Counter, "facts").value
        seqs = session.scalars(select(Customer.fact_seq)).all()
    assert (len(rows(desk, Contact)), last - max(seqs)) == (10, 0)
    assert run(desk).changed == 0
