"""Who would move by other rules, as a page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from custrata.admin.pages.naming import Called
from custrata.engine.what_if import Moved
from custrata.service.desk import Desk
from custrata.service.runs.what_if import Swap, what_if

Pair = tuple[str | None, str | None]


@dataclass(frozen=True)
class Size:
    """How many customers have a label, now and after."""

    label: str
    now: int
    after: int

    @property
    def by(self) -> int:
        """How many more."""
        return self.after - self.now


@dataclass(frozen=True)
class Part:
    """What becomes of one classifier's labels.

    Attributes:
        pairs: who moves from which label to which, most customers first, by names.
    """

    name: str
    moved: Moved
    sizes: tuple[Size, ...]
    pairs: tuple[tuple[str, str, Moved], ...]


@dataclass(frozen=True)
class Shown:
    """A swap set.

    Attributes:
        parts: of the classifiers by which anybody moves, the most first.
        still: names of those by which nobody does.
    """

    as_of: date
    version: int
    customers: int
    parts: tuple[Part, ...]
    still: tuple[str, ...]


def swap_of(desk: Desk, text: str) -> Shown:
    """Who would move from the last run's labels to those of rules as text.

    Raises:
        RulesError: the text is wrong. StoreError: no run has landed yet.
    """
    found = what_if(desk, text)
    called = Called([found.after, found.before])
    moving = [name for name, moved in found.swaps.moved.items() if moved.customers]
    parts = sorted((_part(found, called, name) for name in moving), key=_most_first)
    still = tuple(called.classifier(name) for name in found.swaps.matrix if name not in moving)
    return Shown(found.as_of, found.version, _everyone(found), tuple(parts), still)


def _part(found: Swap, called: Called, name: str) -> Part:
    matrix: Mapping[Pair, Moved] = found.swaps.matrix[name]
    moves = [(*pair, moved) for pair, moved in matrix.items() if pair[0] != pair[1]]
    moves.sort(key=lambda one: (-one[2].customers, str(one[0]), str(one[1])))
    sizes = found.swaps.sizes[name]
    return Part(
        called.classifier(name),
        found.swaps.moved[name],
        tuple(
            Size(called.label(name, label), *sizes[label]) for label in called.ranked(name, sizes)
        ),
        tuple(
            (called.label(name, before), called.label(name, after), moved)
            for before, after, moved in moves
        ),
    )


def _most_first(part: Part) -> tuple[int, str]:
    return -part.moved.customers, part.name


def _everyone(found: Swap) -> int:
    matrix = next(iter(found.swaps.matrix.values()), {})
    return sum(one.customers for one in matrix.values())
