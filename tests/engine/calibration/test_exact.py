from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custrata.engine.calibration.exact import (
    Surd,
    below,
    ceil,
    decimal_text,
    floor,
    reaches,
    rough_text,
    scaled,
    with_root,
)

NUMBERS = st.fractions(-(10**20), 10**20)
TIMES = st.fractions(-4, 4, max_denominator=50)
VARIANCES = st.fractions(0, 10**12)


@given(NUMBERS, TIMES, VARIANCES)
def test_roots_are_rounded_as_their_decimals(rational, times, variance):
    number = with_root(rational, times, variance)
    with localcontext(prec=200):
        root = (Decimal(variance.numerator) / variance.denominator).sqrt()
        exact = Decimal(rational.numerator) / rational.denominator
        decimal = exact + root * times.numerator / times.denominator
        if not isinstance(number, Surd):
            assert abs(decimal - Decimal(number.numerator) / number.denominator) < Decimal("1e-100")
            return
        whole = int(decimal.to_integral_value("ROUND_FLOOR"))
    assert (floor(number), ceil(number)) == (whole, whole + 1)
    assert reaches(whole + 1, number)
    assert not reaches(whole, number)
    assert floor(scaled(number, 1000)) // 1000 == whole


def test_a_whole_root_gives_a_plain_number():
    assert with_root(5, Fraction(-3, 2), Fraction(16, 9)) == 3
    assert with_root(5, Fraction(0), Fraction(2)) == 5
    assert with_root(0, Fraction(1), Fraction(2)) == Surd(Fraction(0), Fraction(2))


def test_deviations_from_one_mean_are_in_order():
    marks = [with_root(5, Fraction(times), Fraction(2)) for times in (-2, -1, 0, 1, 2)]
    assert all(below(low, high) for low, high in pairwise(marks))
    assert not any(below(high, low) for low, high in pairwise(marks))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (5, "5"),
        (Fraction(1, 3), "1/3"),
        (Fraction(-5, 2), "-2.5"),
        (Fraction(1, 1000), "0.001"),
        (Fraction(-7, 6), "-7/6"),
        (10**30, "1" + "0" * 30),
    ],
)
def test_numbers_as_text(number, text):
    assert decimal_text(number) == text


@given(st.fractions())
def test_number_texts_lose_nothing(number):
    assert Fraction(decimal_text(number)) == number


def test_rough_numbers_for_messages():
    assert rough_text(Fraction("0.8")) == "0.8"
    assert rough_text(Fraction(1, 3)) == "about 0.333333"
    assert rough_text(with_root(1, Fraction(-1), Fraction(2))) == "about -0.414214"
