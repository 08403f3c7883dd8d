"""Amounts on an exact scale, sales out of orders and refunds, on every engine."""

import random
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custrata.engine.backends import Backend, backend
from custrata.engine.diagnostics import DataError
from custrata.engine.facts import Facts, read_facts

AS_OF = date(2026, 11, 21)
ENGINES = {name: backend(name) for name in ("polars", "duckdb")}


@pytest.fixture(params=list(ENGINES))
def engine(request: pytest.FixtureRequest) -> Backend:
    return ENGINES[request.param]


def read(engine: Backend, frame: Any, currency: str | None = None) -> Facts:
    return read_facts(engine, as_of=AS_OF, time_zone="UTC", currency=currency, transactions=frame)


def sold(amounts: Any, **columns: Any) -> pl.DataFrame:
    length = len(amounts)
    filled = {
        "customer_id": [str(n) for n in range(length)],
        "occurred_at": [date(2026, 1, 1)] * length,
        "amount": amounts,
    }
    return pl.DataFrame(filled | columns)


def amounts(engine: Backend, facts: Facts, column: str = "amount") -> list[int]:
    assert facts.transactions is not None
    found = engine.rows(facts.transactions.select("customer_id", column))
    return [amount for _, amount in sorted(found, key=lambda row: int(row[0]))]


def money(*texts: str, precision: int = 18, scale: int = 2) -> pl.Series:
    return pl.Series([Decimal(text) for text in texts], dtype=pl.Decimal(precision, scale))


@pytest.mark.parametrize(
    ("column", "scale", "expected"),
    [
        (pl.Series([5, -3, 0]), 0, [5, -3, 0]),
        (pl.Series([5, 3], dtype=pl.UInt8), 0, [5, 3]),
        (pl.Series([5, -3], dtype=pl.Int128), 0, [5, -3]),
        (pl.Series([0.1, 0.57, -19.99]), 2, [10, 57, -1999]),
        (pl.Series([5.0, 10.0]), 0, [5, 10]),
        (pl.Series([0.1, 2.0], dtype=pl.Float32), 1, [1, 20]),
        (pl.Series([1e15, 0.5]), 1, [10**16, 5]),
        (pl.Series([9007199254740993.0, 1.0]), 0, [9007199254740992, 1]),
        (money("1.50", "2.00"), 1, [15, 20]),
        (money("100.00", "7.00"), 0, [100, 7]),
        (money("1.000000001", precision=38, scale=12), 9, [1_000_000_001]),
        (pl.Series(["1", " 2.50", "-0.125", "1e3"]), 3, [1000, 2500, -125, 1_000_000]),
        (pl.Series(["3.00", "0"]), 0, [3, 0]),
    ],
)
def test_the_scale_comes_from_the_data(
    engine: Backend, column: pl.Series, scale: int, expected: list[int]
) -> None:
    facts = read(engine, sold(column))
    assert (facts.scale, amounts(engine, facts)) == (scale, expected)
    told = [one.code for one in facts.diagnostics]
    assert told == (["amount-thousandths"] if scale == 3 else [])


def test_the_first_rows_do_not_decide_the_scale(engine: Backend) -> None:
    facts = read(engine, sold([1.0] * 1500 + [0.125]))
    assert (facts.scale, amounts(engine, facts)[-1]) == (3, 125)


def test_amount_and_profit_share_the_larger_scale(engine: Backend) -> None:
    facts = read(engine, sold([10, 20], profit=[0.25, None]))
    assert facts.scale == 2
    assert amounts(engine, facts) == [1000, 2000]
    assert amounts(engine, facts, "profit") == [25, None]


def test_profits_of_nothing_but_nulls_without_a_type_are_nulls(engine: Backend) -> None:
    frame = sold([1, 2]).with_columns(profit=pl.Series([None, None], dtype=pl.Null))
    for kind in (frame, frame.lazy(), frame.to_arrow(), frame.to_pandas()):
        assert amounts(engine, read(engine, kind), "profit") == [None, None]


