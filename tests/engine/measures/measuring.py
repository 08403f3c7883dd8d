"""Small facts in, plain values out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import polars as pl

from custrata.engine.backends import Backend
from custrata.engine.columns import Column
from custrata.engine.diagnostics import Diagnostic
from custrata.engine.facts import Facts, read_facts
from custrata.engine.hookspecs import Measure
from custrata.engine.measures import builtin_measures
from custrata.engine.measures.plan import measure
from custrata.engine.model import MeasureUse, Ruleset, Window
from custrata.engine.plugins import Plugins

AS_OF = date(2026, 11, 21)

Rows = Sequence[Mapping[str, Any]]


def ago(days: int) -> date:
    """The day so many days before the as-of date."""
    return AS_OF - timedelta(days=days)


def sale(customer: str, days: int, amount: Any = 1, **more: Any) -> dict[str, Any]:
    return {"customer_id": customer, "occurred_at": ago(days), "amount": amount, **more}


def contact(customer: str, days: int, **more: Any) -> dict[str, Any]:
    return {"customer_id": customer, "occurred_at": ago(days), **more}


def answer(customer: str, days: int, question: str, text: str | None) -> dict[str, Any]:
    return {"customer_id": customer, "answered_at": ago(days), "question": question, "answer": text}


def change(customer: str, days: int, by: str = "Lan") -> dict[str, Any]:
    return {"customer_id": customer, "changed_at": ago(days), "to": "hot", "by": by}


def feedback(customer: str, days: int, kind: str, state: str | None) -> dict[str, Any]:
    return {"customer_id": customer, "opened_at": ago(days), "kind": kind, "state": state}


def people(*names: str, **columns: Sequence[Any]) -> list[dict[str, Any]]:
    """Customers with attributes."""
    return [
        {"customer_id": name, **{key: values[place] for key, values in columns.items()}}
        for place, name in enumerate(names)
    ]


@dataclass(frozen=True)
class Measured:
    """What `measure` gave, as plain values."""

    rows: Mapping[str, Mapping[str, Any]]
    columns: Mapping[str, Column]
    states: Mapping[str, Any]
    diagnostics: tuple[Diagnostic, ...]

    def __getitem__(self, name: str) -> dict[str, Any]:
        """A column by customer."""
        return {customer: row[name] for customer, row in self.rows.items()}

    @property
    def told(self) -> list[str]:
        return [one.message for one in self.diagnostics]


def facts_of(
    engine: Backend, *, as_of: date = AS_OF, time_zone: str = "UTC", **records: Rows | pl.DataFrame
) -> Facts:
    frames = {
        name: rows
        if isinstance(rows, pl.DataFrame)
        else pl.DataFrame(list(rows), infer_schema_length=None)
        for name, rows in records.items()
    }
    return read_facts(engine, as_of=as_of, time_zone=time_zone, currency=None, **frames)


def run(
    engine: Backend,
    *wanted: str,
    uses: Sequence[MeasureUse] = (),
    window_days: int | None = 365,
    states: Mapping[str, Any] | None = None,
    brought: Sequence[Measure] = (),
    **records: Any,
) -> Measured:
    facts = facts_of(engine, **records)
    ruleset = Ruleset("f", window_days=window_days, measures={use.name: use for use in uses})
    plugins = Plugins(measures={one.name: one for one in (*builtin_measures(), *brought)})
    names = wanted or tuple(ruleset.measures)
    table, told = measure(facts, names, ruleset, plugins, states)
    order = table.frame.collect_schema().names()
    rows = {row[0]: row for row in engine.rows(table.frame)}
    plain = {
        customer: {
            name: _plain(row[order.index(column.name)], column)
            for name, column in table.columns.items()
        }
        for customer, row in sorted(rows.items())
    }
    return Measured(plain, table.columns, table.states, told)


def use(name: str, measure: str, window: Window | None = None, **parameters: Any) -> MeasureUse:
    return MeasureUse(name, measure, parameters, window)


def _plain(stored: Any, column: Column) -> Any:
    if stored is None or column.kind != "integer" or not column.scale:
        return stored
    value = Fraction(stored, 10**column.scale)
    return int(value) if value.denominator == 1 else value
