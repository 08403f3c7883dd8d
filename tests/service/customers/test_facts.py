"""Sales and contacts that were entered wrong are corrected or taken out, by whom is kept."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from custrata.engine.diagnostics import CustrataError
from custrata.service.customers.facts import (
    correct_fact,
    delete_fact,
    facts_of,
    finest_amounts,
    recorded_by,
)
from custrata.service.customers.record import record_contact, record_sale
from custrata.service.imports import import_file
from custrata.service.runs import run
from custrata.store.models import AuditEvent, Contact, Transaction
from tests.service.runs.putting import at, contact, customer, label, put, rules, sale, shown

RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
classifiers:
  stale_contact: {}
  size:
    table:
      rules: [{monetary: ">= 1000", label: big}]
      otherwise: small
"""


@pytest.fixture
def desk(desk):
    rules(desk, RULES)
    put(desk, customer("a", "hot", "2026-01-05"), customer("b", "hot", "2026-01-05"))
    put(desk, contact("a", "2026-11-20"), contact("b", "2026-11-20"), sale("a", "2026-11-01", 100))
    return desk


def number(desk, model, who="a"):
    with desk.database.read() as session:
        return session.scalars(select(model.id).where(model.customer_id == who)).one()


def audited(desk):
    with desk.database.read() as session:
        rows = session.scalars(select(AuditEvent).order_by(AuditEvent.id))
        return [(one.action, one.subject, one.detail) for one in rows if "run" not in one.action]


def code_of(call):
    with pytest.raises(CustrataError) as refused:
        call()
    return refused.value.diagnostics[0].code


def test_a_corrected_sale_moves_its_customer_at_once(desk):
    run(desk)
    sold = number(desk, Transaction)
    moved = correct_fact(desk, "transaction", sold, amount=Decimal("1000.50"), product="tour")
    assert [(one.customer_id, one.was, one.label) for one in moved] == [("a", "small", "big")]
    with desk.database.read() as session:
        row = session.get(Transaction, sold)
        assert (row.amount, row.scale, row.product, row.occurred_at) == (
            10005,
            1,
            "tour",
            at("2026-11-01"),
        )
    assert audited(desk)[-1] == (
        "transaction.correct",
        "a",
        {"number": sold, "changed": ["amount", "product"]},
    )
    assert run(desk).changed == 0


def test_a_contact_that_never_was_counts_no_more(desk):
    run(desk)
    moved = delete_fact(desk, "contact", number(desk, Contact))
    assert [(one.was, one.label) for one in moved] == [("in_touch", "dont_forget")]
    assert (shown(desk, "a"), shown(desk, "b")) == ("dont_forget", "hot")
    assert audited(desk)[-1][:2] == ("contact.delete", "a")
    assert run(desk).changed == 0


def test_who_recorded_something_is_known_and_no_text_of_it(desk):
    record_sale(desk, "a", 7, at("2026-11-02"), product="a secret")
    record_contact(desk, "a", at("2026-11-02"), note="a secret")
    with desk.database.read() as session:
        sold, said = (session.scalar(select(func.max(one.id))) for one in (Transaction, Contact))
    assert audited(desk)[-2:] == [
        ("transaction.record", "a", {"number": sold}),
        ("contact.record", "a", {"number": said}),
    ]
    with desk.database.read() as session:
        known = recorded_by(session, "a")
        assert known == {("transaction", sold): "an", ("contact", said): "an"}
        assert recorded_by(session, "b") == {}


def test_a_contact_gets_another_day(desk):
    correct_fact(desk, "contact", number(desk, Contact), occurred_at=at("2026-01-06"), note=None)
    run(desk)
    assert label(desk, "a") == "dont_forget"


def test_a_fine_amount_that_stops_every_run_is_found_and_mended(desk):
    put(desk, sale("b", "2026-11-01", 123_456_789, 9), sale("b", "2026-11-01", 12_500_000_000))
    assert code_of(lambda: run(desk)) == "money-too-large"
    with desk.database.read() as session:
        (slip, *_others) = finest_amounts(session)
    assert (slip.customer_id, slip.scale) == ("b", 9)
    correct_fact(desk, "transaction", slip.id, amount=Decimal("0.12"))
    assert run(desk).customers == 2


def test_a_file_does_not_undo_a_correction_of_rows_without_ids(desk, tmp_path):
    file = tmp_path / "sales.csv"
    file.write_text("customer_id,occurred_at,amount\nc,2026-11-01,7\n")
    import_file(desk, file)
    sold = number(desk, Transaction, "c")
    correct_fact(desk, "transaction", sold, amount=8)
    assert import_file(desk, file).counts.same == 1
    with desk.database.read() as session:
        assert [one.amount for one in facts_of(session, "transaction", "c")] == [8]


def test_what_cannot_be_is_refused_and_nothing_is_changed(desk):
    sold, called = number(desk, Transaction), number(desk, Contact)
    record_sale(desk, "b", 12_500_000_000, at("2026-11-01"))
    before = audited(desk)
    future = desk.now() + timedelta(days=1)
    refused = {
        "no-transaction": lambda: correct_fact(desk, "transaction", 999, amount=1),
        "no-contact": lambda: delete_fact(desk, "contact", 999),
        "no-field": lambda: correct_fact(desk, "contact", called, amount=1),
        "time-in-future": lambda: correct_fact(desk, "contact", called, occurred_at=future),
        "no-number": lambda: correct_fact(desk, "transaction", sold, amount=None),
        "money-too-fine": lambda: correct_fact(
            desk, "transaction", sold, amount=Decimal("0.000000001")
        ),
    }
    for code, call in refused.items():
        assert code_of(call) == code
    assert audited(desk) == before
    with desk.database.read() as session:
        assert session.get(Transaction, sold).amount == 100
