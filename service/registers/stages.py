"""Relationship stages: the firm's own, in funnel order."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypedDict, Unpack

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from custrata.service.audit import note
from custrata.service.customers.touched import touching
from custrata.service.desk import Desk
from custrata.service.registers.entries import entry, insert, new_code, put_in_order, unknown
from custrata.service.registers.spoken import kept_names, name_in
from custrata.service.registers.uses import Uses, named_in_cells, named_in_effects, used, value_of
from custrata.service.values import wrong
from custrata.store.faults import refuse
from custrata.store.models import Customer, Stage

_COLOUR = re.compile("#[0-9a-f]{6}")
_EFFECTS = ("set_stage",)


class StageChanges(TypedDict, total=False):
    """What may be changed of a stage; what is left out stays as it is."""

    names: Mapping[str, str]
    colour: str | None
    automatic: bool
    exit: bool


def stages(session: Session) -> list[Stage]:
    """All stages, in funnel order."""
    return list(session.scalars(select(Stage).order_by(Stage.position, Stage.code)))


def stage_name(stage: Stage, language: str) -> str:
    """What a stage is called in a language; else in English, in any other, by its code."""
    return name_in(stage.names, language, stage.code)


def choosable(session: Session, code: str) -> Stage:
    """A stage that a person may set.

    Raises:
        StoreError: there is none, or only rules set it.
    """
    found = session.get(Stage, code)
    open_ones = [one.code for one in stages(session) if not one.automatic]
    if found is None:
        raise unknown("stage", code, open_ones)
    if found.automatic:
        fault = f"the stage {code} is set by rules alone"
        raise refuse("stage-automatic", fault, ", ".join(open_ones))
    return found


def add_stage(
    desk: Desk,
    names: Mapping[str, str],
    code: str | None = None,
    colour: str | None = None,
    *,
    automatic: bool = False,
    exit: bool = False,  # noqa: A002 - the term of the table
) -> str:
    """A stage more, at the end of the funnel; its code.

    Args:
        names: by language; the first one makes the code where none is given.
        colour: `#rrggbb`.
        automatic: set by rules over a stage. exit: outside of the funnel.

    Raises:
        DataError: a value that cannot be.
        StoreError: the code is taken.
    """
    named = kept_names("stage", names)
    with touching(desk) as here:
        session = here.session
        last = session.scalar(select(func.max(Stage.position)))
        row = Stage(
            code=new_code(session, Stage, next(iter(named.values())), code),
            names=named,
            position=0 if last is None else last + 1,
            colour=_colour(colour),
            automatic=automatic,
            exit=exit,
        )
        insert(session, row)
        note(session, desk, "stage.add", "stage", row.code, automatic=automatic, exit=exit)
        return row.code


def change_stage(desk: Desk, code: str, **changes: Unpack[StageChanges]) -> None:
    """Name a stage otherwise, give it another colour, have rules or persons set it.

    Raises:
        DataError: a value that cannot be.
        StoreError: no such stage; or it is used in a way that the change would forbid.
    """
    with touching(desk) as here:
        session = here.session
        row = entry(session, Stage, code)
        if "names" in changes:
            row.names = kept_names("stage", changes["names"])
        if "colour" in changes:
            row.colour = _colour(changes["colour"])
        if changes.get("automatic", row.automatic) != row.automatic:
            _turn(session, row)
        row.exit = changes.get("exit", row.exit)
        note(session, desk, "stage.change", "stage", code, changed=sorted(changes))


def order_stages(desk: Desk, order: Sequence[str]) -> None:
    """Put the stages in another funnel order.

    Raises:
        StoreError: one is missing, or named twice, or there is none such.
    """
    with touching(desk) as here:
        put_in_order(here.session, Stage, order)
        note(here.session, desk, "stage.order", "stage", order=list(order))


def delete_stage(desk: Desk, code: str) -> None:
    """Do away with a stage in which nobody stands; history keeps its code.

    Raises:
        StoreError: no such stage; customers stand in it, or the rules in force name it.
    """
    with touching(desk) as here:
        session = here.session
        row = entry(session, Stage, code)
        uses = stage_uses(session, code)
        if uses:
            raise used("stage", code, uses)
        session.delete(row)
        note(session, desk, "stage.delete", "stage", code)


def stage_uses(session: Session, code: str) -> Uses:
    """What would break without a stage; an index serves each of the two counts."""
    own = Customer.stage == code
    shown = and_(Customer.overlay == code, Customer.stage.is_distinct_from(code))
    counted = select(func.count()).select_from(Customer)
    return Uses(
        customers=sum(session.scalar(counted.where(one)) or 0 for one in (own, shown)),
        effects=named_in_effects(session, _EFFECTS, code),
        cells=named_in_cells(session, value_of("stage", code)),
    )


def _turn(session: Session, row: Stage) -> None:
    """Rules set what a person set, or the other way round."""
    uses = stage_uses(session, row.code)
    if uses.customers or uses.effects:
        to = "persons" if row.automatic else "rules"
        raise used("stage", row.code, uses, f"be set by {to} alone")
    row.automatic = not row.automatic


def _colour(colour: str | None) -> str | None:
    found = None if colour is None else colour.strip().lower()
    if found and not _COLOUR.fullmatch(found):
        raise wrong("colour", f"{found[:20]!r} is no colour", "such as #0ea5e9")
    return found or None
