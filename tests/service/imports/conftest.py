from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from custrata.service.desk import Desk
from custrata.service.imports import open_sheet
from tests.service.imports.inbox import Inbox


@pytest.fixture
def inbox(desk: Desk, tmp_path: Path) -> Inbox:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return Inbox(desk, folder)


@pytest.fixture
def sheet_of(tmp_path: Path) -> Callable[..., Any]:
    """A file with these column names and one row."""

    def make(*names: str, file: str = "file.csv") -> Any:
        path = tmp_path / file
        pl.DataFrame({name: ["x"] for name in names}).write_csv(path)
        return open_sheet(path)

    return make
