from __future__ import annotations

from pathlib import Path

import pytest

from custrata.engine.diagnostics import DataError
from custrata.service.connect.loading import parse_mapping
from custrata.service.connect.source import Crm
from tests.service.connect.places import MAPPING, fill, orders, people


class Small:
    """A small CRM on SQLite, and mappings of it."""

    def __init__(self, folder: Path):
        self.folder, self.made = folder, 0

    def url(self, **tables: dict[str, list]) -> str:
        """A database with people and orders, or other tables in their place."""
        self.made += 1
        url = f"sqlite:///{self.folder}/crm{self.made}.db"
        return fill(url, {"people": people(), "orders": orders(), **tables})

    def crm(self, text: str = MAPPING, tenant: str | None = "1", **tables: dict[str, list]) -> Crm:
        """The CRM by a mapping's text."""
        return Crm(parse_mapping(text.encode(), "crm.yaml"), self.url(**tables), tenant)

    def changed(self, old: str, new: str) -> str:
        """The mapping's text with one part changed."""
        assert MAPPING.count(old) == 1, old
        return MAPPING.replace(old, new)

    def fails(self, crm: Crm) -> dict[str, str]:
        """Every error of reading it, by code."""
        with pytest.raises(DataError) as caught:
            crm.frames()
        return {one.code: str(one) for one in caught.value.diagnostics if one.severity == "error"}


@pytest.fixture
def small(tmp_path: Path) -> Small:
    return Small(tmp_path)
