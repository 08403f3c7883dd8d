"""Opportunities of one customer, and how they stand."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata.engine.values import exactly
from custrata.service.customers.touched import id_of
from custrata.service.figures.standing import OPEN, WON
from custrata.service.registers.steps import PARTS, steps
from custrata.store.models import Opportunity

MOST = 1_000
"""Rows of a customer that are looked at, the latest ones."""


@dataclass(frozen=True)
class Row:
    """A step that an opportunity reached, or its outcome there; exact."""

    at: datetime
    step: str
    amount: Decimal | None
    expected_close: date | None
    owner: str | None
    outcome: str | None
    by: str | None


@dataclass(frozen=True)
class Deal:
    """An opportunity.

    Attributes:
        id: None where its rows have none.
        state: `open`, `won`, `lost`, or what else ended it.
        step, amount, expected_close, intent, value_grade, owner: the latest that is known.
        rows: the latest first.
    """

    id: str | None
    state: str
    step: str
    amount: Decimal | None
    expected_close: date | None
    intent: str | None
    value_grade: str | None
    owner: str | None
    rows: tuple[Row, ...]


def opportunities(session: Session, customer_id: str) -> tuple[Deal, ...]:
    """A customer's opportunities: open ones first, of each kind the latest change first."""
    rows = changes(session, id_of(customer_id))
    after = steps_after(session)
    ordered = sorted(rows, key=lambda one: one.opportunity_id or "")
    found = [
        _deal(list(own), after)
        for _id, own in groupby(ordered, key=lambda one: one.opportunity_id or "")
    ]
    latest = sorted(found, key=lambda one: one.rows[0].at, reverse=True)
    return tuple(sorted(latest, key=lambda one: one.state != OPEN))


def state_of(rows: Iterable[tuple[str, str | None]], after: Collection[str]) -> str:
    """How an opportunity stands after its steps and outcomes, in the order of time.

    A step after the sale that says nothing of the outcome leaves it won; the same rule as that of
    `figures.standing`, for a few rows.
    """
    state = OPEN
    for step, outcome in rows:
        said = (outcome or "").strip().lower()
        state = said or (WON if state == WON and step in after else OPEN)
    return state


def steps_after(session: Session) -> frozenset[str]:
    """The codes of steps after the sale."""
    return frozenset(one.code for one in steps(session) if one.part == PARTS[-1])


def changes(session: Session, who: str) -> list[Opportunity]:
    """A customer's rows, the latest first; of one moment, what ends an opportunity."""
    table = Opportunity
    order = (table.changed_at.desc(), table.outcome.is_(None), table.id.desc())
    query = select(table).where(table.customer_id == who).order_by(*order).limit(MOST)
    return list(session.scalars(query))


def known(rows: Sequence[object], name: str) -> Any:
    """The latest value that is known; rows stand the latest first."""
    return next((found for one in rows if (found := getattr(one, name)) is not None), None)


def _deal(rows: Sequence[Opportunity], after: Collection[str]) -> Deal:
    """An opportunity from its rows, the latest first."""
    shown = tuple(map(_row, rows))
    return Deal(
        id=rows[0].opportunity_id,
        state=state_of([(one.step, one.outcome) for one in reversed(rows)], after),
        step=rows[0].step,
        amount=known(shown, "amount"),
        expected_close=known(rows, "expected_close"),
        intent=known(rows, "intent"),
        value_grade=known(rows, "value_grade"),
        owner=known(rows, "owner"),
        rows=shown,
    )


def _row(one: Opportunity) -> Row:
    amount = exactly(one.amount, one.scale)
    return Row(one.changed_at, one.step, amount, one.expected_close, one.owner, one.outcome, one.by)
