"""A store's database by itself."""

from collections.abc import Iterator

import pytest

from custrata.store.database import Database


@pytest.fixture
def database(url) -> Iterator[Database]:
    """A new store's database."""
    found = Database(url)
    yield found
    found.close()
