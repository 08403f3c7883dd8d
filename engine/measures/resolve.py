"""From wanted names to what brings them, in the order that the rules format says.

A column of the measures file, the ruleset's measures, plugins' measures, customer attributes;
else null for everyone, with a warning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

from custrata.engine.columns import Column
from custrata.engine.diagnostics import Diagnostic, RulesError, Severity, nearest, warning
from custrata.engine.hookspecs import Measure
from custrata.engine.measures import declared
from custrata.engine.measures.context import Unmeasurable
from custrata.engine.measures.derived import is_float
from custrata.engine.measures.nodes import (
    Combined,
    Computed,
    DaysSince,
    Node,
    Nothing,
    Source,
    Taken,
)
from custrata.engine.measures.parts import PARTS
from custrata.engine.model import MeasureUse, Ruleset, Window

if TYPE_CHECKING:
    from custrata.engine.facts import Facts

_Pair = Literal["ratio", "difference"]


@dataclass(frozen=True)
class Resolved:
    """Columns to work out, each after those it is made of.

    Attributes:
        nodes: by key.
        wanted: keys by wanted name, in the order wanted.
        diagnostics: warnings about names.
    """

    nodes: Mapping[str, Node]
    wanted: Mapping[str, str]
    diagnostics: tuple[Diagnostic, ...]


def resolve(
    facts: Facts, wanted: Sequence[str], ruleset: Ruleset, measures: Mapping[str, Measure]
) -> Resolved:
    """Find what brings each wanted name.

    Raises:
        RulesError: a measure is made of itself.
    """
    facts.attributes.ask(declared.names_read(list(wanted), ruleset, measures))
    resolver = _Resolver(facts, ruleset, measures)
    keys = {name: resolver.name(name) for name in dict.fromkeys(wanted)}
    nulls = (_null_warning(name, resolver.nodes[key].source) for name, key in keys.items())
    needed = set(keys.values())
    for key in reversed(resolver.nodes):
        if key in needed:
            needed.update(resolver.nodes[key].needs)
    nodes = {key: node for key, node in resolver.nodes.items() if key in needed}
    return Resolved(nodes, keys, (*resolver.shadows, *(one for one in nulls if one)))


def _null_warning(name: str, source: Source) -> Diagnostic | None:
    if not isinstance(source, Nothing):
        return None
    text = f"{name} is null for everyone: {source.reason}"
    return Diagnostic(source.code, text, Severity.WARNING, nearest=source.nearest)


class _Resolver:
    """Walks from names to nodes; remembers what it found."""

    def __init__(self, facts: Facts, ruleset: Ruleset, measures: Mapping[str, Measure]):
        self.nodes: dict[str, Node] = {}
        self.shadows: list[Diagnostic] = []
        self._facts, self._ruleset, self._measures = facts, ruleset, measures
        self._names: dict[str, str] = {}
        self._open: list[str] = []

    # --- names ------------------------------------------------------------------------------

    def name(self, name: str) -> str:
        """The key of what brings a name."""
        if name not in self._names:
            if name in self._open:
                raise self._circle(name)
            self._open.append(name)
            self._names[name] = self._find(name)
            self._open.pop()
        return self._names[name]

    def _circle(self, name: str) -> RulesError:
        circle = " → ".join((*self._open[self._open.index(name) :], name))
        use = self._ruleset.measures.get(name)
        fault = f"measures are made of each other: {circle}"
        return RulesError(Diagnostic("measure-circle", fault, mark=use.mark if use else None))

    def _find(self, name: str) -> str:
        if name in PARTS:
            return self._measure(name, PARTS[name])
        brought = [*self._given(name), *self._made(name), *self._attribute(name)]
        there = [key for key in brought if not self._nothing(key)]
        if not there:
            return brought[0] if brought else self._unknown(name)
        filled = self._filled(name, there)
        if not filled and len(there) > 1:
            winner, *others = (_bringer(self.nodes[key].source) for key in there)
            text = f"{name} is read from {winner}, not from {' or '.join(others)}"
            self.shadows.append(warning("measure-shadowed", text))
        return filled or there[0]

    def _given(self, name: str) -> list[str]:
        column = self._facts.measure_columns.get(name)
        return [self._add(column, Taken("measures", column))] if column else []

    def _attribute(self, name: str) -> list[str]:
        column = self._facts.customer_columns.get(name)
        return [self._add(column, Taken("customers", column))] if column else []

    def _made(self, name: str) -> list[str]:
        """What the rules bring; that they hide a plugin's measure, their reader has said."""
        use, measure = self._ruleset.measures.get(name), self._measures.get(name)
        if use is None:
            return [self._measure(name, measure)] if measure else []
        return [self._use(use)]

    def _filled(self, name: str, keys: Sequence[str]) -> str | None:
        """A given column with its nulls filled, where the measure is of that kind."""
        made = [key for key in keys if _fills(self.nodes[key].source)]
        given = [key for key in keys if key not in made]
        if not made or not given:
            return None
        column = replace(self.nodes[made[0]].column, name=name)
        return self._add(column, Combined("filled", given[0], made[0]))

    def _unknown(self, name: str) -> str:
        known = (self._facts.measure_columns, self._ruleset.measures, self._measures)
        near = nearest(name, chain(*known, self._facts.customer_columns))
        reason = f"no measure or attribute is named {name!r}"
        return self._add(Column(name, "text"), Nothing(reason, "unknown-measure", near))

    # --- the forms of a ruleset's measure ---------------------------------------------------

    def _use(self, use: MeasureUse) -> str:
        if use.ratio:
            return self._pair(use.name, "ratio", use.ratio)
        if use.difference:
            return self._pair(use.name, "difference", use.difference)
        if use.days_since:
            return self._days_since(use.name, use.days_since)
        measure = self._measures.get(use.measure or "")
        if measure:
            return self._measure(use.name, measure, use.parameters, use.window)
        near = nearest(use.measure or "", self._measures)
        reason = f"no plugin brings the measure {use.measure!r}"
        return self._add(Column(use.name, "text"), Nothing(reason, "unknown-measure", near))

    def _pair(self, name: str, form: _Pair, pair: tuple[str, str]) -> str:
        keys = [self.name(part) for part in pair]
        faults = [self._nothing(key) or self._no_number(key) for key in keys]
        fault = next((fault for fault in faults if fault), None)
        if fault:
            return self._add(Column(name, "float"), fault)
        columns = [self.nodes[key].column for key in keys]
        floats = any(self._is_float(column) for column in columns)
        exact = form == "difference" and not floats
        column = _difference(name, *columns) if exact else Column(name, "float")
        return self._add(column, Combined(form, keys[0], keys[1], floats))

    def _is_float(self, column: Column) -> bool:
        floats = {name for name, one in self._measures.items() if one.type == "number"}
        return column.kind == "float" or is_float(column.name, self._ruleset.measures, floats)

    def _days_since(self, name: str, date: str) -> str:
        key = self.name(date)
        fault = self._nothing(key)
        if not fault and self.nodes[key].column.kind != "day":
            fault = Nothing(f"{date} is no date")
        return self._add(Column(name, "integer"), fault or DaysSince(key))

    # --- measures ---------------------------------------------------------------------------

    def _measure(
        self,
        name: str,
        measure: Measure,
        given: Mapping[str, Any] | None = None,
        window: Window | None = None,
    ) -> str:
        try:
            parameters = declared.parameters_of(measure, given or {})
        except Unmeasurable as error:
            return self._add(declared.column_of(name, measure, 0), Nothing(str(error)))
        measure = measure.under(parameters) if measure.under else measure
        measure = self._instead(measure) if window is None else measure
        inputs = self._inputs(measure, window)
        scale = self._scale(inputs)
        column = declared.column_of(name, measure, scale)
        fault = self._fault(measure, inputs)
        if fault:
            return self._add(column, fault)
        in_force = window or Window(self._ruleset.window_days)
        own = not given and window is None
        return self._add(column, Computed(measure, parameters, in_force, scale, own, inputs))

    def _instead(self, measure: Measure) -> Measure:
        """The other way to compute a measure, where something else brings a part."""
        other = declared.INSTEAD.get(measure.name, measure)
        parts = declared.public_parts(other)
        return other if any(self._elsewhere(part) for part in parts) else measure

    def _elsewhere(self, part: str) -> bool:
        """Whether a measure is brought by something else than its plugin."""
        source = self.nodes[self.name(part)].source
        own = isinstance(source, Computed) and source.own and source.measure.name == part
        return not own and not isinstance(source, Nothing)

    def _inputs(self, measure: Measure, window: Window | None) -> dict[str, str | None]:
        """Keys of the measures and attributes that a measure reads; None where there is none."""
        keys: dict[str, str | None] = {}
        for record, column in map(declared.split, measure.inputs):
            if record == "measures":
                keys[column] = self._part(column, window)
            elif record == "customers" and column != "customer_id":
                keys[column] = next(iter(self._attribute(column)), None)
        return keys

    def _part(self, part: str, window: Window | None) -> str:
        """A part under a measure's own window; a measures file knows the ruleset's alone."""
        measure = self._measures.get(part)
        if window and measure and measure.windowed:
            return self._measure(part, measure, window=window)
        return self.name(part)

    def _scale(self, inputs: Mapping[str, str | None]) -> int:
        """The scale in which a measure sees money, and gives it."""
        money = [key for part, key in inputs.items() if key and self._is_money(part)]
        scales = (self.nodes[key].column.scale for key in money)
        return max(scales, default=self._facts.scale)

    def _is_money(self, part: str) -> bool:
        return part in self._measures and self._measures[part].type == "money"

    # --- what is missing --------------------------------------------------------------------

    def _fault(self, measure: Measure, inputs: Mapping[str, str | None]) -> Nothing | None:
        """Why a measure cannot be computed."""
        faults = [self._lacking(*declared.split(text), inputs) for text in measure.inputs]
        found = [fault for fault in faults if fault]
        if measure.needs == "first":
            return faults[0]
        if measure.needs == "all":
            return found[0] if found else None
        reasons = dict.fromkeys(fault.reason for fault in found)
        return Nothing(", ".join(reasons)) if len(found) == len(faults) else None

    def _lacking(
        self, record: str, column: str, inputs: Mapping[str, str | None]
    ) -> Nothing | None:
        key = inputs.get(column)
        if record == "measures" and key:
            unfit = column in self._measures and declared.numeric(self._measures[column])
            return self._nothing(key) or (self._no_number(key) if unfit else None)
        if record == "customers":
            there = key or column == "customer_id"
            return None if there else Nothing(f"customers have no attribute {column!r}")
        frame = getattr(self._facts, record)
        if frame is None:
            return Nothing(f"no {declared.file_of(record)} were given", "record-missing")
        there = column in frame.collect_schema()
        return None if there else Nothing(f"{declared.file_of(record)} have no column {column!r}")

    def _nothing(self, key: str) -> Nothing | None:
        source = self.nodes[key].source
        return source if isinstance(source, Nothing) else None

    def _no_number(self, key: str) -> Nothing | None:
        column = self.nodes[key].column
        return Nothing(f"{column.name} is no number") if column.kind in ("text", "day") else None

    def _add(self, column: Column, source: Source) -> str:
        """The node of a column from a source, made where there is none."""
        same = (
            key for key, one in self.nodes.items() if (one.column, one.source) == (column, source)
        )
        key = next(same, f"_{len(self.nodes)}")
        self.nodes.setdefault(key, Node(key, column, source))
        return key


def _fills(source: Source) -> bool:
    return isinstance(source, Computed) and source.measure.fills


def _bringer(source: Source) -> str:
    if isinstance(source, Taken):
        return "the measures file" if source.record == "measures" else "the customers"
    return "the measure"


def _difference(name: str, more: Column, less: Column) -> Column:
    return Column(name, "integer", max(more.scale, less.scale), more.money or less.money)
