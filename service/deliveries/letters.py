"""Messages that wait or are dead, as a person looks at them: sent again, or dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Delete, Update, delete, func, select, update
from sqlalchemy.orm import Session

from custrata.service.audit import note
from custrata.service.deliveries.outbox import DEAD, KIND, SENT, WAITING
from custrata.service.desk import Desk
from custrata.service.values import wrong
from custrata.store.distinct import each
from custrata.store.faults import refuse
from custrata.store.models import Outgoing

MOST_COUNTED = 10_000
"""So many are counted; more are said to be more."""
KEPT = timedelta(days=7)
"""So long a message that was sent stays."""
STATES = (WAITING, DEAD)


@dataclass(frozen=True)
class Letters:
    """How many messages of a destination wait, and how many are dead."""

    waiting: int
    dead: int


def letters(session: Session) -> dict[str, Letters]:
    """By destination, those that only messages name among them."""
    least = select(func.min(Outgoing.target)).where(Outgoing.target.is_not(None))
    names = list(each(session, least, Outgoing.target))
    return {one: Letters(waiting(session, one), _count(session, one, DEAD)) for one in names}


def waiting(session: Session, name: str) -> int:
    """How many messages wait for a destination."""
    return _count(session, name, WAITING)


def listed(
    session: Session, name: str, state: str, after: int = 0, limit: int = 50
) -> Sequence[Outgoing]:
    """Messages of a destination, the first ones first.

    Args:
        after: only those that come after this one.
    """
    those = (*_those(name, state), Outgoing.id > after)
    return session.scalars(select(Outgoing).where(*those).order_by(Outgoing.id).limit(limit)).all()


def replay(desk: Desk, name: str, number: int | None = None) -> int:
    """Have dead messages sent again; how many.

    They may arrive after later ones of the same customer: their `sequence` tells.

    Args:
        number: of one of them; None for all of a destination.

    Raises:
        StoreError: there is no such message (`no-message`).
    """
    values = {"state": WAITING, "attempts": 0, "due_at": desk.now()}
    change = update(Outgoing).where(*_those(name, DEAD)).values(**values)
    with desk.database.write() as session:
        count = _changed(session, change, number)
        note(session, desk, "webhook.replay", "webhook", name, messages=count)
    return count


def drop(desk: Desk, name: str, state: str, number: int | None = None) -> int:
    """Forget messages that were not sent; how many.

    Args:
        state: `waiting` or `dead`. number: of one of them; None for all of a destination.

    Raises:
        DataError: no such state.
        StoreError: there is no such message (`no-message`).
    """
    if state not in STATES:
        raise wrong("no-message", "such messages are not kept", ", ".join(STATES))
    change = delete(Outgoing).where(*_those(name, state))
    with desk.database.write() as session:
        count = _changed(session, change, number)
        note(session, desk, "webhook.drop", "webhook", name, messages=count)
    return count


def prune(desk: Desk) -> int:
    """Forget what was sent some days ago; how many messages."""
    old = delete(Outgoing).where(Outgoing.state == SENT, Outgoing.due_at < desk.now() - KEPT)
    with desk.database.write() as session:
        return _done(session, old)


def _changed(session: Session, change: Delete | Update, number: int | None) -> int:
    """Change all of them, or one that has to be there."""
    count = _done(session, change if number is None else change.where(Outgoing.id == number))
    if number is not None and not count:
        raise refuse("no-message", "there is no such message any more")
    return count


def _count(session: Session, name: str, state: str) -> int:
    some = select(Outgoing.id).where(*_those(name, state)).limit(MOST_COUNTED).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def _those(name: str, state: str) -> tuple[ColumnElement[bool], ...]:
    return Outgoing.target == name, Outgoing.state == state, Outgoing.kind == KIND


def _done(session: Session, statement: Delete | Update) -> int:
    done: Any = session.execute(statement, execution_options={"synchronize_session": False})
    assert isinstance(done, CursorResult)
    return done.rowcount
