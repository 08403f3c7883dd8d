"""From measured customers to labels: calibrate, compile, decide, level by level.

Classifiers that read another's result come a level later, since their population, and so
their cut points, may depend on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import narwhals.stable.v2 as nw

from custrata.engine.axes import Axis
from custrata.engine.backends import Backend
from custrata.engine.binning import bin_of
from custrata.engine.calibration import Ask, find_cuts, fixed_bands, rank_column
from custrata.engine.columns import Column, MeasureTable
from custrata.engine.compiled import Compiled, compile_classifier
from custrata.engine.diagnostics import Diagnostic, warning
from custrata.engine.measures.expressions import how_many
from custrata.engine.model import Bands, Classifier, FoundBands, Ruleset, reads_result
from custrata.engine.table_map import Cells, TableMap, map_table
from custrata.engine.vector import CONFLICT, decide, passes_where, result_name

Progress = Callable[[str, int, int], None]
"""Called with a step's name, how much is done and how much there is."""


def silent(_step: str, _done: int, _total: int) -> None:
    """Nobody is watching."""


@dataclass(frozen=True)
class Labelled:
    """Measured customers with their labels.

    Attributes:
        frame: kept; `customer_id`, the measures, then `label:<classifier>` each.
        columns: what each column but `customer_id` holds; `score.x` is another name of
            `label.x`.
        compiled: in the order decided.
        bands: the found bands of each classifier, by measure, as they are saved.
    """

    frame: nw.LazyFrame[Any]
    columns: Mapping[str, Column]
    backend: Backend
    compiled: tuple[Compiled, ...]
    bands: Mapping[str, Mapping[str, FoundBands]]
    diagnostics: tuple[Diagnostic, ...] = ()

    def axes(self) -> Iterator[tuple[str, Axis]]:
        """Every banded axis, with its classifier's name."""
        for one in self.compiled:
            for axis in one.axes:
                if axis.bands is not None:
                    yield one.name, axis


def label(
    ruleset: Ruleset,
    table: MeasureTable,
    known: Mapping[str, Mapping[str, FoundBands]] | None = None,
    progress: Progress = silent,
) -> Labelled:
    """Labels for all customers of a table.

    Args:
        ruleset: its classifiers are labelled in order.
        table: has `ruleset.columns`.
        known: bands found before; only what is missing there is found anew.
    """
    run = _Run(ruleset, table, known or {}, progress)
    for level in levels(ruleset.classifiers):
        run.decide(level)
    return run.finished()


def levels(classifiers: Sequence[Classifier]) -> list[list[Classifier]]:
    """Classifiers that do not read one another, level after level."""
    depth: dict[str, int] = {}
    found: list[list[Classifier]] = []
    for one in classifiers:
        read = [name.partition(".")[2] for name in one.columns if reads_result(name)]
        depth[one.name] = max((depth.get(name, -1) for name in read), default=-1) + 1
        if depth[one.name] == len(found):
            found.append([])
        found[depth[one.name]].append(one)
    return found


