"""People whom a host signed in: the panel's own, where it is mounted into another application."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from custrata.service.audit import note
from custrata.service.desk import Desk
from custrata.service.people.roles import VIEWER, known_role
from custrata.service.people.users import (
    Person,
    login_taken,
    new_login,
    new_nonce,
    person,
    spelt,
)
from custrata.service.values import word
from custrata.store.faults import refuse
from custrata.store.models import User


@dataclass(frozen=True)
class Visitor:
    """Somebody, as a host knows her.

    Attributes:
        role: what she may do; None leaves it to the store, where who is new may only look.
        name: what pages call her; None leaves it.
        language: what she reads until she chooses another.
    """

    login: str
    role: str | None = None
    name: str | None = None
    language: str | None = None


def let_in(desk: Desk, visitor: Visitor, *, make: bool = True) -> Person:
    """The person whom a host vouches for, with the role that it gives her by now.

    Args:
        make: whether who is not known is taken in; she has no password, so the host alone lets
            her in.

    Raises:
        DataError: a login or role that cannot be.
        StoreError: she is not known, or was deactivated (`not-let-in`).
    """
    with desk.database.read() as session:
        row = _of(session, visitor)
        known = None if row is None else person(row)
    if known is None:
        if not make:
            raise _refused(visitor)
        known = _made(desk, visitor)
    if not known.active:
        raise _refused(visitor)
    if _differs(known, visitor):
        known = _changed(desk, visitor)
    return replace(known, must_change=False)


def _of(session: Session, visitor: Visitor) -> User | None:
    return session.scalars(select(User).where(User.login == spelt(visitor.login))).first()


def _refused(visitor: Visitor) -> Exception:
    fault = f"{visitor.login[:100]!r} is not let in"
    return refuse("not-let-in", fault, "who is an active user of custrata")


def add_visitor(desk: Desk, visitor: Visitor) -> Person:
    """Somebody more whom a host lets in; she has no password, so nothing else does.

    Raises:
        DataError: a login or role that cannot be.
        StoreError: the login is taken.
    """
    try:
        return _added(desk, visitor)
    except IntegrityError as error:
        raise login_taken(spelt(visitor.login)) from error


def _made(desk: Desk, visitor: Visitor) -> Person:
    """Take her in; of two requests at once, one does."""
    try:
        return _added(desk.of("system"), visitor)
    except IntegrityError:
        with desk.database.read() as session:
            found = _of(session, visitor)
            assert found is not None  # nobody is ever deleted
            return person(found)


def _added(desk: Desk, visitor: Visitor) -> Person:
    login, role = new_login(visitor.login), known_role(visitor.role or VIEWER)
    row = User(
        login=login,
        name=word("name", visitor.name),
        role=role,
        language=word("language", visitor.language),
        password_hash=None,
        must_change=False,
        nonce=new_nonce(),
        created_at=desk.now(),
    )
    with desk.database.write() as session:
        session.add(row)
        note(session, desk, "user.add", "user", login, role=role)
        session.flush()
        return person(row)


def _differs(known: Person, visitor: Visitor) -> bool:
    role, name = visitor.role or known.role, word("name", visitor.name) or known.name
    return (known.role, known.name) != (role, name)


def _changed(desk: Desk, visitor: Visitor) -> Person:
    """Follow the host; it may give the role of admin to anybody, so the last one needs no guard."""
    with desk.database.write() as session:
        row = _of(session, visitor)
        assert row is not None  # nobody is ever deleted
        role = known_role(visitor.role or row.role)
        if role != row.role:
            was, row.role = row.role, role
            note(session, desk.of("system"), "user.role", "user", row.login, was=was, role=role)
        row.name = word("name", visitor.name) or row.name
        return person(row)
