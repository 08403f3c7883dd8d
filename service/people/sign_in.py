"""Signing in, and what slows down those who guess."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from custrata.service.desk import Desk
from custrata.service.people.passwords import hashed, is_dated, verified
from custrata.service.people.users import Person, person, spelt
from custrata.store.faults import StoreError, refuse
from custrata.store.models import User

TRIES = 5
"""Wrong passwords in a row that cost nothing."""
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)


@dataclass(frozen=True)
class _Try:
    """Whom somebody says she is: what is kept of the password, None where she may not try."""

    user: int | None
    kept: str | None


def sign_in(desk: Desk, login: str, password: str) -> Person:
    """Whoever has this login and password.

    A wrong one is counted before it is looked at, so that many tries at once are counted too; from
    the fifth on each has to wait, twice as long as the one before, up to an hour.

    Raises:
        StoreError: there is none, she may not sign in, or has to wait; it is not said which.
    """
    attempt = _begin(desk, login)
    if not verified(attempt.kept, password):
        raise _refused()
    renewed = hashed(password) if attempt.kept and is_dated(attempt.kept) else None
    return _succeed(desk, attempt, renewed)


def _begin(desk: Desk, login: str) -> _Try:
    now = desk.now()
    with desk.database.write() as session:
        found = select(User).where(User.login == spelt(login)).with_for_update()
        row = session.scalars(found).first()
        if row is None or not row.active or (row.locked_until and row.locked_until > now):
            return _Try(None, None)
        row.failures += 1
        row.locked_until = _until(now, row.failures)
        return _Try(row.id, row.password_hash)


def _until(now: datetime, failures: int) -> datetime | None:
    """When the next try may be made."""
    if failures < TRIES:
        return None
    doubled: int = 2 ** min(failures - TRIES, 20)
    return now + min(_FIRST_WAIT * doubled, _LONGEST_WAIT)


def _succeed(desk: Desk, attempt: _Try, renewed: str | None) -> Person:
    """The password was right: what was counted is forgotten."""
    with desk.database.write() as session:
        row = session.get_one(User, attempt.user, with_for_update=True)
        if not row.active or row.password_hash != attempt.kept:
            raise _refused()
        row.failures, row.locked_until = 0, None
        row.password_hash = renewed or row.password_hash
        return person(row)


def _refused() -> StoreError:
    wait = f"after {TRIES} wrong passwords there is a wait before each further one"
    return refuse("sign-in", "login or password is wrong", wait)
