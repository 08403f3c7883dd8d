"""Lists that the last run left, as they are worked through: whom to win back, who sent others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata.engine.values import exactly
from custrata.service.figures.lists import Entry, is_cut, listed
from custrata.service.runs.basis import last_full
from custrata.store.models import Customer, Transaction

_Row = TypeVar("_Row")
PAGE = 50


@dataclass(frozen=True)
class Lost:
    """A customer to win back.

    Attributes:
        why: classifiers and labels by which she went; none where the rules have no such label.
        last_sale: as the run knew it. worth: what she bought in the year up to it.
        reason, to: why she left, and to whom, as far as somebody said so.
    """

    customer_id: str
    name: str | None
    owner: str | None
    phone: str | None
    why: Sequence[tuple[str, str]]
    last_sale: date
    worth: Decimal
    reason: str | None
    to: str | None


@dataclass(frozen=True)
class Referrer:
    """A customer who sent others.

    Attributes:
        referred: how many. bought: how many of them ever did. brought: what they paid in all.
    """

    customer_id: str
    name: str | None
    owner: str | None
    phone: str | None
    referred: int
    bought: int
    brought: Decimal


@dataclass(frozen=True)
class Some(Generic[_Row]):
    """A page of a list.

    Attributes:
        after: the place from which the next one goes on, None at the end.
        cut: whether the list is as long as lists get: there may be more than are on it.
    """

    rows: Sequence[_Row]
    after: int | None
    cut: bool = False


def win_back(
    session: Session, owner: str | None = None, after: int = 0, limit: int = PAGE
) -> Some[Lost]:
    """Whom to win back, those first who were worth most; who bought since is left out.

    Args:
        owner: whose customers; None for everyone's. after: only those behind this place.
    """
    entries, following = _page(session, "win_back", owner, after, limit)
    ids = [one.customer_id for one in entries]
    known, back = _known(session, ids), _came_back(session, ids)
    still = [one for one in entries if one.customer_id not in back]
    lost = [_lost(one, known[one.customer_id]) for one in still]
    return Some(lost, following, is_cut(session, "win_back"))


def referrers(
    session: Session, owner: str | None = None, after: int = 0, limit: int = PAGE
) -> Some[Referrer]:
    """Who sent others, those first whose people brought most; see `win_back`."""
    entries, following = _page(session, "referrers", owner, after, limit)
    known = _known(session, [one.customer_id for one in entries])
    sent = [_referrer(one, known[one.customer_id]) for one in entries]
    return Some(sent, following, is_cut(session, "referrers"))


def has_own(session: Session, login: str) -> bool:
    """Whether somebody has customers of her own."""
    query = select(Customer.customer_id).where(Customer.owner == login).limit(1)
    return session.scalars(query).first() is not None


def _page(
    session: Session, name: str, owner: str | None, after: int, limit: int
) -> tuple[list[Entry], int | None]:
    found = listed(session, name, owner, after, limit + 1)
    shown = found[:limit]
    return [one for _, one in shown], shown[-1][0] if len(found) > limit else None


def _known(session: Session, ids: Collection[str]) -> dict[str, Customer]:
    rows = session.scalars(select(Customer).where(Customer.customer_id.in_(ids)))
    return {one.customer_id: one for one in rows}


def _came_back(session: Session, ids: Collection[str]) -> set[str]:
    """Who of them bought something of which the last run did not know."""
    run = last_full(session)
    if run is None:
        return set()
    query = select(Transaction.customer_id).where(
        Transaction.customer_id.in_(ids),
        Transaction.amount >= 0,
        Transaction.recorded_at > run.started_at,
    )
    return set(session.scalars(query.distinct()))


def _lost(entry: Entry, known: Customer) -> Lost:
    why = [one.partition(":") for one in entry.detail["why"]]
    return Lost(
        entry.customer_id,
        entry.name,
        entry.owner,
        known.phone,
        [(classifier, label) for classifier, _, label in why],
        date.fromisoformat(entry.detail["last_sale"]),
        exactly(entry.detail["worth"], entry.detail["scale"]),
        known.lost_reason,
        known.lost_to,
    )


def _referrer(entry: Entry, known: Customer) -> Referrer:
    return Referrer(
        entry.customer_id,
        entry.name,
        entry.owner,
        known.phone,
        entry.detail["referred"],
        entry.detail["bought"],
        exactly(entry.detail["brought"], entry.detail["scale"]),
    )
