"""One canonical form for every value."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from custrata.engine.values import canonical, exactly, plain


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
        (pd.NA, None),
        (pd.NaT, None),
        (np.float32(19.99), Fraction(1999, 100)),
        (np.float32("nan"), None),
        (np.longdouble("0.5"), Fraction(1, 2)),
        (np.datetime64("2026-11-21"), "2026-11-21"),
        (np.datetime64("2026-11-21T09:00", "ns"), "2026-11-21T09:00:00"),
        (np.datetime64("NaT", "ns"), None),
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


@pytest.mark.parametrize(
    "given", [["a"], np.array(1.0), np.array([3]), np.timedelta64(3, "ns"), np.clongdouble(1)]
)
def test_a_list_is_no_value(given: object) -> None:
    with pytest.raises(TypeError, match=f"got {type(given).__name__}"):
        canonical(given)


def test_plain_numbers_for_output() -> None:
    assert plain(Fraction(1, 10)) == 0.1
    assert isinstance(plain(3), int)


@pytest.mark.parametrize(
    ("units", "scale", "meant"),
    [
        (12_345, 2, "123.45"),
        (-5, 3, "-0.005"),
        (0, 2, "0.00"),
        (7, 0, "7"),
        (7, None, "7"),
        (10**39 + 1, 9, f"1{'0' * 30}.000000001"),
        (None, 2, "None"),
    ],
)
def test_units_become_a_number_of_all_their_digits(
    units: int | None, scale: int | None, meant: str
) -> None:
    """More than the 28 that decimals keep by themselves."""
    found = exactly(units, scale)
    assert (str(found) if found is None else format(found, "f")) == meant
