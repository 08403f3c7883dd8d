"""The axes of a table: each column's values in bins that the table cannot tell apart.

bins of an axis:  interval 0 | cut 0 | interval 1 | ... | texts ... | other text | null
"""

from __future__ import annotations

import itertools
import operator
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce

from custrata.engine.diagnostics import Diagnostic, RulesError
from custrata.engine.model import (
    OTHER,
    UNKNOWN,
    AnyOf,
    Cell,
    Classifier,
    Cut,
    Equals,
    FoundBands,
    InBand,
    Interval,
    IsNull,
    Not,
)
from custrata.engine.values import Number, Value


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


def axes_of(
    classifier: Classifier, bands: Mapping[str, FoundBands], ranked: Mapping[str, str]
) -> tuple[Axis, ...]:
    """The axes of a classifier; see `compile_classifier`."""
    columns = _cells_by_column(classifier, ranked)
    rows = len(classifier.rules)
    return tuple(
        _axis(column, measure, cells, rows, bands.get(measure) if banded else None)
        for (column, measure, banded), cells in columns.items()
    )


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
            if rank and _names_value(cell):
                raise RulesError(_mixed(classifier, measure, row))
            column = ranked[measure] if rank else measure
            banded = measure in classifier.bands and (measure not in ranked or rank)
            columns.setdefault((column, measure, banded), {})[row] = cell
    for measure, cell in classifier.where.items():
        banded = measure in classifier.bands and measure not in ranked
        key = (measure, measure, banded)
        columns.setdefault(key, {})[len(classifier.rules)] = cell
    return columns


def _names_value(cell: Cell) -> bool:
    return any(isinstance(atom, Equals | Interval) for atom in _atoms(cell))


def _mixed(classifier: Classifier, measure: str, row: int) -> Diagnostic:
    rule = classifier.rules[row]
    return Diagnostic(
        "ranks-and-values",
        f"{classifier.name}.{measure}: a cell asks for bands of ranks and for values at once",
        mark=rule.cell_marks.get(measure, rule.mark),
        allowed="bands, or values, in a cell of a measure with `ties: rank`",
    )


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
