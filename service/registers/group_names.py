"""What the rule of a dynamic group names: labels, stages, sources, groups, values of attributes.

A table of the rules may ask for what is still to come; a group whose rule names nothing that there
is stays empty for ever, and nobody is told why.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata import Engine
from custrata.engine.diagnostics import Diagnostic, RulesError, nearest
from custrata.engine.model import AnyOf, Cell, Classifier, Equals, Not
from custrata.engine.values import spelling
from custrata.service.registers.entries import codes
from custrata.service.registers.treatments import labels_of
from custrata.store.models import Customer, Group, Source, Stage

_SHOWN = 20
_CHOICES = 200
"""So many values of an attribute are looked through for the nearest one."""
_ATTRIBUTES = ("kind", "channel", "size", "sector", "region", "area", "owner", "team", "marketer")
_BY_HAND = "groups."
_LABEL = "label."


def check_group_names(session: Session, engine: Engine, group: str) -> None:
    """Whether all that the rule of a group names is known to the rules or the store.

    Args:
        engine: decides the group besides. group: the name of its table.

    Raises:
        RulesError: something is not; carries a diagnostic for each, with the nearest known name.
    """
    tables = {one.name: one for one in engine.ruleset.classifiers}
    named = dict.fromkeys(_named(tables[group]))
    found = [_fault(session, tables, column, value) for column, value in named]
    faults = [one for one in found if one is not None]
    if faults:
        raise RulesError(faults)


def _named(table: Classifier) -> Iterator[tuple[str, str]]:
    """Columns with the values that their cells name; a group that is asked for has none."""
    for rule in table.rules:
        for column, cell in rule.cells.items():
            if column.startswith(_BY_HAND):
                yield column, ""
            yield from ((column, spelling(value)) for value in _values(cell))


def _values(cell: Cell) -> Iterator[Any]:
    if isinstance(cell, AnyOf | Not):
        for part in cell.parts:
            yield from _values(part)
    elif isinstance(cell, Equals):
        yield cell.value


def _fault(
    session: Session, tables: dict[str, Classifier], column: str, value: str
) -> Diagnostic | None:
    if column.startswith(_LABEL):
        return _of_label(tables[column.removeprefix(_LABEL)], value)
    if column == "stage":
        by_hand = select(Stage.code).where(Stage.automatic.is_(False)).order_by(Stage.position)
        return _missing("stage", value, session.scalars(by_hand).all())
    if column == "source" and not _has(session, column, value):
        return _missing("source", value, codes(session, Source))
    if column.startswith(_BY_HAND):
        return _of_group(session, column.removeprefix(_BY_HAND))
    return _of_attribute(session, column, value) if column in _ATTRIBUTES else None


def _of_label(table: Classifier, value: str) -> Diagnostic | None:
    if table.policy.scores:
        return None
    return _missing("label", value, labels_of(table), "unknown-label", f" of {table.name}")


def _of_group(session: Session, code: str) -> Diagnostic | None:
    query = select(Group.code).where(Group.rule.is_(None)).order_by(Group.code)
    by_hand = session.scalars(query).all()
    return _missing("group", code, by_hand, "unknown-name", " that is filled by hand")


def _of_attribute(session: Session, column: str, value: str) -> Diagnostic | None:
    """Where no customer has that value, though some have others."""
    if _has(session, column, value):
        return None
    own = getattr(Customer, column)
    given = session.scalars(select(own).where(own.is_not(None)).distinct().limit(_CHOICES)).all()
    return _missing(column, value, sorted(given), "unknown-name") if given else None


def _has(session: Session, column: str, value: str) -> bool:
    """Whether some customer has that value."""
    own = getattr(Customer, column)
    return session.scalar(select(own).where(own == value).limit(1)) is not None


def _missing(
    kind: str, value: str, known: Collection[str], code: str | None = None, of: str = ""
) -> Diagnostic | None:
    if value in known:
        return None
    return Diagnostic(
        code or f"no-{kind}",
        f"there is no {kind} {value!r}{of}",
        allowed=", ".join(known) if len(known) <= _SHOWN else None,
        nearest=nearest(value, known),
    )
