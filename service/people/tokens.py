"""Tokens: the keys of programs."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from custrata.engine.diagnostics import DataError, Diagnostic, nearest
from custrata.service.audit import note
from custrata.service.desk import Desk
from custrata.service.people.roles import ACTIONS, ROLES, allows, known_role
from custrata.service.people.users import of_login
from custrata.service.values import instant, needed, wrong
from custrata.store.faults import StoreError
from custrata.store.models import Token, User

_BEGINS = "custrata"


@dataclass(frozen=True)
class Grant:
    """What a program may do.

    Attributes:
        prefix: which token it is; no secret.
        name: what it is for. login: of the person whose it is, if it is anybody's.
        scopes: the actions that it is limited to; empty takes all that the role may.
    """

    prefix: str
    name: str
    role: str
    scopes: tuple[str, ...]
    login: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def allows(self, action: str) -> bool:
        """Whether role and scopes let it do something."""
        return allows(self.role, action) and (not self.scopes or action in self.scopes)


@dataclass(frozen=True)
class NewToken:
    """A token that was just made; `text` is what a program sends, and is shown this once."""

    text: str
    grant: Grant


def tokens(session: Session) -> tuple[Grant, ...]:
    """All tokens, revoked ones too, in the order in which they were made."""
    return tuple(_grant(row, user) for row, user in _rows(session))


def make_token(
    desk: Desk,
    name: str,
    role: str,
    scopes: Sequence[str] = (),
    expires_at: datetime | None = None,
    login: str | None = None,
) -> NewToken:
    """A key for a program.

    Args:
        scopes: actions that it is limited to; none takes all that the role may.
        expires_at: from then on it lets nobody in; with its zone.
        login: of the person whose it is. It may never do more than she, and goes when she goes.

    Raises:
        DataError: a value that cannot be. StoreError: no such user.
    """
    text, prefix = _new_text()
    row = Token(
        name=needed("name", name),
        prefix=prefix,
        digest=_digest(text),
        role=known_role(role),
        scopes=_scopes(scopes),
        created_at=desk.now(),
        expires_at=_later(expires_at, desk.now()),
    )
    with desk.database.write() as session:
        user = None if login is None else of_login(session, login)
        row.user_id = None if user is None else user.id
        session.add(row)
        note(session, desk, "token.add", "token", prefix, role=role, scopes=row.scopes)
        session.flush()
        return NewToken(text, _grant(row, user))


def check_token(desk: Desk, text: str) -> Grant | None:
    """What a token lets a program do; None where it lets nobody in."""
    _begins, _, rest = text.partition("_")
    with desk.database.read() as session:
        for row, user in _rows(session, Token.prefix == rest.partition("_")[0]):
            over = row.expires_at is not None and row.expires_at <= desk.now()
            gone = row.revoked_at is not None or (user is not None and not user.active)
            right = hmac.compare_digest(row.digest, _digest(text))
            return _grant(row, user) if right and not over and not gone else None
    return None


def revoke_token(desk: Desk, prefix: str) -> None:
    """Let a token in no more.

    Raises:
        StoreError: there is none with this prefix.
    """
    with desk.database.write() as session:
        row = session.scalars(select(Token).where(Token.prefix == prefix)).first()
        if row is None:
            close = nearest(prefix, session.scalars(select(Token.prefix)))
            fault = f"there is no token that begins with {prefix!r}"
            raise StoreError(Diagnostic("no-token", fault, nearest=close))
        row.revoked_at = row.revoked_at or desk.now()
        note(session, desk, "token.revoke", "token", prefix)


def _rows(session: Session, *those: ColumnElement[bool]) -> list[tuple[Token, User | None]]:
    """Tokens, and whose they are."""
    query = select(Token, User).outerjoin(User).where(*those).order_by(Token.id)
    return [(row, user) for row, user in session.execute(query)]


def _grant(row: Token, user: User | None) -> Grant:
    roles = [row.role] if user is None else [row.role, user.role]
    return Grant(
        prefix=row.prefix,
        name=row.name,
        role=min(roles, key=ROLES.index),
        scopes=tuple(row.scopes),
        login=None if user is None else user.login,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )


def _new_text() -> tuple[str, str]:
    """What a program sends, and the part of it by which it is found."""
    prefix = secrets.token_hex(5)
    return f"{_BEGINS}_{prefix}_{secrets.token_urlsafe(32)}", prefix


def _digest(text: str) -> str:
    """256 random bits need no slow hash."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _scopes(scopes: Sequence[str]) -> list[str]:
    for one in scopes:
        if one not in ACTIONS:
            fault, close = f"there is no scope {one!r}", nearest(one, ACTIONS)
            allowed = ", ".join(ACTIONS)
            raise DataError(Diagnostic("no-scope", fault, allowed=allowed, nearest=close))
    return list(dict.fromkeys(scopes))


def _later(moment: datetime | None, now: datetime) -> datetime | None:
    if moment is not None and instant("expires_at", moment) <= now:
        raise wrong("time-past", "expires_at is past", "a moment to come, or none")
    return moment
