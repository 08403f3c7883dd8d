"""Files for spreadsheets: nothing in them runs."""

from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from zipfile import ZipFile

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


def test_the_cells_of_a_workbook_are_texts_as_they_are():
    rows = [("=HYPERLINK(1)", 5), ("+84901234567", 6), ("{=1+1}", 7)]
    content = table_file(HEAD[:2], rows, "xlsx")
    found = pl.read_excel(BytesIO(content), engine="calamine")
    assert found.columns == ["name", "=sum"]
    assert found["name"].to_list() == ["=HYPERLINK(1)", "+84901234567", "{=1+1}"]
    with ZipFile(BytesIO(content)) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


def test_an_xlsx_keeps_amounts_exact_and_moments_days_and_truths_what_they_are():
    moment = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
    row = (Decimal("12345678901234567.89"), Decimal("0.1"), moment, date(2026, 11, 21), True)
    content = table_file(tuple("abcde"), [row], "xlsx")
    found = pl.read_excel(BytesIO(content), engine="calamine")
    day = datetime(2026, 11, 21, 9, 30)  # noqa: DTZ001 - a cell has no zone
    assert found.row(0) == ("12345678901234567.89", 0.1, day, date(2026, 11, 21), True)
