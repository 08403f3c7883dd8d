"""A transaction in which something becomes known of customers.

Registers are changed in such a one too: nobody can be given meanwhile what is about to go.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from unicodedata import category

import polars as pl
from sqlalchemy import ColumnElement, CursorResult, Index, func, select, update
from sqlalchemy.orm import Session

from custrata.engine.values import trimmed
from custrata.service.desk import Desk
from custrata.service.runs import Transition, reclassify
from custrata.store.bulk import staged
from custrata.store.faults import StoreError, refuse
from custrata.store.models import Customer
from custrata.store.sequence import take

AT_ONCE = 1_000
"""So many customers at most are classified at once; where more were touched, the next run does."""


@dataclass(frozen=True)
class Touching:
    """A transaction that writes facts.

    Attributes:
        number: the one that these facts have; other writers of facts wait until it is over.
    """

    session: Session
    desk: Desk
    number: int

    def customer(self, customer_id: str) -> Customer:
        """A customer of whom something becomes known.

        Raises:
            StoreError: there is none (`no-customer`).
        """
        found = self.session.get(Customer, id_of(customer_id))
        if found is None:
            raise no_customer()
        found.fact_seq = self.number
        return found

    def touch(self, *those: ColumnElement[bool]) -> int:
        """All customers for whom conditions hold; how many they are."""
        done = self.session.execute(
            update(Customer).where(*those).values(fact_seq=self.number),
            execution_options={"synchronize_session": False},
        )
        assert isinstance(done, CursorResult)
        return done.rowcount

    def settle(self) -> tuple[Transition, ...]:
        """Classify who was touched, after all else was written; who changed."""
        self.session.flush()
        touched = select(Customer.customer_id).where(Customer.fact_seq == self.number)
        ids = self.session.scalars(touched.limit(AT_ONCE + 1)).all()
        return reclassify(self.session, self.desk, ids) if len(ids) <= AT_ONCE else ()


@contextmanager
def touching(desk: Desk) -> Iterator[Touching]:
    """Such a transaction: all of it, or on an exception nothing."""
    with desk.database.write() as session:
        yield Touching(session, desk, take(session))


def among(here: Touching, customer_ids: Collection[str]) -> ColumnElement[bool]:
    """The condition of having one of these ids, however many.

    Raises:
        StoreError: an id that nobody has.
    """
    ids = sorted({id_of(one) for one in customer_ids})
    frame = pl.DataFrame({"customer_id": ids}, schema={"customer_id": pl.String})
    connection = here.session.connection()
    given = staged(connection, Customer.__table__, frame)  # type: ignore[arg-type]
    Index(f"ix_{given.name}", given.c.customer_id).create(connection)
    among = Customer.customer_id.in_(select(given.c.customer_id))
    there = here.session.scalar(select(func.count()).select_from(Customer).where(among)) or 0
    if there < len(ids):
        fault = f"{len(ids) - there:,} of {len(ids):,} ids are nobody's"
        raise refuse("no-customer", fault, "ids of customers")
    return among


def id_of(customer_id: str) -> str:
    """An id as it is kept.

    Raises:
        StoreError: it is none that anybody can have.
    """
    found = trimmed(customer_id)
    if found is None or "\0" in found or any(category(sign) == "Cs" for sign in found):
        raise no_customer()
    return found


def no_customer() -> StoreError:
    """The error of an id that nobody has; it is not repeated, and none like it is told."""
    return refuse("no-customer", "there is no customer with this id")
