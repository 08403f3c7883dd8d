from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import accumulate

import narwhals.stable.v2 as nw
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custrata.engine.backends import Backend
from custrata.engine.calibration import Ask, count, find_cuts
from custrata.engine.columns import Column
from custrata.engine.model import (
    BottomFraction,
    Cut,
    Deviation,
    Fixed,
    Mean,
    OfTotal,
    Quantile,
    TopFraction,
    TopShare,
)
from tests.engine.calibration.asking import (
    KEY,
    bands,
    codes,
    expected,
    find,
    frame,
    members,
    one_cut,
)

REVENUE = TopShare(Fraction("0.8"))
WITHIN = TopShare(Fraction("0.8"), "within")


# --- the domain's worked examples ---------------------------------------------------------


@pytest.mark.parametrize(
    ("revenue", "cut", "key"),
    [
        ([50, 30, 10, 5, 5], REVENUE, [30, 50]),
        ([40, 40, 20], REVENUE, [40, 40]),
        ([45, 30, 15, 10], REVENUE, [15, 30, 45]),
        ([45, 30, 15, 10], WITHIN, [30, 45]),
        ([80, 30, -10], REVENUE, [30, 80]),
        ([90, 10], WITHIN, []),
    ],
)
def test_key_customers_bring_the_share(engine: Backend, revenue, cut, key):
    finding = find(revenue, bands(cut), engine)
    assert members(revenue, finding.values[KEY].cuts[0]) == key


def test_all_are_key_where_the_share_takes_all_and_a_warning_says_so(engine: Backend):
    finding = find([60, 10, 10, 10, 10], bands(REVENUE), engine)
    assert finding.values[KEY].cuts == (Cut(10),)
    (fault,) = finding.diagnostics
    assert fault.code == "band-empty"
    assert fault.message == (
        "c.m: band 'a' is empty, none of 5 customers lies below {top_share: 0.8} (10)"
    )


def test_nobody_is_key_without_a_positive_value(engine: Backend):
    finding = find([0, 0, 0], bands(REVENUE), engine)
    assert finding.values[KEY].cuts == (None,)
    assert codes(finding) == ["cut-not-found"]


@pytest.mark.parametrize(
    ("customers", "sizes"),
    [(1000, [800, 150, 40, 10]), (50, [40, 7, 2, 1]), (5, [4, 0, 0, 1])],
)
def test_the_pyramid(engine: Backend, customers, sizes):
    profit = [7 * number for number in range(customers)]
    cuts = (
        TopFraction(Fraction("0.2")),
        TopFraction(Fraction("0.05")),
        TopFraction(Fraction("0.01")),
    )
    finding = find(profit, bands(*cuts), engine)
    above = [len(members(profit, cut)) for cut in finding.values[KEY].cuts]
    found = [high - low for high, low in zip([customers, *above], [*above, 0], strict=True)]
    assert found == sizes
    assert codes(finding) == ["band-empty"] * sizes.count(0)


# --- against the long way -----------------------------------------------------------------

FRACTIONS = st.fractions(0, 1, max_denominator=20)
METHODS = st.sampled_from(["linear", "lower", "higher", "nearest", "midpoint", "step"])
CUTS = st.one_of(
    st.builds(Mean),
    st.builds(Quantile, FRACTIONS, METHODS),
    st.builds(Deviation, st.fractions(-3, 3, max_denominator=4), st.booleans()),
    st.builds(TopFraction, FRACTIONS),
    st.builds(BottomFraction, FRACTIONS),
    st.builds(TopShare, FRACTIONS, st.sampled_from(["reaches", "within"])),
    st.builds(OfTotal, FRACTIONS),
    st.builds(Fixed, st.integers(-5, 5)),
)
WHOLE = st.one_of(
    st.integers(-4, 8), st.integers(-(10**15), 10**15), st.integers(-(2**63), 2**63 - 1)
)
FLOATS = st.one_of(
    st.sampled_from([0.1, 0.2, 0.3, -0.1, 0.0, -0.0, 1.5]),
    st.floats(allow_nan=False, allow_infinity=False),
)
CLOSED = st.sampled_from(["left", "right"])


