"""Whom to win back, and who sent others: as they are worked through."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from custrata.service.audit import taken_out
from custrata.service.customers.hand_over import hand_over
from custrata.service.customers.record import record_contact, record_sale
from custrata.service.runs import run
from custrata.service.sales.lists import has_own, referrers, win_back
from custrata.store.models import AuditEvent
from tests.service.runs.putting import customer, put, rules, sale

RULES = "ruleset: 1\ntime_zone: Asia/Ho_Chi_Minh\nclassifiers:\n  sales_stage: {}\n"


@pytest.fixture
def desk(desk, clock):
    rules(desk, RULES)
    put(desk, *(customer(name, owner="an", phone=f"0900 {name}") for name in "ab"))
    put(desk, customer("c", owner="bao", referred_by="a", lost_reason="price", lost_to="Trà Ba"))
    put(desk, customer("d", referred_by="a"), sale("d", "2026-11-01", 1234, 2))
    put(desk, sale("a", "2025-01-01", 30), sale("b", "2025-01-02", 20), sale("c", "2025-01-03", 10))
    run(desk)
    clock.forward(hours=1)
    return desk


def back(desk, **words):
    with desk.database.read() as session:
        return win_back(session, **words)


def ids(some):
    return [one.customer_id for one in some.rows]


def test_each_is_told_with_why_and_worth(desk):
    first, _, third = back(desk).rows
    assert (first.customer_id, first.phone, first.owner) == ("a", "0900 a", "an")
    assert (first.why, first.last_sale) == ([("sales_stage", "former")], date(2025, 1, 1))
    assert (first.worth, first.reason, first.to) == (Decimal(30), None, None)
    assert (third.customer_id, third.reason, third.to) == ("c", "price", "Trà Ba")


def test_who_bought_since_is_left_out_at_once(desk, clock):
    record_sale(desk, "a", 5, clock())
    record_sale(desk, "b", -5, clock())
    record_contact(desk, "c", clock(), channel="phone")
    assert ids(back(desk)) == ["b", "c"]


def test_whose_they_are_now(desk):
    assert ids(back(desk, owner="an")) == ["a", "b"]
    hand_over(desk, "bao", customer_ids=["b"])
    assert ids(back(desk, owner="bao")) == ["b", "c"]
    with desk.database.read() as session:
        assert has_own(session, "bao")
        assert not has_own(session, "cuc")


def test_pages_go_on_behind_the_one_before_even_where_some_are_left_out(desk, clock):
    record_sale(desk, "a", 5, clock())
    page = back(desk, limit=1)
    assert (ids(page), page.after) == ([], 1)
    page = back(desk, limit=1, after=page.after)
    assert (ids(page), page.after) == (["b"], 2)
    page = back(desk, limit=1, after=page.after)
    assert (ids(page), page.after) == (["c"], None)


def test_who_sent_others(desk):
    with desk.database.read() as session:
        (one,) = referrers(session).rows
        assert referrers(session, owner="bao").rows == []
    assert (one.customer_id, one.referred, one.bought, one.brought) == ("a", 2, 2, Decimal("22.34"))


def test_a_file_leaves_an_event(desk):
    taken_out(desk, 3, list="win-back")
    with desk.database.read() as session:
        query = select(AuditEvent).where(AuditEvent.action == "customers.export")
        event = session.scalars(query).one()
    assert event.detail == {"customers": 3, "list": "win-back"}
