"""Numbers as exact integers: which scale reproduces a column, and the column at that scale.

A float is read as its shortest decimal. Up to 10^15 units that decimal is found by a rounded
product and proved by the division back; beyond, and for text, engines' decimals are used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

import narwhals.stable.v2 as nw

from custrata.engine.backends import Backend
from custrata.engine.measures.expressions import how_many

Frame = nw.LazyFrame[Any]

MOST_DECIMALS = 9
INT64 = 2**63 - 1
_SAFE = 10**15  # 15 digits survive decimal → float → decimal, and a product's rounding
_SAMPLE = 1000
_DOUBLE = 2**53  # whole numbers that a float holds
_NO_TENTH = 10.0**7
_FINE = 27  # decimals that decide how a float is rounded to 9
_LONG = r"\.[0-9]{9}[0-9]*[1-9]"  # a tenth decimal
_NINE, _FINER = "_nine", "_finer"


@dataclass(frozen=True)
class Numbers:
    """How a number column is read.

    Attributes:
        form: `whole` and `short` (floats within 15 digits) are plain arithmetic, `exact`
            goes through decimals, `rounded` has more than 9 decimals, `huge` does not fit
            Int64 at its scale.
        scale: decimals that reproduce every value.
        largest: the largest absolute value, · 10^scale.
        missing: nulls, NaN included.
        infinite: whether a value is infinite.
    """

    form: Literal["whole", "short", "exact", "rounded", "huge"]
    scale: int = 0
    largest: int = 0
    missing: int = 0
    infinite: bool = False


def read_numbers(
    backend: Backend,
    frame: Frame,
    columns: Sequence[str],
    also: Mapping[str, nw.Expr] | None = None,
) -> tuple[dict[str, Numbers], dict[str, Any]]:
    """How to read number columns, or text that spells numbers, with other aggregates.

    One pass, and another for what turns out not to be plain.
    """
    schema = frame.collect_schema()
    whole = [name for name in columns if schema[name].is_integer()]
    least = _least(backend, frame, [name for name in columns if name not in whole])
    checks = dict(also or {})
    for name in whole:
        checks |= _ends(name, nw.col(name))
    floats = [name for name in least if schema[name].is_float()]
    for name in floats:
        fits = _reproduces(_real(name), least[name]).all()
        checks |= _ends(name, _real(name)) | {f"{name}:fits": fits}
    found = _aggregate(backend, frame, checks)
    read = {name: _whole(name, found) for name in whole}
    read |= {name: _short(name, least[name], found) for name in floats}
    exact = [name for name in least if name not in read or read[name].form == "exact"]
    read |= {name: _exactly(backend, frame, name, least[name]) for name in exact}
    return read, {name: found[name] for name in also or {}}


def stored(backend: Backend, frame: Frame, column: str, numbers: Numbers, scale: int) -> Frame:
    """`frame` with the column as Int64, · 10^scale; `scale` is at least the column's own."""
    here = nw.col(column)
    if numbers.form == "whole":
        return frame.with_columns(here.cast(nw.Int64) * 10**scale)
    if numbers.form == "short":
        whole = (_real(column) * 10.0**numbers.scale).round().cast(nw.Int64)
        return frame.with_columns((whole * 10 ** (scale - numbers.scale)).alias(column))
    if numbers.form == "rounded":
        frame = backend.scaled(frame, column, _FINE, _FINER)
        frame = backend.scaled(frame, column, scale, column)
        rest = nw.col(_FINER) - here * 10 ** (_FINE - scale)
        rounded = _half_even(here, rest, 10 ** (_FINE - scale)).cast(nw.Int64)
        return frame.with_columns(rounded.alias(column)).drop(_FINER)
    frame = backend.scaled(frame, column, scale, column)
    return frame.with_columns(here.cast(nw.Int64))


def _half_even(cut: nw.Expr, rest: nw.Expr, unit: int) -> nw.Expr:
    """A number that was cut off towards zero, rounded by its `rest` of so many parts a unit.

    Ties go to the even neighbour. No division: engines do not divide wide numbers alike.
    """
    far, tie = rest.abs() > unit // 2, rest.abs() == unit // 2
    away = far | (tie & (cut % 2 != 0))
    step = nw.when(rest < 0).then(nw.lit(-1)).otherwise(nw.lit(1))
    return cut + nw.when(away).then(step).otherwise(nw.lit(0))


def _real(column: str) -> nw.Expr:
    return nw.col(column).cast(nw.Float64).fill_nan(None)


def _least(backend: Backend, frame: Frame, columns: Sequence[str]) -> dict[str, int]:
    """The scales that the first rows need: none less will do."""
    if not columns:
        return {}
    schema = frame.collect_schema()
    some = (_exact_in_python(name, schema[name]) for name in columns)
    rows = backend.rows(frame.select(*some).head(_SAMPLE))
    values = zip(*rows, strict=True) if rows else ([] for _ in columns)
    return {
        name: max(map(_decimals, some), default=0)
        for name, some in zip(columns, values, strict=True)
    }


