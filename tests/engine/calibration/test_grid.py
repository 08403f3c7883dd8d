from __future__ import annotations

import sys
from fractions import Fraction
from math import nextafter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custrata.engine.calibration.exact import reaches, with_root
from custrata.engine.calibration.grid import (
    FloatGrid,
    IntegerGrid,
    first_above,
    float_at,
    freeze,
)
from custrata.engine.model import Cut
from custrata.engine.values import shortest
from tests.engine.calibration.asking import is_above

PLACES = st.one_of(
    st.fractions(-(10**6), 10**6),
    st.floats(allow_nan=False, allow_infinity=False).map(shortest),
    st.builds(with_root, st.fractions(-100, 100), st.integers(-3, 3), st.fractions(0, 100)),
)
CLOSED = st.sampled_from(["left", "right"])


def beyond(value, place, closed):
    return reaches(value, place) and (closed == "left" or value != place)


@given(PLACES, CLOSED, st.integers(0, 4), st.integers(-3, 3))
def test_frozen_cuts_part_whole_numbers_as_the_exact_cut(place, closed, scale, step):
    grid = IntegerGrid(scale)
    cut = freeze(place, closed, grid)
    value = grid.value(min(max(first_above(cut, grid) + step, grid.first), grid.last))
    assert is_above(cut, value) == beyond(value, place, closed)


@given(PLACES, CLOSED, st.integers(-3, 3))
def test_frozen_cuts_part_floats_as_the_exact_cut(place, closed, step):
    grid = FloatGrid()
    cut = freeze(place, closed, grid)
    value = grid.value(min(max(first_above(cut, grid) + step, grid.first), grid.last))
    assert is_above(cut, value) == beyond(value, place, closed)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_neighbouring_floats_have_neighbouring_positions(value):
    grid = FloatGrid()
    position = grid.ceil(shortest(value))
    assert float_at(position) == value
    if value < sys.float_info.max:
        assert float_at(position + 1) == nextafter(value, float("inf"))


def test_the_ends_of_the_grids():
    grid = FloatGrid()
    assert float_at(grid.last) == sys.float_info.max
    assert freeze(10**400, "left", grid) == Cut(shortest(sys.float_info.max), strict=True)
    assert freeze(-(10**400), "right", grid) == Cut(shortest(-sys.float_info.max))
    assert freeze(10**40, "left", IntegerGrid(2)) == Cut(Fraction(2**63 - 1, 100), strict=True)
    assert freeze(-(10**40), "right", IntegerGrid()) == Cut(-(2**63))


@pytest.mark.parametrize(
    ("closed", "cut"),
    [("left", Cut(Fraction("0.34"))), ("right", Cut(Fraction("0.33"), strict=True))],
)
def test_a_cut_between_two_cents(closed, cut):
    assert freeze(Fraction(1, 3), closed, IntegerGrid(2)) == cut
