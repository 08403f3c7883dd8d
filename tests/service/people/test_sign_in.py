"""Signing in: the right ones get in, guessing gets slow."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from custrata.service.people import passwords
from custrata.service.people.sign_in import sign_in
from custrata.service.people.users import add_user
from custrata.store.faults import StoreError
from custrata.store.models import User

GOOD, WRONG = "đủ-dài-rồi", "không-phải"


@pytest.fixture
def desk(desk):
    add_user(desk, "an", "editor", password=GOOD)
    return desk


def gets_in(desk, password, login="an"):
    try:
        return sign_in(desk, login, password).login == login
    except StoreError as error:
        return error.diagnostics[0].code != "sign-in"


def kept(desk):
    with desk.database.read() as session:
        return session.scalars(select(User)).one()


def test_after_five_wrong_ones_each_waits_twice_as_long(desk, clock):
    assert [gets_in(desk, WRONG) for _ in range(4)] == [False] * 4
    assert gets_in(desk, GOOD)
    assert [gets_in(desk, WRONG) for _ in range(5)] == [False] * 5
    for seconds in (30, 60, 120):
        assert kept(desk).locked_until == clock() + timedelta(seconds=seconds)
        clock.forward(seconds=seconds - 1)
        assert not gets_in(desk, GOOD)
        clock.forward(seconds=1)
        assert not gets_in(desk, WRONG)
    clock.forward(hours=1)
    assert gets_in(desk, GOOD)
    assert (kept(desk).failures, kept(desk).locked_until) == (0, None)


def test_the_wait_ends_at_an_hour(desk, clock):
    with desk.database.write() as session:
        session.scalars(select(User)).one().failures = 400
    assert not gets_in(desk, WRONG)
    assert kept(desk).locked_until == clock() + timedelta(hours=1)


def test_tries_at_once_are_all_counted(desk):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: gets_in(desk, WRONG), range(8)))
    assert kept(desk).failures == 5


def test_nobody_takes_as_long_as_somebody(desk, monkeypatch):
    looked = []

    class Counted(PasswordHasher):
        def verify(self, kept, given):
            looked.append(kept)
            return super().verify(kept, given)

    monkeypatch.setattr(passwords, "HASHER", Counted(time_cost=1, memory_cost=8, parallelism=1))
    for login in ("an", "nobody", "' OR 1=1", ""):
        assert not gets_in(desk, WRONG, login)
    assert len(looked) == 4
    assert {one.rpartition("$")[0].rpartition("$")[0] for one in looked} == {
        "$argon2id$v=19$m=8,t=1,p=1"
    }


def test_a_password_is_hashed_anew_when_hashing_changed(desk, monkeypatch):
    before = kept(desk).password_hash
    assert gets_in(desk, GOOD)
    assert kept(desk).password_hash == before
    monkeypatch.setattr(
        passwords, "HASHER", PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)
    )
    assert gets_in(desk, GOOD)
    assert "t=2" in kept(desk).password_hash
    assert gets_in(desk, GOOD)


def test_letters_with_accents_are_the_same_however_a_keyboard_makes_them(desk):
    assert gets_in(desk, "đủ-dài-rồi")
    assert not gets_in(desk, "\ud800" + GOOD)