def _exact_in_python(name: str, kind: Any) -> nw.Expr:
    """A column as Python reads it exactly; not every engine spells floats shortly."""
    return nw.col(name) if kind == nw.Float64 else nw.col(name).cast(nw.String)


def _decimals(number: str | float | None) -> int:
    try:
        value = Decimal(str(number or 0))
    except InvalidOperation:  # text that is no number has been or will be refused
        return 0
    exponent = value.normalize().as_tuple().exponent if value.is_finite() else 0
    return min(max(0, -int(exponent)), MOST_DECIMALS)


def _ends(name: str, column: nw.Expr) -> dict[str, nw.Expr]:
    return {
        f"{name}:min": column.min(),
        f"{name}:max": column.max(),
        f"{name}:missing": how_many(column.is_null()),
    }


def _reproduces(column: nw.Expr, scale: int) -> nw.Expr:
    """Divides by a column, since dividing by a literal multiplies by its reciprocal."""
    unit = column * 0 + 10.0**scale
    return ((column * 10.0**scale).round() / unit == column).fill_null(value=True)


def _aggregate(backend: Backend, frame: Frame, checks: Mapping[str, nw.Expr]) -> dict[str, Any]:
    if not checks:
        return {}
    values = backend.rows(frame.select(**checks))[0]
    return dict(zip(checks, values, strict=True))


def _largest(name: str, found: Mapping[str, Any]) -> Any:
    return max(abs(found[f"{name}:min"] or 0), abs(found[f"{name}:max"] or 0))


def _whole(name: str, found: Mapping[str, Any]) -> Numbers:
    largest, missing = _largest(name, found), found[f"{name}:missing"] or 0
    return Numbers("whole" if largest <= INT64 else "huge", 0, largest, missing)


def _short(name: str, scale: int, found: Mapping[str, Any]) -> Numbers:
    largest, missing = Decimal(_largest(name, found)), found[f"{name}:missing"] or 0
    if largest.is_infinite():
        return Numbers("huge", missing=missing, infinite=True)
    units = int(largest.scaleb(scale))
    short = found[f"{name}:fits"] is not False and units <= _SAFE
    return Numbers("short" if short else "exact", scale, units, missing)


def _exactly(backend: Backend, frame: Frame, name: str, least: int) -> Numbers:
    """Through decimals: how many are used, and whether 38 digits hold them."""
    kind = frame.collect_schema()[name]
    frame = backend.scaled(frame.select(name), name, MOST_DECIMALS, _NINE)
    value = nw.col(_NINE)
    absent = (_real(name) if kind.is_float() else nw.col(name)).is_null()
    checks = {
        "min": value.min(),
        "max": value.max(),
        "missing": how_many(value.is_null()),
        "absent": how_many(absent),
        "finer": how_many(_finer(name, kind)),
        "beyond": how_many(value % 10 ** (MOST_DECIMALS - least) != 0),
    }
    found = _aggregate(backend, frame, checks)
    scale = _scale(backend, frame, least) if found["beyond"] else least
    return _from_decimals(found, scale)


def _scale(backend: Backend, frame: Frame, least: int) -> int:
    """The least scale above `least` that reproduces every value."""
    scales = range(least + 1, MOST_DECIMALS)
    value = nw.col(_NINE)
    beyond = {str(k): how_many(value % 10 ** (MOST_DECIMALS - k) != 0) for k in scales}
    found = _aggregate(backend, frame, beyond)
    return next((k for k in scales if not found[str(k)]), MOST_DECIMALS)


def _finer(name: str, kind: Any) -> nw.Expr:
    """Whether a value has more than 9 decimals: as it is written, or as dividing back misses it.

    Only a float, or text with an exponent, is divided back, where a float holds its units.
    """
    value, column = nw.col(_NINE), nw.col(name)
    if isinstance(kind, nw.Decimal):
        return (column != column.round(MOST_DECIMALS)) & nw.lit(kind.scale > MOST_DECIMALS)
    text = column.cast(nw.String)
    written = text.str.contains(_LONG)
    divided = value.abs() < _DOUBLE
    if kind == nw.String:
        divided = divided & text.str.contains("[eE]")
    else:  # no float from there on has a tenth decimal; some engines spell it with an exponent
        written = written & (column.abs() < _NO_TENTH)
    real = nw.when(divided).then(column).cast(nw.Float64)
    back = nw.when(divided).then(value).cast(nw.Float64) / (real * 0 + 10.0**MOST_DECIMALS)
    missed = back.cast(nw.Float32) != column if kind == nw.Float32 else back != real
    return nw.when(divided).then(missed).otherwise(written).fill_null(value=False)


def _from_decimals(found: Mapping[str, Any], scale: int) -> Numbers:
    largest = max(abs(found["min"] or 0), abs(found["max"] or 0))
    missing, finer = found["absent"] or 0, bool(found["finer"])
    scale = MOST_DECIMALS if finer else scale
    units = -(-largest // 10 ** (MOST_DECIMALS - scale))
    if units > INT64 or missing < (found["missing"] or 0):
        return Numbers("huge", scale, units, missing)
    return Numbers("rounded" if finer else "exact", scale, units, missing)
