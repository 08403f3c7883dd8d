"""Numbers and moments that only rise."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from custrata.store.models import Counter
from custrata.store.types import EPOCH, microseconds

_FACTS, _MOMENT = "facts", "moment"
COUNTERS = (_FACTS, _MOMENT)
"""The rows that a store has from the start."""


def take(session: Session) -> int:
    """The next number, for the customers whom this transaction touches.

    Whoever takes one holds the row until the transaction ends: numbers become visible in their
    order, so a reader that sees one sees all that were taken before.
    """
    session.execute(update(Counter).where(Counter.name == _FACTS).values(value=Counter.value + 1))
    return session.execute(select(Counter.value).where(Counter.name == _FACTS)).scalar_one()


def moment(session: Session, now: datetime) -> datetime:
    """The moment of what this transaction records: now, but after all that was recorded before.

    So that of two records the later one can be told, whatever clocks say.
    """
    row = select(Counter.value).where(Counter.name == _MOMENT).with_for_update()
    later = max(session.execute(row).scalar_one() + 1, microseconds(now))
    session.execute(update(Counter).where(Counter.name == _MOMENT).values(value=later))
    return EPOCH + timedelta(microseconds=later)
