"""Tokens: shown once, checked, limited, and gone when they should be."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from custrata.engine.diagnostics import CustrataError
from custrata.service.people.tokens import check_token, make_token, revoke_token, tokens
from custrata.service.people.users import add_user, change_role, deactivate
from custrata.store.models import Token


def refused(call, *args, **words):
    with pytest.raises(CustrataError) as error:
        call(*args, **words)
    return error.value.diagnostics[0].code


def test_a_token_lets_in_and_nothing_like_it_does(desk):
    made = make_token(desk, "web shop", "editor", ["record", "see", "record"])
    found = check_token(desk, made.text)
    assert found == made.grant
    assert (found.name, found.role, found.scopes) == ("web shop", "editor", ("record", "see"))
    assert [one for one in ("see", "record", "draft", "publish") if found.allows(one)] == [
        "see",
        "record",
    ]
    prefix = found.prefix
    near = (made.text[:-1], made.text + "x", made.text.upper(), prefix, f"custrata_{prefix}_", "")
    assert [one for one in near if check_token(desk, one)] == []
    with desk.database.read() as session:
        row = session.scalars(select(Token)).one()
        kept = [str(getattr(row, one.name)) for one in Token.__table__.columns]
    secret = made.text.removeprefix(f"custrata_{prefix}_")
    assert [one for one in kept if secret in one] == []


def test_a_token_ends_when_it_expires_or_is_revoked(desk, clock):
    short = make_token(desk, "short", "viewer", expires_at=clock() + timedelta(days=1))
    other = make_token(desk, "other", "viewer")
    assert not other.grant.allows("record")
    clock.forward(days=1, seconds=-1)
    assert check_token(desk, short.text)
    clock.forward(seconds=1)
    assert check_token(desk, short.text) is None
    revoke_token(desk, other.grant.prefix)
    revoke_token(desk, other.grant.prefix)
    assert check_token(desk, other.text) is None
    with desk.database.read() as session:
        assert [one.revoked_at for one in tokens(session)] == [None, clock()]


def test_a_token_may_do_no_more_than_whose_it_is(desk):
    add_user(desk, "an", "publisher")
    text = make_token(desk, "script", "admin", login="an").text
    assert check_token(desk, text).role == "publisher"
    change_role(desk, "an", "viewer")
    assert (check_token(desk, text).role, check_token(desk, text).login) == ("viewer", "an")
    deactivate(desk, "an")
    assert check_token(desk, text) is None


def test_what_cannot_be_a_token(desk, clock):
    assert refused(make_token, desk, "x", "boss") == "no-role"
    assert refused(make_token, desk, " ", "viewer") == "text-missing"
    assert refused(make_token, desk, "x", "viewer", ["everything"]) == "no-scope"
    assert refused(make_token, desk, "x", "viewer", expires_at=clock()) == "time-past"
    assert refused(make_token, desk, "x", "viewer", login="nobody") == "no-user"
    assert refused(revoke_token, desk, "0123456789") == "no-token"
    with desk.database.read() as session:
        assert tokens(session) == ()
