"""Exact numbers: fractions, and a fraction plus or minus a square root.

A standard deviation is rarely a fraction. It is never approximated here: every question asked
of it (its floor, whether a number reaches it) is decided with whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from math import isqrt

from custrata.engine.values import Number, simplest


@dataclass(frozen=True)
class Surd:
    """An irrational number, `rational ± √|square|`; the root has the sign of `square`."""

    rational: Fraction
    square: Fraction


Exact = Number | Surd


def with_root(rational: Number, times: Number, variance: Number) -> Exact:
    """`rational + times · √variance`, a plain number where the root is one."""
    under = Fraction(times) ** 2 * variance
    root = Fraction(isqrt(under.numerator), isqrt(under.denominator))
    if root**2 == under:
        return simplest(rational + (root if times > 0 else -root))
    return Surd(Fraction(rational), under if times > 0 else -under)


def scaled(number: Exact, factor: int) -> Exact:
    """`number · factor`, for a positive factor."""
    if isinstance(number, Surd):
        return Surd(number.rational * factor, number.square * factor**2)
    return number * factor


def floor(number: Exact) -> int:
    """The greatest whole number that does not exceed it."""
    if not isinstance(number, Surd):
        return number.numerator // number.denominator
    # (p ± √r) / m with whole p, r, m; rounding the root towards the floor changes nothing.
    square = abs(number.square)
    m = number.rational.denominator * square.denominator
    p = number.rational.numerator * square.denominator
    r = number.rational.denominator**2 * square.numerator * square.denominator
    return (p + isqrt(r) if number.square > 0 else p - isqrt(r) - 1) // m


def ceil(number: Exact) -> int:
    """The least whole number that reaches it."""
    if isinstance(number, Surd):
        return floor(number) + 1
    return -(-number.numerator // number.denominator)


def reaches(value: Number, number: Exact) -> bool:
    """Whether `value >= number`."""
    if not isinstance(number, Surd):
        return value >= number
    distance = value - number.rational
    if number.square > 0:
        return distance > 0 and distance**2 > number.square
    return distance > 0 or distance**2 < -number.square


def below(number: Exact, other: Exact) -> bool:
    """Whether `number < other`; of two irrational ones, both deviations from one mean."""
    if isinstance(number, Surd):
        return number.square < other.square if isinstance(other, Surd) else reaches(other, number)
    return not reaches(number, other)


def decimal_text(number: Number) -> str:
    """A number as a decimal, or as `a/b` where it has no finite one; loses nothing."""
    denominator = number.denominator
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    if denominator != 1:
        return f"{number.numerator}/{number.denominator}"
    return _finite_decimal(Fraction(number))


def rough_text(number: Exact) -> str:
    """A number for a message: exact where it is short, else to six digits."""
    if not isinstance(number, Surd):
        text = decimal_text(number)
        if len(text) <= 20 and "/" not in text:
            return text
    with localcontext(prec=30):
        return f"about {_decimal(number):.6g}"


def _decimal(number: Exact) -> Decimal:
    if not isinstance(number, Surd):
        return Decimal(number.numerator) / number.denominator
    root = _decimal(abs(number.square)).sqrt()
    return _decimal(number.rational) + (root if number.square > 0 else -root)


def _finite_decimal(number: Fraction) -> str:
    places = 0
    while number.denominator != 1:
        number, places = number * 10, places + 1
    digits = str(abs(number.numerator)).rjust(places + 1, "0")
    whole, part = (digits[:-places], "." + digits[-places:]) if places else (digits, "")
    return f"{'-' if number < 0 else ''}{whole}{part}"
