"""People whom a host signed in: taken in, followed, kept out."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from custrata.engine.diagnostics import CustrataError
from custrata.service.people.sign_in import sign_in
from custrata.service.people.users import add_user, deactivate, users
from custrata.service.people.visitors import Visitor, let_in
from custrata.store.models import AuditEvent, User


def code(call, *args, **words):
    with pytest.raises(CustrataError) as error:
        call(*args, **words)
    return error.value.diagnostics[0].code


def events(desk):
    with desk.database.read() as session:
        rows = session.scalars(select(AuditEvent).order_by(AuditEvent.id))
        return [(one.action, one.subject, one.by) for one in rows if one.subject_kind == "user"]


def test_who_is_new_is_taken_in_and_may_only_look(desk):
    known = let_in(desk, Visitor("Lan@Firm.vn", name="Lan Trần", language="vi"))
    assert (known.login, known.role, known.name, known.language) == (
        "lan@firm.vn",
        "viewer",
        "Lan Trần",
        "vi",
    )
    assert not known.must_change
    assert let_in(desk, Visitor("lan@firm.vn")) == known
    assert events(desk) == [("user.add", "lan@firm.vn", "system")]


def test_who_came_through_a_host_has_no_password(desk):
    let_in(desk, Visitor("lan"))
    for guess in ("", "lan", "None"):
        assert code(sign_in, desk, "lan", guess) == "sign-in"
    with desk.database.read() as session:
        assert session.scalars(select(User)).one().password_hash is None


def test_the_host_says_which_role_and_name_she_has_by_now(desk):
    let_in(desk, Visitor("lan", "admin", "Lan"))
    assert let_in(desk, Visitor("lan", "editor")).role == "editor"  # the only admin there was
    assert let_in(desk, Visitor("lan")).role == "editor"
    assert let_in(desk, Visitor("lan", name="Lan Trần")).name == "Lan Trần"
    with desk.database.read() as session:
        assert [(one.role, one.name) for one in users(session)] == [("editor", "Lan Trần")]
    assert [one[0] for one in events(desk)] == ["user.add", "user.role"]


def test_a_language_of_ones_own_choice_stays(desk):
    let_in(desk, Visitor("lan", language="vi"))
    assert let_in(desk, Visitor("lan", language="en")).language == "vi"


def test_who_is_not_known_stays_out_where_nobody_is_taken_in(desk):
    assert code(let_in, desk, Visitor("lan"), make=False) == "not-let-in"
    add_user(desk, "lan", "publisher")
    known = let_in(desk, Visitor("lan"), make=False)
    assert (known.role, known.must_change) == ("publisher", False)


def test_who_was_deactivated_stays_out(desk):
    let_in(desk, Visitor("an", "admin"))
    let_in(desk, Visitor("lan"))
    deactivate(desk, "lan")
    assert code(let_in, desk, Visitor("lan", "admin")) == "not-let-in"
    with desk.database.read() as session:
        assert {one.login: one.role for one in users(session)} == {"an": "admin", "lan": "viewer"}


@pytest.mark.parametrize(
    ("visitor", "fault"),
    [
        (Visitor("an nguyen"), "login-form"),
        (Visitor("7"), "login-form"),
        (Visitor("system"), "login-form"),
        (Visitor("lan", "boss"), "no-role"),
    ],
)
def test_what_no_person_can_be_is_refused(desk, visitor, fault):
    assert code(let_in, desk, visitor) == fault
    assert events(desk) == []


def test_a_role_that_there_is_not_changes_nobody(desk):
    let_in(desk, Visitor("lan", "editor"))
    assert code(let_in, desk, Visitor("lan", "boss")) == "no-role"
    assert let_in(desk, Visitor("lan")).role == "editor"


def test_of_many_requests_at_once_one_takes_her_in(desk):
    together = Barrier(4)

    def come(_):
        together.wait()
        return let_in(desk, Visitor("lan")).id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(come, range(4)))) == 1
    assert [one[0] for one in events(desk)] == ["user.add"]
