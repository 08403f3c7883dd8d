"""A query's rows as a Polars frame."""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection, LargeBinary

from custrata.store.bulk import mariadb, plain, postgresql, sqlite
from custrata.store.bulk.frames import Query, UnfitError, schema_of

_WAYS = {"sqlite": sqlite.read, "postgresql": postgresql.read, "mariadb": mariadb.read}


def read(connection: Connection, query: Query) -> pl.DataFrame:
    """All rows, columns named and typed as the query's, values as the database holds them."""
    schema = schema_of(query)
    if not _is_large(query):
        try:
            return _WAYS[connection.dialect.name](connection, query, schema)
        except UnfitError:
            pass
    return plain.read(connection, query, schema)


def _is_large(query: Query) -> bool:
    """Whether it asks for whole files, which travel badly as text."""
    kinds = (column.type for column in query.selected_columns)
    return any(isinstance(kind, LargeBinary) and kind.length is None for kind in kinds)
