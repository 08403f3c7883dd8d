"""All customers at once: the compiled form as Narwhals expressions.

A column becomes its bin by summing comparisons; the bins become a cell's number, and one
look-up gives the answer. A table too large for a flat array is worked out row by row, as
Booleans that are chained flat (a nested chain dies at some 200 levels).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import narwhals.stable.v2 as nw

from custrata.engine.axes import Axis
from custrata.engine.backends import Backend
from custrata.engine.binning import Columns, add_up, all_of, any_of, at_bin, bin_of, chain
from custrata.engine.columns import Column, in_frames
from custrata.engine.compiled import Compiled, Result, compile_where, nothing_hit, to_json
from custrata.engine.measures.expressions import constant
from custrata.engine.model import Classifier, Label
from custrata.engine.scorecard import Points, additive_points, scale_unit

CONFLICT = "#conflict:"
"""Prefix of the column that is true where rows of a classifier meet that must not."""


def result_name(classifier: str) -> str:
    """What rules call a classifier's result."""
    return f"label.{classifier}"


def label_column(classifier: str) -> str:
    """The column of a classifier's result in a labelled frame."""
    return in_frames(result_name(classifier))


def label_text(columns: Columns, classifier: str) -> nw.Expr:
    """A classifier's result as text, whole numbers without a point; null where it has none."""
    column = columns.get(result_name(classifier))
    if column is None:
        return nw.lit(None, dtype=nw.String)
    value = nw.col(column.name)
    if column.kind != "float":
        return value.cast(nw.String)
    whole = nw.when(value == value.floor()).then(value).cast(nw.Int64).cast(nw.String)
    return nw.coalesce(whole, value.cast(nw.String))


@dataclass(frozen=True)
class Decided:
    """A frame with one more result, and what that result's column holds."""

    frame: nw.LazyFrame[Any]
    column: Column


def decide(
    backend: Backend, frame: nw.LazyFrame[Any], columns: Columns, compiled: Compiled
) -> Decided:
    """Adds `label:<classifier>`, and `#conflict:<classifier>` where its policy knows conflicts.

    Args:
        frame: has the columns that the axes read; a column it lacks is null for everyone.
    """
    output = output_type(compiled)
    points = additive_points(compiled)
    if points is not None:
        decided = _by_points(frame, columns, compiled, points, output)
    elif compiled.dense:
        decided = _by_cell(backend, frame, columns, compiled, output)
    else:
        decided = _by_row(frame, columns, compiled, output)
    return Decided(decided, output.column(label_column(compiled.name)))


def passes_where(classifier: Classifier, columns: Columns) -> nw.Expr | None:
    """A Boolean, never null: who takes part. None where everyone does."""
    if not classifier.where:
        return None
    compiled = compile_where(classifier)
    return all_of(
        _row_holds(axis, 0, bin_of(axis, columns.get(axis.column))) for axis in compiled.axes
    )


def band_of(axis: Axis, columns: Columns) -> nw.Expr:
    """The name of the band that each customer's value lies in."""
    place = bin_of(axis, columns.get(axis.column))
    return chain(
        [(place == number, name) for number, name in enumerate(axis.bands or ())], nw.lit(None)
    )


# --- answers ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Output:
    """How the results of a table stand in a column."""

    dtype: Any
    kind: Any
    unit: int = 1

    def column(self, name: str) -> Column:
        """What a frame's column of that name holds."""
        return Column(name, self.kind)

    def value(self, result: Result) -> Any:
        """The result as the column holds it."""
        if self.dtype == nw.String:
            return as_text(result)
        if result is None or isinstance(result, str | tuple):
            return None
        return float(result) if self.kind == "float" else int(result)


def as_text(result: Result) -> str | None:
    """A result as text: a list is JSON, a Boolean `true` or `false`."""
    plain = to_json(result)
    if plain is None or isinstance(plain, str):
        return plain
    return json.dumps(plain, ensure_ascii=False)


