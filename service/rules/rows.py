"""Which row of a table became which: an insertion in the middle is one change, not many."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile

from custrata.engine.model import AnyOf, Cell, InBand, Label, Not, Rule

_MOST_PAIRS = 10_000
"""Beyond so many, rows are held against those at the same place only."""
_ALIKE = 0.5


@dataclass(frozen=True)
class Row:
    """A rule, what it is equal by, and its place, from 1."""

    number: int
    rule: Rule
    cells: Mapping[str, Hashable]
    label: Hashable

    @property
    def key(self) -> Hashable:
        """Rows of one key are the same."""
        return frozenset(self.cells.items()), self.label, self.rule.note


@dataclass(frozen=True)
class Matching:
    """What became of a table's rows, each by its old and its new form.

    Attributes:
        moved: the same, at another place among the others.
        changed: those that are alike.
        removed, added: all others.
    """

    moved: tuple[tuple[Row, Row], ...]
    changed: tuple[tuple[Row, Row], ...]
    removed: tuple[Row, ...]
    added: tuple[Row, ...]


def rows(rules: Sequence[Rule], renamed: Mapping[str, Mapping[str, str]]) -> tuple[Row, ...]:
    """The rows of a table; `renamed` holds new names of bands, by measure and old name."""
    return tuple(
        Row(
            number,
            rule,
            {column: meaning(cell, renamed.get(column, {})) for column, cell in rule.cells.items()},
            label_key(rule.label),
        )
        for number, rule in enumerate(rules, 1)
    )


def meaning(cell: Cell | None, renamed: Mapping[str, str] | None = None) -> Hashable:
    """What a cell is equal by: neither order nor repetition matters in a list."""
    names = renamed or {}
    match cell:
        case InBand(name):
            return InBand(names.get(name, name))
        case AnyOf(parts):
            found = frozenset(meaning(part, names) for part in parts)
            return next(iter(found)) if len(found) == 1 else found
        case Not(parts):
            return "not", frozenset(meaning(part, names) for part in parts)
    return cell


def label_key(label: Label | None) -> Hashable:
    """What a label is equal by: `true`, `1` and `"1"` are three."""
    return isinstance(label, bool), isinstance(label, str), label


def matched(old: Sequence[Row], new: Sequence[Row]) -> Matching:
    """Hold the rows of two tables against each other."""
    gaps = list(_gaps([row.key for row in old], [row.key for row in new]))
    lost = [row for were, _ in gaps for row in old[were]]
    found = [row for _, are in gaps for row in new[are]]
    moved = _moved(lost, found)
    gone = {one.number for one, _ in moved}
    come = {other.number for _, other in moved}
    changed: list[tuple[Row, Row]] = []
    for were, are in gaps:
        left = [row for row in old[were] if row.number not in gone]
        right = [row for row in new[are] if row.number not in come]
        changed += _alike(left, right)
    gone |= {one.number for one, _ in changed}
    come |= {other.number for _, other in changed}
    return Matching(
        tuple(moved),
        tuple(changed),
        tuple(row for row in lost if row.number not in gone),
        tuple(row for row in found if row.number not in come),
    )


def _gaps(old: list[Hashable], new: list[Hashable]) -> Iterator[tuple[slice, slice]]:
    """The stretches between rows that stayed."""
    first = _common(old, new)
    last = _common(old[first:][::-1], new[first:][::-1])
    a, b = old[first : len(old) - last], new[first : len(new) - last]
    if len(a) * len(b) > _MOST_PAIRS * 100:
        yield from _by_place(a, b, first)
        return
    for tag, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag != "equal":
            yield slice(first + i, first + j), slice(first + k, first + m)


def _common(old: list[Hashable], new: list[Hashable]) -> int:
    """How many they have in common from the start."""
    pairs = zip(old, new, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _by_place(a: list[Hashable], b: list[Hashable], first: int) -> Iterator[tuple[slice, slice]]:
    for place in range(max(len(a), len(b))):
        were, are = a[place : place + 1], b[place : place + 1]
        if were != are:
            at = first + place
            yield slice(at, at + len(were)), slice(at, at + len(are))


def _moved(lost: Sequence[Row], found: Sequence[Row]) -> list[tuple[Row, Row]]:
    places: dict[Hashable, list[Row]] = {}
    for row in reversed(found):
        places.setdefault(row.key, []).append(row)
    return [(row, places[row.key].pop()) for row in lost if places.get(row.key)]


def _alike(old: Sequence[Row], new: Sequence[Row]) -> list[tuple[Row, Row]]:
    """Pairs of rows that are alike, the most alike first; no two pairs cross."""
    few = len(old) * len(new) <= _MOST_PAIRS
    pairs = [
        (_likeness(one, other), -abs(x - y), x, y)
        for x, one in enumerate(old)
        for y, other in (enumerate(new) if few else enumerate(new[x : x + 1], x))
    ]
    chosen: list[tuple[int, int]] = []
    for likeness, _, x, y in sorted(pairs, reverse=True):
        if likeness >= _ALIKE and all((x - p) * (y - q) > 0 for p, q in chosen):
            chosen.append((x, y))
    return [(old[x], new[y]) for x, y in sorted(chosen)]


def _likeness(one: Row, other: Row) -> float:
    """How much of two rows is the same, from 0 to 1."""
    columns = one.cells.keys() | other.cells.keys()
    same = sum(one.cells.get(name) == other.cells.get(name) for name in columns)
    same_columns = one.cells.keys() == other.cells.keys()
    return (same + (one.label == other.label) + same_columns) / (len(columns) + 2)
