"""The next step of an opportunity: it comes up, goes on, is won or lost."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from custrata.service.customers.opportunities import changes, known, state_of, steps_after
from custrata.service.customers.touched import Touching, touching
from custrata.service.desk import Desk
from custrata.service.figures.standing import LOST, OPEN, WON
from custrata.service.imports.keys import own_key
from custrata.service.registers.entries import entry
from custrata.service.rules.versions import current, engine_of
from custrata.service.runs import Transition
from custrata.service.values import money, past, word, wrong
from custrata.store.faults import refuse
from custrata.store.models import Customer, Opportunity, OpportunityStep
from custrata.store.types import microseconds

OUTCOMES = (WON, LOST)
NAMELESS = ""
"""In place of an id: the one of her opportunities that has none, as files bring it."""


@dataclass(frozen=True)
class Stepped:
    """What a step did.

    Attributes:
        opportunity_id: the new one where none was given.
        reopened: whether the opportunity had ended, and is open again.
        moved: labels of hers that changed.
    """

    opportunity_id: str | None
    reopened: bool
    moved: tuple[Transition, ...]


def record_step(
    desk: Desk,
    customer_id: str,
    step: str,
    opportunity_id: str | None = None,
    amount: Decimal | int | None = None,
    expected_close: date | None = None,
    intent: str | None = None,
    value_grade: str | None = None,
    owner: str | None = None,
    outcome: str | None = None,
    changed_at: datetime | None = None,
) -> Stepped:
    """An opportunity comes up, goes on, is won or is lost.

    What is not said of it stays as it was: its amount, when it is expected, whose it is. One that
    ended is open again where a later step brings no outcome; only after the sale it stays won.

    Args:
        step: of the register.
        opportunity_id: None begins a new one, which gets an id; `NAMELESS` goes on with the one
            that has none. The host's own may be new.
        amount: exact, 0 or more.
        expected_close: not before the day of the step.
        owner: who sells; unless it is said, who sold before, else the customer's.
        outcome: `won` or `lost`.
        changed_at: with its zone, and past; None is now.

    Raises:
        DataError: a value that cannot be.
        StoreError: no such customer or step; nothing goes on without an id; the id is another
            customer's; or the same step of that moment is known (`opportunity-known`).
    """
    moment = past("changed_at", changed_at or desk.now(), desk.now())
    row = Opportunity(
        changed_at=moment,
        expected_close=expected_close,
        intent=word("intent", intent),
        value_grade=word("value_grade", value_grade),
        owner=word("owner", owner),
        outcome=_outcome(outcome),
        by=desk.by,
        recorded_at=desk.now(),
        **_amount(amount),
    )
    with touching(desk) as here:
        customer = here.customer(customer_id)
        row.customer_id = customer.customer_id
        row.step = entry(here.session, OpportunityStep, step).code
        _need_day(here.session, moment, expected_close, row.outcome)
        own = _own(here, row.customer_id, opportunity_id)
        row.opportunity_id = _id(opportunity_id, own)
        before = [one for one in own if one.changed_at <= moment]
        reopened = _follow(here.session, row, before, is_last=len(before) == len(own))
        row.owner = row.owner or customer.owner
        _insert(here.session, row)
        return Stepped(row.opportunity_id, reopened, here.settle())


def opportunities_along(here: Touching, owner: str) -> int:
    """Open opportunities go with touched customers who are about to get another owner.

    Only those that their owner of now sells, or nobody. Each gets a row as its last one is, with
    the new owner: no step, see `figures.standing.handed`.
    """
    table, now = Opportunity, here.desk.now()
    query = select(table, Customer.owner).join(Customer, Customer.customer_id == table.customer_id)
    order = (table.customer_id, table.opportunity_id, table.changed_at)
    later = (table.outcome.is_not(None), table.id)
    made = query.where(here.touched, table.changed_at <= now).order_by(*order, *later)
    after = steps_after(here.session)
    given = []
    for _key, group in groupby(here.session.execute(made), key=lambda one: _which(one[0])):
        rows = [(row, before) for row, before in group]
        last, before = rows[-1]
        whose = known([row for row, _ in reversed(rows)], "owner")
        state = state_of([(row.step, row.outcome) for row, _ in rows], after)
        if state == OPEN and whose in (None, before):
            given.append(_given(last, owner, here.desk))
    here.session.add_all(given)
    here.session.flush()
    return len(given)


def _which(row: Opportunity) -> tuple[str, str | None]:
    return row.customer_id, row.opportunity_id


def _given(last: Opportunity, owner: str, desk: Desk) -> Opportunity:
    kept = ("customer_id", "opportunity_id", "step", "amount", "scale", "outcome")
    more = ("expected_close", "intent", "value_grade")
    return Opportunity(
        **{name: getattr(last, name) for name in (*kept, *more)},
        owner=owner,
        changed_at=desk.now(),
        recorded_at=desk.now(),
        by=desk.by,
        key=own_key("opportunities", secrets.token_hex(16)),
    )


def _follow(
    session: Session, row: Opportunity, before: Sequence[Opportunity], *, is_last: bool
) -> bool:
    """Take over what is not said from what was before; whether it is open again."""
    if not before:
        return False
    for name in ("expected_close", "intent", "value_grade", "owner"):
        if getattr(row, name) is None:
            setattr(row, name, known(before, name))
    if row.amount is None:
        row.amount, row.scale = known(before, "amount"), known(before, "scale")
    after = steps_after(session)
    told = [(one.step, one.outcome) for one in reversed(before)]
    was, now = state_of(told, after), state_of([*told, (row.step, row.outcome)], after)
    row.outcome = now if row.outcome is None and now == WON else row.outcome
    return is_last and was != OPEN and now == OPEN


def _own(here: Touching, who: str, asked: str | None) -> list[Opportunity]:
    """The rows of the opportunity that is asked for, the latest first."""
    if asked is None:
        return []
    own = word("opportunity_id", asked)
    found = [one for one in changes(here.session, who) if one.opportunity_id == own]
    if own is None and not found:
        raise refuse("no-opportunity", "she has no opportunity without an id", "a new one")
    if own is not None and not found:
        others = select(Opportunity.id).where(Opportunity.opportunity_id == own).limit(1)
        if here.session.scalars(others).first() is not None:
            fault = "another customer has the opportunity of this id"
            raise refuse("opportunity-known", fault, "each id once")
    return found


def _id(asked: str | None, own: Sequence[Opportunity]) -> str | None:
    if own:
        return own[0].opportunity_id
    return word("opportunity_id", asked) or secrets.token_hex(8)


def _insert(session: Session, row: Opportunity) -> None:
    named = row.opportunity_id is not None
    own = (row.opportunity_id, row.step, microseconds(row.changed_at))
    row.key = own_key("opportunities", *(own if named else (secrets.token_hex(16),)))
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        fault = "this step of that moment is known already"
        raise refuse("opportunity-known", fault, "each one once") from error


def _need_day(session: Session, moment: datetime, day: date | None, outcome: str | None) -> None:
    if day is None or outcome is not None:
        return
    zone = ZoneInfo(engine_of(current(session)).ruleset.time_zone)
    if day < moment.astimezone(zone).date():
        fault = f"it is expected to close on {day}, before the day of the step"
        raise wrong("close-past", fault, "that day or a later one")


def _outcome(outcome: str | None) -> str | None:
    found = word("outcome", outcome)
    if found is not None and found not in OUTCOMES:
        raise wrong("outcome", f"{found[:40]!r} is no outcome", "won, lost, or none")
    return found


def _amount(amount: Decimal | int | None) -> dict[str, int]:
    if amount is None:
        return {}
    exact = money(amount)
    if exact.amount < 0:
        raise wrong("amount-negative", "the amount is below 0", "0 or more")
    return {"amount": exact.amount, "scale": exact.scale}
