"""Each customer's bin, as Narwhals expressions.

A column becomes its bin by summing comparisons; so does anything that depends on the bin alone.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw

from custrata.engine.axes import Axis
from custrata.engine.columns import Column
from custrata.engine.model import Cut
from custrata.engine.thresholds import fits_int64, float_threshold, stored_threshold
from custrata.engine.values import NUMBER_PATTERN

Columns = Mapping[str, Column]
_LONGEST = 100
"""Tests in one chain of choices; Narwhals nests them, and Python stops at a depth of 1,000."""


def number_in(column: Column) -> nw.Expr:
    """The number in a text column that mixes texts and numbers; null where there is none."""
    text = nw.col(column.name)
    return nw.when(text.str.contains(f"^(?:{NUMBER_PATTERN})$")).then(text).cast(nw.Float64)


def bin_of(axis: Axis, column: Column | None) -> nw.Expr:
    """The bin of each customer's value on an axis, Int32, never null."""
    return at_bin(axis, column, range(axis.size), nw.Int32)


def at_bin(axis: Axis, column: Column | None, values: Sequence[int], dtype: Any) -> nw.Expr:
    """For each customer the number that stands for her value's bin, never null.

    Args:
        axis: the bins.
        column: where her value stands; None is null for everyone.
        values: a number for each bin.
        dtype: of the numbers, an integer type.
    """
    if column is None:
        return nw.lit(values[axis.null], dtype=dtype)
    if column.kind == "text":
        return _at_text(axis, column, values, dtype)
    value = nw.col(column.name)
    if column.kind == "day":
        return chain(
            [(value.is_null(), values[axis.null])], nw.lit(values[axis.other], dtype=dtype), dtype
        )
    steps = _steps(axis, value, column, values, dtype)
    if not steps:
        return chain([(value.is_null(), values[axis.null])], nw.lit(values[0], dtype=dtype), dtype)
    start = [nw.lit(values[0], dtype=dtype)] if values[0] else []
    return add_up([*steps, *start]).fill_null(values[axis.null])


def _steps(
    axis: Axis, value: nw.Expr, column: Column, values: Sequence[int], dtype: Any
) -> list[nw.Expr]:
    """What is added where a number lies beyond each cut; null for null."""
    steps = []
    for place, cut in enumerate(axis.cuts):
        beyond = _beyond(value, column, cut)
        step = values[place + 1] - values[place]
        if beyond is not None and step:
            flag = beyond.cast(dtype)
            steps.append(flag if step == 1 else flag * nw.lit(step, dtype=dtype))
    return steps


def _beyond(value: nw.Expr, column: Column, cut: Cut) -> nw.Expr | None:
    """Whether a number lies beyond a cut; None where no number of that type can."""
    if column.kind == "float":
        return value >= float_threshold(cut)
    threshold = stored_threshold(cut, column.scale)
    if fits_int64(threshold):
        return value >= threshold
    return None if threshold > 0 else value == value


def _at_text(axis: Axis, column: Column, values: Sequence[int], dtype: Any) -> nw.Expr:
    text, number = nw.col(column.name), number_in(column)
    choices = [(text.is_null(), values[axis.null])]
    choices += [
        (text == known, values[axis.intervals + place]) for place, known in enumerate(axis.texts)
    ]
    if axis.cuts or axis.bands:  # the last cut that a number lies beyond tells its bin
        beyond = [(number >= float_threshold(cut), place) for place, cut in enumerate(axis.cuts, 1)]
        choices += [(test, values[place]) for test, place in reversed(beyond)]
        choices.append((~number.is_null(), values[0]))
    return chain(choices, nw.lit(values[axis.other], dtype=dtype), dtype)


# --- small change -------------------------------------------------------------------------


def add_up(terms: Iterable[nw.Expr]) -> nw.Expr:
    """Their sum."""
    return _fold(operator.add, list(terms))


def any_of(terms: Iterable[nw.Expr]) -> nw.Expr:
    """Whether one of them holds."""
    return _fold(operator.or_, list(terms))


def all_of(terms: Iterable[nw.Expr | None]) -> nw.Expr:
    """All of them; those that are None hold anyway."""
    tests = [term for term in terms if term is not None]
    return _fold(operator.and_, tests) if tests else nw.lit(value=True)


def _fold(combine: Callable[[Any, Any], Any], terms: Sequence[nw.Expr]) -> nw.Expr:
    """The terms combined in halves, since engines stop at a depth of a thousand."""
    if len(terms) == 1:
        return terms[0]
    half = len(terms) // 2
    both: nw.Expr = combine(_fold(combine, terms[:half]), _fold(combine, terms[half:]))
    return both


def chain(
    choices: Sequence[tuple[nw.Expr, Any]], otherwise: nw.Expr, dtype: Any = nw.String
) -> nw.Expr:
    """The value of the first test that holds; no value is null."""
    if not choices:
        return otherwise
    if len(choices) > _LONGEST:
        pieces = [choices[n : n + _LONGEST] for n in range(0, len(choices), _LONGEST)]
        nothing = nw.lit(None, dtype=dtype)
        return nw.coalesce(*(chain(piece, nothing, dtype) for piece in pieces), otherwise)
    (first, value), *rest = choices
    tests = nw.when(first).then(nw.lit(value, dtype=dtype))
    for test, value in rest:
        tests = tests.when(test).then(nw.lit(value, dtype=dtype))
    return tests.otherwise(otherwise)
