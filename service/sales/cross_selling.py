"""Cross-selling: who bought one product and not the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from custrata.engine.values import exactly
from custrata.service.figures.kept import Figures
from custrata.service.values import needed, word, wrong
from custrata.store.models import Customer, Transaction

_FEWEST, _FEWEST_BOTH = 10, 5
"""Buyers of a product, and of two, from which on a share says anything."""
_AT_ONCE, _LOOKS = 500, 40
"""Buyers who are looked at at once, and how often before a page is shown as it is."""
LISTED = 50


@dataclass(frozen=True)
class Pair:
    """Two products of which customers who bought the one often bought the other as well.

    Attributes:
        bought, lacking: the products. buyers: of the first one. both: who bought both.
        share: of its buyers who bought the other one too. usual: of all who ever bought anything.
    """

    bought: str
    lacking: str
    buyers: int
    both: int
    share: float
    usual: float

    @property
    def open(self) -> int:
        """How many bought the first one alone."""
        return self.buyers - self.both


@dataclass(frozen=True)
class Candidate:
    """A customer who bought one product and not the other.

    Attributes:
        last: her last purchase of it; None where only refunds of it are known.
        amount: what she paid for it in all, less refunds of it.
    """

    customer_id: str
    name: str | None
    owner: str | None
    phone: str | None
    last: datetime | None
    amount: Decimal


@dataclass(frozen=True)
class Candidates:
    """A page of them; `after`: the id from which the next one goes on, None at the end."""

    rows: Sequence[Candidate]
    after: str | None


def products(figures: Figures) -> list[str]:
    """The products that most customers bought."""
    return [one["product"] for one in (figures.get("baskets") or {}).get("products", ())]


def pairs(figures: Figures, limit: int = 10) -> list[Pair]:
    """Pairs worth trying: those first whose share is furthest above the usual one."""
    found = figures.get("baskets")
    if not found or not found["customers"]:
        return []
    buyers = {one["product"]: one["buyers"] for one in found["products"]}
    sides = (
        (one[first], one[second], one["both"])
        for one in found["pairs"]
        for first, second in (("first", "second"), ("second", "first"))
        if one["both"] >= _FEWEST_BOTH
    )
    told = [
        Pair(
            bought,
            lacking,
            buyers[bought],
            both,
            both / buyers[bought],
            buyers[lacking] / found["customers"],
        )
        for bought, lacking, both in sides
        if buyers[bought] >= _FEWEST
    ]
    worth = [one for one in told if one.share > one.usual and one.open]
    return sorted(worth, key=lambda one: (one.usual - one.share, one.bought, one.lacking))[:limit]


def candidates(
    session: Session,
    bought: str,
    lacking: str,
    owner: str | None = None,
    after: str | None = None,
    limit: int = LISTED,
) -> Candidates:
    """Who bought a product and not the other, in the order of their ids.

    Whoever gave a product back has bought it all the same. A search that finds few among many
    stops on the way; it goes on by `after`.

    Args:
        owner: whose customers; None for everyone's. after: the id after which to begin.

    Raises:
        DataError: a text that no product has, one that nobody bought, or twice the same.
    """
    first, second = needed("bought", bought), needed("lacking", lacking)
    if first == second:
        if not session.scalar(select(exists().where(Transaction.product == first))):
            raise wrong("no-product", f"nobody bought {first!r}", "products that somebody bought")
        raise wrong("same-product", "both products are the same", "two products")
    place, ids, ended = word("after", after) or "", list[str](), False
    for _look in range(_LOOKS):
        some = _buyers(session, first, owner, place)
        theirs = set(_among(session, some, first)) if owner is not None else set(some)
        theirs -= set(_among(session, some, second))
        ids += [one for one in some if one in theirs]
        ended = len(some) < _AT_ONCE
        if ended or len(ids) > limit:
            break
        place = some[-1]
    shown = ids[:limit]
    if len(ids) > limit:
        following: str | None = shown[-1]
    else:
        following = None if ended else place
    return Candidates(_told(session, first, shown), following)


def _buyers(session: Session, product: str, owner: str | None, after: str) -> list[str]:
    """The next buyers of a product, or of an owner the next customers; an index serves each."""
    if owner is None:
        query = select(Transaction.customer_id).where(Transaction.product == product).distinct()
        column: Any = Transaction.customer_id
    else:
        query = select(Customer.customer_id).where(Customer.owner == owner)
        column = Customer.customer_id
    return list(session.scalars(query.where(column > after).order_by(column).limit(_AT_ONCE)))


def _among(session: Session, ids: Sequence[str], product: str) -> list[str]:
    """Those of some customers who bought a product."""
    query = select(Transaction.customer_id).where(
        Transaction.product == product, Transaction.customer_id.in_(ids)
    )
    return list(session.scalars(query.distinct()))


def _told(session: Session, product: str, ids: Sequence[str]) -> list[Candidate]:
    """These customers with what they bought of it; who is no customer any more is left out."""
    table = Transaction
    columns = (table.customer_id, table.occurred_at, table.amount, table.scale)
    lines = select(*columns).where(table.product == product, table.customer_id.in_(ids))
    last: dict[str, datetime] = {}
    paid: dict[str, Decimal] = {}
    for who, at, amount, scale in session.execute(lines):
        paid[who] = paid.get(who, Decimal()) + exactly(amount, scale)
        if amount >= 0:
            last[who] = max(at, last.get(who, at))
    known = session.scalars(select(Customer).where(Customer.customer_id.in_(ids)))
    found = {one.customer_id: one for one in known}
    return [
        Candidate(one, row.name, row.owner, row.phone, last.get(one), paid[one])
        for one in ids
        if (row := found.get(one)) is not None
    ]
