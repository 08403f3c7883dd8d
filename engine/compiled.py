"""The one compiled form of a table, from which everything else is made.

Every numeric test becomes cuts of its column, every text named becomes a value; between
them lie the column's *bins*: values that the table cannot tell apart. For each bin an axis
keeps the set of rows that it satisfies, as the bits of an int. The rows hit by a customer
are the AND of one bit set per axis, and the hit policy reads them. `where` is one more bit.

    bins of an axis:  interval 0 | cut 0 | interval 1 | ... | texts ... | other text | null
"""

from __future__ import annotations

import json
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, reduce
from typing import Any

from custrata.engine.axes import Axis, axes_of
from custrata.engine.model import Classifier, FoundBands, HitPolicy, Label, Rule
from custrata.engine.values import Value, plain, simplest

DENSE_CELLS = 100_000
"""Up to so many cells the answers of a table are kept in a flat array."""

Result = Label | tuple[Label, ...] | None
"""What a table says of a customer; a tuple under the policies that give lists."""


@dataclass(frozen=True)
class Compiled:
    """A classifier whose cuts are known."""

    classifier: Classifier
    axes: tuple[Axis, ...]

    @property
    def name(self) -> str:
        """The classifier's name."""
        return self.classifier.name

    @cached_property
    def cells(self) -> int:
        """How many cells the grid of bins has."""
        return reduce(operator.mul, (axis.size for axis in self.axes), 1)

    @property
    def dense(self) -> bool:
        """Whether the answers are kept in a flat array. A scorecard adds up row by row."""
        small = self.cells <= DENSE_CELLS and self.classifier.policy.aggregate != "sum"
        return small or not self.axes

    @cached_property
    def strides(self) -> tuple[int, ...]:
        """What one step along each axis adds to a cell's number; the last axis counts by one."""
        sizes = [axis.size for axis in self.axes]
        return tuple(reduce(operator.mul, sizes[place + 1 :], 1) for place in range(len(sizes)))

    @cached_property
    def everything(self) -> int:
        """All rows, and `where`."""
        return (1 << (len(self.classifier.rules) + 1)) - 1

    def bins(self, values: Mapping[str, Value]) -> tuple[int, ...]:
        """One bin an axis, of canonical values by column."""
        return tuple(axis.bin_of(values.get(axis.column)) for axis in self.axes)

    def hits(self, bins: Sequence[int]) -> int:
        """The rows (and `where`) that a customer in these bins satisfies, as bits."""
        found = self.everything
        for axis, place in zip(self.axes, bins, strict=True):
            found &= axis.masks[place]
        return found

    def takes_part(self, hits: int) -> bool:
        """Whether `where` holds."""
        return bool(hits >> len(self.classifier.rules))

    def rows(self, hits: int) -> tuple[int, ...]:
        """The rows that decide, counted from 0; empty where `otherwise` or `outside` does."""
        if not self.takes_part(hits):
            return ()
        found = tuple(row for row in self.reading_order if hits >> row & 1)
        return found[:1] if self.classifier.policy.kind in ("first", "priority") else found

    @cached_property
    def reading_order(self) -> tuple[int, ...]:
        """The rows in the order in which the policy reads them."""
        rules, policy = self.classifier.rules, self.classifier.policy
        place = {_identity(label): number for number, label in enumerate(policy.order)}
        rows = range(len(rules))
        return tuple(sorted(rows, key=lambda row: place.get(_identity(rules[row].label), 0)))

    def conflicts(self, hits: int) -> bool:
        """Whether rows meet that `unique`, or `any`, does not allow to meet."""
        kind = self.classifier.policy.kind
        if kind not in ("unique", "any") or not self.takes_part(hits):
            return False
        rows = self.rows(hits)
        labels = {_identity(self.classifier.rules[row].label) for row in rows}
        return len(rows) > 1 if kind == "unique" else len(labels) > 1

    def result(self, hits: int) -> Result:
        """What the hit policy makes of the rows hit; null where rows conflict."""
        if not self.takes_part(hits):
            return self.left_out
        if self.conflicts(hits):
            return None
        labels = [self.classifier.rules[row].label for row in self.rows(hits)]
        if not labels:
            return nothing_hit(self.classifier)
        return _combine(self.classifier.policy, labels)

    @property
    def left_out(self) -> Result:
        """The result of those whom `where` leaves out."""
        return _alone(self.classifier, self.classifier.outside)

    @cached_property
    def outcomes(self) -> Outcomes:
        """The flat array: for each cell its answer. Only for dense tables."""
        return _flatten(self)


