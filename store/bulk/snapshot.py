"""Reading all of one moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import polars as pl
from sqlalchemy import Connection, Engine

from custrata.store.bulk.frames import Query
from custrata.store.bulk.read import read


class Snapshot:
    """Queries that all see the database as it was when the first of them was asked."""

    def __init__(self, connection: Connection):
        self._connection = connection

    def frame(self, query: Query) -> pl.DataFrame:
        """All rows of a query; see `bulk` for types."""
        return read(self._connection, query)

    def value(self, query: Query) -> Any:
        """The first column of the first row; None where there is none."""
        frame = self.frame(query)
        return None if frame.is_empty() else frame.item(0, 0)


@contextmanager
def open_snapshot(engine: Engine) -> Iterator[Snapshot]:
    """A snapshot of a database."""
    options: dict[str, Any] = {}
    if engine.dialect.name != "sqlite":
        options = {"isolation_level": "REPEATABLE READ"}
    with engine.execution_options(**options).connect() as connection, connection.begin():
        yield Snapshot(connection)
