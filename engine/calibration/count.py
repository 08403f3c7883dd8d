"""What engines count, as Narwhals expressions: few passes, and few numbers brought to Python.

A summary of every column takes one pass. Order statistics are taken from a coarse histogram
(numbers divided by a power of two, rounded down), which is then counted again, more finely,
only where an answer lies. No sort is needed, and counts of parts of the data would add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from math import frexp
from operator import or_
from typing import Any

import narwhals.stable.v2 as nw

from custrata.engine.backends import Backend
from custrata.engine.calibration.grid import FloatGrid, Grid, float_at
from custrata.engine.calibration.histogram import Histogram, Piece, Summary, Wanted
from custrata.engine.columns import Column
from custrata.engine.measures.expressions import how_many
from custrata.engine.values import NUMBER_PATTERN

_COARSE_BITS = 13  # the first histogram has up to 2 · 2^13 pieces
_FINER_BITS = 8  # and each of its pieces that is counted again falls into 2^8
_FEW_ROWS = 8192  # so few are counted by value at once
_LEVELS = 6  # 13 + 6 · 8 bits: codes stay within Int64
_INT128 = 2**127


def numbers(column: Column, population: nw.Expr | None) -> nw.Expr:
    """The numbers of those who take part, Int64 or Float64; null for all others."""
    value = nw.col(column.name)
    who = population
    if column.kind == "text":
        spells = value.str.contains(f"^({NUMBER_PATTERN})$")
        value = nw.when(spells).then(value).cast(nw.Float64)
    if column.kind in ("text", "float"):
        who = value.is_finite() if who is None else who & value.is_finite()
    if column.kind == "day":  # a date is no number
        return nw.when(value.is_null()).then(value)
    return value if who is None else nw.when(who).then(value)


def summaries(
    backend: Backend, frame: nw.LazyFrame[Any], sums: Mapping[str, frozenset[str]]
) -> dict[str, Summary]:
    """One pass over all columns.

    Args:
        backend: the engine.
        frame: columns of numbers, nulls among them.
        sums: by column, which of `total` and `positive` are wanted.
    """
    wanted = []
    for name, kinds in sums.items():
        value = nw.col(name)
        above = nw.when(value > 0).then(value) if "positive" in kinds else None
        wanted += [value.count(), value.min(), value.max()]
        wanted += [_sum(backend, value) if "total" in kinds else nw.lit(0)]
        wanted += [_sum(backend, above) if above is not None else nw.lit(0)]
    if not wanted:
        return {}
    one = backend.rows(frame.select(*_named(wanted)))[0]
    return {name: _summary(one[5 * i : 5 * i + 5]) for i, name in enumerate(sums)}


def _summary(numbers: Sequence[Any]) -> Summary:
    count, low, high, total, positive = numbers
    return Summary(count, low, high, int(total or 0), int(positive or 0)) if count else Summary(0)


def _sum(backend: Backend, value: nw.Expr) -> nw.Expr:
    return value.cast(backend.wide).sum()  # an Int64 sum would wrap


def _named(expressions: Sequence[nw.Expr]) -> list[nw.Expr]:
    return [expression.alias(f"n{index}") for index, expression in enumerate(expressions)]


def squares(
    backend: Backend, frame: nw.LazyFrame[Any], columns: Mapping[str, Summary]
) -> dict[str, int]:
    """The sums of squares of whole-numbered columns, exactly."""
    narrow = [name for name, summary in columns.items() if _squares_fit(summary)]
    found: dict[str, int] = {}
    if narrow:
        wide = [nw.col(name).cast(backend.wide) for name in narrow]
        row = backend.rows(frame.select(*_named([(value * value).sum() for value in wide])))[0]
        found = {name: int(number or 0) for name, number in zip(narrow, row, strict=True)}
    for name in columns.keys() - found.keys():
        found[name] = sum(
            int(value) ** 2 * rows for value, rows in occurrences(backend, frame, name)
        )
    return found


def _squares_fit(summary: Summary) -> bool:
    return summary.rows * max(-summary.low, summary.high) ** 2 < _INT128


def occurrences(backend: Backend, frame: nw.LazyFrame[Any], name: str) -> list[tuple[Any, int]]:
    """Every number of a column with how often it occurs; may be as long as the column."""
    return _by_value(backend, _values(frame, name))


def _by_value(backend: Backend, rows: nw.LazyFrame[Any]) -> list[tuple[Any, int]]:
    return [
        (value, number) for value, number in backend.rows(rows.group_by("value").agg(rows=nw.len()))
    ]


def _values(frame: nw.LazyFrame[Any], name: str) -> nw.LazyFrame[Any]:
    return frame.select(value=nw.col(name)).filter(~nw.col("value").is_null())


def histogram(
    backend: Backend,
    frame: nw.LazyFrame[Any],
    name: str,
    summary: Summary,
    wanted: Wanted,
) -> Histogram:
    """A histogram that is exact wherever an answer lies."""
    rows = _values(frame, name)
    sums = bool(wanted.reaching or wanted.within)
    widths = _widths(summary)
    width = next(widths) if summary.rows > _FEW_ROWS else 0
    found = Histogram.of(_pieces(backend, rows, width, sums))
    while coarse := found.inexact(wanted):
        part = rows.filter(_within(coarse))
        width = next(widths) if sum(piece.rows for piece in coarse) > _FEW_ROWS else 0
        found = found.refined(coarse, _pieces(backend, part, width, sums))
    return found


def _within(pieces: Iterable[Piece]) -> nw.Expr:
    inside = (nw.col("value").is_between(piece.low, piece.high) for piece in pieces)
    return reduce(or_, inside)


def _widths(summary: Summary) -> Iterator[int | float]:
    """Widths of ever finer pieces, powers of two; 0 counts by value."""
    largest = max(-summary.low, summary.high)
    _, bits = frexp(largest)
    whole = isinstance(largest, int)
    for level in range(_LEVELS + 1):
        exponent = bits - _COARSE_BITS - level * _FINER_BITS
        if exponent <= 0 if whole else (level == _LEVELS or exponent < -900):
            break
        yield 2**exponent if whole else 2.0**exponent
    yield 0


def _code(width: int | float) -> nw.Expr:
    """Names the piece that a number lies in; exact, since the width is a power of two."""
    value = nw.col("value")
    if isinstance(width, int):
        return value // width
    return (value / width).floor().cast(nw.Int64)


def _pieces(
    backend: Backend, rows: nw.LazyFrame[Any], width: int | float, sums: bool
) -> list[Piece]:
    if width == 0:
        return [
            Piece(value, value, number, value * number if sums else 0)
            for value, number in _by_value(backend, rows)
        ]
    value = nw.col("value")
    counted = {"low": value.min(), "high": value.max(), "rows": nw.len()}
    if sums:
        counted["total"] = _sum(backend, value)
    grouped = rows.with_columns(code=_code(width)).group_by("code").agg(**counted)
    return [
        Piece(low, high, number, int(total[0]) if total else 0)
        for _, low, high, number, *total in backend.rows(grouped)
    ]


def above(
    backend: Backend,
    frame: nw.LazyFrame[Any],
    wanted: Sequence[tuple[str, Grid, Summary, int]],
) -> list[int]:
    """How many numbers lie at a grid position or beyond it, for all in one pass.

    Args:
        backend: the engine.
        frame: columns of numbers, nulls among them.
        wanted: column, its grid, its summary and the position.
    """
    counted = [_above(*one) for one in wanted]
    asked = [one for one in counted if not isinstance(one, int)]
    row = iter(backend.rows(frame.select(*_named(asked)))[0]) if asked else iter(())
    return [one if isinstance(one, int) else int(next(row) or 0) for one in counted]


def _above(name: str, grid: Grid, summary: Summary, position: int) -> int | nw.Expr:
    """The answer, or what has to be counted; literals thus always fit the column."""
    if summary.rows == 0:
        return 0
    if isinstance(grid, FloatGrid):
        at: int | float = float_at(min(max(position, grid.first), grid.last))
        beyond = position > grid.last
    else:
        at, beyond = position, False
    if beyond or at > summary.high:
        return 0
    return summary.rows if at <= summary.low else how_many(nw.col(name) >= at)
