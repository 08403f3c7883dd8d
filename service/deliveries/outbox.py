"""Messages on their way: the next ones of a destination, claimed, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from itertools import takewhile
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, CursorResult, Select, and_, distinct, func, select, update
from sqlalchemy.orm import Session

from custrata.service.deliveries.posting import REFUSED
from custrata.service.desk import Desk
from custrata.store.models import Outgoing

_Row = TypeVar("_Row")
KIND = "webhook"
WAITING, SENT, DEAD = "waiting", "sent", "dead"
TOGETHER = 5
"""So often messages are tried together, then each by itself: one may be what fails them all."""
LATELY = TOGETHER + 3
"""Tried so often at most, a message failed lately."""
DOUBTS = 10
"""Where messages of so many customers failed by themselves lately, it is the receiver that fails;
where of fewer, it is these messages, and others pass by their customers."""


@dataclass(frozen=True)
class Batch:
    """Messages that go together, in the order in which they came about.

    Attributes:
        ids: of the outbox. attempt: counts from 1.
        messages: what is told, by `sequence`.
    """

    ids: tuple[int, ...]
    attempt: int
    messages: tuple[Mapping[str, Any], ...]

    @property
    def key(self) -> str:
        """The same for the same messages, however often they are sent."""
        keys = "\n".join(str(one["key"]) for one in self.messages)
        return blake2b(keys.encode(), digest_size=16).hexdigest()


def is_due(session: Session, name: str, now: datetime) -> bool:
    """Whether a message that waits for a destination is to be sent."""
    due = session.scalar(_next(session, select(Outgoing.due_at), name, now).limit(1))
    return due is not None and due <= now


def claim(desk: Desk, name: str, most: int) -> Batch | None:
    """The next messages that wait for a destination, if they are due.

    Each customer's go in their order: what failed by itself is passed by together with whatever
    else waits for its customer. Those that were tried together before are tried together again,
    until one of them may be what fails them all.
    """
    with desk.database.write() as session:
        now = desk.now()
        query = _next(session, select(Outgoing), name, now).limit(most).with_for_update()
        rows = session.scalars(query).all()
        if not rows or rows[0].due_at > now:
            return None
        together = _together(rows)
        batch = Batch(
            tuple(one.id for one in together),
            rows[0].attempts + 1,
            tuple(_message(one) for one in together),
        )
        # due at one moment: so they are known to belong together, whatever becomes of this process
        _set(session, Outgoing.id.in_(batch.ids), attempts=batch.attempt, due_at=rows[0].due_at)
        return batch


def settle(desk: Desk, batch: Batch, state: str, due_at: datetime, fault: str | None) -> None:
    """Write down what became of messages, unless somebody else took them up meanwhile."""
    with desk.database.write() as session:
        those = Outgoing.id.in_(batch.ids), Outgoing.state == WAITING
        ours = and_(*those, Outgoing.attempts == batch.attempt)
        _set(session, ours, state=state, due_at=due_at, fault=fault)


def _next(session: Session, query: Select[_Row], name: str, now: datetime) -> Select[_Row]:
    """What waits for a destination, but for customers of whom one failed by itself just now."""
    waiting = _waiting(query, name)
    alone = Outgoing.attempts > TOGETHER, Outgoing.due_at > now
    customers = func.count(distinct(Outgoing.customer_id))
    lately = _waiting(select(customers), name).where(*alone, Outgoing.attempts <= LATELY)
    if session.scalars(lately).one() < DOUBTS:
        failed = _waiting(select(Outgoing.customer_id), name).where(*alone)
        waiting = waiting.where(Outgoing.customer_id.not_in(session.scalars(failed).all()))
    return waiting.order_by(Outgoing.id)


def _waiting(query: Select[_Row], name: str) -> Select[_Row]:
    mine = (Outgoing.target == name, Outgoing.state == WAITING, Outgoing.kind == KIND)
    return query.where(*mine)


def _together(rows: Sequence[Outgoing]) -> list[Outgoing]:
    """The first, and those that go with it."""
    first = rows[0]
    if first.attempts >= TOGETHER or first.fault in REFUSED:
        return [first]
    return list(takewhile(lambda one: _tried(one) == _tried(first), rows))


def _tried(row: Outgoing) -> tuple[int, datetime | None]:
    """When and how often it was tried; all that never were are alike."""
    return row.attempts, row.due_at if row.attempts else None


def _message(row: Outgoing) -> dict[str, Any]:
    return {
        "key": row.key,
        "sequence": row.id,
        "recorded_at": row.recorded_at.isoformat(),
        **row.payload,
    }


def _set(session: Session, those: ColumnElement[bool], **values: Any) -> int:
    done = session.execute(
        update(Outgoing).where(those).values(**values),
        execution_options={"synchronize_session": False},
    )
    assert isinstance(done, CursorResult)
    return done.rowcount
