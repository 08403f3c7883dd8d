"""How large a data set is, and where it is kept. Light: the measuring process imports it."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

VERSION = 5
"""Part of the folder's name; raise it when what is generated changes."""


@dataclass(frozen=True)
class Size:
    """How much to generate, and in which form.

    Attributes:
        amounts: `integer` (minor units, Int64) or `float` (major units, two decimals).
        ids: `text` (`C0000042`) or `integer`.
    """

    customers: int
    transactions: int
    amounts: str = "integer"
    ids: str = "text"
    seed: int = 20261121

    @property
    def name(self) -> str:
        """Folder name, unique for what it holds."""
        kind = f"{self.amounts}-{self.ids}"
        return f"v{VERSION}-{self.customers}-{self.transactions}-{kind}-{self.seed}"

    @property
    def folder(self) -> Path:
        """Where it is kept."""
        return cache() / self.name


def cache() -> Path:
    """Where data sets are kept between runs; `CUSTRATA_BENCHMARKS` names another place."""
    default = Path(tempfile.gettempdir()) / "custrata-benchmarks"
    return Path(os.environ.get("CUSTRATA_BENCHMARKS", default))
