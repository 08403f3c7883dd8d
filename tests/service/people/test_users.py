"""People: added, given roles and passwords, never without an admin."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Barrier

import pytest
from sqlalchemy import select

from custrata.engine.diagnostics import CustrataError
from custrata.service.people.roles import ACTIONS, ROLES, allows
from custrata.service.people.sign_in import sign_in
from custrata.service.people.users import (
    activate,
    add_user,
    change_role,
    deactivate,
    first_admin,
    set_password,
    signed_in,
    users,
)
from custrata.store.models import AuditEvent, User

GOOD = "đủ-dài-rồi"


def refused(call, *args, **words):
    with pytest.raises(CustrataError) as error:
        call(*args, **words)
    return error.value.diagnostics[0]


def known(desk):
    with desk.database.read() as session:
        return {one.login: one for one in users(session)}


def nonce_holds(desk, person):
    with desk.database.read() as session:
        return signed_in(session, person.id, person.nonce) is not None


def test_each_role_may_do_what_those_before_it_may_and_more():
    may = [{action for action in ACTIONS if allows(role, action)} for role in ROLES]
    assert may[0] == {"see"}
    assert may[-1] == set(ACTIONS)
    assert all(less < more for less, more in pairwise(may))
    assert not allows("root", "see")
    with pytest.raises(KeyError):
        allows("admin", "everything")


def test_a_user_is_added_with_a_password_or_gets_one_to_be_used_once(desk):
    assert add_user(desk, " An@firm.vn ", "editor", "Nguyễn An", GOOD) is None
    made_up = add_user(desk, "bình", "viewer")
    found = known(desk)
    assert [(one.login, one.role, one.name, one.must_change) for one in found.values()] == [
        ("an@firm.vn", "editor", "Nguyễn An", False),
        ("bình", "viewer", None, True),
    ]
    assert sign_in(desk, "BÌNH", made_up).must_change
    assert sign_in(desk, "an@firm.vn", GOOD).role == "editor"
    with desk.database.read() as session:
        hashes = session.scalars(select(User.password_hash)).all()
        told = [str(one) for one in session.scalars(select(AuditEvent.detail))]
    assert all(one.startswith("$argon2id$") for one in hashes)
    assert [one for one in told if GOOD in one or made_up in one] == []


def test_who_cannot_be_a_user(desk):
    add_user(desk, "an", "editor", password=GOOD)
    faults = [
        (("an", "editor", GOOD), "login-taken"),
        (("AN", "editor", GOOD), "login-taken"),
        (("a b", "editor", GOOD), "login-form"),
        (("rule:rfm", "editor", GOOD), "login-form"),
        (("system", "editor", GOOD), "login-form"),
        (("binh", "boss", GOOD), "no-role"),
        (("binh", "editor", "nine-long"), "password-weak"),
        (("binh", "editor", "x" * 1_001), "password-weak"),
        (("binh-nguyen", "editor", "Binh-Nguyen"), "password-weak"),
    ]
    for (login, role, password), code in faults:
        assert refused(add_user, desk, login, role, password=password).code == code
    assert list(known(desk)) == ["an"]


def test_the_first_admin_is_made_once(desk):
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(first_admin, (desk, desk)))
    (password,) = (one for one in made if one is not None)
    assert first_admin(desk) is None
    person = sign_in(desk, "admin", password)
    assert (person.role, person.must_change) == ("admin", True)
    set_password(desk, "admin", GOOD)
    assert not sign_in(desk, "admin", GOOD).must_change


def test_a_new_password_or_deactivation_signs_out_everywhere(desk):
    add_user(desk, "an", "editor", password=GOOD)
    person = sign_in(desk, "an", GOOD)
    change_role(desk, "an", "viewer")
    assert nonce_holds(desk, person)
    once = set_password(desk, "AN")
    assert not nonce_holds(desk, person)
    person = sign_in(desk, "an", once)
    deactivate(desk, "an")
    assert not nonce_holds(desk, person)
    assert refused(sign_in, desk, "an", once).code == "sign-in"
    activate(desk, "an")
    assert sign_in(desk, "an", once).role == "viewer"
    assert not nonce_holds(desk, person)
    assert refused(deactivate, desk, "ann").nearest == "an"
    with desk.database.read() as session:
        actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert actions[1:] == [
        "user.add",
        "user.role",
        "user.password",
        "user.deactivate",
        "user.activate",
    ]


def test_the_last_active_admin_stays(desk):
    for login in ("an", "binh"):
        add_user(desk, login, "admin", password=GOOD)
    deactivate(desk, "an")
    assert refused(deactivate, desk, "binh").code == "last-admin"
    assert refused(change_role, desk, "binh", "publisher").code == "last-admin"
    change_role(desk, "binh", "admin")
    deactivate(desk, "an")


def test_two_at_once_do_not_remove_the_last_two_admins(desk):
    for login in ("an", "binh"):
        add_user(desk, login, "admin", password=GOOD)
    together = Barrier(2)

    def leave(call):
        together.wait()
        try:
            call()
        except CustrataError as error:
            return error.diagnostics[0].code
        return "gone"

    for _ in range(3):
        with ThreadPoolExecutor(2) as pool:
            calls = (lambda: deactivate(desk, "an"), lambda: change_role(desk, "binh", "viewer"))
            found = list(pool.map(leave, calls))
        assert sorted(found) == ["gone", "last-admin"]
        activate(desk, "an")
        change_role(desk, "binh", "admin")
