"""Exact cuts as native numbers: `value >= threshold` says what the exact cut says.

A float is read as its shortest decimal, so 0.1 is a tenth although its bits say a little
more; the threshold of a cut is the least native number that lies beyond it.
"""

from __future__ import annotations

import math
from fractions import Fraction

from custrata.engine.model import Cut
from custrata.engine.values import shortest

ALL_WHOLE = 2**53
"""From here on every float is a whole number, and not always its shortest decimal."""
_INT64 = 2**63


def stored_threshold(cut: Cut, scale: int) -> int:
    """The least stored integer beyond the cut, for values kept as `value * 10**scale`."""
    stored: Fraction = Fraction(cut.at) * 10**scale
    return math.floor(stored) + 1 if cut.strict else math.ceil(stored)


def float_threshold(cut: Cut) -> float:
    """The least float whose shortest decimal lies beyond the cut; infinity where none does."""
    try:
        guess = float(cut.at)
    except OverflowError:
        return math.inf if cut.at > 0 else -math.inf
    while _beyond(math.nextafter(guess, -math.inf), cut):
        guess = math.nextafter(guess, -math.inf)
    while not _beyond(guess, cut):
        guess = math.nextafter(guess, math.inf)
    return guess


def native_threshold(cut: Cut) -> int | float:
    """The least native number beyond the cut, for ints, and floats up to `ALL_WHOLE`."""
    if not -ALL_WHOLE < cut.at < ALL_WHOLE:
        return stored_threshold(cut, 0)
    if not cut.strict and cut.at == int(cut.at):
        return int(cut.at)
    return float_threshold(cut)


def fits_int64(threshold: int) -> bool:
    """Whether a stored threshold can be compared with an Int64 column."""
    return -_INT64 <= threshold < _INT64


def _beyond(value: float, cut: Cut) -> bool:
    if math.isinf(value):
        return value > 0
    exact = shortest(value)
    return exact > cut.at if cut.strict else exact >= cut.at
