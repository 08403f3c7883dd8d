"""Amounts and months as people type them."""

from datetime import UTC, date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from custrata.admin import typed
from custrata.engine.diagnostics import DataError


@pytest.fixture
def reading(seen):
    """Reads a text in a language."""

    def read(language, call, text):
        with seen.app.test_request_context("/", headers={"Accept-Language": language}):
            return call(text)

    return read


@pytest.mark.parametrize(
    ("language", "text", "amount"),
    [
        ("vi", "12.500.000", 12_500_000),
        ("vi", " 1.234,5 ", Decimal("1234.5")),
        ("en", "12,500,000", 12_500_000),
        ("en", "1234.50", Decimal("1234.50")),
        ("zh-TW", "12,500", 12_500),
        ("vi", "", None),
        ("en", "-1", -1),
        ("en", "1.000.000", 1_000_000),
        ("vi", "12,500,000", 12_500_000),
        ("vi", "12.500", 12_500),
        ("en", "12 345", 12_345),
        ("vi", "1\u202f234\u202f567,5", Decimal("1234567.5")),
        ("vi", "-1,234.50", Decimal("-1234.5")),
        ("en", "0.125", Decimal("0.125")),
        ("zh-CN", "１，２３４", 1_234),
        ("en", "1234.500", Decimal("1234.5")),
    ],
)
def test_an_amount_is_read_in_the_way_of_the_language(reading, language, text, amount):
    assert reading(language, typed.amount, text) == amount


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "many"),
        ("en", "NaN"),
        ("en", "1.00.000"),
        ("en", "1,234,5"),
        ("vi", "12.5"),
        ("en", "12,34"),
        ("en", "0,500"),
        ("en", "--5"),
        ("en", "-"),
        ("en", "1 2"),
        ("en", "9" * 41),
    ],
)
def test_what_is_no_amount_there_is_refused(reading, language, text):
    with pytest.raises(DataError) as error:
        reading(language, typed.amount, text)
    assert error.value.diagnostics[0].code == "no-number"


@pytest.mark.parametrize(
    ("language", "text", "readings"),
    [("en", "12.500", "12,500 / 12.5"), ("vi", "-12,500", "12.500 / 12,5")],
)
def test_an_amount_that_can_be_read_in_two_ways_is_refused_with_both(
    reading, language, text, readings
):
    with pytest.raises(DataError) as error:
        reading(language, typed.amount, text)
    (told,) = error.value.diagnostics
    assert (told.code, told.allowed) == ("ambiguous-number", readings)


def test_a_month(reading):
    assert reading("en", typed.month, "2026-11") == date(2026, 11, 1)
    for text in ("", "2026", "2026-13", "0001-01", "November"):
        with pytest.raises(DataError) as error:
            reading("en", typed.month, text)
        assert error.value.diagnostics[0].code == "no-month"


def test_a_whole_number_that_a_database_can_hold():
    assert (typed.whole("0"), typed.whole("30")) == (0, 30)
    assert typed.whole("9" * 16) == 2**53
    for text in ("", "-1", "1.5", "²", "٣", "9" * 17, "9" * 5_000):
        with pytest.raises(ValueError, match="no whole number"):
            typed.whole(text)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-11-21T09:30", "02:30"),
        ("2026-11-21T09:30+00:00", "09:30"),
        (" 2026-11-21T09:30Z ", "09:30"),
    ],
)
def test_a_moment_is_on_the_clock_of_the_rules_unless_it_says_another(text, utc):
    found = typed.moment(text, ZoneInfo("Asia/Ho_Chi_Minh"))
    assert f"{found.astimezone(UTC):%H:%M}" == utc


@pytest.mark.parametrize("text", ["", "soon", "2026-02-30T10:00"])
def test_what_is_no_moment_or_no_day_is_refused(text):
    for read in (typed.day, lambda text: typed.moment(text, UTC)):
        with pytest.raises(DataError):
            read(text)
