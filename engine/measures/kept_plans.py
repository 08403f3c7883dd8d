"""Measures of a few customers at a time: by the plans of a run, each made once and run again.

To make a plan takes a hundred times as long as to run it on a handful of rows. A plan depends
on which columns there are and what they hold, on the day and on what was fitted, and on no
row: for facts of the same shape it is the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from math import isinf
from typing import Any

import narwhals.stable.v2 as nw

from custrata.engine.backends.replay import Replay, Rows, computed, schemas
from custrata.engine.columns import Column
from custrata.engine.diagnostics import Diagnostic
from custrata.engine.facts import Facts
from custrata.engine.facts.records import DATED
from custrata.engine.hookspecs import Measure
from custrata.engine.measures.context import EPOCH
from custrata.engine.measures.plan import Planned, plan
from custrata.engine.model import Ruleset
from custrata.engine.values import exactly

Frame = nw.LazyFrame[Any]

_FRAMES = (*(one.name for one in DATED), "lines", "measures")
_APART = {*_FRAMES, "backend", "attributes", "measure_columns", "diagnostics", "unsifted"}
_MOST = 128
"""So many shapes are remembered: days pass, and columns come and go."""


@dataclass(frozen=True)
class Measured:
    """Customers as they were measured.

    Attributes:
        rows: a dict a customer, by name, as `columns` hold it.
        diagnostics: about names, records, and what could not be fitted.
    """

    rows: Sequence[Mapping[str, Any]]
    columns: Mapping[str, Column]
    diagnostics: tuple[Diagnostic, ...]

    def records(self) -> Iterator[dict[str, Any]]:
        """The measures of each customer by name, as `Engine.classify` takes them.

        Whole numbers are int, other exact ones Decimal, ratios float, days ISO text.
        """
        for row in self.rows:
            yield {name: _value(one, row[one.name]) for name, one in self.columns.items()}


class Measurer:
    """Measures customers by one ruleset and one calibration. It may be shared by threads."""

    def __init__(
        self, ruleset: Ruleset, measures: Mapping[str, Measure], states: Mapping[str, Any]
    ) -> None:
        """Take what was fitted; what was not stays unknown, since a few tell nothing of all."""
        unknown = dict.fromkeys((*measures, *ruleset.measures))
        self._states = {**unknown, **states}
        self._ruleset = ruleset
        self._measures = {name: replace(one, doubts=None) for name, one in measures.items()}
        self._asked: dict[Any, tuple[str, ...]] = {}
        self._plans: dict[Any, list[_Plan]] = {}

    def measure(self, facts: Facts) -> Measured:
        """Measure the customers of these facts.

        Raises:
            RulesError, DataError, PluginError: as `measures.plan.measure`.
        """
        facts = replace(facts, unsifted={}, everyone=None, counted=True)
        rows = computed(dict(_given(facts)))
        shape = (_beside(facts), tuple(facts.attributes), schemas(rows))
        asked = self._asked.get(shape)
        measured = (
            self._first(facts, shape) if asked is None else self._again(facts, shape, asked, rows)
        )
        if any(_is_infinite(row) for row in measured.rows):
            planned = self._planned(facts)
            planned.planner.refuse_infinity(facts.backend.keep(planned.frame))
        return measured

    def _first(self, facts: Facts, shape: Any) -> Measured:
        """Measure straight from the facts, and remember which attributes that takes."""
        planned = self._planned(facts)
        rows = computed({"customers": planned.frame})["customers"].to_dicts()
        if len(self._asked) >= _MOST:
            self._asked.clear()
        self._asked[shape] = facts.attributes.asked
        return Measured(rows, planned.columns, planned.diagnostics)

    def _again(self, facts: Facts, shape: Any, asked: Sequence[str], rows: Rows) -> Measured:
        """Measure by a plan that no other thread is using."""
        facts.attributes.ask(asked)
        columns = {name: facts.attributes[name] for name in asked if name in facts.attributes}
        rows = {**rows, **computed({"customers": facts.customers})}
        if len(self._plans) >= _MOST:
            self._plans.clear()
        unused = self._plans.setdefault((shape, schemas(rows), tuple(columns.items())), [])
        try:
            made = unused.pop()
        except IndexError:
            made = self._made(facts, columns, rows)
        found = made.replay.run(made.planned.frame, rows)
        if made.lasts:
            unused.append(made)
        return Measured(found, made.planned.columns, made.planned.diagnostics)

    def _made(self, facts: Facts, columns: Mapping[str, Column], rows: Rows) -> _Plan:
        replay = Replay(rows)
        attributes = _Asked(facts.attributes, columns, replay.stand_in("customers"))
        frames: dict[str, Any] = {name: replay.stand_in(name) for name, _ in _given(facts)}
        stand_in: Any = attributes
        planned = self._planned(replace(facts, attributes=stand_in, **frames))
        if attributes.missed:
            return _Plan(self._planned(facts), replay, lasts=False)
        return _Plan(planned, replay, lasts=not replay.read)

    def _planned(self, facts: Facts) -> Planned:
        return plan(facts, self._ruleset.columns, self._ruleset, self._measures, self._states)


@dataclass(frozen=True)
class _Plan:
    """A plan with the rows that it reads; `lasts` where it is good for other rows too."""

    planned: Planned
    replay: Replay
    lasts: bool


class _Asked(Mapping[str, Column]):
    """The attributes that the first plan of a shape asked for, with a stand-in for their rows."""

    def __init__(self, real: Any, columns: Mapping[str, Column], frame: Frame) -> None:
        self.frame, self.missed = frame, False
        self._real, self._columns = real, columns

    def ask(self, names: Sequence[str]) -> None:
        """All that is needed has been asked for."""
        self.missed |= any(name in self._real and name not in self._columns for name in names)

    def __getitem__(self, name: str) -> Column:
        self.ask([name])
        column: Column = self._columns[name] if name in self._columns else self._real[name]
        return column

    def __contains__(self, name: object) -> bool:
        return name in self._real

    def __iter__(self) -> Iterator[str]:
        return iter(self._real)

    def __len__(self) -> int:
        return len(self._real)


def _given(facts: Facts) -> Iterator[tuple[str, Frame]]:
    for name in _FRAMES:
        frame = getattr(facts, name)
        if frame is not None:
            yield name, frame


def _beside(facts: Facts) -> tuple[Any, ...]:
    """All that a plan may depend on besides what frames and attributes hold."""
    others = (one.name for one in fields(facts) if one.name not in _APART)
    return (*facts.measure_columns.values(), *(getattr(facts, name) for name in others))


def _value(column: Column, stored: Any) -> Any:
    if stored is None:
        return None
    if column.kind == "day":
        return (EPOCH + timedelta(days=stored)).isoformat()
    exact = column.kind == "integer" and (column.scale or column.money)
    return exactly(stored, column.scale) if exact else stored


def _is_infinite(row: Mapping[str, Any]) -> bool:
    return any(isinstance(value, float) and isinf(value) for value in row.values())
