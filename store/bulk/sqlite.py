"""SQLite: a query's columns, each as one JSON array that SQLite makes and Polars parses.

Twice to three times as fast as row by row, for twice the memory. Drivers that bring a SQLite of
their own, such as ADBC's, read faster still and must not be used: two SQLites in one process undo
each other's locks, and transactions get lost (docs/decisions/0007).
"""

from __future__ import annotations

from typing import Any

import polars as pl
from sqlalchemy import Connection, LargeBinary, String, case, cast, func, select
from sqlalchemy.exc import DBAPIError

from custrata.store.bulk.frames import Query, Schema, UnfitError, as_text, from_text, named


def read(connection: Connection, query: Query, schema: Schema) -> pl.DataFrame:
    """The rows of a query.

    Raises:
        UnfitError: a float would not survive as JSON, or a column is longer than a text may be.
    """
    if pl.Float64 in schema.values():
        raise UnfitError
    columns = named(query, schema).subquery().c
    try:
        arrays = connection.execute(select(*map(_array, columns, schema.values()))).one()
    except MemoryError as error:
        raise UnfitError from error
    except DBAPIError as error:
        if getattr(error.orig, "sqlite_errorname", None) == "SQLITE_TOOBIG":
            raise UnfitError from error
        raise
    found = map(_column, schema, as_text(schema).values(), arrays)
    return from_text(pl.DataFrame(list(found)), schema)


def _array(column: Any, kind: pl.DataType) -> Any:
    if kind == pl.Binary:
        column = case((column.is_not(None), func.hex(column)))
    elif kind == pl.String:
        column = cast(column, String)
    return cast(func.json_group_array(column), LargeBinary)


def _column(name: str, kind: pl.DataType, array: bytes) -> pl.Series:
    text = pl.Series(name, [array]).cast(pl.String)
    return text.str.json_decode(pl.List(kind)).explode(empty_as_null=False)
