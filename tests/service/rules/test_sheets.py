"""A table goes out as a workbook and comes back."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from custrata.engine.diagnostics import DataError
from custrata.service.rules.difference import difference
from custrata.service.rules.editing import editing
from custrata.service.rules.editing_text import applied
from custrata.service.rules.sheets import read_table, write_table
from custrata.service.xlsx_files import write_xlsx

SHIPPED = Path("config/rules.yaml").read_text()


@pytest.fixture
def form():
    return editing(SHIPPED, "loyalty")


def test_a_table_comes_back_as_it_went(form, tmp_path):
    write_table(form, tmp_path / "table.xlsx", {"satisfaction": "Hài lòng"}.get)
    header = pl.read_excel(tmp_path / "table.xlsx", infer_schema_length=0).columns
    assert header[0].startswith("repurchase_probability") or "Hài lòng (satisfaction)" in header
    assert applied(SHIPPED, read_table(form, tmp_path / "table.xlsx")) == SHIPPED


def test_a_header_of_brackets_alone_is_refused_at_once(form, tmp_path):
    write_xlsx(pl.DataFrame({"(" * 30_000: ["5"], "label": ["loyal"]}), tmp_path / "table.xlsx")
    with pytest.raises(DataError, match="no column"):
        read_table(form, tmp_path / "table.xlsx")


def test_rows_that_changed_are_told_apart_from_those_that_did_not(form, tmp_path):
    first, second, *others = form.rows
    other = replace(first, cells={"satisfaction": "1"}, note="= 1 + 1")
    write_table(replace(form, rows=(second, other, *others[1:])), tmp_path / "table.xlsx", str)
    found = applied(SHIPPED, read_table(form, tmp_path / "table.xlsx"))
    kinds = {one.kind for one in difference(SHIPPED, found)}
    assert kinds <= {"row_moved", "row_cell", "row_note", "row_removed", "row_added"}
    assert editing(found, "loyalty").rows[1].note == "= 1 + 1"


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"satisfactoin": ["5"], "label": ["loyal"]}, "satisfactoin"),
        ({"satisfaction": ["5"]}, "labels"),
        ({"satisfaction": ["5"], "label": [None]}, "no label"),
    ],
)
def test_a_sheet_that_is_no_table_is_refused_with_its_place(form, tmp_path, columns, told):
    write_xlsx(pl.DataFrame(columns), tmp_path / "table.xlsx")
    with pytest.raises(DataError, match=told) as caught:
        read_table(form, tmp_path / "table.xlsx")
    assert "table.xlsx" in str(caught.value)
    assert str(tmp_path) not in str(caught.value)
