"""Customers whom a person enters, and what is corrected of them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import select

from custrata.engine.diagnostics import CustrataError
from custrata.service.audit import events
from custrata.service.customers.listing import customers
from custrata.service.customers.master import (
    add_customer,
    correct_customer,
    mark_of,
    take_customer,
)
from custrata.service.customers.question import Question
from custrata.service.registers.sources import add_source
from custrata.service.runs import run
from custrata.store.models import Customer, Feedback, OwnerChange
from tests.service.customers.firm import learn, named
from tests.service.runs.putting import at, customer, fresh, label, put, rules

RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
classifiers:
  where:
    table:
      rules:
        - {region: north, label: north}
        - {source: zalo, label: chat}
      otherwise: elsewhere
"""


@pytest.fixture
def desk(desk):
    rules(desk, RULES)
    add_source(desk, "Zalo")
    put(desk, named("a", "Lan", stage="hot", region="south", owner="binh"))
    learn(desk, ["a"])
    run(desk)
    return desk


def code_of(act, *words, **more):
    with pytest.raises(CustrataError) as error:
        act(*words, **more)
    return error.value.diagnostics[0].code


def row(desk, who="a"):
    with desk.database.read() as session:
        return session.get(Customer, who)


def found(desk, text):
    with desk.database.read() as session:
        return [one.customer_id for one in customers(session, Question(text=text)).rows]


def owners(desk):
    with desk.database.read() as session:
        rows = session.scalars(select(OwnerChange).order_by(OwnerChange.id))
        return [(one.customer_id, one.from_owner, one.to_owner, one.by) for one in rows]


def test_one_who_is_added_is_found_and_classified_at_once(desk):
    who = add_customer(
        desk,
        created_at=at("2026-11-20"),
        stage="new",
        name=" Đặng Ánh ",
        phone="+84 912 345 678",
        source="zalo",
        birth_date=date(1990, 1, 2),
        consent=True,
    )
    assert who.startswith("C-")
    known = row(desk, who)
    assert (known.name, known.name_fold, known.stage) == ("Đặng Ánh", "dang anh", "new")
    assert (known.birth_date, known.consent, known.owner) == (date(1990, 1, 2), True, None)
    assert label(desk, who, "where") == "chat"
    assert found(desk, "dang") == found(desk, "0912345678") == [who]
    assert owners(desk) == []
    assert run(desk).changed == 0


def test_an_id_is_given_or_made_and_nobodys_else(desk):
    assert add_customer(desk, " KH/7 ") == "KH/7"
    assert code_of(add_customer, desk, "KH/7") == "customer-known"
    put(desk, *(customer(f"C-{number}") for number in range(20)))
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: add_customer(desk), range(4)))
    assert len(set(made)) == 4
    assert not set(made) & {f"C-{number}" for number in range(20)}


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"source": "fair"}, "no-source"),
        ({"name": "x" * 256}, "text-too-long"),
        ({"name": "a\nb"}, "text-unreadable"),
        ({"birth_date": date(2026, 11, 23)}, "no-birthday"),
        ({"birth_date": date(1899, 1, 1)}, "no-birthday"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_changes(desk, said, code):
    before = mark_of(row(desk))
    assert code_of(correct_customer, desk, "a", **said) == code
    assert code_of(add_customer, desk, "b", **said) == code
    assert row(desk, "b") is None
    assert mark_of(row(desk)) == before


def test_moments_and_stages_of_new_ones_are_checked(desk):
    assert code_of(add_customer, desk, created_at=at("2027-01-01")) == "time-in-future"
    assert code_of(add_customer, desk, stage="dont_forget") == "stage-automatic"
    assert code_of(correct_customer, desk, "nobody", name="x") == "no-customer"


def test_a_correction_counts_at_once_and_leaves_what_it_does_not_name(desk):
    moved = correct_customer(desk, "a", region="north", name="Mai")
    assert [(one.classifier, one.was, one.label) for one in moved] == [
        ("where", "elsewhere", "north")
    ]
    assert (row(desk).owner, row(desk).name) == ("binh", "Mai")
    assert (found(desk, "mai"), found(desk, "lan")) == (["a"], [])
    assert run(desk).changed == 0
    correct_customer(desk, "a", name="")
    assert (row(desk).name, row(desk).name_fold) == (None, None)


def test_another_salesperson_is_a_hand_over(desk):
    put(
        desk,
        Feedback(
            customer_id="a",
            kind="complaint",
            state="open",
            owner="binh",
            opened_at=at("2026-11-01"),
            **fresh(),
        ),
    )
    correct_customer(desk, "a", owner="an")
    correct_customer(desk, "a", owner="an")
    correct_customer(desk, "a", owner=None)
    assert owners(desk) == [("a", "binh", "an", "an"), ("a", "an", None, "an")]
    with desk.database.read() as session:
        assert session.scalars(select(Feedback.owner)).all() == ["an"]


def test_the_audit_names_fields_and_nothing_of_hers(desk):
    correct_customer(desk, "a", name="Secret", phone="0901", consent=False)
    with desk.database.read() as session:
        told = events(session)[:2]
    assert {one.action for one in told} == {"customer.correct", "consent.set"}
    (one,) = (one for one in told if one.action == "customer.correct")
    assert one.detail == {"fields": ["consent", "name", "phone"]}
    assert "Secret" not in repr(told)


def test_whoever_saves_second_is_told(desk):
    seen = mark_of(row(desk))
    correct_customer(desk, "a", seen, region="north")
    assert code_of(correct_customer, desk, "a", seen, region="west") == "changed-meanwhile"
    assert row(desk).region == "north"


def test_one_of_two_takes_a_lead(desk):
    put(desk, customer("lead", "new"))

    def take(login):
        try:
            take_customer(desk.of(login), "lead")
        except CustrataError as error:
            return error.diagnostics[0].code
        return login

    with ThreadPoolExecutor(2) as threads:
        told = sorted(threads.map(take, ("chi", "duc")))
    assert told[0] == "changed-meanwhile"
    assert row(desk, "lead").owner == told[1]
    assert owners(desk) == [("lead", None, told[1], told[1])]
    assert take_customer(desk.of(told[1]), "lead") == ()
