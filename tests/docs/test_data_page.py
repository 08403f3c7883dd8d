"""The page on data names every column, word and measure that the code knows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from custrata.engine.facts import meaning, records
from custrata.engine.hookspecs import Measure
from custrata.engine.measures import builtin_measures
from custrata.engine.measures.customers import CLOSED
from custrata.engine.measures.surveys import RECOMMEND, SATISFACTION

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "data.md").read_text(encoding="utf-8")
PUBLIC = [one for one in builtin_measures() if not one.name.startswith("_")]


def row(name: str, cells: int) -> list[str]:
    """The cells of the one row, in a table that wide, that begins with a name."""
    found = re.findall(rf"^\| `{name}` \|(.*)\|$", PAGE, re.MULTILINE)
    (only,) = [one.split("|") for one in found if one.count("|") == cells - 1]
    return [cell.strip() for cell in only]


@pytest.mark.parametrize(
    "record", [records.CUSTOMERS, records.MEASURES, *records.DATED], ids=lambda one: one.name
)
def test_each_record_has_its_columns_needed_ones_in_bold(record: records.Record) -> None:
    _option, columns = row(record.name, 2)
    bold = re.findall(r"\*\*`(\w+)`\*\*", columns)
    assert set(bold) == {records.CUSTOMER, *record.needed}
    assert set(record.words) <= set(re.findall(r"`(\w+)`", columns))


@pytest.mark.parametrize("measure", PUBLIC, ids=lambda one: one.name)
def test_each_measure_has_its_unit_no_data_value_and_parameters(measure: Measure) -> None:
    unit, definition, no_data, parameters = row(measure.name, 4)
    assert (unit, bool(definition)) == (measure.unit, True)
    nothing = {"None": "null", "False": "false", "0": "0"}[str(measure.no_data)]
    assert no_data.split(";")[0] == nothing
    schema = measure.parameters() if measure.parameters else None
    names = set(schema.fields) if schema else set()
    names |= {"window"} if measure.windowed else set()
    assert names <= set(re.findall(r"`(\w+)`", parameters))
    assert bool(parameters) == bool(names)


@pytest.mark.parametrize(
    "words",
    [
        meaning.NOBODY_REACHED,
        meaning.MASS_MAIL,
        meaning.INCOMING,
        meaning.SYSTEM,
        SATISFACTION,
        [text for text, _ in RECOMMEND],
        CLOSED,
    ],
)
def test_each_word_stands_there(words: list[str]) -> None:
    assert [word for word in words if f"`{word}`" not in PAGE] == []
