"""Amounts and months as people type them."""

from datetime import date
from decimal import Decimal

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
    ],
)
def test_an_amount_is_read_in_the_way_of_the_language(reading, language, text, amount):
    assert reading(language, typed.amount, text) == amount


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "12.500.000"), ("vi", "12,500,000"), ("en", "many"), ("en", "NaN")],
)
def test_what_is_no_amount_there_is_refused(reading, language, text):
    with pytest.raises(DataError) as error:
        reading(language, typed.amount, text)
    assert error.value.diagnostics[0].code == "no-number"


def test_a_month(reading):
    assert reading("en", typed.month, "2026-11") == date(2026, 11, 1)
    for text in ("", "2026", "2026-13", "0001-01", "November"):
        with pytest.raises(DataError) as error:
            reading("en", typed.month, text)
        assert error.value.diagnostics[0].code == "no-month"
