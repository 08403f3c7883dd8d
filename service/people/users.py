"""People who sign in."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from custrata.engine.diagnostics import Diagnostic, nearest
from custrata.service.audit import note
from custrata.service.desk import Desk
from custrata.service.people.passwords import check_password, hashed, one_time
from custrata.service.people.roles import ADMIN, known_role
from custrata.service.values import word, wrong
from custrata.store.faults import StoreError, refuse
from custrata.store.models import User

FIRST = "admin"
"""The login of the first admin."""
_LOGIN = re.compile(r"[\w.@+-]{2,100}")
_RESERVED = ("system", "rule", "group")
"""Whom histories call so is nobody."""


@dataclass(frozen=True)
class Person:
    """Somebody who may sign in.

    Attributes:
        must_change: whether the password is to be changed before anything else.
        nonce: part of every session; where it changes, she is signed out everywhere.
    """

    id: int
    login: str
    name: str | None
    role: str
    language: str | None
    active: bool
    must_change: bool
    nonce: str
    locked_until: datetime | None
    created_at: datetime


def users(session: Session) -> tuple[Person, ...]:
    """Everybody, by login."""
    return tuple(map(person, session.scalars(select(User).order_by(User.login))))


def signed_in(session: Session, user_id: int, nonce: str) -> Person | None:
    """Whose session this is; None where it is over."""
    row = session.get(User, user_id)
    still = row is not None and row.active and secrets.compare_digest(row.nonce, nonce)
    return person(row) if row is not None and still else None


def add_user(
    desk: Desk,
    login: str,
    role: str,
    name: str | None = None,
    password: str | None = None,
    language: str | None = None,
) -> str | None:
    """Somebody more who may sign in; her one-time password where none is given.

    Raises:
        DataError: a login, role or password that cannot be.
        StoreError: the login is taken.
    """
    chosen = new_login(login)
    given = _password(chosen, password)
    row = User(
        login=chosen,
        name=word("name", name),
        role=known_role(role),
        language=word("language", language),
        password_hash=hashed(given),
        must_change=password is None,
        nonce=new_nonce(),
        created_at=desk.now(),
    )
    try:
        with desk.database.write() as session:
            session.add(row)
            note(session, desk, "user.add", "user", chosen, role=role)
    except IntegrityError as error:
        raise login_taken(chosen) from error
    return given if password is None else None


def first_admin(desk: Desk) -> str | None:
    """The one-time password of the first admin, where there is no user yet; else None."""
    with desk.database.read() as session:
        if session.scalar(select(func.count()).select_from(User)):
            return None
    try:
        return add_user(desk, FIRST, ADMIN)
    except StoreError as error:
        if any(one.code == "login-taken" for one in error.diagnostics):
            return None
        raise


def change_role(desk: Desk, login: str, role: str) -> None:
    """Let somebody do more, or less.

    Raises:
        DataError: no such role.
        StoreError: no such user, or nobody would be left who may administer (`last-admin`).
    """
    known_role(role)
    with desk.database.write() as session:
        admins = _admins(session)
        row = of_login(session, login)
        if role != ADMIN:
            _keep_one(admins, row)
        was, row.role = row.role, role
        note(session, desk, "user.role", "user", row.login, was=was, role=role)


def set_password(desk: Desk, login: str, password: str | None = None) -> str | None:
    """Give somebody another password, and sign her out everywhere; a one-time one if none is given.

    Raises:
        DataError: a password that is too easy.
        StoreError: no such user.
    """
    given = _password(spelt(login), password)
    kept = hashed(given)
    with desk.database.write() as session:
        row = of_login(session, login)
        row.password_hash, row.must_change, row.nonce = kept, password is None, new_nonce()
        row.failures, row.locked_until = 0, None
        note(session, desk, "user.password", "user", row.login, one_time=password is None)
    return given if password is None else None


def deactivate(desk: Desk, login: str) -> None:
    """Let somebody in no more, and sign her out everywhere; what she did keeps her name.

    Raises:
        StoreError: no such user, or nobody would be left who may administer (`last-admin`).
    """
    with desk.database.write() as session:
        admins = _admins(session)
        row = of_login(session, login)
        _keep_one(admins, row)
        row.active, row.nonce = False, new_nonce()
        note(session, desk, "user.deactivate", "user", row.login)


def sign_out_everywhere(desk: Desk, login: str) -> None:
    """End all sessions of somebody; the password stays.

    Raises:
        StoreError: no such user.
    """
    with desk.database.write() as session:
        row = of_login(session, login)
        row.nonce = new_nonce()
        note(session, desk, "user.sign_out", "user", row.login)


def activate(desk: Desk, login: str) -> None:
    """Let somebody in again.

    Raises:
        StoreError: no such user.
    """
    with desk.database.write() as session:
        row = of_login(session, login)
        row.active, row.failures, row.locked_until = True, 0, None
        note(session, desk, "user.activate", "user", row.login)


def of_login(session: Session, login: str) -> User:
    """The user of a login, however it is capitalised; held until the transaction is over.

    Raises:
        StoreError: there is none.
    """
    kept = spelt(login)
    row = session.scalars(select(User).where(User.login == kept).with_for_update()).first()
    if row is None:
        close = nearest(kept, session.scalars(select(User.login)))
        raise StoreError(Diagnostic("no-user", f"there is no user {login!r}", nearest=close))
    return row


def person(row: User) -> Person:
    """A user as others see her."""
    return Person(
        row.id,
        row.login,
        row.name,
        row.role,
        row.language,
        row.active,
        row.must_change,
        row.nonce,
        row.locked_until,
        row.created_at,
    )


def login_taken(login: str) -> StoreError:
    """Somebody has it already."""
    return refuse("login-taken", f"there is a user {login!r} already")


def new_nonce() -> str:
    """What sessions are good for until it changes."""
    return secrets.token_urlsafe(16)


def new_login(login: str) -> str:
    """A login that may be given.

    Raises:
        DataError: it has spaces or other signs, or is reserved.
    """
    found = spelt(login)
    if not _LOGIN.fullmatch(found):
        fault = f"{login[:40]!r} cannot be a login"
        raise wrong("login-form", fault, "2 to 100 letters, digits and . _ @ + -")
    if found in _RESERVED:
        raise wrong("login-form", f"the login {found!r} is reserved", "another one")
    return found


def spelt(login: str) -> str:
    """A login as it is kept, however it is typed."""
    return unicodedata.normalize("NFC", login).strip().lower()


def _password(login: str, password: str | None) -> str:
    if password is None:
        return one_time()
    check_password(login, password)
    return password


def _admins(session: Session) -> Sequence[User]:
    """Who may administer; all are held, so that two who are about to go see each other."""
    active = select(User).where(User.role == ADMIN, User.active.is_(True))
    return session.scalars(active.order_by(User.id).with_for_update()).all()


def _keep_one(admins: Sequence[User], row: User) -> None:
    if [one.id for one in admins] == [row.id]:
        fault = f"{row.login} is the last active admin"
        raise refuse("last-admin", fault, "after somebody else has become one")
