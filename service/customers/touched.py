"""A transaction in which something becomes known of customers.

Registers are changed in such a one too: nobody can be given meanwhile what is about to go.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import category

from sqlalchemy import ColumnElement, CursorResult, func, select, update
from sqlalchemy.orm import Session

from custrata.engine.values import trimmed
from custrata.service.desk import Desk
from custrata.store.faults import StoreError, refuse
from custrata.store.models import Customer
from custrata.store.sequence import take

if TYPE_CHECKING:
    from custrata.service.runs import Transition

AT_ONCE = 1_000
"""So many customers at most are classified at once; where more were touched, the next run does."""
_FEW = 500
"""So many ids in one statement: few enough to be found by an index, whatever a server guesses."""
_NAMED = 5
"""So many ids that nobody has are named."""


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
        found = need_customer(self.session, customer_id)
        found.fact_seq = self.number
        return found

    def touch(self, *those: ColumnElement[bool], among: Collection[str] | None = None) -> int:
        """All customers for whom conditions hold; how many they are.

        They are found again by `touched`.

        Args:
            among: ids, however many; None for everyone.

        Raises:
            StoreError: an id that nobody has.
        """
        parts = [()] if among is None else [(one,) for one in self._parts(among)]
        return sum(self._touch(*those, *part) for part in parts)

    @property
    def touched(self) -> ColumnElement[bool]:
        """The condition of having been touched."""
        return Customer.fact_seq == self.number

    def settle(self) -> tuple[Transition, ...]:
        """Classify who was touched, after all else was written; who changed."""
        from custrata.service.runs import reclassify  # its figures read registers, which touch

        self.session.flush()
        some = select(Customer.customer_id).where(self.touched).limit(AT_ONCE + 1)
        ids = self.session.scalars(some).all()
        return reclassify(self.session, self.desk, ids) if len(ids) <= AT_ONCE else ()

    def _touch(self, *those: ColumnElement[bool]) -> int:
        done = self.session.execute(
            update(Customer).where(*those).values(fact_seq=self.number),
            execution_options={"synchronize_session": False},
        )
        assert isinstance(done, CursorResult)
        return done.rowcount

    def _parts(self, among: Collection[str]) -> list[ColumnElement[bool]]:
        """Conditions that take all ids together; an index serves each of them."""
        ids = sorted({id_of(one) for one in among})
        starts = range(0, len(ids), _FEW)
        parts: list[ColumnElement[bool]] = [
            Customer.customer_id.in_(ids[start : start + _FEW]) for start in starts
        ]
        count = select(func.count()).select_from(Customer)
        missing = len(ids) - sum(self.session.scalar(count.where(one)) or 0 for one in parts)
        if missing:
            named = ", ".join(map(repr, self._nobodys(ids, parts)))
            fault = f"{missing:,} of {len(ids):,} ids are nobody's: {named}"
            raise refuse("no-customer", fault, "ids of customers")
        return parts

    def _nobodys(self, ids: Sequence[str], parts: Sequence[ColumnElement[bool]]) -> list[str]:
        """The first ids that no customer has."""
        found: list[str] = []
        for start, part in zip(range(0, len(ids), _FEW), parts, strict=True):
            there = set(self.session.scalars(select(Customer.customer_id).where(part)))
            found += [one for one in ids[start : start + _FEW] if one not in there]
            if len(found) >= _NAMED:
                break
        return found[:_NAMED]


@contextmanager
def touching(desk: Desk) -> Iterator[Touching]:
    """Such a transaction: all of it, or on an exception nothing."""
    with desk.database.write() as session:
        yield Touching(session, desk, take(session))


def id_of(customer_id: str) -> str:
    """An id as it is kept.

    Raises:
        StoreError: it is none that anybody can have.
    """
    found = trimmed(customer_id)
    if found is None or "\0" in found or any(category(sign) == "Cs" for sign in found):
        raise no_customer()
    return found


def need_customer(session: Session, customer_id: str) -> Customer:
    """A customer who is there.

    Raises:
        StoreError: there is none (`no-customer`).
    """
    found = session.get(Customer, id_of(customer_id))
    if found is None:
        raise no_customer()
    return found


def no_customer() -> StoreError:
    """The error of an id that nobody has; it is not repeated, and none like it is told."""
    return refuse("no-customer", "there is no customer with this id")