def output_type(compiled: Compiled) -> Output:
    """Numbers stay numbers where all results are; everything else is text."""
    table = compiled.classifier
    counts = table.policy.aggregate == "count"
    labels: list[Label] = [] if counts else [rule.label for rule in table.rules]
    labels += [label for label in (table.otherwise, table.outside) if label is not None]
    if table.policy.lists or any(isinstance(label, bool | str) for label in labels):
        return Output(nw.String, "text")
    unit = scale_unit(labels)
    return Output(nw.Float64, "float", unit) if unit > 1 else Output(nw.Int64, "integer")


def _by_cell(
    backend: Backend, frame: nw.LazyFrame[Any], columns: Columns, one: Compiled, output: Output
) -> nw.LazyFrame[Any]:
    """One look-up by the number of the cell."""
    code = f"#cell:{one.name}"
    steps = [
        at_bin(axis, columns.get(axis.column), range(0, axis.size * stride, stride), nw.Int32)
        for axis, stride in zip(one.axes, one.strides, strict=True)
    ]
    coded = frame.with_columns(add_up(steps or [nw.lit(0, dtype=nw.Int32)]).alias(code))
    values = [output.value(one.outcomes.results[place]) for place in one.outcomes.cells]
    if one.classifier.policy.kind in ("unique", "any"):
        conflict = len(one.outcomes.results) - 1
        clash = [place == conflict for place in one.outcomes.cells]
        coded = backend.pick(coded, code, clash, nw.Boolean, CONFLICT + one.name)
    return backend.pick(coded, code, values, output.dtype, label_column(one.name)).drop(code)


