"""What would break if an entry of a register went: customers who have it, rules that name it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy.orm import Session

from custrata.engine.diagnostics import RulesError
from custrata.engine.model import AnyOf, Cell, Classifier, Equals, Not
from custrata.service.rules.versions import current, engine_of
from custrata.store.faults import StoreError, refuse


@dataclass(frozen=True)
class Uses:
    """Who and what an entry is used by.

    Attributes:
        customers: how many have it, or are in it.
        below: codes of the groups below a group.
        months: for how many a source's costs are known.
        opportunities: how many were ever at a step.
        effects: classifiers of the rules in force whose effects name it.
        cells: those whose rows ask for it; a dynamic group as `group:` and its code.
    """

    customers: int = 0
    below: tuple[str, ...] = ()
    months: int = 0
    opportunities: int = 0
    effects: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != Uses()

    def __str__(self) -> str:
        parts = {
            _counted(self.customers, "customer"): self.customers,
            f"groups below it ({', '.join(self.below)})": self.below,
            f"costs of {_counted(self.months, 'month')}": self.months,
            f"opportunities ({self.opportunities:,})": self.opportunities,
            f"effects of {', '.join(self.effects)}": self.effects,
            f"rows of {', '.join(self.cells)}": self.cells,
        }
        return "; ".join(text for text, there in parts.items() if there)


def named_in_effects(session: Session, effects: tuple[str, ...], code: str) -> tuple[str, ...]:
    """The classifiers in force that have one of these effects with this argument."""
    return tuple(one.name for one in in_force(session) if _has_effect(one, effects, code))


def named_in_cells(session: Session, asks: Callable[[str, Cell], bool]) -> tuple[str, ...]:
    """The classifiers in force, and dynamic groups, with a cell that asks for an entry.

    Args:
        asks: of a column and a cell of it.
    """
    found = (one for one in in_force(session) if any(asks(*cell) for cell in _cells(one)))
    return tuple(one.name for one in found)


def value_of(column: str, code: str) -> Callable[[str, Cell], bool]:
    """Whether a cell of that column names a value."""
    return lambda name, cell: name == column and _names(cell, code)


def in_force(session: Session) -> Iterator[Classifier]:
    """The classifiers of the rules in force, then the tables of dynamic groups."""
    # runs work out figures, which read registers
    from custrata.service.runs.groups import PREFIX, dynamic_rules, with_groups

    rules = current(session)
    yield from engine_of(rules).ruleset.classifiers
    for code, rule in dynamic_rules(session).items():
        with suppress(RulesError):
            tables = with_groups(rules, {code: rule}).ruleset.classifiers
            yield next(one for one in tables if one.name == PREFIX + code)


def used(kind: str, code: str, uses: Uses, verb: str = "go") -> StoreError:
    """The error of an entry that cannot go, or change, while it is used."""
    return refuse(f"{kind}-used", f"the {kind} {code} cannot {verb}, it is used by {uses}")


def _has_effect(classifier: Classifier, effects: tuple[str, ...], code: str) -> bool:
    return any(
        effect.name in effects and effect.argument == code
        for moments in classifier.effects.values()
        for listed in moments.values()
        for effect in listed
    )


def _cells(classifier: Classifier) -> Iterator[tuple[str, Cell]]:
    for rule in classifier.rules:
        yield from rule.cells.items()
    yield from classifier.where.items()


def _names(cell: Cell, value: str) -> bool:
    if isinstance(cell, AnyOf | Not):
        return any(_names(part, value) for part in cell.parts)
    return isinstance(cell, Equals) and cell.value == value


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
