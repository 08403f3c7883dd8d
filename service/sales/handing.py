"""Which of a salesperson's customers are handed over: shown first, then done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from custrata.service.customers.conditions import conditions
from custrata.service.customers.hand_over import give
from custrata.service.customers.listing import MOST, Row, rows
from custrata.service.customers.question import NONE, Question
from custrata.service.customers.touched import touching
from custrata.service.desk import Desk
from custrata.service.registers.staff import need_salesperson
from custrata.service.values import needed
from custrata.store.faults import refuse
from custrata.store.models import Customer

SHOWN = 20


@dataclass(frozen=True)
class Choice:
    """Whose customers, and which of them.

    Attributes:
        owner: `question.NONE` stands for those who have nobody.
        question: who asks for more than the owner; its own owners are not heeded.
        region: where they are; empty for anywhere.
    """

    owner: str
    question: Question = field(default_factory=Question)
    region: str = ""


@dataclass(frozen=True)
class Preview:
    """Who would be handed over.

    Attributes:
        ids: the first `listing.MOST` of them. rows: the first `SHOWN`, as lists show them.
        more: whether there are more than those ids.
    """

    ids: tuple[str, ...]
    rows: tuple[Row, ...]
    more: bool

    @property
    def mark(self) -> str:
        """What tells whether they are still the same."""
        return mark_of(self.ids)


def preview(session: Session, choice: Choice) -> Preview:
    """Look who they are; an index finds an owner's customers."""
    found = _ids(session, choice, MOST + 1)
    ids = tuple(found[:MOST])
    return Preview(ids, rows(session, ids[:SHOWN]), len(found) > MOST)


def regions_of(session: Session, owner: str) -> list[str]:
    """Where an owner's customers are."""
    query = select(Customer.region).where(_whose(owner), Customer.region.is_not(None)).distinct()
    return sorted(one for one in session.scalars(query) if one)


def mark_of(ids: Sequence[str]) -> str:
    """What tells these customers from others."""
    return sha256("\0".join(ids).encode()).hexdigest()[:16]


def hand_over_chosen(
    desk: Desk, choice: Choice, to_owner: str, seen: str, why: str | None = None
) -> int:
    """Hand over whom a choice takes, the first `listing.MOST` of them; how many changed hands.

    Args:
        seen: the mark of the preview. Where they are others by now, nothing changes.

    Raises:
        DataError: a text that cannot be.
        StoreError: others are chosen by now than were shown (`changed-meanwhile`), the new owner
            is the one of before (`same-owner`), or nobody known (`no-salesperson`).
    """
    owner = needed("to_owner", to_owner)
    if owner == choice.owner:
        raise refuse("same-owner", f"they are customers of {owner} already", "another owner")
    before = None if choice.owner == NONE else choice.owner
    with touching(desk) as here:
        need_salesperson(here.session, owner)
        ids = _ids(here.session, choice, MOST)
        if mark_of(ids) != seen:
            fault = f"others were shown than the {len(ids):,} customers who are chosen now"
            raise refuse("changed-meanwhile", fault, "another look")
        count = give(here, owner, [_whose(choice.owner)], ids, why, before)
        here.settle()
    return count


def _ids(session: Session, choice: Choice, limit: int) -> list[str]:
    those = conditions(session, replace(choice.question, owners=()))
    query = select(Customer.customer_id).where(_whose(choice.owner), *(one.holds for one in those))
    if choice.region:
        query = query.where(Customer.region == choice.region)
    return list(session.scalars(query.order_by(Customer.customer_id).limit(limit)))


def _whose(owner: str) -> ColumnElement[bool]:
    return Customer.owner.is_(None) if owner == NONE else Customer.owner == owner
