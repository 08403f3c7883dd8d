"""Steps of an opportunity: the firm's own, in funnel order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict, Unpack

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from custrata.service.audit import note
from custrata.service.customers.touched import touching
from custrata.service.desk import Desk
from custrata.service.registers.entries import entry, insert, new_code, put_in_order
from custrata.service.registers.spoken import kept_names, name_in
from custrata.service.registers.uses import Uses, used
from custrata.service.values import wrong
from custrata.store.faults import refuse
from custrata.store.models import Opportunity, OpportunityStep

PARTS = ("before", "during", "after")
"""Of the sale, to one of which each step belongs."""


class StepChanges(TypedDict, total=False):
    """What may be changed of a step; what is left out stays as it is."""

    names: Mapping[str, str]
    part: str


def steps(session: Session) -> list[OpportunityStep]:
    """All steps, in funnel order."""
    order = (OpportunityStep.position, OpportunityStep.code)
    return list(session.scalars(select(OpportunityStep).order_by(*order)))


def step_name(step: OpportunityStep, language: str) -> str:
    """What a step is called in a language; else in English, in any other, by its code."""
    return name_in(step.names, language, step.code)


def add_step(
    desk: Desk, names: Mapping[str, str], part: str = "before", code: str | None = None
) -> str:
    """A step more, at the end of the funnel; its code.

    Args:
        names: by language; the first one makes the code where none is given.
        part: one of `PARTS`.

    Raises:
        DataError: a value that cannot be.
        StoreError: the code is taken.
    """
    named = kept_names("step", names)
    with touching(desk) as here:
        session = here.session
        last = session.scalar(select(func.max(OpportunityStep.position)))
        row = OpportunityStep(
            code=new_code(session, OpportunityStep, next(iter(named.values())), code),
            names=named,
            position=0 if last is None else last + 1,
            part=_part(part),
        )
        insert(session, row)
        note(session, desk, "step.add", "step", row.code, part=row.part)
        return row.code


def change_step(desk: Desk, code: str, **changes: Unpack[StepChanges]) -> None:
    """Name a step otherwise, or put it before, into or after the sale.

    Raises:
        DataError: a value that cannot be.
        StoreError: no such step.
    """
    with touching(desk) as here:
        row = entry(here.session, OpportunityStep, code)
        if "names" in changes:
            row.names = kept_names("step", changes["names"])
        if "part" in changes:
            row.part = _part(changes["part"])
        note(here.session, desk, "step.change", "step", code, changed=sorted(changes))


def order_steps(desk: Desk, order: Sequence[str]) -> None:
    """Put the steps in another funnel order.

    Raises:
        StoreError: one is missing, or named twice, or there is none such.
    """
    with touching(desk) as here:
        put_in_order(here.session, OpportunityStep, order)
        note(here.session, desk, "step.order", "step", order=list(order))


def delete_step(desk: Desk, code: str) -> None:
    """Do away with a step at which no opportunity ever was; one is left in any case.

    Raises:
        StoreError: no such step; opportunities were at it, or it is the last one.
    """
    with touching(desk) as here:
        session = here.session
        row = entry(session, OpportunityStep, code)
        uses = step_uses(session, code)
        if uses:
            raise used("step", code, uses)
        if len(steps(session)) == 1:
            raise refuse("step-last", "one step must be left", "add another one first")
        session.delete(row)
        note(session, desk, "step.delete", "step", code)


def step_uses(session: Session, code: str) -> Uses:
    """What would break without a step; reads all opportunities, so it is asked of one at a time."""
    there = Opportunity.step == code
    named = select(func.count(Opportunity.opportunity_id.distinct())).where(there)
    nameless = select(func.count(Opportunity.customer_id.distinct())).where(
        there, Opportunity.opportunity_id.is_(None)
    )
    return Uses(opportunities=sum(session.scalar(one) or 0 for one in (named, nameless)))


def _part(part: str) -> str:
    if part not in PARTS:
        raise wrong("step-part", f"{part[:40]!r} is no part of a sale", ", ".join(PARTS))
    return part
