"""Native thresholds say what exact cuts say."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from custrata.engine.model import Cut
from custrata.engine.thresholds import (
    ALL_WHOLE,
    float_threshold,
    native_threshold,
    stored_threshold,
)
from custrata.engine.values import shortest

cuts = st.builds(
    Cut,
    st.integers(-(2**60), 2**60) | st.fractions(-1000, 1000, max_denominator=1000),
    st.booleans(),
)
floats = st.floats(allow_nan=False, allow_infinity=False)


def beyond(value: Fraction | int, cut: Cut) -> bool:
    return value > cut.at if cut.strict else value >= cut.at


@given(cut=cuts, value=floats, near=st.booleans())
def test_floats(cut: Cut, value: float, near: bool) -> None:
    value = float(cut.at) if near else value
    assert (value >= float_threshold(cut)) == beyond(shortest(value), cut)
    if abs(value) < ALL_WHOLE:
        assert (value >= native_threshold(cut)) == beyond(shortest(value), cut)


@given(cut=cuts, value=st.integers(-(2**62), 2**62), near=st.integers(-2, 2), at=st.booleans())
def test_ints(cut: Cut, value: int, near: int, at: bool) -> None:
    value = int(cut.at) + near if at else value
    assert (value >= native_threshold(cut)) == beyond(value, cut)


@given(cut=cuts, stored=st.integers(-(10**9), 10**9), scale=st.integers(0, 9))
def test_stored_integers(cut: Cut, stored: int, scale: int) -> None:
    value = Fraction(stored, 10**scale)
    assert (stored >= stored_threshold(cut, scale)) == beyond(value, cut)


def test_a_tenth_is_a_tenth() -> None:
    tenth = Cut(Fraction(1, 10))
    assert float_threshold(tenth) == 0.1
    assert float_threshold(Cut(tenth.at, strict=True)) > 0.1


def test_beyond_any_float() -> None:
    assert float_threshold(Cut(10**400)) == float("inf")
