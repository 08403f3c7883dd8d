from __future__ import annotations

from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custrata.engine.backends import Backend
from custrata.engine.calibration import fixed_bands
from custrata.engine.diagnostics import Mark
from custrata.engine.model import (
    BottomFraction,
    Cut,
    Deviation,
    Fixed,
    FoundBands,
    Mean,
    OfTotal,
    Quantile,
    TopFraction,
    TopShare,
)
from tests.engine.calibration.asking import KEY, bands, codes, find, is_above

FIFTHS = tuple(Quantile(Fraction(part, 5)) for part in range(1, 5))
QUARTERS = tuple(Quantile(Fraction(part, 4)) for part in range(1, 4))


def test_a_cut_below_its_predecessor_is_raised_to_it(engine: Backend):
    finding = find([1, 2, 3, 4, 90], bands(Mean(), Fixed(3), Fixed(50)), engine)
    assert finding.values[KEY].cuts == (Cut(20), Cut(20), Cut(50))
    assert [fault.message for fault in finding.diagnostics] == [
        "c.m: cut 3 lies below its predecessor mean (20) and is raised to it",
        "c.m: band 'c' is empty, none of 5 customers lies between 3 and 50",
    ]


def test_a_set_below_its_predecessor_is_raised_to_it():
    finding = find(
        [1, 2, 3, 4], bands(BottomFraction(Fraction("0.75")), TopFraction(Fraction("0.5")))
    )
    assert finding.values[KEY].cuts == (Cut(3, strict=True), Cut(3, strict=True))
    assert codes(finding) == ["cut-raised"]


def test_after_a_cut_that_is_not_found_all_stay_below():
    finding = find([0, 0, -3], bands(OfTotal(Fraction("0.1")), Fixed(5)))
    assert finding.values[KEY].cuts == (None, None)
    lacking = (
        "c.m: cut {of_total: 0.1} cannot be found, since no number of 3 customers is positive; "
        "all stay below it"
    )
    assert [fault.message for fault in finding.diagnostics] == [
        lacking,
        "c.m: cut 5 lies below its predecessor {of_total: 0.1} (not found) and is raised to it",
    ]


@pytest.mark.parametrize(
    ("values", "cut", "why"),
    [
        ([], Mean(), "since no customer has a number"),
        ([4], Deviation(Fraction(1)), "since one customer has no sample deviation"),
        ([0], TopShare(Fraction("0.8")), "since no number of 1 customer is positive"),
    ],
)
def test_why_a_cut_cannot_be_found(engine: Backend, values, cut, why):
    finding = find(values, bands(cut), engine)
    assert finding.values[KEY].cuts == (None,)
    (fault,) = finding.diagnostics
    assert fault.code == "cut-not-found"
    assert why in fault.message


def test_one_customer_has_a_population_deviation():
    assert find([4], bands(Deviation(Fraction(1), sample=False))).values[KEY].cuts == (Cut(4),)


def test_two_spellings_of_one_place_still_ascend():
    finding = find([5, 6], bands(Mean(), Fixed(Fraction("5.7"))))
    assert finding.values[KEY].cuts == (Cut(6), Cut(6))
    assert codes(finding) == ["band-empty"]


def test_fixed_cuts_are_kept_as_written_and_their_bands_are_counted(engine: Backend):
    wanted = bands(Fixed(Fraction("2.5")), Fixed(30), closed="right")
    wanted = type(wanted)(**{**vars(wanted), "mark": Mark("rules.yaml", 4, 7)})
    finding = find([1, 2, 30], wanted, engine)
    assert finding.values[KEY] == fixed_bands(wanted)
    assert finding.values[KEY].cuts == (Cut(Fraction("2.5"), strict=True), Cut(30, strict=True))
    (fault,) = finding.diagnostics
    assert str(fault) == (
        "rules.yaml:4:7 warning[band-empty] c.m: band 'c' is empty, "
        "none of 3 customers lies above 30"
    )


def test_bands_of_nobody_are_said_to_be_empty_once(engine: Backend):
    finding = find([None, None], bands(Fixed(1), Fixed(2)), engine)
    assert [fault.message for fault in finding.diagnostics] == [
        "c.m: no customer has a number, so every band is empty"
    ]


def test_found_bands_are_not_fixed():
    with pytest.raises(ValueError, match="have to be found"):
        fixed_bands(bands(Fixed(1), Mean()))


# --- duplicates ---------------------------------------------------------------------------


@settings(deadline=None, max_examples=80)
@given(st.lists(st.integers(-6, 12), min_size=1, max_size=20))
def test_duplicates_fall_away_as_in_pandas(values):
    finding = find(values, bands(*QUARTERS, closed="right", duplicates="drop_last"))
    found = finding.values[KEY]
    mine = [sum(is_above(cut, value) for cut in found.cuts) for value in values]
    assert len(found.names) == len(found.cuts) + 1
    if len(set(values)) > 1:
        theirs, edges = pd.qcut(values, 4, labels=False, retbins=True, duplicates="drop")
        assert mine == list(theirs)
        assert len(found.names) == len(edges) - 1


@pytest.mark.parametrize(("option", "names"), [("drop_last", ("a",)), ("drop_first", ("e",))])
def test_all_equal_leaves_one_band(engine: Backend, option, names):
    finding = find([7, 7, 7], bands(*FIFTHS, duplicates=option), engine)
    assert finding.values[KEY] == FoundBands((), names)
    assert finding.diagnostics == ()


def test_names_fall_away_from_the_end_that_is_asked_for(engine: Backend):
    values = [0, 0, 0, 0, 0, 0, 1, 2, 3, 4]
    assert find(values, bands(*FIFTHS, duplicates="drop_last"), engine).values[KEY].names == tuple(
        "abc"
    )
    assert find(values, bands(*FIFTHS, duplicates="drop_first"), engine).values[KEY].names == tuple(
        "cde"
    )


def test_duplicates_are_kept_unless_asked():
    finding = find([0, 0, 0, 0, 0, 0, 1, 2, 3, 4], bands(*FIFTHS))
    assert len(finding.values[KEY].cuts) == 4
    assert codes(finding) == ["band-empty"] * 2
