"""Whom a customer is tied to."""

import pytest

from custrata.service.customers import ties as module
from custrata.service.customers.erase import erase
from custrata.service.customers.hand_over import hand_over
from custrata.service.customers.ties import ties
from custrata.store.faults import StoreError
from tests.service.runs.putting import customer, put, sale


@pytest.fixture
def desk(desk):
    lan, mai = customer("a", owner="an"), customer("b", referred_by="a")
    lan.name, mai.name = "Lan", "Mai"
    put(desk, lan, mai)
    put(desk, customer("c", referred_by="a"), customer("lone", referred_by="lone"))
    put(desk, customer("x", referred_by="stranger"), sale("b", "2026-01-01", 0))
    put(desk, sale("c", "2026-01-01", -5))
    return desk


def of(desk, who):
    with desk.database.read() as session:
        return ties(session, who)


def test_who_sent_her_and_whom_she_sent(desk):
    lan, mai = of(desk, "a"), of(desk, "b")
    assert (lan.sender, lan.sender_name) == (None, None)
    assert [(one.customer_id, one.name, one.bought) for one in lan.sent] == [
        ("b", "Mai", True),
        ("c", None, False),
    ]
    assert (mai.sender, mai.sender_name, mai.sent) == ("a", "Lan", [])


def test_who_sent_her_may_be_nobody_known(desk):
    assert (of(desk, "x").sender, of(desk, "x").sender_name) == ("stranger", None)
    assert of(desk, "lone").sent == []
    erase(desk, "a")
    assert of(desk, "b").sender is None


def test_more_than_are_shown(desk, monkeypatch):
    monkeypatch.setattr(module, "LATEST", 1)
    assert ([one.customer_id for one in of(desk, "a").sent], of(desk, "a").more) == (["b"], True)


def test_who_looked_after_her(desk, clock):
    hand_over(desk, "bao", customer_ids=["a"], why="An left")
    clock.forward(days=1)
    hand_over(desk, "cuc", customer_ids=["a"])
    told = [(one.from_owner, one.to_owner, one.by, one.why) for one in of(desk, "a").owners]
    assert told == [("bao", "cuc", "an", None), ("an", "bao", "an", "An left")]


def test_nobody(desk):
    with pytest.raises(StoreError, match="no customer"):
        of(desk, "nobody")
