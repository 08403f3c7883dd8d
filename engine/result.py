"""A run, and what it found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw

from custrata.engine.backends import Backend, backend
from custrata.engine.calibration import Calibration, fingerprint
from custrata.engine.columns import Column, MeasureTable
from custrata.engine.compiled import Compiled
from custrata.engine.diagnostics import Diagnostic
from custrata.engine.engine import Engine, explain_all
from custrata.engine.explain import Explainer
from custrata.engine.facts import Facts, read_facts
from custrata.engine.facts.read import check_names
from custrata.engine.measures.context import as_day, closed_days
from custrata.engine.measures.expressions import constant
from custrata.engine.measures.plan import measure
from custrata.engine.model import DENIED, RECORDS, reads_result
from custrata.engine.run import (
    Labelled,
    Progress,
    label,
    silent,
    weighed_map,
)
from custrata.engine.table_map import TableMap
from custrata.engine.values import Value, canonical, simplest
from custrata.engine.vector import band_of, label_column, label_text
from custrata.engine.what_if import REVENUE, Moved, money

CLOSED, CONSENT = "closed_days", "consent"
BESIDE = (CLOSED, CONSENT)
"""What is given beside frames."""


@dataclass(frozen=True)
class Result:
    """What a run found. Frames are of the kind that came in, in no particular row order.

    Attributes:
        engine: the rules that ran.
        as_of: the last day that was read.
        calibration: the cut points in use, and what population measures fitted.
        diagnostics: warnings of the rules, the data and the calibration.
        facts: what was read, for measures that a draft may need besides.
        labelled: measures and labels as the engine holds them.
    """

    engine: Engine
    as_of: date
    calibration: Calibration
    diagnostics: tuple[Diagnostic, ...]
    facts: Facts
    labelled: Labelled
    like: Any
    frames: Mapping[str, Any]

    @cached_property
    def labels(self) -> Any:
        """`customer_id`, then a column per classifier; a list is JSON text."""
        names = [nw.col(label_column(name)).alias(name) for name in self.compiled]
        return self.native(self.labelled.frame.select("customer_id", *names))

    @cached_property
    def measures(self) -> Any:
        """`customer_id`, then a column per measure and attribute that the rules read.

        Amounts are floats whose shortest decimal is the exact amount.
        """
        columns = [_shown(column).alias(name) for name, column in self._measured()]
        return self.native(self.labelled.frame.select("customer_id", *columns))

    @cached_property
    def bands(self) -> Any:
        """`customer_id`, then a column `<classifier>.<measure>` per banded measure."""
        columns = self.labelled.columns
        names = [
            band_of(axis, columns).alias(f"{name}.{axis.measure}")
            for name, axis in self.labelled.axes()
        ]
        return self.native(self.labelled.frame.select("customer_id", *names))

    @cached_property
    def compiled(self) -> dict[str, Compiled]:
        """The compiled classifiers by name."""
        return {one.name: one for one in self.labelled.compiled}

    @cached_property
    def maps(self) -> dict[str, TableMap]:
        """The map of each table, weighed by customers."""
        return {name: weighed_map(self.labelled, one) for name, one in self.compiled.items()}

    @cached_property
    def sizes(self) -> dict[str, dict[str | None, Moved]]:
        """By classifier and label (as text): customers, and the exact sum of `monetary`."""
        return {name: self._sizes(name) for name in self.compiled}

    def explanations(self) -> Iterator[dict[str, Any]]:
        """One explanation a customer and classifier, with `customer_id` first."""
        columns = self.labelled.columns
        read = {axis.column: None for one in self.labelled.compiled for axis in one.axes}
        read |= {axis.measure: None for one in self.labelled.compiled for axis in one.axes}
        names = [name for name in read if name in columns and not reads_result(name)]
        scales = {name: columns[name].scale for name in names if columns[name].kind == "integer"}
        explainers = [
            Explainer(one, scales, self.engine.moved_by, self.engine.moves)
            for one in self.labelled.compiled
        ]
        frame = self.labelled.frame.select("customer_id", *(columns[name].name for name in names))
        for customer, *row in self.labelled.backend.rows(frame.sort("customer_id")):
            values = {
                name: _value(columns[name], stored) for name, stored in zip(names, row, strict=True)
            }
            found = explain_all(explainers, values)
            for explanation in found.values():
                yield {"customer_id": customer, **explanation}

    def native(self, frame: nw.LazyFrame[Any]) -> Any:
        """A lazy frame as the user's kind."""
        return self.labelled.backend.native(frame, self.like)

    def _measured(self) -> list[tuple[str, Column]]:
        columns = self.labelled.columns.items()
        hidden = ("#", "label.", "score.")
        return [(name, column) for name, column in columns if not name.startswith(hidden)]

    def _sizes(self, name: str) -> dict[str | None, Moved]:
        column = self.labelled.columns.get(REVENUE)
        revenue = column if column is not None and column.kind == "integer" else None
        sums = [nw.len().alias("#customers")]
        if revenue is not None:
            sums.append(nw.col(REVENUE).cast(self.labelled.backend.wide).sum().alias("#revenue"))
        text = label_text(self.labelled.columns, name).alias("#label")
        keep = [nw.col(REVENUE)] if revenue is not None else []
        grouped = self.labelled.frame.select(text, *keep).group_by("#label").agg(*sums)
        rows = self.labelled.backend.rows(grouped)
        return {row[0]: Moved(row[1], money(row[2:], revenue)) for row in rows}


