"""Workbooks: read back as they were written, with charts that spreadsheets draw."""

import zipfile
from datetime import date
from decimal import Decimal
from io import BytesIO

import fastexcel
import pytest

from custrata.engine.diagnostics import DataError
from custrata.service.workbooks import Chart, Sheet, workbook

SHEETS = [
    Sheet("Months", ["Month", "Revenue"], [("May", Decimal("1.5")), ("June", None)]),
    Sheet("Steps", ["Step", "Reached"], [("Lead", 3), ("Won", 1)], Chart("bar", "Funnel", (1,))),
]


def read(content, name):
    return fastexcel.read_excel(content).load_sheet(name).to_polars().rows()


def test_sheets_come_back_with_numbers_as_numbers():
    content = workbook(SHEETS)
    assert fastexcel.read_excel(content).sheet_names == ["Months", "Steps"]
    assert read(content, "Months") == [("May", 1.5), ("June", None)]
    assert read(content, "Steps") == [("Lead", 3.0), ("Won", 1.0)]


def test_charts_point_at_the_cells():
    with zipfile.ZipFile(BytesIO(workbook(SHEETS))) as book:
        (name,) = [one for one in book.namelist() if one.startswith("xl/charts/chart")]
        drawn = book.read(name).decode()
    assert "barChart" in drawn
    assert "Steps!$B$2:$B$3" in drawn
    assert "Funnel" in drawn


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx"])
def test_no_text_becomes_a_formula(text):
    content = workbook([Sheet("s", ["a", "b"], [(text, "x")])])
    assert read(content, "s") == [(text, "x")]
    with zipfile.ZipFile(BytesIO(content)) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    with zipfile.ZipFile(BytesIO(content)) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


def test_what_no_cell_holds_exactly_stays_text():
    rows = [(Decimal("12345678901234567.89"),), (date(2026, 11, 21),)]
    ((exact,), _) = read(workbook([Sheet("s", ["a"], rows)]), "s")
    assert exact == "12345678901234567.89"


def test_names_of_sheets_are_such_as_a_workbook_takes_and_each_once():
    names = ["a/b", "a b", "x" * 40, "", "A B"]
    content = workbook([Sheet(one, ["a"], [(1,)]) for one in names])
    found = fastexcel.read_excel(content).sheet_names
    assert len({one.lower() for one in found}) == 5
    assert all(0 < len(one) <= 31 for one in found)


def test_more_rows_than_a_sheet_has_are_refused_and_not_cut():
    with pytest.raises(DataError, match="too-many-rows"):
        workbook([Sheet("s", ["a"], [(1,)] * 2**20)])
