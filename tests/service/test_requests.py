"""A change under a key of its own is made once, whatever happens meanwhile."""

import threading

import pytest
from sqlalchemy import select

from custrata.engine.diagnostics import DataError
from custrata.service.requests import once
from custrata.store.faults import StoreError, refuse
from custrata.store.models import Request


class Made:
    """Counts how often it was made."""

    def __init__(self):
        self.times = 0

    def __call__(self):
        self.times += 1
        return 201, {"times": self.times}


def test_the_same_again_is_answered_and_not_made(desk, clock):
    made = Made()
    answers = [once(desk, "p", "key", b"body", made) for _ in range(3)]
    assert [(one.status, one.content, one.again) for one in answers] == [
        (201, {"times": 1}, again) for again in (False, True, True)
    ]
    assert once(desk, "q", "key", b"body", made).content == {"times": 2}
    clock.forward(hours=24, minutes=1)
    assert once(desk, "p", "key", b"body", made).content == {"times": 3}
    with desk.database.read() as session:
        assert len(session.scalars(select(Request)).all()) == 1


def test_another_change_under_the_same_key_is_refused(desk):
    once(desk, "p", "key", b"body", Made())
    with pytest.raises(DataError, match="request-differs"):
        once(desk, "p", "key", b"other", Made())


def test_what_is_refused_may_be_asked_for_again(desk):
    def refused():
        raise refuse("no-customer", "there is no customer with this id")

    with pytest.raises(StoreError, match="no-customer"):
        once(desk, "p", "key", b"body", refused)
    assert once(desk, "p", "key", b"body", Made()).content == {"times": 1}


@pytest.mark.parametrize("fault", [refuse("database-away", "it does not answer"), KeyError("x")])
def test_what_broke_off_is_not_made_again(desk, fault):
    def broken():
        raise fault

    with pytest.raises(type(fault)):
        once(desk, "p", "key", b"body", broken)
    with pytest.raises(StoreError, match="request-under-way"):
        once(desk, "p", "key", b"body", Made())


def test_while_one_is_under_way_the_same_is_not_made(desk):
    inside, told = threading.Event(), []

    def slow():
        with pytest.raises(StoreError, match="request-under-way") as caught:
            once(desk, "p", "key", b"body", Made())
        told.append(caught.value)
        inside.set()
        return 200, {}

    once(desk, "p", "key", b"body", slow)
    assert inside.is_set()
    assert told


def test_neither_the_key_nor_the_body_is_kept(desk):
    once(desk, "p", "key of Lan", b"Lan", lambda: (200, {}))
    with desk.database.read() as session:
        row = session.scalars(select(Request)).one()
    assert b"Lan" not in row.key + row.body
    assert len(row.key) == len(row.body) == 16
