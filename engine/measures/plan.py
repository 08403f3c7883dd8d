"""Measured customers: what each record says in one pass over it, joined once, kept once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from custrata.engine.columns import Column, MeasureTable, in_frames
from custrata.engine.diagnostics import (
    CustrataError,
    DataError,
    Diagnostic,
    PluginError,
    Severity,
    warning,
)
from custrata.engine.hookspecs import Measure
from custrata.engine.measures.context import Context, Unmeasurable
from custrata.engine.measures.expressions import how_many
from custrata.engine.measures.nodes import Combined, Computed, Node, Nothing, Taken
from custrata.engine.measures.resolve import Resolved, resolve
from custrata.engine.measures.stages import Stages, canonical, combined, null
from custrata.engine.model import Ruleset

if TYPE_CHECKING:
    from custrata.engine.facts import Facts
    from custrata.engine.plugins import Plugins

Frame = nw.LazyFrame[Any]
_ID = "customer_id"
_SEEN = "_seen_"
_INFINITE = "_infinite_"
_ON_CUSTOMERS = ("customers", "measures")


def measure(
    facts: Facts,
    wanted: Sequence[str],
    ruleset: Ruleset,
    plugins: Plugins,
    states: Mapping[str, Any] | None = None,
) -> tuple[MeasureTable, tuple[Diagnostic, ...]]:
    """Measure every customer.

    Args:
        wanted: names of measures and attributes; they become columns in that order.
        plugins: has the measures that are there, by name.
        states: what population measures fitted before; those lacking are fitted now.

    Returns:
        The table, and warnings: names that nothing brings, records that were not given,
        shadowed names, what could not be fitted.

    Raises:
        RulesError: a measure is made of itself.
        DataError: a measure gives infinity; strict, and there are facts of customers who are
            not known.
    """
    planned = plan(facts, wanted, ruleset, plugins.measures, states)
    kept = facts.backend.keep(planned.frame)
    planned.planner.refuse_infinity(kept)
    strangers = planned.planner.strangers(kept)
    names = (column.name for column in planned.columns.values())
    table = MeasureTable(
        kept.select(_ID, *names), planned.columns, facts.backend, planned.planner.states
    )
    return table, (*strangers, *planned.diagnostics)


@dataclass(frozen=True)
class Planned:
    """Customers about to be measured: nothing is computed but what had to be fitted.

    Attributes:
        frame: `customer_id`, `columns`, then what the planner looks at when they are there.
        diagnostics: about names, records, and what could not be fitted.
    """

    frame: Frame
    columns: Mapping[str, Column]
    diagnostics: tuple[Diagnostic, ...]
    planner: Planner


def plan(
    facts: Facts,
    wanted: Sequence[str],
    ruleset: Ruleset,
    measures: Mapping[str, Measure],
    states: Mapping[str, Any] | None = None,
) -> Planned:
    """See `measure`."""
    names = [name for name in wanted if name != _ID]
    resolved = resolve(facts, names, ruleset, measures)
    planner = Planner(facts, resolved, measures, states or {})
    frame = planner.frame()
    named = [nw.col(key).alias(in_frames(name)) for name, key in resolved.wanted.items()]
    return Planned(
        frame.select(_ID, *named, *planner.counts, *planner.infinities),
        {
            name: replace(resolved.nodes[key].column, name=in_frames(name))
            for name, key in resolved.wanted.items()
        },
        (*resolved.diagnostics, *planner.warnings),
        planner,
    )


class Planner:
    """Turns nodes into one frame of customers, columns named by key."""

    def __init__(
        self,
        facts: Facts,
        resolved: Resolved,
        measures: Mapping[str, Measure],
        known: Mapping[str, Any],
    ):
        self.states: dict[str, Any] = {}
        self.warnings: list[Diagnostic] = []
        self._facts, self._nodes, self._measures = facts, resolved.nodes, measures
        self._known = known
        self._aggregates: dict[str, dict[str, nw.Expr]] = {}
        self._frames: dict[str, Frame] = {}
        self._rows: list[Node] = []
        self._nulls: list[Node] = []

    def frame(self) -> Frame:
        """All nodes worked out."""
        for node in self._nodes.values():
            self._sort(node)
        wide = self._facts.backend.wide
        stages = Stages(self._joined(), self._nodes, self._measures, wide)
        for node in self._nulls:
            stages.add(node, null(node))
        for node in self._rows:
            self._row(node, stages)
        return stages.frame()

    def _sort(self, node: Node) -> None:
        """Puts a node where it is worked out: with its record, in a frame, row by row, nowhere."""
        source = node.source
        if isinstance(source, Nothing):
            self._nulls.append(node)
        elif isinstance(source, Computed) and source.record not in _ON_CUSTOMERS:
            self._put(node, source)
        elif not isinstance(source, Taken):
            self._rows.append(node)

    def _put(self, node: Node, source: Computed) -> None:
        try:
            found = self._compute(node, source, self._facts)
        except Unmeasurable as error:
            self._give_up(node, error)
            self._nulls.append(node)
            return
        if isinstance(found, nw.LazyFrame):
            self._frames[node.key] = _of_frame(found, node, source.measure)
        else:
            self._aggregates.setdefault(source.record, {})[node.key] = found

    def _row(self, node: Node, stages: Stages) -> None:
        source = node.source
        if not isinstance(source, Computed):
            stages.add(node, combined(node, self._facts, self._nodes))
            return
        try:
            found = self._compute(node, source, self._seeing(node, source, stages))
        except Unmeasurable as error:
            self._give_up(node, error)
            stages.add(node, null(node))
            return
        if isinstance(found, nw.LazyFrame):
            stages.join(node.key, _of_frame(found, node, source.measure), _no_data(node))
        else:
            stages.add(node, canonical(found, node))

    def _seeing(self, node: Node, source: Computed, stages: Stages) -> Facts:
        """The facts; with the inputs as `measures`, where a measure is fitted to other ones."""
        if not source.measure.fit or source.record != "measures" or node.name in self._known:
            return self._facts
        stages.keep(self._facts.backend)
        return replace(self._facts, measures=stages.inputs(node))

    def _compute(self, node: Node, source: Computed, facts: Facts) -> nw.Expr | Frame:
        context = Context(facts.as_of, source.window, source.scale)
        if source.measure.fit:
            context = replace(context, state=self._state(node, source, facts, context))
        try:
            self._doubt(node, source, facts, context)
            return source.measure.compute(facts, source.parameters, context)
        except (CustrataError, Unmeasurable):
            raise
        except Exception as error:  # a plugin may do anything; it has to be found
            told = f"measure {node.name} broke: {type(error).__name__}: {error}"
            raise PluginError(Diagnostic("measure-broke", told)) from error

    def _state(self, node: Node, source: Computed, facts: Facts, context: Context) -> Any:
        assert source.measure.fit is not None
        if node.name not in self.states:
            self.states[node.name] = None
            self.states[node.name] = (
                self._known[node.name]
                if node.name in self._known
                else source.measure.fit(facts, source.parameters, context)
            )
        if self.states[node.name] is None:
            raise Unmeasurable("it could not be fitted when calibrated")
        return self.states[node.name]

    def _doubt(self, node: Node, source: Computed, facts: Facts, context: Context) -> None:
        """Says what looks odd to the measure itself."""
        if source.measure.doubts:
            doubts = source.measure.doubts(facts, source.parameters, context)
            told = (f"{node.name}: {doubt}" for doubt in doubts)
            self.warnings += (warning("measure-doubtful", text) for text in told)

    def _give_up(self, node: Node, error: Unmeasurable) -> None:
        text = f"{node.name} is null for everyone: {error}"
        self.warnings.append(warning("measure-missing", text))

    # --- joining ----------------------------------------------------------------------------

    def _joined(self) -> Frame:
        """Customers with what their records say."""
        records = {record: self._aggregated(record) for record in self._aggregates}
        brought = self._taken("measures")
        if brought:
            assert self._facts.measures is not None
            records["measures"] = self._facts.measures.select(_ID, *brought)
        everyone = self._facts.everyone
        if everyone in records:
            frame = records.pop(everyone)
        else:
            frame = self._facts.customers.select(_ID, *self._taken("customers"))
        for other in (*records.values(), *self._frames.values()):
            frame = frame.join(other, on=_ID, how="left")
        given = (record for record in records if record != "measures")
        filled = [*chain.from_iterable(map(self._filled, given)), *self._filled_frames()]
        return frame.with_columns(*filled) if filled else frame

    @property
    def counts(self) -> list[str]:
        """The columns that count each customer's rows, of records that may have strangers."""
        return [_SEEN + record for record in self._aggregates if record in self._facts.unsifted]

    def strangers(self, kept: Frame) -> list[Diagnostic]:
        """Says how many facts are of customers who are not known.

        Args:
            kept: one row per customer, with `counts`.

        Raises:
            DataError: strict, and there are any.
        """
        if self._facts.counted:
            return []
        backend = self._facts.backend
        seen = dict.fromkeys(self._facts.unsifted, 0)
        if self.counts:
            (sums,) = backend.rows(kept.select(nw.col(*self.counts).sum()))
            seen |= {
                name.removeprefix(_SEEN): found or 0
                for name, found in zip(self.counts, sums, strict=True)
            }
        for record in seen.keys() - self._aggregates.keys():
            frame: Frame = getattr(self._facts, record)
            ((seen[record],),) = backend.rows(frame.select(nw.len()))
        severity = Severity.ERROR if self._facts.strict else Severity.WARNING
        found = [
            unsifted.left_out(unsifted.rows - seen[record], severity)
            for record, unsifted in self._facts.unsifted.items()
            if unsifted.rows > seen[record]
        ]
        if found and self._facts.strict:
            raise DataError(found)
        return found

    @property
    def infinities(self) -> list[nw.Expr]:
        """For each measure that is a float, whether it is infinite; no other column can be."""
        return [
            (nw.col(key).abs() == float("inf")).alias(_INFINITE + key) for key in self._floats()
        ]

    def refuse_infinity(self, kept: Frame) -> None:
        """Look at `infinities`.

        Raises:
            DataError: a measure gives infinity; names it and how many customers.
        """
        keys = self._floats()
        if not keys:
            return
        (sums,) = self._facts.backend.rows(
            kept.select(how_many(nw.col(*(_INFINITE + key for key in keys))))
        )
        found = dict(zip(keys, sums, strict=True))
        wrong = {self._nodes[key].name: count for key, count in found.items() if count}
        if wrong:
            raise DataError(_infinite(name, count) for name, count in wrong.items())

    def _floats(self) -> list[str]:
        return [
            key
            for key, node in self._nodes.items()
            if isinstance(node.source, Computed | Combined) and node.column.kind == "float"
        ]

    def _aggregated(self, record: str) -> Frame:
        unsifted = self._facts.unsifted.get(record)
        frame: Frame = unsifted.frame if unsifted else getattr(self._facts, record)
        found = [
            canonical(value, self._nodes[key]).alias(key)
            for key, value in self._aggregates[record].items()
        ]
        seen = [] if record == self._facts.everyone else [nw.len().alias(_SEEN + record)]
        return frame.group_by(_ID).agg(*found, *seen)

    def _taken(self, record: str) -> list[nw.Expr]:
        return [
            nw.col(node.source.column.name).alias(key)
            for key, node in self._nodes.items()
            if isinstance(node.source, Taken) and node.source.record == record
        ]

    def _filled(self, record: str) -> Iterator[nw.Expr]:
        """The columns of a record, with what holds for customers of whom it says nothing."""
        unseen = nw.col(_SEEN + record).is_null()
        for key in self._aggregates[record]:
            value = _no_data(self._nodes[key])
            if value is not None:
                yield nw.when(unseen).then(value).otherwise(nw.col(key)).alias(key)

    def _filled_frames(self) -> Iterator[nw.Expr]:
        for key in self._frames:
            value = _no_data(self._nodes[key])
            if value is not None:
                yield nw.coalesce(nw.col(key), value).alias(key)


def _no_data(node: Node) -> nw.Expr | None:
    value = node.source.measure.no_data if isinstance(node.source, Computed) else None
    if value is None:
        return None
    if isinstance(value, bool):
        return nw.lit("true" if value else "false")
    return nw.lit(value, nw.Float64 if node.column.kind == "float" else nw.Int64)


def _infinite(name: str, customers: int) -> Diagnostic:
    fault = f"{name} is infinite for {customers} customer{'s' if customers > 1 else ''}"
    return Diagnostic("infinite", fault, allowed="finite numbers, or null")


def _of_frame(found: Frame, node: Node, measure: Measure) -> Frame:
    return found.select(_ID, canonical(nw.col(measure.name), node).alias(node.key))
