"""One canonical form for every value."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from custrata.engine.values import canonical, plain


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (None, None),
        ("", None),
        ("   ", None),
        (float("nan"), None),
        (Decimal("NaN"), None),
        (3, 3),
        ("3", 3),
        ("3.0", 3),
        ("3e0", 3),
        (3.0, 3),
        (Decimal("3.00"), 3),
        (np.int64(3), 3),
        (0.1, Fraction(1, 10)),
        ("-0.10", Fraction(-1, 10)),
        (np.float64(0.1), Fraction(1, 10)),
        ("01", "01"),
        ("1e-999", 0),
        ("+3", "+3"),
        (".5", ".5"),
        ("1_000", "1_000"),
        (True, "true"),
        (False, "false"),
        ("true", "true"),
        ("  Đặng ", "Đặng"),
        ("e\u0301", "é"),
        (date(2026, 11, 21), "2026-11-21"),
    ],
)
def test_canonical(given: object, meant: object) -> None:
    found = canonical(given)
    assert found == meant
    assert isinstance(found, str) == isinstance(meant, str)


@pytest.mark.parametrize(
    "given",
    [float("inf"), float("-inf"), Decimal("Infinity"), "1e999999", "1e400", "1e" + "9" * 30],
)
def test_no_number_is_beyond_any_float(given: object) -> None:
    with pytest.raises(ValueError, match=r"infinity|out of range"):
        canonical(given)


def test_a_list_is_no_value() -> None:
    with pytest.raises(TypeError, match="got list"):
        canonical(["a"])


def test_plain_numbers_for_output() -> None:
    assert plain(Fraction(1, 10)) == 0.1
    assert isinstance(plain(3), int)
