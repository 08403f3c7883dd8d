"""What entries of all registers have in common: a code of their own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from custrata.engine.diagnostics import Diagnostic, nearest
from custrata.service.values import needed, wrong
from custrata.store.faults import StoreError, refuse
from custrata.store.folding import code as folded
from custrata.store.models import Group, OpportunityStep, Question, Source, Stage

Entry = TypeVar("Entry", Group, OpportunityStep, Question, Source, Stage)
Placed = TypeVar("Placed", OpportunityStep, Stage)
Row = Group | OpportunityStep | Question | Source | Stage
_KINDS: dict[type[Row], str] = {
    Group: "group",
    OpportunityStep: "step",
    Question: "question",
    Source: "source",
    Stage: "stage",
}
_LONGEST = 200
"""Signs of a code that is made of a name; a suffix comes to it."""
_SHOWN = 20


def entry(session: Session, model: type[Entry], code: str, called: str | None = None) -> Entry:
    """The entry of that code.

    Args:
        called: what a fault calls it; None as all of its register.

    Raises:
        StoreError: there is none.
    """
    found = session.scalars(select(model).where(model.code == code)).first()
    if found is None:
        raise unknown(called or _KINDS[model], code, codes(session, model))
    return found


def codes(session: Session, model: type[Entry]) -> list[str]:
    """The codes of all entries."""
    return list(session.scalars(select(model.code).order_by(model.code)))


def new_code(session: Session, model: type[Entry], name: str, code: str | None) -> str:
    """The code of an entry to be: the one that is asked for, else one made of its name.

    Raises:
        DataError: it is not written as codes are.
        StoreError: another entry has the code that is asked for.
    """
    kind, taken = _KINDS[model], codes(session, model)
    if code is None:
        return _free(_made(kind, name), taken)
    asked = needed("code", code)
    if folded(asked) != asked.replace("_", "-"):
        fault = f"{asked!r} is not written as codes are"
        raise wrong("code-form", fault, folded(asked) or "letters and digits, joined by -")
    if asked in taken:
        raise _taken(kind, asked, taken)
    return asked


def insert(session: Session, row: Row) -> None:
    """Write a new entry.

    Raises:
        StoreError: somebody else just took its code.
    """
    session.add(row)
    code = row.code
    try:
        session.flush()
    except IntegrityError as error:
        raise _taken(_KINDS[type(row)], code, (code,)) from error


def put_in_order(session: Session, model: type[Placed], order: Sequence[str]) -> None:
    """Give all entries of a register other places.

    Raises:
        StoreError: one is missing, or named twice, or there is none such.
    """
    kind = _KINDS[model]
    known = {one.code: one for one in session.scalars(select(model))}
    for code in order:
        if code not in known:
            raise unknown(kind, code, sorted(known))
    if sorted(order) != sorted(known):
        raise refuse(f"{kind}-order", f"the order must name each {kind} once", ", ".join(known))
    for position, code in enumerate(order):
        known[code].position = position


def unknown(kind: str, code: str, known: Collection[str]) -> StoreError:
    """The error of a code that no entry has."""
    allowed = ", ".join(known) if len(known) <= _SHOWN else None
    close = nearest(code, known)
    return StoreError(
        Diagnostic(f"no-{kind}", f"there is no {kind} {code!r}", allowed=allowed, nearest=close)
    )


def _made(kind: str, name: str) -> str:
    made = folded(name)[:_LONGEST].rstrip("-")
    if not made:
        fault = f"no code can be made of the name of this {kind}"
        raise wrong("code-missing", fault, "a code of letters and digits beside it")
    return made


def _free(wanted: str, taken: Collection[str]) -> str:
    number, found = 1, wanted
    while found in taken:
        number += 1
        found = f"{wanted}-{number}"
    return found


def _taken(kind: str, code: str, taken: Collection[str]) -> StoreError:
    fault = f"another {kind} has the code {code}"
    return refuse(f"{kind}-code-taken", fault, _free(code, taken))
