"""What facts are read with: a snapshot, or a transaction that is about to write."""

from __future__ import annotations

from typing import Any, Protocol

import polars as pl
from sqlalchemy import Select
from sqlalchemy.orm import Session

from custrata.store import bulk


class Reader(Protocol):
    """Gives the rows of queries as frames; see `store.bulk` for their types."""

    def frame(self, query: Select[Any]) -> pl.DataFrame:
        """All rows."""
        ...

    def value(self, query: Select[Any]) -> Any:
        """The first column of the first row; None where there is none."""
        ...


class Within:
    """Reads what a transaction sees, its own changes among it."""

    def __init__(self, session: Session):
        session.flush()
        self._session = session

    def frame(self, query: Select[Any]) -> pl.DataFrame:
        """All rows."""
        return bulk.read(self._session.connection(), query)

    def value(self, query: Select[Any]) -> Any:
        """The first column of the first row; None where there is none."""
        return self._session.execute(query).scalar()
