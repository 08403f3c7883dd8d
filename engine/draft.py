"""A draft against the result of the rules in force: measure and calibrate only what it changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import narwhals.stable.v2 as nw

from custrata.engine.backends import Backend
from custrata.engine.columns import Column, MeasureTable
from custrata.engine.diagnostics import Diagnostic
from custrata.engine.engine import Engine
from custrata.engine.measures.declared import made_of
from custrata.engine.measures.plan import measure
from custrata.engine.model import FoundBands, Ruleset, reads_result
from custrata.engine.plugins import Plugins
from custrata.engine.result import Result, run
from custrata.engine.run import label
from custrata.engine.vector import label_text
from custrata.engine.what_if import BEFORE, MONEY, REVENUE, SwapSet, compare

Frame = nw.LazyFrame[Any]


def swap_set(
    draft: Engine,
    result: Result,
    only: Collection[str] | None = None,
    base: Base | None = None,
) -> SwapSet:
    """See `Engine.what_if`.

    Args:
        only: the classifiers to compare; None compares all. What no comparison needs is neither
            measured nor decided.
        base: `Base.of(result)`, where it is known already.
    """
    base = base or Base.of(result)
    draft = draft if only is None else narrowed(draft, only)
    unchanged = Unchanged(result.engine.ruleset, draft.ruleset, draft.plugins)
    if unchanged.heads:
        table, told = _table(draft, result, unchanged, base)
        after = label(draft.ruleset, table, unchanged.bands(result.calibration.bands))
        told = (*told, *after.diagnostics)
    else:
        again = run(draft, result.as_of, None, result.frames, computer=base.backend)
        before = base.frame.select("customer_id", *base.before)
        joined = again.labelled.frame.join(before, on="customer_id", how="left")
        after = replace(again.labelled, frame=base.backend.keep(joined))
        told = again.diagnostics
    return compare(result.labelled, after, base.money, result.native, told, only)


def narrowed(engine: Engine, only: Collection[str]) -> Engine:
    """The engine of some classifiers, and of those whose results they read."""
    wanted: set[str] = set(only)
    kept = []
    for one in reversed(engine.ruleset.classifiers):
        if one.name in wanted:
            kept.append(one)
            wanted |= {name.partition(".")[2] for name in one.columns if reads_result(name)}
    ruleset = replace(engine.ruleset, classifiers=tuple(reversed(kept)))
    return Engine(ruleset, engine.plugins, engine=engine.engine)


@dataclass(frozen=True)
class Unchanged:
    """What two rulesets have in common, all the way down to what it is made of."""

    before: Ruleset
    after: Ruleset
    plugins: Plugins

    @property
    def heads(self) -> bool:
        """Whether what every measure depends on is the same."""
        return _heads(self.before) == _heads(self.after)

    def measure(self, name: str) -> bool:
        """Whether a name means the same."""
        measures = self.plugins.measures
        old, new = (made_of(name, rules, measures) for rules in (self.before, self.after))
        return old == new and all(
            self.before.measures.get(part) == self.after.measures.get(part) for part in old
        )

    def bands(
        self, found: Mapping[str, Mapping[str, FoundBands]]
    ) -> dict[str, dict[str, FoundBands]]:
        """Those of the found bands whose cuts the draft cannot move."""
        old = {one.name: one for one in self.before.classifiers}
        kept: dict[str, dict[str, FoundBands]] = {}
        for one in self.after.classifiers:
            was = old.get(one.name)
            if was is None or was.where != one.where or not self._depends_alike(one.where):
                continue
            kept[one.name] = {
                name: bands
                for name, bands in found.get(one.name, {}).items()
                if one.bands.get(name) == was.bands.get(name)
                and one.bands[name].ties == "value"
                and self._depends_alike((name,))
            }
        return kept

    def _depends_alike(self, columns: Any) -> bool:
        return all(not reads_result(name) and self.measure(name) for name in columns)


def _heads(ruleset: Ruleset) -> tuple[Any, ...]:
    return ruleset.time_zone, ruleset.currency, ruleset.window_days


@dataclass(frozen=True)
class Base:
    """The customers as they are now.

    Attributes:
        frame: measures and labels. before: what the comparison needs of them: labels as
            texts under `BEFORE`, and what each customer brings, `MONEY`.
        money: what that column holds; None where it is not measured.
    """

    frame: Frame
    before: tuple[nw.Expr, ...]
    money: Column | None
    backend: Backend

    @classmethod
    def of(cls, result: Result) -> Base:
        """The customers of a result, with their revenue where it can be measured."""
        labelled = result.labelled
        frame, column = labelled.frame, labelled.columns.get(REVENUE)
        brought = "transactions" in result.frames or REVENUE in result.facts.measure_columns
        if column is None and brought:
            engine, states = result.engine, result.calibration.states
            table, _ = measure(result.facts, [REVENUE], engine.ruleset, engine.plugins, states)
            column = table.columns[REVENUE]
            frame = labelled.backend.keep(frame.join(table.frame, on="customer_id", how="left"))
        exact = column if column is not None and column.kind == "integer" else None
        before = [
            label_text(labelled.columns, name).alias(BEFORE + name) for name in result.compiled
        ]
        before += [nw.col(REVENUE).alias(MONEY)] if exact else []
        return cls(frame, tuple(before), exact, labelled.backend)


def _table(
    draft: Engine, result: Result, unchanged: Unchanged, base: Base
) -> tuple[MeasureTable, tuple[Diagnostic, ...]]:
    """The draft's measures beside what was before; only what the draft changes is measured."""
    known, states = result.labelled.columns, result.calibration.states
    wanted = draft.ruleset.columns
    columns = {name: known[name] for name in wanted if name in known and unchanged.measure(name)}
    known_already = (column.name for column in columns.values())
    frame = base.frame.select("customer_id", *known_already, *base.before)
    missing = [name for name in wanted if name not in columns]
    if not missing:
        return MeasureTable(frame, columns, base.backend, states), ()
    fitted = {name: state for name, state in states.items() if unchanged.measure(name)}
    more, told = measure(result.facts, missing, draft.ruleset, draft.plugins, fitted)
    joined = base.backend.keep(frame.join(more.frame, on="customer_id", how="left"))
    return MeasureTable(joined, {**columns, **more.columns}, base.backend, more.states), told
