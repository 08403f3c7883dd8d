"""Lists of customers that a run leaves, to be worked through: the first few hundred of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from custrata.service.figures.best import best_lists
from custrata.service.figures.deals import deal_lists
from custrata.service.figures.ground import Ground
from custrata.service.figures.newcomers import birthday_list, lead_list
from custrata.service.figures.referrers import referrers
from custrata.service.figures.shares import LONGEST
from custrata.service.figures.tail import tail_lists
from custrata.service.figures.win_back import win_back
from custrata.store.models import Customer, Listed

Lists = Mapping[str, pl.DataFrame]
"""By name: `customer_id` and further columns, which become details; in order."""

LISTS: tuple[Callable[[Ground], Lists], ...] = (
    best_lists,
    birthday_list,
    deal_lists,
    lead_list,
    tail_lists,
    referrers,
    win_back,
)
"""What finds lists; one module each."""


@dataclass(frozen=True)
class Entry:
    """A customer on a list.

    Attributes:
        detail: what put her there, by name.
    """

    customer_id: str
    name: str | None
    owner: str | None
    detail: Mapping[str, Any]


def find_lists(ground: Ground) -> dict[str, pl.DataFrame]:
    """Everything that goes onto lists."""
    return {name: frame for find in LISTS for name, frame in find(ground).items()}


def keep_lists(session: Session, lists: Lists) -> None:
    """Put these in the place of those that the run before left."""
    session.execute(delete(Listed))
    rows = [
        {"list": name, "place": place, "customer_id": row.pop("customer_id"), "detail": row or None}
        for name, frame in lists.items()
        for place, row in enumerate(frame.head(LONGEST).to_dicts(), start=1)
    ]
    if rows:
        session.execute(insert(Listed), rows)


def is_cut(session: Session, name: str) -> bool:
    """Whether a list is as long as lists get: there may be more than are on it."""
    last = select(Listed.place).where(Listed.list == name, Listed.place >= LONGEST)
    return session.scalars(last.limit(1)).first() is not None


def listed(
    session: Session, name: str, owner: str | None = None, after: int = 0, limit: int = 50
) -> list[tuple[int, Entry]]:
    """Customers of a list with their places, in order.

    Args:
        owner: only whose customers; None for everyone's. after: only those behind this place.
    """
    columns = (Customer.customer_id, Customer.name, Customer.owner, Listed.detail)
    query = select(Listed.place, *columns).join(
        Customer, Customer.customer_id == Listed.customer_id
    )
    query = query.where(Listed.list == name, Listed.place > after)
    if owner is not None:
        query = query.where(Customer.owner == owner)
    rows = session.execute(query.order_by(Listed.place).limit(limit))
    return [
        (place, Entry(who, called, whose, detail or {}))
        for place, who, called, whose, detail in rows
    ]
