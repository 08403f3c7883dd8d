"""The page on importing names every record, field and own id that the code knows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from custrata.service.imports import RECORDS

PAGE = (Path(__file__).parents[3] / "docs/importing.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("record", RECORDS)
def test_each_record_has_its_fields_needed_ones_in_bold(record):
    (row,) = re.findall(rf"^\| `{record}` \|(.*)\|(.*)\|$", PAGE, re.MULTILINE)
    fields, same = row
    assert re.findall(r"\*\*`(\w+)`\*\*", fields) == list(RECORDS[record].needed)
    assert set(re.findall(r"`(\w+)`", fields)) == set(RECORDS[record].by_name)
    assert re.findall(r"`(\w+)`", same) == list(RECORDS[record].own)
