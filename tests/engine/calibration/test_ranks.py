from __future__ import annotations

from fractions import Fraction

import narwhals.stable.v2 as nw
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custrata.engine.backends import Backend
from custrata.engine.calibration import Ask, find_cuts, rank_column
from custrata.engine.calibration.cuts import locate
from custrata.engine.calibration.ranks import Ranks
from custrata.engine.columns import Column
from custrata.engine.model import Cut, Fixed, FoundBands, Mean, Quantile, TopFraction, TopShare
from tests.engine.calibration.asking import KEY, bands, codes, expected, find, is_above
from tests.engine.calibration.test_find import CUTS

FIFTHS = tuple(Quantile(Fraction(part, 5)) for part in range(1, 5))


def ranks(
    engine: Backend, ids: list[str], values: list[int | None], **how
) -> dict[str, int | None]:
    ask = Ask("c", bands(Mean(), ties="rank"), Column("m", "integer"), **how)
    given_frame = engine.lazy(pl.DataFrame({"customer_id": ids, "m": values}))
    found = find_cuts(engine, given_frame, [ask]).frame
    assert found.collect_schema()[rank_column("c", "m")] == nw.Int64
    return dict(engine.rows(found.select("customer_id", rank_column("c", "m"))))


def test_equals_are_ordered_by_id_as_numbers(engine: Backend):
    ids = ["10", "9", "007", "7", "100000000000000000000", "2"]
    assert ranks(engine, ids, [1, 1, 1, 1, 1, 0]) == {
        "2": 1,
        "007": 2,
        "7": 3,
        "9": 4,
        "10": 5,
        "100000000000000000000": 6,
    }


def test_equals_are_ordered_by_id_as_text_where_one_is_none(engine: Backend):
    ids = ["10", "9", "b", "B", "é", "z", "-1"]
    assert sorted(ids) == [
        *sorted(ranks(engine, ids, [5] * 7), key=ranks(engine, ids, [5] * 7).get)
    ]


def test_those_outside_have_no_rank(engine: Backend):
    found = ranks(engine, ["1", "2", "3", "4"], [5, None, 9, 3], population=nw.col("m") < 9)
    assert found == {"1": 2, "2": None, "3": None, "4": 1}


def test_cuts_lie_among_ranks_and_single_records_join_the_lower_band(engine: Backend):
    finding = find([5, 5, 5, 1, 9, None, 2], bands(Quantile(Fraction(1, 2)), ties="rank"), engine)
    assert finding.ranks[KEY] == FoundBands((Cut(4),), ("a", "b"))
    assert finding.values[KEY] == FoundBands((Cut(5, strict=True),), ("a", "b"))
    apart = find([4, 3, 2, 1], bands(TopFraction(Fraction("0.5")), ties="rank"), engine)
    assert apart.ranks[KEY].cuts == (Cut(3),)
    assert apart.values[KEY].cuts == (Cut(3),)


def test_cuts_that_leave_a_side_empty():
    wanted = bands(Fixed(1), TopFraction(Fraction(0)), ties="rank")
    finding = find([10, 20, 30], wanted)
    assert finding.ranks[KEY].cuts == (Cut(1), Cut(3, strict=True))
    assert finding.values[KEY].cuts == (Cut(10), Cut(30, strict=True))
    assert codes(finding) == ["band-empty", "band-empty"]
    assert find([None], wanted).values[KEY].cuts == (None, None)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=12), st.lists(CUTS, min_size=1, max_size=3))
def test_value_cuts_hold_whoever_is_surely_above(values, cuts):
    finding = find(values, bands(*cuts, ties="rank"))
    by_id = sorted(finding.frame.collect("polars").rows(), key=lambda row: row[2])
    pairs = zip(finding.ranks[KEY].cuts, finding.values[KEY].cuts, strict=True)
    for on_ranks, on_values in pairs:
        above = {row[1] for row in by_id if is_above(on_ranks, row[2])}
        below = {row[1] for row in by_id if not is_above(on_ranks, row[2])}
        assert {value for value in values if is_above(on_values, value)} == above - below


@given(st.integers(1, 40), CUTS)
def test_ranks_are_known_without_counting(size, cut):
    numbers = list(range(1, size + 1))
    exact = find(numbers, bands(cut)).values[KEY].cuts[0]
    assert find(numbers[::-1], bands(cut, ties="rank")).ranks[KEY].cuts[0] == exact
    assert (exact is None) == (expected(numbers, cut) is None)


@pytest.mark.parametrize("border", ["reaches", "within"])
def test_shares_of_ranks(border):
    people = Ranks(10)  # 10 + 9 + 8 = 27 of 55
    assert locate(TopShare(Fraction(27, 55), border), people) == Cut(8)
    assert locate(TopShare(Fraction(28, 55), border), people) == Cut(
        7 if border == "reaches" else 8
    )


def test_classifiers_that_share_ranks_each_have_their_column(engine: Backend):
    asks = [Ask(name, bands(*FIFTHS, ties="rank"), Column("m", "integer")) for name in ("x", "y")]
    frame = engine.lazy(pl.DataFrame({"customer_id": ["a", "b"], "m": [2, 1]}))
    finding = find_cuts(engine, frame, asks)
    assert finding.frame.collect_schema().names() == [
        "customer_id",
        "m",
        rank_column("x", "m"),
        rank_column("y", "m"),
    ]
    assert sorted(engine.rows(finding.frame)) == [("a", 2, 2, 2), ("b", 1, 1, 1)]