def test_finer_floats_are_rounded_half_even_with_a_warning(engine: Backend) -> None:
    facts = read(engine, sold([0.1234567885, 0.1234567895, 1 / 3, 2 / 3, -0.0000000005, 7.0]))
    assert facts.scale == 9
    assert amounts(engine, facts) == [
        *(123456788, 123456790),
        *(333333333, 666666667),
        *(0, 7_000_000_000),
    ]
    assert [one.code for one in facts.diagnostics] == ["money-rounded"]


NUMBERS = st.decimals(
    min_value=-(10**6), max_value=10**6, allow_nan=False, allow_infinity=False, places=None
).map(lambda value: round(value, 12))


@settings(max_examples=25, deadline=None)
@given(st.lists(NUMBERS | st.floats(-1e9, 1e9), min_size=1, max_size=8))
def test_floats_are_read_as_their_shortest_decimal(values: list[Any]) -> None:
    floats = [float(value) for value in values]
    exact = [Decimal(repr(value)) for value in floats]
    unit = Decimal("1e-9")
    kept = [value.quantize(unit, rounding=ROUND_HALF_EVEN) for value in exact]
    scale = max(0, *(-int(value.normalize().as_tuple().exponent) for value in kept))
    scale = 9 if kept != exact else scale
    for engine in ENGINES.values():
        facts = read(engine, sold(floats))
        assert facts.scale == scale
        assert amounts(engine, facts) == [int(value.scaleb(scale)) for value in kept]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.decimals(-(10**7), 10**7, places=4), min_size=1, max_size=8))
def test_text_decimals_and_floats_of_the_same_facts_agree(values: list[Decimal]) -> None:
    columns = [
        pl.Series([format(value, "f") for value in values]),
        pl.Series([float(value) for value in values]),
        pl.Series(values, dtype=pl.Decimal(20, 4)),
    ]
    for engine in ENGINES.values():
        read_as = [read(engine, sold(column)) for column in columns]
        assert len({(facts.scale, *amounts(engine, facts)) for facts in read_as}) == 1


def test_amounts_that_are_missing_are_named(engine: Backend) -> None:
    for column in ([1, None], [1.5, float("nan")], ["1", " "]):
        with pytest.raises(DataError, match="amount is missing in row 2"):
            read(engine, sold(column))


def test_text_that_is_no_number_is_named(engine: Backend) -> None:
    with pytest.raises(DataError, match="in rows 1, 3, such as '1,000'; allowed: a number"):
        read(engine, sold(["1,000", "2", "01"]))
    with pytest.raises(DataError, match="profit is no number in row 2"):
        read(engine, sold([1, 2, 3], profit=["1", "x", None]))


def test_infinity_is_named(engine: Backend) -> None:
    with pytest.raises(DataError, match="amount is infinite in row 2; allowed: finite numbers"):
        read(engine, sold([1.0, float("inf")]))


def test_values_beyond_64_bits_are_refused(engine: Backend) -> None:
    wide = pl.Series([10**19], dtype=pl.UInt64)
    for column in ([1e19], ["99999999999999999999"], wide, [9.3e9, 1e-9 / 3]):
        with pytest.raises(DataError, match="a value of amount in transactions is too large"):
            read(engine, sold(column))


def test_sums_beyond_64_bits_are_refused_only_where_they_occur(engine: Backend) -> None:
    large = [6 * 10**18, 6 * 10**18]
    assert amounts(engine, read(engine, sold(large))) == large
    with pytest.raises(DataError, match="a customer's sum of amount in transactions is too large"):
        read(engine, sold(large, customer_id=["a", "a"]))


def test_other_currencies_are_refused(engine: Backend) -> None:
    frame = sold([1, 2, 3], currency=["VND", "EUR", None])
    with pytest.raises(DataError, match="amounts in EUR; allowed: VND"):
        read(engine, frame, "VND")
    with pytest.raises(DataError, match="foreign-currency"):
        read(engine, frame)
    assert read(engine, sold([1], currency=["EUR"])).diagnostics == ()


# --- sales ------------------------------------------------------------------------------


def day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


Row = tuple[str, str, int, int | None, str | None, str | None, str | None]
COLUMNS = (
    "customer_id",
    "occurred_at",
    "amount",
    "profit",
    "transaction_id",
    "order_id",
    "refund_of",
)