@dataclass(frozen=True)
class Outcomes:
    """The answers of a dense table.

    Attributes:
        cells: for each cell number, an index into `results`.
        results: the distinct answers; the last one is the answer to a conflict.
    """

    cells: tuple[int, ...]
    results: tuple[Result, ...]


def compile_classifier(
    classifier: Classifier,
    bands: Mapping[str, FoundBands],
    ranked: Mapping[str, str] | None = None,
) -> Compiled:
    """Bins and bit sets of a classifier.

    Args:
        classifier: the table.
        bands: the cuts of each measure that it bands.
        ranked: for measures whose bands cut ranks, the column that holds the ranks.
    """
    return Compiled(classifier, axes_of(classifier, bands, ranked or {}))


def compile_where(classifier: Classifier) -> Compiled:
    """`where` alone, as a table of one row whose label is True."""
    table = Classifier(
        name=classifier.name,
        plugin=None,
        bands={},
        rules=(Rule(cells=classifier.where, label=True),),
        otherwise=False,
    )
    return compile_classifier(table, {})


# --- from rows hit to a result ------------------------------------------------------------


def _identity(label: Label) -> tuple[bool, Label]:
    """Tells `true` from 1, which Python takes for equal."""
    return isinstance(label, bool), label


def _combine(policy: HitPolicy, labels: Sequence[Label]) -> Result:
    if policy.lists:
        return tuple(labels)
    if policy.aggregate == "count":
        return len(labels)
    if policy.aggregate is None:
        return labels[0]
    numbers = [Fraction(label) for label in labels]
    if policy.aggregate == "sum":
        return simplest(sum(numbers, Fraction()))
    return simplest(min(numbers) if policy.aggregate == "min" else max(numbers))


def nothing_hit(classifier: Classifier) -> Result:
    """What a customer gets whom no row hits."""
    if classifier.otherwise is not None:
        return _alone(classifier, classifier.otherwise)
    if classifier.policy.lists:
        return ()
    return 0 if classifier.policy.aggregate == "count" else None


def _alone(classifier: Classifier, label: Label | None) -> Result:
    """A label that no row gave; in a list where the policy gives lists."""
    return (label,) if label is not None and classifier.policy.lists else label


def _flatten(compiled: Compiled) -> Outcomes:
    hits = [compiled.everything]
    for axis in compiled.axes:
        hits = [found & mask for found in hits for mask in axis.masks]
    results: dict[Any, int] = {}
    answers: dict[int, int] = {}
    conflict = -1
    for found in set(hits):
        if compiled.conflicts(found):
            answers[found] = conflict
        else:
            key = json.dumps(to_json(compiled.result(found)))
            answers[found] = results.setdefault(key, len(results))
    distinct: list[Result] = [None] * (len(results) + 1)
    for found, place in answers.items():
        distinct[place] = compiled.result(found)
    last = len(results)
    cells = tuple(last if answers[found] == conflict else answers[found] for found in hits)
    return Outcomes(cells, tuple(distinct))


def to_json(result: Result) -> Any:
    """The result as plain JSON: a list for a tuple, numbers as int or float."""
    if isinstance(result, tuple):
        return [to_json(label) for label in result]
    return result if isinstance(result, bool) else plain(result)
