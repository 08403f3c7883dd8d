"""The number that rises with every write of facts."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from custrata.store.models import Counter

_FACTS = "facts"


def take(session: Session) -> int:
    """The next number, for the customers whom this transaction touches.

    Whoever takes one holds the row until the transaction ends: numbers become visible in their
    order, so a reader that sees one sees all that were taken before.
    """
    session.execute(update(Counter).where(Counter.name == _FACTS).values(value=Counter.value + 1))
    return session.execute(select(Counter.value).where(Counter.name == _FACTS)).scalar_one()
