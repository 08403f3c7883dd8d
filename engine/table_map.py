"""The map of a table: what no row answers, where rows meet, which rows can never hit.

A row is a box: for each axis the set of bins that satisfy it. Taking boxes away from one
another says what is left over, however large the grid is. Where customers are known, each
part is weighed by how many of them live there.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from custrata.engine.axes import Axis
from custrata.engine.compiled import Compiled, to_json
from custrata.engine.model import OTHER, UNKNOWN, Cut

Box = tuple[int, ...]
"""For each axis, a set of bins as bits."""
Cells = Mapping[tuple[int, ...], int]
"""Customers by bins: one bin an axis → how many customers stand there."""

_NOBODY, _OUTSIDE = -1, -2
MOST_OVERLAPS = 100
MOST_BOXES = 20_000
"""Beyond this a proof is given up, and the map says so."""


class TooLarge(Exception):
    """The table cannot be taken apart within bounds."""


@dataclass(frozen=True)
class Region:
    """A part of the grid, as words by measure (`frequency` → `low`), and who lives there."""

    where: Mapping[str, tuple[str, ...]]
    customers: int | None = None

    def __str__(self) -> str:
        parts = (f"{measure}: {' or '.join(words)}" for measure, words in self.where.items())
        return ", ".join(parts) or "everything"


@dataclass(frozen=True)
class Gap:
    """A part that no row answers; `kind` is what is special about it."""

    region: Region
    kind: str


@dataclass(frozen=True)
class Overlap:
    """Two rows (counted from 1) that meet with different labels, or under `unique` at all."""

    rows: tuple[int, int]
    labels: tuple[Any, Any]
    region: Region


@dataclass(frozen=True)
class RowMap:
    """What becomes of one row (counted from 1).

    Attributes:
        never: no value can satisfy it, or earlier rows take all that would.
        hidden_by: the earlier rows that meet it, where it never decides.
        customers: whom it decides for; None without data.
    """

    row: int
    label: Any
    never: bool
    hidden_by: tuple[int, ...] = ()
    customers: int | None = None


@dataclass(frozen=True)
class TableMap:
    """The map of one classifier.

    Attributes:
        complete: False where the table was too large to prove anything about gaps.
        further_overlaps: how many there are besides the `MOST_OVERLAPS` that are told.
        outside: customers whom `where` leaves out. unanswered: those whom no row answers.
    """

    classifier: str
    rows: tuple[RowMap, ...]
    gaps: tuple[Gap, ...]
    overlaps: tuple[Overlap, ...]
    complete: bool = True
    further_overlaps: int = 0
    customers: int | None = None
    outside: int | None = None
    unanswered: int | None = None


def map_table(
    compiled: Compiled, numbers: Mapping[str, bool] | None = None, cells: Cells | None = None
) -> TableMap:
    """The map of a compiled classifier.

    Args:
        numbers: columns that never hold text; True for those that hold whole numbers only, so
            that nothing lies between 3 and 4.
        cells: customers by bins, to weigh the parts with.
    """
    return _Mapper(compiled, numbers or {}, cells).map()


class _Mapper:
    def __init__(self, compiled: Compiled, numbers: Mapping[str, bool], cells: Cells | None):
        self.compiled, self.cells = compiled, cells
        rules = compiled.classifier.rules
        possible = tuple(_possible(axis, numbers.get(axis.column)) for axis in compiled.axes)
        self.domain = _meet(possible, tuple(axis.allowed[len(rules)] for axis in compiled.axes))
        self.boxes = [
            _meet(self.domain, tuple(axis.allowed[row] for axis in compiled.axes))
            for row in range(len(rules))
        ]

    def map(self) -> TableMap:
        try:
            gaps, complete = tuple(self._gaps()), True
        except TooLarge:
            gaps, complete = (), False
        weights, meeting = self._weights(), self._meeting()
        return TableMap(
            classifier=self.compiled.name,
            rows=tuple(self._row(row, weights) for row in range(len(self.boxes))),
            gaps=gaps,
            overlaps=tuple(self._overlap(*pair) for pair in meeting[:MOST_OVERLAPS]),
            further_overlaps=max(0, len(meeting) - MOST_OVERLAPS),
            complete=complete,
            customers=None if self.cells is None else sum(self.cells.values()),
            outside=None if weights is None else weights.get(_OUTSIDE, 0),
            unanswered=None if weights is None else weights.get(_NOBODY, 0),
        )

    def _weights(self) -> dict[int, int] | None:
        """Customers by deciding row."""
        if self.cells is None:
            return None
        weights: dict[int, int] = {_OUTSIDE: 0}
        for bins, customers in self.cells.items():
            hits = self.compiled.hits(bins)
            if not self.compiled.takes_part(hits):
                weights[_OUTSIDE] += customers
                continue
            for row in self.compiled.rows(hits) or (_NOBODY,):
                weights[row] = weights.get(row, 0) + customers
        return weights

    def _row(self, row: int, weights: Mapping[int, int] | None) -> RowMap:
        label = to_json(self.compiled.classifier.rules[row].label)
        customers = None if weights is None else weights.get(row, 0)
        if _empty(self.boxes[row]):
            return RowMap(row + 1, label, never=True, customers=customers)
        before = self._read_before(row)
        try:
            left = _subtract_all([self.boxes[row]], [self.boxes[other] for other in before])
        except TooLarge:
            left = [self.boxes[row]]
        hidden = tuple(sorted(other + 1 for other in before)) if not left else ()
        return RowMap(row + 1, label, never=not left, hidden_by=hidden, customers=customers)

    def _read_before(self, row: int) -> list[int]:
        """The rows that decide instead of this one wherever they meet."""
        if self.compiled.classifier.policy.kind not in ("first", "priority"):
            return []
        order = self.compiled.reading_order
        earlier = order[: order.index(row)]
        return [other for other in earlier if not _empty(_meet(self.boxes[other], self.boxes[row]))]

    def _meeting(self) -> list[tuple[int, int]]:
        """The pairs of rows (counted from 0) that meet with different labels, or at all."""
        kind = self.compiled.classifier.policy.kind
        if kind not in ("first", "unique", "any"):
            return []
        labels = [to_json(rule.label) for rule in self.compiled.classifier.rules]
        return [
            (first, second)
            for second, box in enumerate(self.boxes)
            for first in range(second)
            if kind == "unique" or labels[first] != labels[second]
            if not _empty(_meet(self.boxes[first], box))
        ]

    def _overlap(self, first: int, second: int) -> Overlap:
        rules = self.compiled.classifier.rules
        labels = to_json(rules[first].label), to_json(rules[second].label)
        shared = _meet(self.boxes[first], self.boxes[second])
        return Overlap((first + 1, second + 1), labels, self._region(shared))

    def _gaps(self) -> Iterator[Gap]:
        for left in _subtract_all([self.domain], self.boxes):
            for kind, box in self._kinds(left):
                yield Gap(self._region(box), kind)

    def _kinds(self, box: Box) -> Iterator[tuple[str, Box]]:
        """A gap apart: among values, among other texts, among unknowns."""
        axes = self.compiled.axes
        apart = [_others(axis) | 1 << axis.null for axis in axes]
        values = tuple(bins & ~away for bins, away in zip(box, apart, strict=True))
        if not _empty(values):
            yield "values", values
        for number, axis in enumerate(axes):
            for kind, away in ((OTHER, _others(axis)), (UNKNOWN, 1 << axis.null)):
                if box[number] & away:
                    yield kind, (*box[:number], box[number] & away, *box[number + 1 :])

    def _region(self, box: Box) -> Region:
        words = {
            axis.measure: describe(axis, bins)
            for axis, bins, all_bins in zip(self.compiled.axes, box, self.domain, strict=True)
            if bins != all_bins
        }
        if self.cells is None:
            return Region(words)
        inside = (count for bins, count in self.cells.items() if _contains(box, bins))
        return Region(words, sum(inside))


def wants_answers(compiled: Compiled) -> bool:
    """Whether a gap is a fault: where no row hits, the label is null."""
    policy = compiled.classifier.policy
    return not policy.lists and not policy.scores and compiled.classifier.otherwise is None


def describe(axis: Axis, bins: int) -> tuple[str, ...]:
    """A set of bins in words: bands by name, numbers as intervals, texts as they are."""
    words: dict[str, None] = {}
    for place in range(axis.size):
        if bins >> place & 1:
            words.setdefault(_bin_word(axis, place))
    return tuple(words)


def _others(axis: Axis) -> int:
    """The bins of what no cell names; numbers too, where the column is not about numbers."""
    return 1 << axis.other | (0 if axis.cuts or axis.bands else 1)


def _bin_word(axis: Axis, place: int) -> str:
    if place == axis.null:
        return UNKNOWN
    if _others(axis) >> place & 1:
        return OTHER
    if place >= axis.intervals:
        return axis.texts[place - axis.intervals]
    if axis.bands is not None:
        return axis.bands[place]
    low = axis.cuts[place - 1] if place else None
    return _interval_word(low, axis.cuts[place] if place < len(axis.cuts) else None)


def _interval_word(low: Cut | None, high: Cut | None) -> str:
    if low is None:
        return f"{'<=' if high and high.strict else '<'} {_number(high)}"
    if high is None:
        return f"{'>' if low.strict else '>='} {_number(low)}"
    if low.at == high.at:
        return f"= {_number(low)}"
    return (
        f"{'(' if low.strict else '['}{_number(low)}..{_number(high)}{']' if high.strict else ')'}"
    )


def _number(cut: Cut | None) -> str:
    return "" if cut is None else str(to_json(cut.at))


# --- boxes --------------------------------------------------------------------------------


def _possible(axis: Axis, whole: bool | None) -> int:
    """The bins that a value can be in; `whole` is None where it may be a text."""
    bins = (1 << axis.size) - 1
    if whole is None:
        return bins
    bins &= ~(1 << axis.other)
    if not whole:
        return bins
    for place in range(1, len(axis.cuts)):
        low, high = axis.cuts[place - 1], axis.cuts[place]
        least = math.floor(low.at) + 1 if low.strict else math.ceil(low.at)
        if least > high.at or (least == high.at and not high.strict):
            bins &= ~(1 << place)
    return bins


def _meet(one: Box, other: Box) -> Box:
    return tuple(map(operator.and_, one, other))


def _empty(box: Box) -> bool:
    return not all(box)


def _contains(box: Box, bins: tuple[int, ...]) -> bool:
    return all(allowed >> place & 1 for allowed, place in zip(box, bins, strict=True))


def _subtract_all(boxes: list[Box], taken: Iterable[Box]) -> list[Box]:
    """What is left of disjoint boxes; disjoint again."""
    for away in taken:
        boxes = [part for box in boxes for part in _subtract(box, away)]
        if len(boxes) > MOST_BOXES:
            raise TooLarge
    return boxes


def _subtract(box: Box, away: Box) -> list[Box]:
    if _empty(_meet(box, away)) or _empty(box):
        return [] if _empty(box) else [box]
    parts, left = [], list(box)
    for place, bins in enumerate(away):
        outside = left[place] & ~bins
        if outside:
            parts.append((*left[:place], outside, *left[place + 1 :]))
        left[place] &= bins
    return parts
