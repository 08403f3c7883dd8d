"""Customers handed over in bulk."""

from datetime import date

import pytest
from sqlalchemy import select

from custrata.engine.diagnostics import CustrataError
from custrata.service.customers.hand_over import hand_over
from custrata.service.customers.opportunities import opportunities
from custrata.service.registers.staff import add_staff
from custrata.service.runs import run
from custrata.store.models import (
    AuditEvent,
    Counter,
    Customer,
    Opportunity,
    OwnerChange,
    Visit,
)
from tests.service.runs.putting import at, customer, fresh, labels, put, rules

RULES = """\
ruleset: 1
classifiers:
  care:
    table:
      rules:
        - {owner: chi, label: well}
      otherwise: so_so
"""


@pytest.fixture
def desk(desk):
    put(
        desk,
        *(customer(f"a{number:04}", owner="an") for number in range(1_200)),
        *(customer(f"b{number}", owner="binh") for number in range(3)),
        customer("nobodys"),
    )
    return desk


def owners(desk):
    with desk.database.read() as session:
        rows = session.execute(select(Customer.customer_id, Customer.owner)).all()
        changes = session.scalars(select(OwnerChange).order_by(OwnerChange.customer_id)).all()
        events = session.scalars(select(AuditEvent).where(AuditEvent.action.like("customers.%")))
        return dict(rows), changes, [one.detail for one in events]


def test_all_of_a_salesperson_who_leaves_and_nobody_elses(desk, clock):
    assert hand_over(desk, "Chị Hoà", "an", why="an leaves") == 1_200
    now, changes, events = owners(desk)
    assert {one for name, one in now.items() if name.startswith("a")} == {"Chị Hoà"}
    assert [now[one] for one in ("b0", "b1", "b2", "nobodys")] == ["binh"] * 3 + [None]
    assert len(changes) == 1_200
    assert {(one.from_owner, one.to_owner, one.by, one.why) for one in changes} == {
        ("an", "Chị Hoà", "an", "an leaves")
    }
    assert {one.changed_at for one in changes} == {clock()}
    assert events == [{"customers": 1_200, "from_owner": "an", "to_owner": "Chị Hoà"}]
    assert hand_over(desk, "Chị Hoà", "an") == 0
    with desk.database.read() as session:
        touched = select(Customer.customer_id).where(Customer.fact_seq == 2)
        assert len(session.scalars(touched).all()) == 1_200


def test_some_by_their_ids_are_classified_at_once(desk):
    rules(desk, RULES)
    run(desk)
    assert hand_over(desk, "chi", customer_ids=["a0001", "b0", "nobodys", "b0"]) == 3
    assert hand_over(desk, "chi", "binh", ["a0002", "b1"]) == 1
    found = labels(desk, "care")
    assert {name for name, label in found.items() if label == "well"} == {
        "a0001",
        "b0",
        "b1",
        "nobodys",
    }
    _, changes, _ = owners(desk)
    assert [(one.customer_id, one.from_owner) for one in changes] == [
        ("a0001", "an"),
        ("b0", "binh"),
        ("b1", "binh"),
        ("nobodys", None),
    ]
    assert run(desk).changed == 0


def test_what_is_refused_changes_nothing(desk):
    faults = [
        ({"customer_ids": ["a0001", "a9999", "KH"]}, "no-customer"),
        ({}, "nobody-named"),
        ({"from_owner": " "}, "nobody-named"),
    ]
    for words, code in faults:
        with pytest.raises(CustrataError) as refused:
            hand_over(desk, "chi", **words)
        told = refused.value.diagnostics[0]
        assert told.code == code
        unknown = code == "no-customer"
        assert ("'KH', 'a9999'" in told.message, "a0001" in told.message) == (unknown, False)
    now, changes, _ = owners(desk)
    assert (list(now.values()).count("chi"), changes) == (0, [])
    with desk.database.read() as session:
        assert session.get(Counter, "facts").value == 1


def test_what_the_former_owner_was_to_do_goes_along(desk, clock):
    add_staff(desk, "chi", team="south")
    deal = {"step": "offer", "changed_at": at("2026-11-01"), "amount": 500, "scale": 2}
    mine = [
        Opportunity(customer_id="b0", opportunity_id=name, **deal, **fresh(), **more)
        for name, more in (
            ("open", {"owner": "binh", "expected_close": date(2026, 12, 1)}),
            ("nobodys", {}),
            ("others", {"owner": "dung"}),
            ("won", {"owner": "binh", "outcome": "won"}),
        )
    ]
    kinds = (("binh", "planned"), ("binh", "dropped"), ("dung", "planned"))
    visits = [
        Visit(customer_id="b0", day=date(2026, 12, 1), owner=owner, state=state, **fresh())
        for owner, state in kinds
    ]
    put(desk, *mine, *visits)
    hand_over(desk, "chi", "binh")
    with desk.database.read() as session:
        there = session.scalars(select(Visit).order_by(Visit.id)).all()
        assert [one.owner for one in there] == ["chi", "binh", "dung"]
        rows = session.scalars(select(Opportunity).order_by(Opportunity.id)).all()[4:]
        assert session.get(Customer, "b0").team == "south"
        found = {one.id: one.owner for one in opportunities(session, "b0")}
    assert found == {"open": "chi", "nobodys": "chi", "others": "dung", "won": "binh"}
    (first,) = [one for one in rows if one.opportunity_id == "open"]
    assert (first.step, first.amount, first.scale, first.by) == ("offer", 500, 2, "an")
    assert (first.changed_at, first.expected_close) == (clock(), date(2026, 12, 1))
    assert owners(desk)[2][-1] == {
        "customers": 3,
        "from_owner": "binh",
        "to_owner": "chi",
        "visits": 1,
        "opportunities": 2,
    }
    hand_over(desk, "binh", "chi")
    with desk.database.read() as session:
        assert session.get(Customer, "b0").team == "south"  # that of binh is not known
        assert {one.id: one.owner for one in opportunities(session, "b0")}["open"] == "binh"