def row(
    when: str,
    amount: int,
    *,
    customer: str = "a",
    profit: int | None = None,
    line: str | None = None,
    order: str | None = None,
    of: str | None = None,
) -> Row:
    return (customer, when, amount, profit, line, order, of)


def frame_of(rows: list[Row], **more: list[Any]) -> pl.DataFrame:
    types = dict.fromkeys(COLUMNS, pl.String) | {"amount": pl.Int64, "profit": pl.Int64}
    return pl.DataFrame(rows, schema=types, orient="row").with_columns(
        pl.Series(name, values) for name, values in more.items()
    )


def sales(engine: Backend, rows: list[Row]) -> tuple[list[tuple[Any, ...]], list[str]]:
    facts = read(engine, frame_of(rows))
    assert facts.transactions is not None
    found = engine.rows(
        facts.transactions.select("customer_id", "day", "amount", "profit", "is_sale")
    )
    return sorted(found, key=str), [one.code for one in facts.diagnostics]


def test_a_sale_is_worth_zero_or_more(engine: Backend) -> None:
    found, _ = sales(engine, [row("2026-01-01", 0), row("2026-01-02", -1), row("2026-01-03", 1)])
    assert [(amount, sale) for _, _, amount, _, sale in found] == [
        (0, True),
        (-1, False),
        (1, True),
    ]


def test_lines_of_an_order_are_one_sale_on_the_first_day(engine: Backend) -> None:
    rows = [
        row("2026-01-02", 10, order="o", profit=1),
        row("2026-01-01", -3, order="o", profit=2),
        row("2026-01-05", 5, order="p", profit=2),
        row("2026-01-05", 5, order="p"),
        row("2026-01-02", 7, order="o", customer="b"),
        row("2026-01-09", 1),
        row("2026-01-09", 1),
    ]
    found, codes = sales(engine, rows)
    assert codes == []
    assert found == sorted(
        [
            ("a", day("2026-01-01"), 7, 3, True),
            ("a", day("2026-01-05"), 10, None, True),
            ("a", day("2026-01-09"), 1, None, True),
            ("a", day("2026-01-09"), 1, None, True),
            ("b", day("2026-01-02"), 7, None, True),
        ],
        key=str,
    )


def test_a_full_refund_with_its_sale_counts_nowhere(engine: Backend) -> None:
    sale = row("2026-11-01", 10_000_000, line="t")
    assert sales(engine, [sale, row("2026-11-10", -10_000_000, of="t")]) == ([], [])
    twice = [row("2026-11-10", -4_000_000, of="t"), row("2026-11-11", -6_000_000, of="t")]
    assert sales(engine, [sale, *twice]) == ([], [])


def test_an_unlinked_refund_is_on_its_own_day(engine: Backend) -> None:
    found, codes = sales(engine, [row("2026-11-01", 10), row("2026-11-10", -10)])
    assert found == [
        ("a", day("2026-11-01"), 10, None, True),
        ("a", day("2026-11-10"), -10, None, False),
    ]
    assert codes == []


def test_a_partial_refund_reduces_the_sale_on_its_day(engine: Backend) -> None:
    rows = [row("2026-11-01", 10, profit=4, line="t"), row("2026-11-10", -3, profit=-1, of="t")]
    assert sales(engine, rows) == ([("a", day("2026-11-01"), 7, 3, True)], [])
    unknown = [rows[0], row("2026-11-10", -3, of="t")]
    assert sales(engine, unknown)[0] == [("a", day("2026-11-01"), 7, None, True)]


def test_a_refund_larger_than_its_sale_leaves_a_negative_row(engine: Backend) -> None:
    rows = [row("2026-11-01", 10, line="t"), row("2026-11-10", -12, of="t")]
    assert sales(engine, rows) == ([("a", day("2026-11-01"), -2, None, False)], [])


def test_a_refund_after_as_of_is_not_there(engine: Backend) -> None:
    rows = [row("2026-11-01", 10, line="t"), row("2026-11-22", -10, of="t")]
    found, codes = sales(engine, rows)
    assert (found, codes) == ([("a", day("2026-11-01"), 10, None, True)], ["later-facts"])