def run(
    engine: Engine,
    as_of: date,
    calibration: Calibration | None,
    frames: Mapping[str, Any],
    *,
    strict: bool = False,
    progress: Progress | None = None,
    computer: Backend | None = None,
) -> Result:
    """See `Engine.run`; `computer` is the engine's adapter where one is at work already."""
    told, ruleset = progress or silent, engine.ruleset
    as_of = as_day(as_of, ruleset.time_zone)
    given = _given(frames)
    if calibration is not None:
        calibration.check_matches(ruleset)
    told("read", 0, 1)
    facts = read_given(engine, computer or backend(engine.engine), as_of, frames, strict=strict)
    told("measure", 0, 1)
    states = None if calibration is None else calibration.states
    table, measured = measure(facts, ruleset.columns, ruleset, engine.plugins, states)
    told("measure", 1, 1)
    labelled = label(ruleset, table, None if calibration is None else calibration.bands, told)
    aged = _reused(engine, calibration, as_of) if calibration else ()
    return Result(
        engine=engine,
        as_of=as_of,
        calibration=calibration or _calibration(engine, as_of, table, labelled),
        diagnostics=(
            *ruleset.diagnostics,
            *facts.diagnostics,
            *measured,
            *labelled.diagnostics,
            *aged,
        ),
        facts=replace(facts, counted=True),
        labelled=labelled,
        like=next(iter(given.values())),
        frames={**given, **{name: frames[name] for name in BESIDE if name in frames}},
    )


def read_given(
    engine: Engine,
    computer: Backend,
    as_of: date,
    frames: Mapping[str, Any],
    *,
    strict: bool = False,
) -> Facts:
    """The facts of what `Engine.run` was given, as of a day.

    Raises:
        TypeError: a frame is unknown, or none is there. DataError: a frame is at fault.
    """
    facts = read_facts(
        computer,
        as_of=as_of,
        time_zone=engine.ruleset.time_zone,
        currency=engine.ruleset.currency,
        strict=strict,
        consent=frames.get(CONSENT, DENIED),
        **_given(frames),
    )
    closed = frames.get(CLOSED)
    if closed is None:
        return facts
    return replace(facts, closed=closed_days(closed, engine.ruleset.time_zone))


def _reused(engine: Engine, calibration: Calibration, as_of: date) -> tuple[Diagnostic, ...]:
    """What speaks against reusing a calibration, and what it means."""
    aged = calibration.warnings(as_of, engine.plugins.versions)
    return (*aged, *engine.frozen_ranks())


def _given(frames: Mapping[str, Any]) -> dict[str, Any]:
    check_names(name for name in frames if name not in BESIDE)
    order = ("transactions", "customers", *RECORDS)
    given = {
        name: Path(frame) if isinstance(frame, str) else frame
        for name in order
        if (frame := frames.get(name)) is not None
    }
    if not given:
        raise TypeError(f"nothing to classify; give at least one of {', '.join(RECORDS)}")
    return given


def _calibration(
    engine: Engine, as_of: date, table: MeasureTable, labelled: Labelled
) -> Calibration:
    ((customers,),) = table.backend.rows(labelled.frame.select(nw.len()))
    return Calibration(
        ruleset=fingerprint(engine.ruleset),
        as_of=as_of,
        bands=labelled.bands,
        states=table.states,
        plugins=engine.plugins.versions,
        customers=customers,
        scales={
            name: column.scale for name, column in table.columns.items() if column.kind == "integer"
        },
    )


# --- values out ---------------------------------------------------------------------------


def _shown(column: Column) -> nw.Expr:
    """A column as output shows it."""
    value = nw.col(column.name)
    if column.kind == "integer" and column.scale:
        value = value.cast(nw.Float64) / constant(10**column.scale, value)
    return value


def _value(column: Column, stored: Any) -> Value:
    """A stored value in canonical form."""
    if stored is None:
        return None
    if column.kind == "integer":
        return simplest(Fraction(stored, 10**column.scale))
    if column.kind == "day":
        return date.fromordinal(date(1970, 1, 1).toordinal() + stored).isoformat()
    return canonical(stored)
