"""Cells: dates, amounts, texts, words; what they say, and why they are refused."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custrata.service.imports.codes import (
    read_booleans,
    read_currencies,
    read_groups,
    read_sources,
    read_stages,
)
from custrata.service.imports.known import Known
from custrata.service.imports.moments import (
    NO_DATE,
    NO_DAY,
    read_days,
    read_moments,
    read_months,
)
from custrata.service.imports.money import FOREIGN, NO_NUMBER, NUMBER_FORMS, read_money, scaled
from custrata.service.imports.texts import ABOUT, ALLOWED, Column, read_text

VIETNAM = "Asia/Ho_Chi_Minh"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
naive_time = datetime.fromisoformat


def cells(*values, **more) -> pl.Series:
    return pl.Series("c", list(values), strict=False, **more)


def moments(column: Column) -> list[str | None]:
    return [
        None if v is None else (EPOCH + timedelta(microseconds=v)).isoformat()[:16]
        for v in column.values
    ]


def days(column: Column) -> list[str | None]:
    return [None if v is None else str(date(1970, 1, 1) + timedelta(days=v)) for v in column.values]


def amounts(column: Column) -> list[Decimal | None]:
    rows = scaled({"c": column.values}).iter_rows()
    return [None if v is None else Decimal(v).scaleb(-scale) for v, scale in rows]


def refused(column: Column) -> list[int]:
    return [] if column.faults is None else column.faults.is_not_null().arg_true().to_list()


# --- dates --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-11-21", "2026-11-20T17:00"),
        ("2026-11-21T23:30", "2026-11-21T16:30"),
        ("2026-11-21 23:30:00+07:00", "2026-11-21T16:30"),
        ("2026-11-21T23:30Z", "2026-11-21T23:30"),
        ("2026/1/5 3:04 PM", "2026-01-05T08:04"),
        ("2026-01-05 12:04 am", "2026-01-04T17:04"),
        ("20261121", "2026-11-20T17:00"),
        ("2026年11月3日", "2026-11-02T17:00"),
        ("  2026-11-21 ", "2026-11-20T17:00"),
    ],
)
def test_times_are_local_unless_they_say_otherwise(text, utc):
    assert moments(read_moments(cells(text), VIETNAM)) == [utc]


@pytest.mark.parametrize(
    "text",
    ["2026-02-30", "hôm qua", "2026-11-21 24:00", "2026-11-21 13:00 PM", "0026-01-01", "21/11/26"],
)
def test_what_is_no_date_is_refused(text):
    column = read_moments(cells("2026-01-01", text, None, ""), VIETNAM)
    assert refused(column) == [1]
    assert moments(column)[2:] == [None, None]


def test_one_day_above_12_tells_for_the_whole_column():
    assert days(read_days(cells("03/04/2026", "21/11/2026"), VIETNAM)) == [
        "2026-04-03",
        "2026-11-21",
    ]
    assert refused(read_days(cells("31/31/2026", "21/11/2026", None), VIETNAM)) == [0]
    assert days(read_days(cells("3.4.2026", "04-21-2026 2:30 PM"), VIETNAM)) == [
        "2026-03-04",
        "2026-04-21",
    ]


@pytest.mark.parametrize(
    ("texts", "row"), [(("03/04/2026",), 0), (("21/04/2026", "04/21/2026", "31/31/2026"), 1)]
)
def test_dates_that_tell_nothing_or_too_much_need_a_word(texts, row):
    column = read_days(cells(*texts), VIETNAM)
    assert column.unclear is not None
    assert (column.unclear.code, column.unclear.row) == ("dates-unclear", row)
    assert "--dates dmy" in column.unclear.allowed
    named = read_days(cells("03/04/2026", "2026-04-05"), VIETNAM, "dmy")
    assert days(named) == ["2026-04-03", "2026-04-05"]


def test_few_dates_in_another_form_are_refused_by_row():
    column = read_days(cells("2026-01-01", "2026-01-02", "13/01/2026"), VIETNAM)
    assert (refused(column), column.unclear) == ([2], None)


def test_typed_dates_and_times_are_read_as_they_are():
    naive = cells(naive_time("2026-11-21T05:00"))
    assert moments(read_moments(naive, VIETNAM)) == ["2026-11-20T22:00"]
    aware = naive.dt.replace_time_zone("Europe/Berlin").dt.cast_time_unit("ns")
    assert moments(read_moments(aware, VIETNAM)) == ["2026-11-21T04:00"]
    assert days(read_days(cells(date(2026, 11, 21)), VIETNAM)) == ["2026-11-21"]
    assert days(read_days(cells("2026-11-21T23:30Z"), VIETNAM)) == ["2026-11-22"]
    assert read_days(cells(1.5), VIETNAM).unclear is not None


def test_clocks_that_are_moved():
    column = read_moments(cells("2026-03-29 02:30", "2026-10-25 02:30"), "Europe/Berlin")
    assert moments(column) == ["2026-03-29T01:30", "2026-10-25T00:30"]


def test_months():
    texts = cells("2026-11", "11/2026", "2026年3月", "2026-11-21", "Tết")
    column = read_months(texts, VIETNAM)
    assert days(column)[:4] == ["2026-11-01", "2026-11-01", "2026-03-01", "2026-11-01"]
    assert refused(column) == [4]
    assert days(read_months(cells(date(2026, 1, 7)), VIETNAM)) == ["2026-01-01"]


@given(st.datetimes(naive_time("1900-01-01"), naive_time("2100-01-01")))
def test_every_moment_comes_back(moment):
    found = read_moments(cells(moment.isoformat() + "Z"), VIETNAM).values[0]
    assert EPOCH + timedelta(microseconds=found) == moment.replace(tzinfo=UTC)


# --- amounts ------------------------------------------------------------------------------


@given(st.lists(st.decimals(-(10**12), 10**12, places=2) | st.none(), min_size=1))
def test_amounts_are_kept_exactly(values):
    texts = [None if one is None else str(one) for one in values]
    column = read_money(cells(*texts, dtype=pl.String), None, "1,234.56")
    assert (amounts(column), column.faults) == (values, None)


@given(st.lists(st.integers(-(10**6), 10**6), min_size=1))
def test_equal_amounts_look_equal_whatever_their_zeros(cents):
    plain = [f"{Decimal(one) / 100}" for one in cents]
    padded = [f"{Decimal(one) / 100:.9f}" for one in cents]
    found = [
        scaled({"c": read_money(cells(*texts), None, "1,234.56").values}).rows()
        for texts in (plain, padded)
    ]
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (("1250000", "-19.99", "1e3", "+5"), ("1250000", "-19.99", "1000", "5")),
        (("1.250.000,50", "1.234", "7"), ("1250000.5", "1234", "7")),
        (("1,250,000.50", "1,234", "1.234"), ("1250000.5", "1234", "1.234")),
        (("1 250 000,5", "1.234"), ("1250000.5", "1234")),
        (("1'250.5", "−5"), ("1250.5", "-5")),
        (("0.123",), ("0.123",)),
    ],
)
def test_a_column_tells_what_points_and_commas_mean(texts, values):
    assert amounts(read_money(cells(*texts), None)) == [Decimal(one) for one in values]


@pytest.mark.parametrize("texts", [("1.234",), ("250,000", "7"), ("1.5", "1,5")])
def test_numbers_that_tell_nothing_or_too_much_need_a_word(texts):
    column = read_money(cells(*texts), None)
    assert column.unclear is not None
    assert column.unclear.code == "numbers-unclear"
    assert "--numbers" in column.unclear.allowed


def test_a_named_form_reads_them():
    read = [amounts(read_money(cells("1.234"), None, form)) for form in NUMBER_FORMS]
    assert read == [[Decimal("1.234")], [Decimal(1234)]]


def test_the_sign_of_the_own_currency_is_let_be():
    texts = cells("1.250.000 ₫", "₫1.234.567", "500đ")
    assert amounts(read_money(texts, "VND")) == [1250000, 1234567, 500]
    assert refused(read_money(cells("$5", "7"), "VND")) == [0]


@pytest.mark.parametrize("text", ["abc", "12 34", "1,2,3", "--5", "9" * 30, "1/2", "inf"])
def test_what_is_no_number_is_refused(text):
    assert refused(read_money(cells("1", text), None, "1,234.56")) == [1]


def test_numbers_of_files_with_types():
    floats = cells(1.5, 0.1 + 0.2, None, float("nan"))
    column = read_money(floats, None)
    assert (amounts(column), column.rounded, column.faults) == (
        [Decimal("1.5"), Decimal("0.3"), None, None],
        1,
        None,
    )
    assert amounts(read_money(cells(Decimal("1.20"), 5), None)) == [Decimal("1.2"), Decimal(5)]
    assert read_money(cells(True), None).unclear is not None


def test_what_64_bits_do_not_hold_has_no_value():
    found = scaled({"c": read_money(cells(str(2**63 - 1), str(2**63)), None).values})
    assert found.rows() == [(2**63 - 1, 0), (None, 0)]


def test_amount_and_profit_share_the_scale_of_their_row():
    units = {
        n: read_money(cells(t, "7"), None).values for n, t in {"a": "1.50", "p": "0.25"}.items()
    }
    assert scaled(units).rows() == [(150, 25, 2), (7, 7, 0)]


# --- texts and words ----------------------------------------------------------------------


def test_text_is_trimmed_and_keeps_its_zeros():
    column = read_text(cells(" 007 ", "Ánh", "", None, "\u00a0"))
    assert column.values.to_list() == ["007", "Ánh", None, None, None]


def test_numbers_become_their_digits():
    assert read_text(cells(7.0, 7.5, None)).values.to_list() == ["7", "7.5", None]
    assert read_text(cells(Decimal("7.50"))).values.to_list() == ["7.5"]
    assert read_text(cells(True)).values.to_list() == ["true"]
    times = cells(naive_time("2026-01-01"), naive_time("2026-01-01T02:00"))
    assert read_text(times).values.to_list() == ["2026-01-01", "2026-01-01T02:00:00"]


@pytest.mark.parametrize("text", ["x" * 256, "a\x00b", "#N/A", "#DIV/0!"])
def test_texts_that_cannot_be_kept_are_refused(text):
    column = read_text(cells("fine", text))
    assert (refused(column), column.values.to_list()) == ([1], ["fine", None])


KNOWN = Known(
    time_zone=VIETNAM,
    currency="VND",
    names={"nong": "Nóng", "hot": "hot", "vip": "VIP"},
    stages={"hot": "hot", "nong": "hot", "dung quen": "dont_forget"},
    automatic=frozenset(["dont_forget"]),
    groups={"vip": 1, "khach quen": 2},
    dynamic=frozenset(["top"]),
    twofold=frozenset(["twins"]),
    sources={"facebook": "facebook", "facebook ads": "facebook"},
)


def told(column: Column) -> list[str | None]:
    return (
        []
        if column.faults is None
        else [text and re.sub(f"({ALLOWED}.*?)?{ABOUT}", " ", text) for text in column.faults]
    )


def test_yes_and_no_in_four_languages():
    column = read_booleans(cells("Có", "NO", "同意", "否", "Không", "1", None, "vielleicht"))
    assert column.values.to_list() == [True, False, True, False, False, True, None, None]
    assert refused(column) == [7]
    assert read_booleans(cells(1.0, 0.0)).values.to_list() == [True, False]


def test_stages_by_any_of_their_names():
    column = read_stages(cells("NÓNG", "hot", "nongg", "Đừng quên", None), KNOWN)
    assert column.values.to_list() == ["hot", "hot", None, None, None]
    assert told(column)[2:4] == [
        "no stage of that name ('nongg'; there are hot)",
        "set by rules alone, never by hand (dont_forget)",
    ]
    past = read_stages(cells("Đừng quên"), KNOWN, automatic=True)
    assert past.values.to_list() == ["dont_forget"]


def test_sources_that_are_new_get_codes():
    column = read_sources(cells("Facebook Ads", "Chợ đêm", "chợ đêm", "!?"), KNOWN)
    assert column.values.to_list() == ["facebook", "cho-dem", "cho-dem", None]
    assert (column.new, refused(column)) == ({"cho-dem": "Chợ đêm"}, [3])


def test_groups_as_a_list():
    column = read_groups(
        cells("VIP; Khách quen", '["vip"]', "", "vip;unknown", "top", "twins"), KNOWN
    )
    assert column.values.to_list() == [[1, 2], [1], None, None, None, None]
    assert "make it first" in told(column)[3]
    assert "filled by its rule" in told(column)[4]
    assert "write the code" in told(column)[5]
    assert read_groups(cells(["vip"], []), KNOWN).values.to_list() == [[1], None]


def test_another_currency_is_refused():
    column = read_currencies(cells("vnd", "USD", None), KNOWN)
    assert (column.values.to_list(), refused(column)) == (["VND", None, None], [1])


def faults(column: Column) -> list[str | None]:
    return [] if column.faults is None else column.faults.to_list()


def test_a_day_that_is_none_is_told_from_what_is_no_date():
    column = read_moments(cells("30/02/2026", "13/02/2026", "soon", "14/02/2026 25:00"), VIETNAM)
    assert faults(column) == [NO_DAY, None, NO_DATE, NO_DAY]


def test_where_no_currency_is_named_the_sign_that_most_amounts_bear_is_read_over():
    column = read_money(cells("12.500.000 đ", "7.000 đ", "5", "$8", "x"), None)
    assert amounts(column) == [12_500_000, 7_000, 5, None, None]
    assert faults(column) == [None, None, None, FOREIGN, NO_NUMBER]
    assert faults(read_money(cells("12.500.000 đ", "x"), "USD")) == [FOREIGN, NO_NUMBER]
