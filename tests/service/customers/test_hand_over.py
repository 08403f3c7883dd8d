"""Customers handed over in bulk."""

import pytest
from sqlalchemy import select

from custrata.engine.diagnostics import CustrataError
from custrata.service.customers.hand_over import hand_over
from custrata.service.runs import run
from custrata.store.models import AuditEvent, Counter, Customer, OwnerChange
from tests.service.runs.putting import customer, labels, put, rules

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
        assert (told.code, "KH" in str(told)) == (code, False)
    now, changes, _ = owners(desk)
    assert (list(now.values()).count("chi"), changes) == (0, [])
    with desk.database.read() as session:
        assert session.get(Counter, "facts").value == 1
