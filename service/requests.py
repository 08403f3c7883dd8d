"""Changes that a program asks for under a key of its own: made once, answered alike ever after.

Neither the key nor what was asked is kept, only digests of them, and the answer holds nothing of
any customer: there is nothing to erase.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import Any

from sqlalchemy import Delete, Update, delete, update
from sqlalchemy.exc import IntegrityError

from custrata.engine.diagnostics import CustrataError
from custrata.service.desk import Desk
from custrata.service.patience import patiently
from custrata.service.values import wrong
from custrata.store.faults import StoreError, is_away, refuse
from custrata.store.models import Request

KEPT = timedelta(hours=24)
"""So long the same key gets the same answer."""
_PATIENCE = 10.0
"""Seconds that it is tried to write down what became of a request."""


@dataclass(frozen=True)
class Answer:
    """What was answered: a status of HTTP and JSON values. `again`: whether it was before."""

    status: int
    content: Mapping[str, Any]
    again: bool = False


def once(
    desk: Desk, whose: str, key: str, body: bytes, make: Callable[[], tuple[int, Mapping[str, Any]]]
) -> Answer:
    """Make a change, or answer as it was answered when it was made.

    A change that is refused is forgotten, and may be asked for again. One that broke off, since its
    process died or the database went away, is never made a second time: nobody knows how far it
    came, and the answer to what was written may be all that was lost.

    Args:
        whose: the token's prefix. body: all that tells this change from others.
        make: makes it; its answer names no customer.

    Raises:
        DataError: `request-differs`: another change was asked for under this key.
        StoreError: `request-under-way`: the same is being made, or broke off.
    """
    digest = _digest(whose, key)
    # the key, which is not kept, is part of it: what was asked cannot be guessed from a digest
    said = blake2b(body, digest_size=16, key=_digest(key, whose)).digest()
    known = _begin(desk, digest, said)
    if known is not None:
        return known
    try:
        status, content = make()
    except CustrataError as error:
        if not is_away(error):
            _note(desk, delete(Request).where(Request.key == digest))
        raise
    said_now = {"status": status, "answer": dict(content)}
    _note(desk, update(Request).where(Request.key == digest).values(said_now))
    return Answer(status, content)


def _note(desk: Desk, change: Delete | Update) -> None:
    """Write what became of a request; where the database stays busy, nobody knows.

    The program is told the truth all the same: of a change that was made, not that it failed.
    """

    def write() -> None:
        with desk.database.write() as session:
            session.execute(change)

    with suppress(StoreError):
        patiently(write, _PATIENCE)


def _begin(desk: Desk, digest: bytes, said: bytes) -> Answer | None:
    """The answer that there is; None where the change is now to be made."""
    try:
        with desk.database.write() as session:
            session.execute(delete(Request).where(Request.at < desk.now() - KEPT))
            row = session.get(Request, digest)
            if row is not None:
                return _again(row, said)
            session.add(Request(key=digest, body=said, at=desk.now()))
    except IntegrityError as error:  # the same came in twice, at once
        raise _under_way() from error
    return None


def _again(row: Request, said: bytes) -> Answer:
    if row.body != said:
        fault = "another request was sent under this key"
        raise wrong("request-differs", fault, "a key of its own for each change")
    if row.status is None:
        raise _under_way()
    return Answer(row.status, row.answer or {}, again=True)


def _under_way() -> Exception:
    fault = "a request of this key is under way, or broke off"
    return refuse("request-under-way", fault, "a look at what was changed, then another key")


def _digest(*parts: str) -> bytes:
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return blake2b(text, digest_size=16).digest()