@pytest.mark.parametrize("of", ["l1", "o"])
def test_a_refund_of_a_line_or_an_order_reduces_the_order(engine: Backend, of: str) -> None:
    rows = [
        row("2026-01-01", 10, line="l1", order="o"),
        row("2026-01-02", 5, line="l2", order="o"),
        row("2026-01-03", -10, line="r", order="o", of=of),
    ]
    assert sales(engine, rows) == ([("a", day("2026-01-01"), 5, None, True)], [])


def test_a_name_means_a_transaction_before_an_order(engine: Backend) -> None:
    rows = [
        row("2026-01-01", 10, line="x"),
        row("2026-01-02", 10, order="x"),
        row("2026-01-03", -1, of="x"),
    ]
    found, _ = sales(engine, rows)
    assert [(when, amount) for _, when, amount, _, _ in found] == [
        (day("2026-01-01"), 9),
        (day("2026-01-02"), 10),
    ]


@pytest.mark.parametrize(
    "others",
    [
        [],
        [row("2026-01-01", 10, line="t", customer="b")],
        [row("2026-01-01", -10, line="t")],
        [row("2026-01-01", 0, line="s"), row("2026-01-02", 0, line="t", of="s")],
    ],
)
def test_a_refund_that_finds_no_sale_is_unlinked_with_a_warning(
    engine: Backend, others: list[Row]
) -> None:
    found, codes = sales(engine, [*others, row("2026-01-03", -10, of="t")])
    assert ("a", day("2026-01-03"), -10, None, False) in found
    assert codes == ["refund-unlinked"]


def test_a_refund_reduces_one_of_equal_sales(engine: Backend) -> None:
    rows = [row("2026-01-01", 10, line="t")] * 2 + [row("2026-01-03", -10, of="t")]
    assert sales(engine, rows) == ([("a", day("2026-01-01"), 10, None, True)], [])


def test_lines_keep_what_was_bought(engine: Backend) -> None:
    rows = [
        row("2026-01-02", 10, order="o"),
        row("2026-01-01", 5, order="o"),
        row("2026-01-03", 5, line="t"),
        row("2026-01-04", -5, of="t"),
        row("2026-01-05", 1),
        row("2026-01-06", -1),
    ]
    facts = read(engine, frame_of(rows, product=["p", "q", "r", "r", "s", "s"]))
    assert facts.lines is not None
    assert facts.transactions is not None
    first, fifth = day("2026-01-01"), day("2026-01-05")
    assert sorted(engine.rows(facts.lines.select("day", "product"))) == [
        (first, "p"),
        (first, "q"),
        (fifth, "s"),
    ]
    found = engine.rows(facts.transactions.select("day", "product"))
    assert sorted(found) == [(first, None), (fifth, "s"), (fifth + 1, "s")]


LINES = st.lists(
    st.builds(
        row,
        st.integers(0, 9).map(lambda n: str(date(2026, 1, 1) + timedelta(days=n))),
        st.integers(-5, 9),
        customer=st.sampled_from("ab"),
        profit=st.none() | st.integers(-2, 3),
        line=st.none() | st.sampled_from("tuv"),
        order=st.none() | st.sampled_from("op"),
        of=st.none() | st.sampled_from("tuvop"),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=12, deadline=None)
@given(LINES, st.randoms(use_true_random=False))
def test_order_and_engine_change_nothing(rows: list[Row], chance: random.Random) -> None:
    shuffled = list(rows)
    chance.shuffle(shuffled)
    results = [sales(engine, some) for engine in ENGINES.values() for some in (rows, shuffled)]
    assert all(result == results[0] for result in results[1:])


def test_chunks_change_nothing(engine: Backend) -> None:
    whole = frame_of([row("2026-01-01", n, order=str(n // 3)) for n in range(90)])
    chunked = pl.concat([whole[start : start + 7] for start in range(0, 90, 7)], rechunk=False)
    results = []
    for frame in (whole, chunked):
        facts = read(engine, frame)
        assert facts.transactions is not None
        results.append(sorted(engine.rows(facts.transactions.select("order_id", "day", "amount"))))
    assert results[0] == results[1]
