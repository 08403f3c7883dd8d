"""Columns worked out of other columns, row by row, in as few steps as they allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from custrata.engine.backends import Backend
from custrata.engine.columns import Column
from custrata.engine.hookspecs import Measure
from custrata.engine.measures.context import day_number
from custrata.engine.measures.expressions import constant, divide
from custrata.engine.measures.nodes import Combined, Computed, DaysSince, Node

if TYPE_CHECKING:
    from custrata.engine.facts import Facts

Frame = nw.LazyFrame[Any]
_ID = "customer_id"
_DTYPES: Mapping[str, Any] = {
    "integer": nw.Int64,
    "day": nw.Int64,
    "float": nw.Float64,
    "text": nw.String,
}


class Stages:
    """A frame that grows by columns.

    What a measure reads is laid under the names that it knows, in the form that its type
    says: money as whole units of one scale, whole numbers as Int64, other numbers as Float64.
    """

    def __init__(
        self, frame: Frame, nodes: Mapping[str, Node], measures: Mapping[str, Measure], wide: Any
    ):
        self._done, self._nodes, self._measures, self._wide = frame, nodes, measures, wide
        self._bound: dict[str, tuple[str | None, int]] = {}
        self._pending: dict[str, nw.Expr] = {}
        self._kept = False

    def add(self, node: Node, value: nw.Expr) -> None:
        """A column more; it waits until another one needs it."""
        binding = self._binding(node)
        clash = any(self._bound.get(name, bound) != bound for name, bound in binding.items())
        if clash or any(key in self._pending for key in node.needs):
            self._flush()
        self._bound |= binding
        self._pending[node.key] = value

    def join(self, key: str, other: Frame, no_data: nw.Expr | None) -> None:
        """A column out of a frame by customer."""
        self._flush()
        frame = self._done.join(other, on=_ID, how="left")
        value = nw.col(key) if no_data is None else nw.coalesce(nw.col(key), no_data)
        self._done, self._kept = frame.with_columns(value), False

    def keep(self, backend: Backend) -> None:
        """Work out all so far, once."""
        if self._pending or not self._kept:
            self._flush()
            self._done, self._kept = backend.keep(self._done), True

    def frame(self) -> Frame:
        """The frame with all columns."""
        self._flush()
        return self._done

    def inputs(self, node: Node) -> Frame:
        """Customers with what a measure reads, under the names that it knows."""
        binding = self._binding(node)
        columns = [self._laid(name, *bound).alias(name) for name, bound in binding.items()]
        return self.frame().select(_ID, *columns)

    def _flush(self) -> None:
        if not self._pending:
            return
        laid = [self._laid(name, *bound).alias(name) for name, bound in self._bound.items()]
        frame = self._done.with_columns(*laid) if laid else self._done
        frame = frame.with_columns(value.alias(key) for key, value in self._pending.items())
        self._done = frame.drop(*self._bound) if self._bound else frame
        self._bound, self._pending, self._kept = {}, {}, False

    def _binding(self, node: Node) -> dict[str, tuple[str | None, int]]:
        """Keys of what a measure reads, by the name that it knows, with the scale of money."""
        source = node.source
        if not isinstance(source, Computed):
            return {}
        return {name: (key, source.scale) for name, key in source.inputs.items()}

    def _laid(self, name: str, key: str | None, scale: int) -> nw.Expr:
        if key is None:
            return nw.lit(None, nw.Int64)
        column = self._nodes[key].column
        measure = self._measures.get(name)
        kind = measure.type if measure else "integer" if column.kind == "integer" else "text"
        return _as_type(nw.col(key), column, kind, scale, self._wide)


def _as_type(value: nw.Expr, column: Column, kind: str, scale: int, wide: Any) -> nw.Expr:
    """A column in the form that a measure's type has."""
    if kind == "boolean":
        return value == "true"
    if kind == "money" and column.kind == "integer":
        finer = 10 ** (scale - column.scale)
        return value.cast(wide) * finer if finer > 1 else value
    if kind == "number" or (kind in ("integer", "money") and not column.whole):
        return as_float(value, column)
    return value


def as_float(value: nw.Expr, column: Column) -> nw.Expr:
    """A number column as Float64, rounded once."""
    if column.kind == "float":
        return value
    return (
        divide(value, constant(10.0**column.scale, value))
        if column.scale
        else value.cast(nw.Float64)
    )


def null(node: Node) -> nw.Expr:
    """Null, in the column's type."""
    return nw.lit(None, _DTYPES[node.column.kind])


def canonical(value: nw.Expr, node: Node) -> nw.Expr:
    """What a measure gives, as the column holds it."""
    source = node.source
    if isinstance(source, Computed) and source.measure.type == "boolean":
        return nw.when(value).then(nw.lit("true")).when(~value).then(nw.lit("false"))
    typed = value.cast(_DTYPES[node.column.kind])
    return typed.fill_nan(None) if node.column.kind == "float" else typed


def combined(node: Node, facts: Facts, nodes: Mapping[str, Node]) -> nw.Expr:
    """A ratio, a difference, a filled column, the days since a date."""
    source = node.source
    if isinstance(source, DaysSince):
        return nw.lit(day_number(facts.as_of)) - nw.col(source.date)
    assert isinstance(source, Combined)
    columns = [(key, nodes[key].column) for key in (source.first, source.second)]
    if source.form == "filled":
        return nw.coalesce(*(_in_kind(key, one, node.column) for key, one in columns))
    if source.form == "difference" and not source.floats:
        return _exact_difference(columns, facts.backend.wide)
    first, second = _floats(columns, source.floats)
    if source.form == "difference":
        return first - second
    return nw.when(second != 0).then(first / second)


def _in_kind(key: str, column: Column, wanted: Column) -> nw.Expr:
    return as_float(nw.col(key), column) if wanted.kind == "float" else nw.col(key)


def _exact_difference(columns: Sequence[tuple[str, Column]], wide: Any) -> nw.Expr:
    finest = max(column.scale for _, column in columns)
    more, less = (nw.col(key).cast(wide) * 10 ** (finest - column.scale) for key, column in columns)
    rest: nw.Expr = (more - less).cast(nw.Int64)
    return rest


def _floats(columns: Sequence[tuple[str, Column]], rounded: bool) -> tuple[nw.Expr, nw.Expr]:
    """Two columns as floats of one unit: each rounded, or both as whole numbers."""
    finest = max(column.scale for _, column in columns)
    first, second = (
        as_float(nw.col(key), column)
        if rounded
        else nw.col(key).cast(nw.Float64) * 10.0 ** (finest - column.scale)
        for key, column in columns
    )
    return first, second
