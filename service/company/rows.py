"""A row of each record, its fields in the order of the record's columns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple, NewType

Moment = NewType("Moment", int)
"""Seconds since 1970-01-01 00:00 on the firm's clock."""


class Customer(NamedTuple):
    """A customer as the firm's book has her; stage and owner are those of the last day."""

    customer_id: str
    name: str
    phone: str | None
    email: str | None
    kind: str
    channel: str
    size: str | None
    sector: str | None
    region: str
    area: str
    province: str
    country: str
    address: str
    language: str
    source: str | None
    stage: str | None
    groups: str | None
    owner: str | None
    team: str
    marketer: str | None
    referred_by: str | None
    created_at: Moment | None
    birth_date: date | None
    consent: bool | None
    lost_reason: str | None
    lost_to: str | None


class Transaction(NamedTuple):
    """A line of an order, or a refund, whose amount is below 0; whole đồng."""

    transaction_id: str
    customer_id: str
    occurred_at: Moment
    amount: int
    profit: int
    order_id: str | None
    refund_of: str | None
    product: str | None
    quantity: int | None
    currency: str


class Contact(NamedTuple):
    """A call, a visit, a message: tried or held."""

    contact_id: str
    customer_id: str
    occurred_at: Moment
    channel: str
    direction: str
    outcome: str
    owner: str | None
    note: str | None


class Answer(NamedTuple):
    """An answer to a question."""

    customer_id: str
    answered_at: Moment
    question: str
    answer: str


class StageChange(NamedTuple):
    """A change of stage; `why` is the reason of a loss."""

    customer_id: str
    changed_at: Moment
    before: str | None
    after: str
    by: str
    why: str | None


class OwnerChange(NamedTuple):
    """Somebody else looks after a customer from now on."""

    customer_id: str
    changed_at: Moment
    before: str | None
    after: str
    by: str
    why: str


class Opportunity(NamedTuple):
    """A step that an opportunity reached, or its outcome there."""

    opportunity_id: str
    customer_id: str
    step: str
    changed_at: Moment
    amount: int
    expected_close: date
    intent: str
    value_grade: str
    owner: str | None
    outcome: str | None


class Feedback(NamedTuple):
    """A complaint, a suggestion, praise, a return, a ticket; `settled_at` None is not yet."""

    feedback_id: str
    customer_id: str
    opened_at: Moment
    kind: str
    state: str
    owner: str | None
    due_at: Moment
    settled_at: Moment | None
    text: str


class SourceCost(NamedTuple):
    """What a source cost in a month, named by its first day."""

    source: str
    month: date
    amount: int


class Target(NamedTuple):
    """What a salesperson is to sell in a month, named by its first day."""

    owner: str
    month: date
    amount: int


class Visit(NamedTuple):
    """A visit that was planned at a moment for a day."""

    customer_id: str
    planned_at: Moment
    day: date
    region: str
    owner: str
    matter: str
    purpose: str


class Group(NamedTuple):
    """A group of customers; with a rule it fills itself."""

    code: str
    name: str
    parent: str | None
    rule: str | None


RECORDS: Mapping[str, type[tuple[object, ...]]] = {
    "customers": Customer,
    "transactions": Transaction,
    "contacts": Contact,
    "surveys": Answer,
    "stage_changes": StageChange,
    "owner_changes": OwnerChange,
    "opportunities": Opportunity,
    "feedback": Feedback,
    "source_costs": SourceCost,
    "targets": Target,
    "visits": Visit,
    "groups": Group,
}
