"""What a value is, wherever it comes from: null, an exact number, or text.

A CSV and a Parquet file of the same facts must give the same labels, and so must a record
handed over in Python. So every value has one canonical form:

- None: null, NaN, empty text;
- int or Fraction: every finite number (a float is read as its shortest decimal), and text
  that spells a number the way JSON does (`3`, `3.0`, `3e0`; `01` stays text);
- str: all other text, NFC and trimmed; booleans are the texts `true` and `false`.
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, overload

Number = int | Fraction
Value = int | Fraction | str | None

NUMBER_PATTERN = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?"
_NUMBER = re.compile(NUMBER_PATTERN)
_NUMPY = ("b", "i", "u", "f", "M")
"""The kinds of numpy's types that are values: true and false, numbers, times."""


def canonical(value: Any) -> Value:
    """The canonical form of a scalar.

    Raises:
        ValueError: infinity, or a number beyond any float.
        TypeError: something that is no scalar.
    """
    if value is None or isinstance(value, str):
        return _from_text(value) if value else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return _from_float(value)
    if isinstance(value, Decimal):
        return None if value.is_nan() else _from_decimal(value)
    if isinstance(value, Fraction):
        return simplest(value)
    if isinstance(value, date):
        return value.isoformat() if value == value else None  # pandas' NaT is unlike itself
    return canonical(native(value))


def native(value: Any) -> Any:
    """A scalar of numpy or pandas as Python's own kind, without importing either.

    Raises:
        TypeError: it is none.
    """
    name, kind = type(value).__name__, getattr(getattr(value, "dtype", None), "kind", None)
    if name == "NAType":
        return None
    if kind not in _NUMPY or hasattr(value, "__len__"):  # which arrays have
        raise TypeError(f"a value must be null, a number, text or true/false, got {name}")
    if kind == "f":  # narrower than Python's: the shortest decimal is its own, as in frames
        return float(str(value))
    found = value.item()
    if kind == "M" and isinstance(found, int):  # nanoseconds, which Python's times have not
        return value.astype("datetime64[us]").item()
    return found


def canonical_of(name: str, value: Any) -> Value:
    """The canonical form of what bears a name.

    Raises:
        As `canonical`, with the name.
    """
    try:
        return canonical(value)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name}: {error}") from error


def simplest(number: Number) -> Number:
    """An int where the number is whole."""
    return int(number) if number == int(number) else number


def trimmed(text: str) -> str | None:
    """A text in NFC without white space around it; None where nothing is left."""
    return unicodedata.normalize("NFC", text).strip() or None


def text_number(text: str) -> Number | None:
    """The number that a text spells, or None.

    Raises:
        ValueError: a number beyond any float.
    """
    if not _NUMBER.fullmatch(text):
        return None
    try:
        return _from_decimal(Decimal(text))
    except InvalidOperation as error:  # more digits in the exponent than Decimal takes
        raise ValueError(f"the number {text[:40]} is out of range") from error


def shortest(value: float) -> Number:
    """A finite float as its shortest decimal."""
    return _from_decimal(Decimal(float.__repr__(value)))


def spelling(value: bool | int | Fraction | str) -> str:
    """A label, or another scalar, as the text that a key or a name would be."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | str) else str(float(value))


@overload
def exactly(units: int, scale: int | None) -> Decimal: ...


@overload
def exactly(units: int | None, scale: int | None) -> Decimal | None: ...


def exactly(units: int | None, scale: int | None) -> Decimal | None:
    """So many units of 10**-scale, with just so many decimals; None where they are not known."""
    return None if units is None else Decimal(f"{int(units)}E-{scale or 0}")


def plain(value: Value) -> int | float | str | None:
    """The value for output: whole numbers as int, others as the nearest float."""
    return float(value) if isinstance(value, Fraction) else value


def _from_text(text: str) -> Value:
    spelt = trimmed(text)
    if spelt is None:
        return None
    number = text_number(spelt)
    return spelt if number is None else number


def _from_float(value: float) -> Number | None:
    if math.isnan(value):
        return None
    if math.isinf(value):
        raise ValueError("infinity is not allowed")
    return shortest(value)


def _from_decimal(value: Decimal) -> Number:
    if not value.is_finite():
        raise ValueError("infinity is not allowed")
    native = float(value)
    if math.isinf(native):
        raise ValueError("the number is out of range: beyond any float")
    if native == 0:
        return 0  # nearer to zero than any float
    return simplest(Fraction(value))
