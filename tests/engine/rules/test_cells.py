"""The grammar of cells."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from custrata.engine.model import AnyOf, Cell, Equals, InBand, Interval, IsNull, Not
from custrata.engine.rules.cells import parse_cell, spell_cell
from custrata.engine.rules.faults import Fault, flattened
from custrata.engine.values import canonical

BANDS = ("low", "high", "3", "a, b")


def refusal(value: Any, bands: tuple[str, ...] | None = None) -> Fault:
    with pytest.raises(ValidationError) as caught:
        parse_cell(value, bands)
    (_, fault), *more = flattened(caught.value.messages)
    assert not more
    assert isinstance(fault, Fault)
    return fault


def faults_of(value: Any, bands: tuple[str, ...] | None = None) -> list[str]:
    try:
        parse_cell(value, bands)
    except ValidationError as error:
        return [fault for _, fault in flattened(error.messages)]
    return []


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, IsNull()),
        ("", IsNull()),
        ("  ", IsNull()),
        (3, Equals(3)),
        ("3", Equals(3)),
        ("3.0", Equals(3)),
        ("3e0", Equals(3)),
        ("-0.5", Equals(Fraction(-1, 2))),
        ("01", Equals("01")),
        ("+3", Equals("+3")),
        (True, Equals("true")),
        ("true", Equals("true")),
        ("True", Equals("True")),
        ("hot", Equals("hot")),
        ("  hot ", Equals("hot")),
        ("tro\u0323ng", Equals("tr\u1ecdng")),
        ("unknown", Equals("unknown")),
        ("other", Equals("other")),
        ("null", Equals("null")),
        ("= 3", Equals(3)),
        ("=3.0", Equals(3)),
        ("= hot", Equals("hot")),
        ('= "<= 7"', Equals("<= 7")),
        ('= "say ""hi"""', Equals('say "hi"')),
        ("= 'not(x)'", Equals("not(x)")),
        ("<= 7", Interval(high=7)),
        ("<7", Interval(high=7, high_open=True)),
        (">= -0.5", Interval(low=Fraction(-1, 2))),
        ("> 7", Interval(low=7, low_open=True)),
        ("[5..10)", Interval(5, False, 10, True)),
        ("(5 .. 10]", Interval(5, True, 10, False)),
        ("[5..5]", Interval(5, False, 5, False)),
        ("[-1.5..1e3]", Interval(Fraction(-3, 2), False, 1000, False)),
        (["a", 3, None], AnyOf((Equals("a"), Equals(3), IsNull()))),
        ([["a"], ["< 3"]], AnyOf((Equals("a"), Interval(high=3, high_open=True)))),
        ("not(a)", Not((Equals("a"),))),
        (
            "not( a , 3, <= 7, [5..10) )",
            Not((Equals("a"), Equals(3), Interval(high=7), Interval(5, False, 10, True))),
        ),
        ("not(\"a, b\", 'c)', null)", Not((Equals("a, b"), Equals("c)"), IsNull()))),
        ('not("null")', Not((Equals("null"),))),
        ("not(O'Brien, D'Arcy)", Not((Equals("O'Brien"), Equals("D'Arcy")))),
        ("not(Smith (Hanoi), b)", Not((Equals("Smith (Hanoi)"), Equals("b")))),
        ("not(not(a, b), c)", Not((Not((Equals("a"), Equals("b"))), Equals("c")))),
        ("not there", Equals("not there")),
        ("nothing", Equals("nothing")),
        ("(unsure)", Equals("(unsure)")),
        ("2026-13-40", Equals("2026-13-40")),
    ],
)
def test_cells(value: Any, cell: Cell) -> None:
    assert parse_cell(value) == cell


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("high", InBand("high")),
        ("3", InBand("3")),
        ("unknown", InBand("unknown")),
        ("other", InBand("other")),
        (4, Equals(4)),
        ("4", Equals(4)),
        ("= 3", Equals(3)),
        ("= high", Equals("high")),
        ("= gold", Equals("gold")),
        ("<= 3", Interval(high=3)),
        (True, Equals("true")),
        (
            ["high", "unknown", None, "> 3"],
            AnyOf((InBand("high"), InBand("unknown"), IsNull(), Interval(low=3, low_open=True))),
        ),
        ("not(high, unknown)", Not((InBand("high"), InBand("unknown")))),
        ('not("a, b", 3, = 3)', Not((InBand("a, b"), InBand("3"), Equals(3)))),
        ("a, b", InBand("a, b")),
    ],
)
def test_cells_of_a_banded_measure(value: Any, cell: Cell) -> None:
    assert parse_cell(value, BANDS) == cell


@pytest.mark.parametrize("value", [3, "3.0", "not(3.0)", [3], Fraction(3)])
def test_a_number_spelt_like_a_band_is_ambiguous(value: Any) -> None:
    fault = refusal(value, BANDS)
    assert fault.code == "ambiguous-number"
    assert fault.allowed == '"3" for the band, "= 3" for the number'


