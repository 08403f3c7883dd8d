"""What tests of the examples share: their folder, and a browser."""

from pathlib import Path

import pytest

from tests.admin.conftest import driver

__all__ = ["driver"]


@pytest.fixture(scope="session")
def examples() -> Path:
    """The folder of the examples."""
    return Path(__file__).parents[2] / "examples"