@dataclass
class _Run:
    ruleset: Ruleset
    table: MeasureTable
    known: Mapping[str, Mapping[str, FoundBands]]
    progress: Progress
    compiled: list[Compiled] = field(default_factory=list)
    bands: dict[str, dict[str, FoundBands]] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.frame = self.table.frame
        self.columns = dict(self.table.columns)
        self.backend = self.table.backend

    def decide(self, level: Sequence[Classifier]) -> None:
        self.progress("calibrate", len(self.compiled), len(self.ruleset.classifiers))
        cuts, ranked = self._cuts(level)
        for one in level:
            self.bands[one.name] = {
                measure: cuts[one.name, measure]
                for measure, bands in one.bands.items()
                if bands.found
            }
            compiled = self._compile(one, cuts, ranked)
            decided = decide(self.backend, self.frame, self.columns, compiled)
            self.frame = decided.frame
            self.columns[result_name(one.name)] = decided.column
            self.columns[f"score.{one.name}"] = decided.column
            self.compiled.append(compiled)
        self.progress("decide", len(self.compiled), len(self.ruleset.classifiers))
        self.frame = self.backend.keep(self.frame)

    def finished(self) -> Labelled:
        self._count_conflicts()
        scratch = [
            name for name in self.frame.collect_schema().names() if name.startswith(CONFLICT)
        ]
        return Labelled(
            self.frame.drop(scratch),
            self.columns,
            self.backend,
            tuple(self.compiled),
            self.bands,
            tuple(self.diagnostics),
        )

    def _cuts(
        self, level: Sequence[Classifier]
    ) -> tuple[dict[tuple[str, str], FoundBands], Mapping[tuple[str, str], FoundBands]]:
        """The cuts of a level by (classifier, measure), and those that cut ranks instead."""
        cuts: dict[tuple[str, str], FoundBands] = {}
        asks: list[Ask] = []
        for one in level:
            where = passes_where(one, self.columns)
            for measure, bands in one.bands.items():
                before = self.known.get(one.name, {}).get(measure)
                if bands.found and before is not None:
                    cuts[one.name, measure] = before
                elif measure in self.columns:
                    asks.append(Ask(one.name, bands, self.columns[measure], where))
                else:
                    cuts[one.name, measure] = _unfound(bands) if bands.found else fixed_bands(bands)
        if not asks:
            return cuts, {}
        finding = find_cuts(self.backend, self.frame, asks)
        self.frame = finding.frame
        self.diagnostics += finding.diagnostics
        return {**cuts, **finding.values}, finding.ranks

    def _compile(
        self,
        one: Classifier,
        cuts: Mapping[tuple[str, str], FoundBands],
        ranked: Mapping[tuple[str, str], FoundBands],
    ) -> Compiled:
        bands = {measure: cuts[one.name, measure] for measure in one.bands}
        columns = {}
        for measure in one.bands:
            if (one.name, measure) in ranked:
                name = rank_column(one.name, measure)
                bands[measure] = ranked[one.name, measure]
                columns[measure] = name
                self.columns[name] = Column(name, "integer")
        return compile_classifier(one, bands, columns)

    def _count_conflicts(self) -> None:
        """Says how many customers got no label because rows met."""
        judged = [
            one.name for one in self.compiled if one.classifier.policy.kind in ("unique", "any")
        ]
        if not judged:
            return
        sums = [how_many(nw.col(CONFLICT + name)).alias(name) for name in judged]
        (counts,) = self.backend.rows(self.frame.select(*sums))
        for name, customers in zip(judged, counts, strict=True):
            if customers:
                why = "since rows meet that must not"
                told = f"{name}: {customers:,} customers get no label, {why}"
                self.diagnostics.append(warning("rows-meet", told))


def _unfound(bands: Bands) -> FoundBands:
    """Cut points of a measure that nothing brings: none can be found."""
    return FoundBands((None,) * len(bands.cuts), bands.names)


def weighed_map(labelled: Labelled, compiled: Compiled, cells: Cells | None = None) -> TableMap:
    """The map of one of the tables, weighed by customers; `cells` where they are counted."""
    numbers = {
        name: column.whole
        for name, column in labelled.columns.items()
        if column.kind in ("integer", "float")
    }
    return map_table(compiled, numbers, cells_of(labelled, compiled) if cells is None else cells)


def cells_of(labelled: Labelled, compiled: Compiled) -> dict[tuple[int, ...], int]:
    """Customers by bins, one bin an axis, for the map of a table."""
    names = [f"#axis{number}" for number in range(len(compiled.axes))]
    if not names:
        ((customers,),) = labelled.backend.rows(labelled.frame.select(nw.len()))
        return {(): customers}
    bins = labelled.frame.select(
        *(
            bin_of(axis, labelled.columns.get(axis.column)).alias(name)
            for axis, name in zip(compiled.axes, names, strict=True)
        )
    )
    counted = bins.group_by(*names).agg(nw.len().alias("#customers"))
    return {tuple(bins): customers for *bins, customers in labelled.backend.rows(counted)}
