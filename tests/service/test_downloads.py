"""Files for spreadsheets: nothing in them runs."""

from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO

import polars as pl
import pytest

from custrata.service.downloads import escaped, table_file

HEAD = ("name", "=sum", "day")
ROWS = (
    ("=HYPERLINK(1)", 5, date(2026, 11, 21)),
    ("Đặng, “An”", Decimal("1.50"), None),
    (None, -3, datetime(2026, 11, 21, 9, 30, tzinfo=UTC)),
)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_what_looks_like_a_formula_gets_an_apostrophe(start):
    assert escaped(start + "1+1") == f"'{start}1+1"
    assert escaped("a" + start) == "a" + start


def test_a_csv_that_excel_reads():
    content = table_file(HEAD, ROWS, "csv")
    assert content.decode("utf-8-sig").splitlines() == [
        "name,'=sum,day",
        "'=HYPERLINK(1),5,2026-11-21",
        '"Đặng, “An”",1.50,',
        ",-3,2026-11-21 09:30:00",
    ]
    assert content.startswith(b"\xef\xbb\xbf")


def test_an_xlsx():
    rows = [row[:2] for row in ROWS[:2]]
    found = pl.read_excel(BytesIO(table_file(HEAD[:2], rows, "xlsx")), engine="calamine")
    assert found.columns == ["name", "'=sum"]
    assert found["name"].to_list() == ["'=HYPERLINK(1)", "Đặng, “An”"]
