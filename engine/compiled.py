"""The one compiled form of a table, from which everything else is made.

Every numeric test becomes cuts of its column, every text named becomes a value; between
them lie the column's *bins*: values that the table cannot tell apart. For each bin an axis
keeps the set of rows that it satisfies, as the bits of an int. The rows hit by a customer
are the AND of one bit set per axis, and the hit policy reads them. `where` is one more bit.

    bins of an axis:  interval 0 | cut 0 | interval 1 | ... | texts ... | other text | null
"""

from __future__ import annotations

import itertools
import json
import operator
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, reduce
from typing import Any

from custrata.engine.model import (
    OTHER,
    UNKNOWN,
    AnyOf,
    Cell,
    Classifier,
    Cut,
    Equals,
    FoundBands,
    HitPolicy,
    InBand,
    Interval,
    IsNull,
    Label,
    Not,
)
from custrata.engine.values import Number, Value, plain, simplest

DENSE_CELLS = 100_000
"""Up to so many cells the answers of a table are kept in a flat array."""

Result = Label | tuple[Label, ...] | None
"""What a table says of a customer; a tuple under the policies that give lists."""


@dataclass(frozen=True)
class Axis:
    """The bins of one column, as one classifier sees them.

    Attributes:
        column: where the value stands.
        measure: what it is called; differs from `column` where ranks stand in for values.
        cuts: ascending. texts: the texts that cells name.
        bands: the band of each bin; None where the classifier does not band the measure.
        cut_points: where the bands are cut; for an unbanded column, what cells compare with.
        masks: for each bin, the rows that it satisfies.
        allowed: for each row (and last, for `where`), the bins that satisfy it, as bits.
    """

    column: str
    measure: str
    cuts: tuple[Cut, ...]
    texts: tuple[str, ...]
    bands: tuple[str, ...] | None
    cut_points: tuple[Number, ...]
    masks: tuple[int, ...]
    allowed: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many bins there are."""
        return len(self.cuts) + len(self.texts) + 3

    @property
    def intervals(self) -> int:
        """How many bins hold numbers; they come first."""
        return len(self.cuts) + 1

    @property
    def other(self) -> int:
        """The bin of texts that no cell names."""
        return self.size - 2

    @property
    def null(self) -> int:
        """The bin of nulls."""
        return self.size - 1

    @cached_property
    def _keys(self) -> list[tuple[Number, bool]]:
        return [(cut.at, cut.strict) for cut in self.cuts]

    def bin_of(self, value: Value) -> int:
        """The bin of a canonical value."""
        if value is None:
            return self.null
        if isinstance(value, str):
            return self.intervals + self.texts.index(value) if value in self.texts else self.other
        return bisect_right(self._keys, (value, False))


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
    columns = _cells_by_column(classifier, ranked or {})
    rows = len(classifier.rules)
    axes = tuple(
        _axis(column, measure, cells, rows, bands.get(measure) if banded else None)
        for (column, measure, banded), cells in columns.items()
    )
    return Compiled(classifier, axes)


def compile_where(classifier: Classifier) -> Compiled:
    """`where` alone, as a table of one row whose label is True."""
    from custrata.engine.model import Rule

    table = Classifier(
        name=classifier.name,
        plugin=None,
        bands={},
        rules=(Rule(cells=classifier.where, label=True),),
        otherwise=False,
    )
    return compile_classifier(table, {})


# --- from cells to bins -------------------------------------------------------------------


def _cells_by_column(
    classifier: Classifier, ranked: Mapping[str, str]
) -> dict[tuple[str, str, bool], dict[int, Cell]]:
    """Which cells each axis answers: by (column, measure, banded), then by row.

    Where ranks are banded, band names are asked of the ranks and values of the values; they
    are two axes. So are the values that `where` asks of them.
    """
    columns: dict[tuple[str, str, bool], dict[int, Cell]] = {}
    for measure in classifier.table_columns:
        for row, rule in enumerate(classifier.rules):
            if measure not in rule.cells:
                continue
            cell = rule.cells[measure]
            rank = measure in ranked and names_band(cell)
            column = ranked[measure] if rank else measure
            banded = measure in classifier.bands and (measure not in ranked or rank)
            columns.setdefault((column, measure, banded), {})[row] = cell
    for measure, cell in classifier.where.items():
        banded = measure in classifier.bands and measure not in ranked
        key = (measure, measure, banded)
        columns.setdefault(key, {})[len(classifier.rules)] = cell
    return columns


def names_band(cell: Cell) -> bool:
    """Whether a cell asks for a band anywhere."""
    if isinstance(cell, AnyOf | Not):
        return any(names_band(part) for part in cell.parts)
    return isinstance(cell, InBand)


def _axis(
    column: str, measure: str, cells: Mapping[int, Cell], rows: int, bands: FoundBands | None
) -> Axis:
    atoms = list(itertools.chain.from_iterable(_atoms(cell) for cell in cells.values()))
    band_cuts = [cut for cut in bands.cuts if cut is not None] if bands else []
    cell_cuts = [end for atom in atoms for end in _ends(atom) if end is not None]
    cuts = tuple(sorted({*band_cuts, *cell_cuts}))
    texts = tuple(
        dict.fromkeys(
            atom.value for atom in atoms if isinstance(atom, Equals) and isinstance(atom.value, str)
        )
    )
    names = _band_names(cuts, len(texts), bands)
    shape = _Shape(cuts, texts, names)
    anywhere = (1 << shape.size) - 1
    allowed = tuple(
        shape.matching(cells[row]) if row in cells else anywhere for row in range(rows + 1)
    )
    compared = {end for atom in atoms if isinstance(atom, Interval) for end in _ends(atom) if end}
    points = band_cuts if bands else sorted(compared)
    return Axis(
        column=column,
        measure=measure,
        cuts=cuts,
        texts=texts,
        bands=names,
        cut_points=tuple(dict.fromkeys(cut.at for cut in points)),
        masks=tuple(_mask(allowed, place) for place in range(shape.size)),
        allowed=allowed,
    )


def _mask(allowed: Sequence[int], place: int) -> int:
    """The rows that a bin satisfies."""
    return sum(1 << row for row, bins in enumerate(allowed) if bins >> place & 1)


def _atoms(cell: Cell) -> Iterator[Cell]:
    if isinstance(cell, AnyOf | Not):
        for part in cell.parts:
            yield from _atoms(part)
    else:
        yield cell


def _ends(atom: Cell) -> tuple[Cut | None, Cut | None]:
    """The cuts below and above the numbers that an atom matches; None is infinity."""
    if isinstance(atom, Interval):
        low = None if atom.low is None else Cut(atom.low, strict=atom.low_open)
        high = None if atom.high is None else Cut(atom.high, strict=not atom.high_open)
        return low, high
    if isinstance(atom, Equals) and not isinstance(atom.value, str):
        return Cut(atom.value, strict=False), Cut(atom.value, strict=True)
    return None, None


def _band_names(
    cuts: tuple[Cut, ...], texts: int, bands: FoundBands | None
) -> tuple[str, ...] | None:
    """The band of each bin: intervals by the cuts below them, texts `other`, null `unknown`."""
    if bands is None:
        return None
    found = [cut for cut in bands.cuts if cut is not None]
    below: tuple[Cut | None, ...] = (None, *cuts)
    intervals = [bands.names[0 if cut is None else bisect_right(found, cut)] for cut in below]
    return (*intervals, *[OTHER] * (texts + 1), UNKNOWN)


@dataclass(frozen=True)
class _Shape:
    """The bins of an axis while its rows are worked out; sets of bins are bits."""

    cuts: tuple[Cut, ...]
    texts: tuple[str, ...]
    bands: tuple[str, ...] | None

    @property
    def size(self) -> int:
        return len(self.cuts) + len(self.texts) + 3

    def matching(self, cell: Cell) -> int:
        """The bins whose values the cell matches."""
        if isinstance(cell, AnyOf):
            return self._union(cell.parts)
        if isinstance(cell, Not):
            not_null = (1 << (self.size - 1)) - 1
            return not_null & ~self._union(cell.parts)
        if isinstance(cell, IsNull):
            return 1 << (self.size - 1)
        if isinstance(cell, InBand):
            return self._of_band(cell.name)
        if isinstance(cell, Equals) and isinstance(cell.value, str):
            return 1 << (len(self.cuts) + 1 + self.texts.index(cell.value))
        return self._between(*_ends(cell))

    def _union(self, cells: Iterable[Cell]) -> int:
        return reduce(operator.or_, (self.matching(cell) for cell in cells), 0)

    def _of_band(self, name: str) -> int:
        bands = self.bands or ()
        return sum(1 << place for place, band in enumerate(bands) if band == name)

    def _between(self, low: Cut | None, high: Cut | None) -> int:
        first = 0 if low is None else bisect_left(self.cuts, low) + 1
        last = len(self.cuts) if high is None else bisect_left(self.cuts, high)
        return sum(1 << place for place in range(first, last + 1))


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