@pytest.fixture(scope="module", params=["as it is", "many levels"])
def ladder(request: pytest.FixtureRequest):
    """Histograms as they are made of many rows, too, though the rows are few."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "many levels":
            patch.setattr(count, "_FEW_ROWS", 2)
            patch.setattr(count, "_COARSE_BITS", 2)
            patch.setattr(count, "_FINER_BITS", 3)
        yield


@pytest.mark.usefixtures("ladder")
@settings(deadline=None, max_examples=150)
@given(st.lists(WHOLE, max_size=14), CUTS, CLOSED)
def test_whole_numbers_as_the_long_way(values, cut, closed):
    found = one_cut(values, cut, closed=closed)
    wanted = expected(values, cut, closed)
    assert (found is None) == (wanted is None)
    assert members(values, found) == (wanted or [])


@pytest.mark.usefixtures("ladder")
@settings(deadline=None, max_examples=150)
@given(st.lists(FLOATS, max_size=14), CUTS, CLOSED)
def test_floats_as_the_long_way(values, cut, closed):
    found = one_cut(values, cut, kind="float", closed=closed)
    wanted = expected(values, cut, closed)
    assert (found is None) == (wanted is None)
    assert members(values, found) == (wanted or [])


@pytest.mark.usefixtures("ladder")
@settings(deadline=None, max_examples=20)
@given(st.lists(WHOLE, max_size=14), st.lists(CUTS, max_size=4), st.randoms())
def test_the_same_on_every_engine_in_any_order_and_in_chunks(engine, values, cuts, random):
    ask = Ask("c", bands(*cuts), Column("m", "integer"))
    first = find(values, ask.bands)
    shuffled = random.sample(values, len(values))
    half = len(values) // 2
    chunked = pl.concat([frame(shuffled[:half]), frame(shuffled[half:])], rechunk=False)
    other = find_cuts(engine, engine.lazy(chunked), [ask])
    assert other.values == first.values
    assert other.diagnostics == first.diagnostics


@pytest.mark.usefixtures("ladder")
@settings(deadline=None, max_examples=20)
@given(st.lists(FLOATS, max_size=14), st.lists(CUTS, max_size=4), st.randoms())
def test_floats_the_same_on_every_engine_in_any_order(engine, values, cuts, random):
    first = find(values, bands(*cuts), kind="float")
    other = find(random.sample(values, len(values)), bands(*cuts), engine, kind="float")
    assert other.values == first.values
    assert other.diagnostics == first.diagnostics


@pytest.mark.parametrize("spread", ["money", "outlier", "ties", "negative"])
def test_many_rows_as_few(engine: Backend, spread):
    numbers = np.random.default_rng(7)
    made = {
        "money": lambda: numbers.lognormal(14, 1.3, 40_000),
        "outlier": lambda: np.append(numbers.integers(0, 10**6, 40_000), 2**62),
        "ties": lambda: numbers.integers(1, 6, 40_000) * 10**12,
        "negative": lambda: numbers.normal(0, 10**9, 40_000),
    }[spread]()
    values = made.astype("int64")
    cuts = [
        Quantile(Fraction(1, 3)),
        Quantile(Fraction("0.8")),
        TopFraction(Fraction("0.01")),
        REVENUE,
        WITHIN,
        Mean(),
    ]
    asks = [Ask(str(n), bands(cut), Column("m", "integer")) for n, cut in enumerate(cuts)]
    found = find_cuts(engine, engine.lazy(frame(values)), asks).values
    for number, cut in enumerate(cuts):
        at = found[str(number), "m"].cuts[0]
        above = values > at.at if at.strict else values >= at.at
        assert int(above.sum()) == _by_sorting(np.sort(values), cut), cut


def _by_sorting(values: np.ndarray, cut) -> int:
    """How many lie above a cut, equals in the upper band."""
    size = len(values)
    match cut:
        case Mean():
            exact = Fraction(sum(values.tolist()), size)
        case Quantile(part):
            low, high = (
                int(values[i]) for i in (int(part * (size - 1)), int(part * (size - 1)) + 1)
            )
            exact = low + (high - low) * (part * (size - 1) % 1)
        case TopFraction(part):
            exact = int(values[size - int(np.ceil(float(part * size)))])
        case TopShare(part, border):
            exact = _share_border([v for v in values.tolist() if v > 0], part, border)
    return sum(value >= exact for value in values.tolist())


def _share_border(positive: list[int], part: Fraction, border: str) -> int:
    """The least member of the set of largest values that brings the share."""
    descending = sorted(Counter(positive).items(), reverse=True)
    sums = list(accumulate(value * times for value, times in descending))
    if border == "reaches":
        return descending[sum(one < part * sums[-1] for one in sums)][0]
    inside = sum(one <= part * sums[-1] for one in sums)
    return descending[inside - 1][0] if inside else descending[0][0] + 1


def test_floats_spread_over_all_magnitudes(engine: Backend):
    numbers = np.random.default_rng(3)
    values = numbers.choice([-1, 1], 70_000) * 10.0 ** numbers.uniform(-300, 300, 70_000)
    cut = one_cut(values, Quantile(Fraction("0.9"), "lower"), engine, kind="float")
    assert float(cut.at) == np.quantile(values, 0.9, method="lower")


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(-50, 50), min_size=1, max_size=25),
    st.sampled_from([0.0, 0.125, 0.25, 0.5, 0.75, 0.8125, 1.0]),
    st.sampled_from(["linear", "lower", "higher", "nearest", "midpoint"]),
)
def test_quantiles_as_numpy(values, part, method):
    cut = one_cut([value * 10**4 for value in values], Quantile(Fraction(part), method), scale=4)
    assert float(cut.at) == np.quantile(values, part, method=method)


def test_the_step_quantile_is_numpys_inverted_cdf():
    values = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3]
    for part in ("0", "0.1", "0.25", "0.3", "0.5", "0.99", "1"):
        wanted = np.quantile(values, float(part), method="inverted_cdf")
        assert one_cut(values, Quantile(Fraction(part), "step")) == Cut(int(wanted))


# --- exactness ----------------------------------------------------------------------------


def test_fractions_are_exact(engine: Backend):
    values = list(range(100))
    assert one_cut(values, TopFraction(Fraction("0.07")), engine) == Cut(93)
    assert one_cut(values, BottomFraction(Fraction("0.07")), engine) == Cut(6, strict=True)
    assert one_cut([1] * 10 + [9], TopShare(Fraction(9, 19)), engine) == Cut(9)


def test_sums_do_not_wrap(engine: Backend):
    values = [2**62, 2**62, 2**62, 2**62 - 1, -(2**63)]
    assert one_cut(values, Mean(), engine) == Cut(-(-(sum(values)) // 5))
    assert one_cut(values, TopShare(Fraction(1, 2)), engine) == Cut(2**62)
    assert one_cut(values, TopShare(Fraction(1)), engine) == Cut(2**62 - 1)
    spread = one_cut(values, Deviation(Fraction(1), sample=False), engine)
    assert members(values, spread) == expected(values, Deviation(Fraction(1), sample=False))


def test_neighbours_that_one_float_stands_for_are_kept_apart(engine: Backend):
    values = [2**60, 2**60 + 1, 2**60 + 2]
    assert one_cut(values, TopFraction(Fraction("0.5")), engine) == Cut(2**60 + 1)
    assert one_cut(values, Quantile(Fraction(1, 2)), engine, closed="right") == Cut(
        2**60 + 1, strict=True
    )


def test_half_a_cent_lies_between_two_cents(engine: Backend):
    assert one_cut([1, 2], Mean(), engine, scale=2) == Cut(Fraction("0.02"))
    assert one_cut([1, 2], Mean(), engine, scale=2, closed="right") == Cut(
        Fraction("0.01"), strict=True
    )


def test_floats_are_their_shortest_decimals(engine: Backend):
    assert one_cut([0.1, 0.2, 0.3], Mean(), engine, kind="float") == Cut(Fraction("0.2"))
    assert one_cut([0.1] * 3 + [0.7], TopShare(Fraction("0.7")), engine, kind="float") == Cut(
        Fraction("0.7")
    )
    third = one_cut([0.0, 0.0, 1.0], Mean(), engine, kind="float")
    assert third.at >= Fraction(1, 3) > Fraction(repr(float(np.nextafter(float(third.at), 0))))


def test_a_deviation_with_a_whole_root_is_exact(engine: Backend):
    values = [2, 4, 4, 4, 5, 5, 7, 9]  # mean 5, population deviation 2
    assert one_cut(values, Deviation(Fraction(1), sample=False), engine) == Cut(7)
    assert one_cut(values, Deviation(Fraction(-1), sample=False), engine, closed="right") == Cut(
        3, strict=True
    )


def test_cuts_beyond_int64_keep_all_on_their_side(engine: Backend):
    values = [-(2**63), 2**63 - 1]
    assert one_cut(values, Deviation(Fraction(9)), engine) == Cut(2**63 - 1, strict=True)
    assert one_cut(values, Deviation(Fraction(-9)), engine, closed="right") == Cut(-(2**63))
    assert members(values, one_cut(values, Fixed(10**30), engine)) == []


# --- who and what counts ------------------------------------------------------------------


def test_nulls_and_nan_take_no_part(engine: Backend):
    assert one_cut([None, 4, None, 6], Mean(), engine) == Cut(5)
    assert one_cut([float("nan"), 4.0, None, 6.0], Mean(), engine, kind="float") == Cut(5)


def test_of_mixed_text_only_numbers_count(engine: Backend):
    values = ["4", "6.0", "2e1", "010", "x", None, "1e999"]
    assert one_cut(values, Mean(), engine, kind="text") == Cut(10)


def test_a_date_is_no_number(engine: Backend):
    finding = find([20_000, 20_001], bands(Mean()), engine, kind="day")
    assert finding.values[KEY].cuts == (None,)


def test_only_those_whom_where_passes_decide(engine: Backend):
    who = nw.col("m") > 2
    asks = [
        Ask("all", bands(Mean()), Column("m", "integer")),
        Ask("some", bands(Mean()), Column("m", "integer"), who),
        Ask("none", bands(Mean()), Column("m", "integer"), nw.col("m") > 99),
    ]
    found = find_cuts(engine, engine.lazy(frame([0, 2, 4, None, 6])), asks)
    assert {name: bands.cuts for (name, _), bands in found.values.items()} == {
        "all": (Cut(3),),
        "some": (Cut(5),),
        "none": (None,),
    }


def test_one_column_and_population_is_counted_once():
    class Counting:
        name = "counting"
        queries = 0

        def rows(self, rows):
            self.queries += 1
            return rows.collect("polars").rows()

    asks = [Ask(name, bands(Quantile(Fraction(1, 2))), Column("m", "integer")) for name in "xyz"]
    counting = Counting()
    find_cuts(counting, nw.from_native(frame([1, 2, 3]).lazy()), asks)
    assert counting.queries == 3  # a summary, a histogram, the sizes of bands


def test_no_asks_change_nothing(engine: Backend):
    finding = find_cuts(engine, engine.lazy(frame([1])), [])
    assert (finding.values, finding.ranks, finding.diagnostics) == ({}, {}, ())
    assert engine.rows(finding.frame) == [("0", 1)]