def test_a_text_that_is_no_band_has_a_nearest_spelling() -> None:
    fault = refusal("hihg", BANDS)
    assert (fault.code, fault.nearest) == ("unknown-band", "high")
    assert fault.allowed is not None
    assert "low, high" in fault.allowed


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("< abc", "order-on-text"),
        (">= 1,000", "order-on-text"),
        ("< 30%", "order-on-text"),
        ("<", "order-on-text"),
        ("[a..b]", "order-on-text"),
        ("2026-11-21", "date-in-cell"),
        ("2026-11-21T10:00:00", "date-in-cell"),
        ("> 2026-11-21", "date-in-cell"),
        ("= 2026-11-21", "date-in-cell"),
        ("[2026-01-01..2026-02-01]", "date-in-cell"),
        ("not(2026-11-21)", "date-in-cell"),
        ("[10..5]", "empty-range"),
        ("[5..5)", "empty-range"),
        ("[..5]", "wrong-range"),
        ("]5..6]", "wrong-range"),
        ("[5..6[", "wrong-range"),
        ("[5,10)", "wrong-range"),
        ("== 3", "unknown-comparison"),
        ("!= 3", "unknown-comparison"),
        ("≤ 3", "unknown-comparison"),
        ("not(a", "unclosed"),
        ("not(a))", "unclosed"),
        ('not("a)', "unclosed"),
        ("not()", "empty-list"),
        ("not(a,)", "empty-list"),
        ("not(" * 20 + "a" + ")" * 20, "too-deep"),
        ([], "empty-list"),
        ({"a": 1}, "wrong-cell"),
        ("=", "wrong-cell"),
        ('= ""', "wrong-cell"),
        ("1e999", "number-out-of-range"),
        ("< 1e99999999999999999999", "number-out-of-range"),
    ],
)
def test_what_is_refused(value: Any, code: str) -> None:
    fault = refusal(value)
    assert fault.code == code
    assert fault.allowed or code == "number-out-of-range"


def test_dates_point_to_days_since() -> None:
    assert "days_since" in str(refusal("2026-11-21").allowed)


def test_all_faults_of_a_list_are_told_by_index() -> None:
    with pytest.raises(ValidationError) as caught:
        parse_cell(["< a", 3, "[2..1]"])
    assert [path for path, _ in flattened(caught.value.messages)] == [(0,), (2,)]


def test_hostile_cells_are_quick() -> None:
    for text in (
        "[" + "." * 300_000,
        "not(" + "[.." * 100_000 + ")",
        "not(" + "(" * 300_000,
        "not(" + '"' * 300_001 + ")",
        "<" * 300_000,
        "not(" + "a," * 100_000 + "a)",
    ):
        assert all(len(fault) < 200 for fault in faults_of(text))


# --- there and back -----------------------------------------------------------------------

numbers = st.one_of(
    st.integers(-(10**12), 10**12),
    st.decimals(-(10**6), 10**6, places=4).map(canonical),
)
texts = st.text(min_size=1, max_size=12).map(canonical).filter(lambda one: isinstance(one, str))
equals = st.one_of(
    numbers, texts, st.sampled_from(["true", "null", "unknown", "not(a)", "<= 7", 'a"b', "[1..2]"])
).map(Equals)
bands = st.sampled_from((*BANDS, "unknown", "other")).map(InBand)


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    low, high = sorted((draw(numbers), draw(numbers)))
    low_open, high_open = draw(st.booleans()), draw(st.booleans())
    shape = draw(st.sampled_from(("low", "high", "both") if low < high else ("low", "high")))
    return Interval(
        None if shape == "high" else low,
        low_open and shape != "high",
        None if shape == "low" else high,
        high_open and shape != "low",
    )


def cells(banded: bool) -> st.SearchStrategy[Any]:
    leaves: Any = st.one_of(equals, intervals(), st.just(IsNull()), *((bands,) if banded else ()))
    several = st.lists(leaves, min_size=1, max_size=4)
    nots = several.map(lambda parts: Not(tuple(parts)))
    mixed = st.lists(st.one_of(leaves, nots), min_size=1, max_size=4)
    return st.one_of(leaves, nots, mixed.map(lambda parts: AnyOf(tuple(parts))))


def is_date(cell: Any) -> bool:
    parts = getattr(cell, "parts", (cell,))
    return any(
        isinstance(getattr(part, "value", None), str) and part.value[:4].isdigit() for part in parts
    )


@given(cells(banded=False).filter(lambda cell: not is_date(cell)))
def test_spelt_and_read_again(cell: Cell) -> None:
    assert parse_cell(spell_cell(cell)) == cell


@given(cells(banded=True).filter(lambda cell: not is_date(cell)))
def test_spelt_and_read_again_where_banded(cell: Cell) -> None:
    assert parse_cell(spell_cell(cell, BANDS), BANDS) == cell


scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.fractions(), st.text(max_size=20))


@given(st.recursive(scalars, st.lists, max_leaves=6), st.sampled_from([None, BANDS]))
@settings(max_examples=50, deadline=None)
def test_any_value_is_read_or_refused(value: Any, known: Any) -> None:
    assert all(isinstance(fault, Fault) for fault in faults_of(value, known))
