from decimal import Decimal

import pytest

from custrata.cli import text
from custrata.cli.text import number, percent, table


def test_numbers_have_thousands_separators_and_stay_exact():
    assert number(1234567) == "1,234,567"
    assert number(Decimal("90071992547409931.10")) == "90,071,992,547,409,931.10"
    assert number(None) == "-"


def test_shares():
    assert percent(1, 3) == "33.3 %"
    assert percent(Decimal("0.5"), Decimal(2)) == "25.0 %"
    assert percent(0, 0) == "-"


def test_columns_are_aligned_by_what_a_terminal_shows():
    shown = table(["label", "n"], [["重要價值", "1,000"], ["khách", "7"]])
    assert shown.splitlines() == [
        "label         n",
        "--------  -----",
        "重要價值  1,000",
        "khách         7",
    ]


def test_a_table_without_rows_is_its_head():
    assert table(["a", "b"], []).splitlines() == ["a  b", "-  -"]


@pytest.mark.parametrize(
    ("called", "known", "typed"),
    [
        (".venv/bin/custrata", None, ".venv/bin/custrata"),
        ("/opt/bin/custrata", "/opt/bin/custrata", "custrata"),
        ("my place/custrata", "/opt/bin/custrata", "'my place/custrata'"),
        ("/x/custrata/__main__.py", None, "/usr/python -m custrata"),
        ("/x/pytest/__main__.py", None, "custrata"),
    ],
)
def test_how_it_can_be_typed_again(monkeypatch, called, known, typed):
    monkeypatch.setattr(text.sys, "argv", [called])
    monkeypatch.setattr(text.sys, "executable", "/usr/python")
    monkeypatch.setattr(text.shutil, "which", lambda _: known)
    assert text.program() == typed
