"""Whom a customer is tied to: who sent her, whom she sent, who looked after her."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from custrata.service.customers.profile import LATEST
from custrata.service.customers.touched import need_customer
from custrata.store.models import Customer, OwnerChange, Transaction


@dataclass(frozen=True)
class Sent:
    """A customer whom another one sent; `bought`: whether she ever did."""

    customer_id: str
    name: str | None
    owner: str | None
    bought: bool


@dataclass(frozen=True)
class Ties:
    """What ties one customer to others.

    Attributes:
        sender: who sent her, as it is kept; sender_name: None where that is nobody known.
        sent: whom she sent, the first 50 by their ids. more: whether there are more.
        owners: who handed her to whom, the latest first.
    """

    sender: str | None
    sender_name: str | None
    sent: Sequence[Sent]
    more: bool
    owners: Sequence[OwnerChange]

    @property
    def sender_known(self) -> bool:
        """Whether there is a page about who sent her."""
        return self.sender_name is not None


def ties(session: Session, customer_id: str) -> Ties:
    """What ties a customer to others; indexes serve it.

    Raises:
        StoreError: there is no such customer.
    """
    known = need_customer(session, customer_id)
    sender = session.get(Customer, known.referred_by) if known.referred_by else None
    found = _sent(session, known.customer_id)
    changes = select(OwnerChange).where(OwnerChange.customer_id == known.customer_id)
    order = (OwnerChange.changed_at.desc(), OwnerChange.id.desc())
    return Ties(
        sender=known.referred_by,
        sender_name=(sender.name or sender.customer_id) if sender else None,
        sent=found[:LATEST],
        more=len(found) > LATEST,
        owners=session.scalars(changes.order_by(*order).limit(LATEST)).all(),
    )


def _sent(session: Session, who: str) -> list[Sent]:
    sale = exists().where(Transaction.customer_id == Customer.customer_id, Transaction.amount >= 0)
    columns = (Customer.customer_id, Customer.name, Customer.owner, sale)
    query = select(*columns).where(Customer.referred_by == who, Customer.customer_id != who)
    rows = session.execute(query.order_by(Customer.customer_id).limit(LATEST + 1))
    return [Sent(*row) for row in rows]
