"""Amounts and profits of transactions, on one exact scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw

from custrata.engine.diagnostics import DataError, Diagnostic, warning
from custrata.engine.facts.attributes import infinite, rounded
from custrata.engine.facts.door import Door
from custrata.engine.facts.numbers import INT64, Numbers, read_numbers, stored
from custrata.engine.facts.records import CUSTOMER
from custrata.engine.measures.expressions import how_many
from custrata.engine.values import NUMBER_PATTERN

Frame = nw.LazyFrame[Any]

_NUMBER = f"^(?:{NUMBER_PATTERN})$"
_ALLOWED = "a number such as 1250000 or -19.99, without thousands separator or currency sign"
_THOUSANDTHS = 3


def read_money(
    door: Door, frame: Frame, also: Mapping[str, nw.Expr]
) -> tuple[dict[str, Numbers], dict[str, Any]]:
    """How `amount`, and `profit` where there, are read, with other aggregates of the pass.

    Raises:
        DataError: a column that holds no numbers; text that is none; infinity.
    """
    columns = money_columns(frame)
    schema = frame.collect_schema()
    wrong = [name for name in columns if not _readable(schema[name])]
    if wrong:
        raise DataError(_type_fault(door, name, schema[name]) for name in wrong)
    texts = {f"{n}:words": how_many(_no_number(n)) for n in columns if schema[n] == nw.String}
    read, found = read_numbers(door.backend, frame, columns, {**also, **texts})
    for name in columns:
        if found.get(f"{name}:words"):
            fault = f"{name} is no number"
            raise DataError(
                door.fault(
                    door.numbered(), "no-number", _no_number(name), fault, _ALLOWED, shown=name
                )
            )
        if read[name].infinite:
            raise infinite(door, name)
    return read, found


def money_columns(frame: Frame) -> list[str]:
    """Those of `amount` and `profit` that a frame has."""
    there = frame.collect_schema().names()
    return [name for name in ("amount", "profit") if name in there]


def amount_fault(door: Door, numbered: Frame) -> Diagnostic:
    """The diagnostic of rows without an amount."""
    kind = numbered.collect_schema()["amount"]
    amount = nw.col("amount").fill_nan(None) if kind.is_float() else nw.col("amount")
    return door.fault(numbered, "amount-missing", amount.is_null(), "amount is missing", _ALLOWED)


def scaled_money(
    door: Door, frame: Frame, read: Mapping[str, Numbers], rows: int
) -> tuple[Frame, int, tuple[Diagnostic, ...]]:
    """The frame with money as Int64, its scale, and warnings.

    Raises:
        DataError: a value, or a customer's sum, does not fit 64 bits.
    """
    scale = max(numbers.scale for numbers in read.values())
    for name, numbers in read.items():
        if numbers.form == "huge" or numbers.largest * 10 ** (scale - numbers.scale) > INT64:
            raise DataError(_too_large(door, f"a value of {name}", scale))
        frame = stored(door.backend, frame, name, numbers, scale)
    risky = [n for n, one in read.items() if one.largest * 10 ** (scale - one.scale) * rows > INT64]
    _check_sums(door, frame, risky, scale)
    notes = [rounded(door, name) for name, one in read.items() if one.form == "rounded"]
    if read["amount"].scale == _THOUSANDTHS:
        text = f"amounts of {door.source.name} have three decimals; if 1.234 is meant to be 1234"
        notes.append(warning("amount-thousandths", f"{text}, write it without the point"))
    return frame, scale, tuple(notes)


def _readable(kind: Any) -> bool:
    return bool(kind.is_numeric() or kind == nw.String)


def _no_number(name: str) -> nw.Expr:
    return ~nw.col(name).str.contains(_NUMBER)


def _type_fault(door: Door, name: str, kind: Any) -> Diagnostic:
    fault = f"{door.source.name}.{name} is of type {kind}"
    return Diagnostic("column-type", fault, allowed="numbers, or text that spells them")


def _check_sums(door: Door, frame: Frame, columns: Sequence[str], scale: int) -> None:
    """Whatever of a customer's rows is summed lies between all losses and all gains."""
    if not columns:
        return
    ends = {
        f"{name}:{end}": nw.when(side).then(nw.col(name)).otherwise(0).cast(door.backend.wide).sum()
        for name in columns
        for end, side in (("gains", nw.col(name) > 0), ("losses", nw.col(name) < 0))
    }
    sums = frame.group_by(CUSTOMER).agg(**ends)
    found = door.count(sums, {name: nw.col(name).abs().max() for name in ends})
    for name, largest in found.items():
        if largest is not None and largest > INT64:
            raise DataError(
                _too_large(door, f"a customer's sum of {name.partition(':')[0]}", scale)
            )


def _too_large(door: Door, what: str, scale: int) -> Diagnostic:
    fault = f"{what} in {door.source.name} is too large for {scale} decimals"
    return Diagnostic("money-too-large", fault, allowed=f"up to {INT64 // 10**scale:,}")
