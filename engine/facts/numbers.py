"""Numbers as exact integers: which scale reproduces a column, and the column at that scale.

A float is read as its shortest decimal. Up to 10^15 units that decimal is found by a rounded
product and proved by the division back; beyond, and for text, engines' decimals are used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import narwhals.stable.v2 as nw

from custrata.engine.backends import Backend

Frame = nw.LazyFrame[Any]

MOST_DECIMALS = 9
INT64 = 2**63 - 1
_SAFE = 10**15  # 15 digits survive decimal → float → decimal, and a product's rounding
_SAMPLE = 1000
_WIDE = 18  # decimals that are looked at whatever the size
_FINE = 27  # decimals that decide how a float is rounded to 9


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
    scales = _guess(backend, frame, [name for name in columns if schema[name].is_float()])
    plain = [name for name in columns if name in scales or schema[name].is_integer()]
    checks = dict(also or {})
    for name in plain:
        checks |= _plain_checks(name, scales.get(name))
    exact = [name for name in columns if name not in plain]
    found = _aggregate(backend, frame, checks)
    read = {name: _plain(name, scales.get(name), found) for name in plain}
    exact += [name for name, numbers in read.items() if numbers.form == "exact"]
    read |= {name: _exactly(backend, frame, name) for name in exact}
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
        frame = backend.scaled(frame, column, _FINE, column)
        return frame.with_columns(_half_even(here, 10 ** (_FINE - scale)).cast(nw.Int64))
    frame = backend.scaled(frame, column, scale, column)
    return frame.with_columns(here.cast(nw.Int64))


def _half_even(value: nw.Expr, unit: int) -> nw.Expr:
    """`value ÷ unit`, ties to the even neighbour."""
    below = value // unit
    rest = value - below * unit
    odd = below - (below // 2) * 2
    up = (rest > unit // 2) | ((rest == unit // 2) & (odd == 1))
    return below + nw.when(up).then(nw.lit(1)).otherwise(nw.lit(0))


def _real(column: str) -> nw.Expr:
    return nw.col(column).cast(nw.Float64).fill_nan(None)


def _guess(backend: Backend, frame: Frame, columns: Sequence[str]) -> dict[str, int]:
    """The scale that the first rows need: none less will do."""
    if not columns:
        return {}
    rows = backend.rows(frame.select(_real(name).alias(name) for name in columns).head(_SAMPLE))
    values = zip(*rows, strict=True) if rows else ([] for _ in columns)
    return {
        name: max(map(_decimals, some), default=0)
        for name, some in zip(columns, values, strict=True)
    }


def _decimals(value: float | None) -> int:
    if value is None or value - value != 0:
        return 0
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return min(max(0, -int(exponent)), MOST_DECIMALS)


def _plain_checks(name: str, scale: int | None) -> dict[str, nw.Expr]:
    column = nw.col(name) if scale is None else _real(name)
    checks = {
        f"{name}.min": column.min(),
        f"{name}.max": column.max(),
        f"{name}.missing": column.is_null().sum(),
    }
    if scale is not None:
        checks |= {f"{name}.fits.{s}": _reproduces(column, s).all() for s in {scale}}
    return checks


def _reproduces(column: nw.Expr, scale: int) -> nw.Expr:
    """Divides by a column, since dividing by a literal multiplies by its reciprocal."""
    unit = column * 0 + 10.0**scale
    return ((column * 10.0**scale).round() / unit == column).fill_null(value=True)


def _aggregate(backend: Backend, frame: Frame, checks: Mapping[str, nw.Expr]) -> dict[str, Any]:
    if not checks:
        return {}
    values = backend.rows(frame.select(**checks))[0]
    return dict(zip(checks, values, strict=True))


def _plain(name: str, scale: int | None, found: Mapping[str, Any]) -> Numbers:
    low, high = found[f"{name}.min"] or 0, found[f"{name}.max"] or 0
    missing = found[f"{name}.missing"] or 0
    largest = max(abs(low), abs(high))
    if scale is None:
        return Numbers("whole" if largest <= INT64 else "huge", 0, largest, missing)
    if largest == float("inf"):
        return Numbers("huge", missing=missing, infinite=True)
    units = int(largest * 10**scale)
    short = found[f"{name}.fits.{scale}"] is not False and units <= _SAFE
    return Numbers("short" if short else "exact", scale, units, missing)


def _exactly(backend: Backend, frame: Frame, name: str) -> Numbers:
    """Through decimals: how many are used, and whether 38 digits hold them."""
    frame = frame.select(name)
    for scale in (MOST_DECIMALS, _WIDE, _FINE):
        frame = backend.scaled(frame, name, scale, f"{name}.{scale}")
    value = nw.col(f"{name}.{MOST_DECIMALS}")
    checks = {
        "min": value.min(),
        "max": value.max(),
        "missing": value.is_null().sum(),
        "absent": _absent(frame, name).sum(),
        "finer": _finer(frame, name).sum(),
        **{f"by.{k}": (value % 10**k != 0).sum() for k in range(1, MOST_DECIMALS + 1)},
    }
    return _from_decimals(_aggregate(backend, frame, checks))


def _finer(frame: Frame, name: str) -> nw.Expr:
    """Whether a value has more than 9 decimals; 18 decimals hold what is too large for 27."""
    value, kind = nw.col(f"{name}.{MOST_DECIMALS}"), frame.collect_schema()[name]
    more = nw.lit(value=False)
    for scale in (_WIDE, _FINE):
        rest = nw.col(f"{name}.{scale}") % 10 ** (scale - MOST_DECIMALS)
        more = more | (rest != 0).fill_null(value=False)
    text = kind == nw.String
    there = (
        nw.col(name).str.contains(r"^-?[0.]*[1-9]") if text else nw.col(name).cast(nw.Float64) != 0
    )
    return more | (there & (value == 0)).fill_null(value=False)


def _absent(frame: Frame, name: str) -> nw.Expr:
    is_float = frame.collect_schema()[name].is_float()
    return (_real(name) if is_float else nw.col(name)).is_null()


def _from_decimals(found: Mapping[str, Any]) -> Numbers:
    largest = max(abs(found["min"] or 0), abs(found["max"] or 0))
    missing = found["absent"] or 0
    spare = next((k - 1 for k in range(1, MOST_DECIMALS + 1) if found[f"by.{k}"]), MOST_DECIMALS)
    finer = bool(found["finer"])
    scale = MOST_DECIMALS if finer else MOST_DECIMALS - spare
    units = -(-largest // 10 ** (MOST_DECIMALS - scale))
    if units > INT64 or missing < (found["missing"] or 0):
        return Numbers("huge", scale, units, missing)
    return Numbers("rounded" if finer else "exact", scale, units, missing)