def _by_points(
    frame: nw.LazyFrame[Any], columns: Columns, one: Compiled, points: Points, output: Output
) -> nw.LazyFrame[Any]:
    """A scorecard that adds up column by column."""

    def points_of(values: Sequence[Sequence[int]]) -> nw.Expr:
        return add_up(
            at_bin(axis, columns.get(axis.column), own, nw.Int64)
            for axis, own in zip(one.axes, values, strict=True)
        )

    score = _in_units(
        points_of([[n * (output.unit // points.unit) for n in own] for own in points.points]),
        output,
    )
    nothing = nw.lit(output.value(nothing_hit(one.classifier)), dtype=output.dtype)
    answer = nw.when(points_of(points.hits) > 0).then(score).otherwise(nothing)
    return frame.with_columns(answer.alias(label_column(one.name)))


def _by_row(
    frame: nw.LazyFrame[Any], columns: Columns, one: Compiled, output: Output
) -> nw.LazyFrame[Any]:
    """Each row's Boolean, then what the policy makes of them."""
    places = [f"#bin:{one.name}:{number}" for number in range(len(one.axes))]
    binned = frame.with_columns(
        *(
            bin_of(axis, columns.get(axis.column)).alias(place)
            for axis, place in zip(one.axes, places, strict=True)
        )
    )
    rows = [f"#row:{one.name}:{number}" for number in range(len(one.classifier.rules) + 1)]
    hit = binned.with_columns(
        *(_row(one, number, places).alias(row) for number, row in enumerate(rows))
    )
    takes_part = nw.col(rows.pop())
    label = label_column(one.name)
    answer = _answer(one, [nw.col(row) for row in rows], output)
    outside = nw.lit(output.value(one.left_out), dtype=output.dtype)
    scratch = [*places, *rows, f"#row:{one.name}:{len(rows)}"]
    decided = hit.with_columns(nw.when(takes_part).then(answer).otherwise(outside).alias(label))
    if one.classifier.policy.kind in ("unique", "any"):
        clash = takes_part & _clash(one, [nw.col(row) for row in rows])
        decided = decided.with_columns(
            clash.alias(CONFLICT + one.name),
            nw.when(~clash).then(nw.col(label)).alias(label),
        )
    return decided.drop(scratch)


def _row(one: Compiled, row: int, places: Sequence[str]) -> nw.Expr:
    """Whether a customer in these bins satisfies a row."""
    return all_of(
        _row_holds(axis, row, nw.col(place)) for axis, place in zip(one.axes, places, strict=True)
    )


def _row_holds(axis: Axis, row: int, place: nw.Expr) -> nw.Expr | None:
    """Whether the bin is among those that satisfy the row; None where every bin is."""
    runs = _runs(axis.allowed[row], axis.size)
    if runs == [(0, axis.size - 1)]:
        return None
    tests = [
        place == low if low == high else (place >= low) & (place <= high) for low, high in runs
    ]
    return any_of(tests) if tests else nw.lit(value=False)


def _runs(bins: int, size: int) -> list[tuple[int, int]]:
    """The runs of set bits, as first and last place."""
    runs: list[tuple[int, int]] = []
    for place in range(size):
        if bins >> place & 1:
            if runs and runs[-1][1] == place - 1:
                runs[-1] = (runs[-1][0], place)
            else:
                runs.append((place, place))
    return runs


def _answer(one: Compiled, rows: Sequence[nw.Expr], output: Output) -> nw.Expr:
    policy = one.classifier.policy
    if policy.aggregate is not None:
        return _aggregate(one, rows, output)
    order = one.reading_order
    labels = [one.classifier.rules[row].label for row in order]
    if policy.lists:
        return _list(one, [(rows[row], label) for row, label in zip(order, labels, strict=True)])
    nothing = nw.lit(output.value(nothing_hit(one.classifier)), dtype=output.dtype)
    choices = [(rows[row], output.value(label)) for row, label in zip(order, labels, strict=True)]
    return chain(choices, nothing, output.dtype)


def _aggregate(one: Compiled, rows: Sequence[nw.Expr], output: Output) -> nw.Expr:
    """`collect` with sum, min, max or count, in whole numbers of the labels' least unit."""
    policy = one.classifier.policy
    count = add_up(row.cast(nw.Int64) for row in rows)
    nothing = nw.lit(output.value(nothing_hit(one.classifier)), dtype=output.dtype)
    if policy.aggregate == "count":
        return nw.when(count > 0).then(count.cast(output.dtype)).otherwise(nothing)
    labels = [int(Fraction(rule.label) * output.unit) for rule in one.classifier.rules]
    if policy.aggregate == "sum":
        sums = add_up(
            row.cast(nw.Int64) * nw.lit(points, dtype=nw.Int64)
            for row, points in zip(rows, labels, strict=True)
        )
    else:
        best = sorted(
            range(len(rows)), key=lambda row: labels[row], reverse=policy.aggregate == "max"
        )
        sums = chain([(rows[row], labels[row]) for row in best], nw.lit(None), nw.Int64)
    return nw.when(count > 0).then(_in_units(sums, output)).otherwise(nothing)


def _in_units(total: nw.Expr, output: Output) -> nw.Expr:
    """Whole numbers of the labels' least unit, as the labels' own numbers."""
    if output.unit == 1:
        return total
    return total.cast(nw.Float64) / constant(output.unit, total)


def _list(one: Compiled, rows: Sequence[tuple[nw.Expr, Label]]) -> nw.Expr:
    """The labels of the rows hit, as JSON text."""
    pieces = [
        nw.when(row)
        .then(nw.lit(f", {json.dumps(to_json(label), ensure_ascii=False)}"))
        .otherwise(nw.lit(""))
        for row, label in rows
    ]
    joined = nw.concat_str(*pieces).str.slice(2)
    nothing = nw.lit(as_text(nothing_hit(one.classifier)))
    wrapped = nw.concat_str(nw.lit("["), joined, nw.lit("]"))
    return nw.when(any_of(row for row, _ in rows)).then(wrapped).otherwise(nothing)


def _clash(one: Compiled, rows: Sequence[nw.Expr]) -> nw.Expr:
    """Whether more rows meet than `unique` allows, or rows of different labels under `any`."""
    if one.classifier.policy.kind == "unique":
        return add_up(row.cast(nw.Int32) for row in rows) > 1
    groups: dict[str, list[nw.Expr]] = {}
    for row, rule in zip(rows, one.classifier.rules, strict=True):
        groups.setdefault(json.dumps(to_json(rule.label)), []).append(row)
    return add_up(any_of(group).cast(nw.Int32) for group in groups.values()) > 1
