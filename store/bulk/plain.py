"""Any database: rows by the driver's own means, which every value survives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
from sqlalchemy import JSON, Connection, Table, Text, cast, type_coerce
from sqlalchemy.types import TypeDecorator

from custrata.store.bulk.frames import Query, Schema, together

_ROWS = 10_000
_CHUNK = 50_000


def read(connection: Connection, query: Query, schema: Schema) -> pl.DataFrame:
    """The rows of a query."""
    plain = query.with_only_columns(*map(_stored, query.selected_columns, schema))
    with connection.execute(plain, execution_options={"stream_results": True}) as rows:
        return together([_frame(some, schema) for some in rows.partitions(_ROWS)], schema)


def insert(connection: Connection, table: Table, frame: pl.DataFrame) -> None:
    """The frame's rows as new ones."""
    quote = connection.dialect.identifier_preparer
    names = ", ".join(map(quote.quote, frame.columns))
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    marks = ", ".join([mark] * frame.width)
    statement = f"INSERT INTO {quote.format_table(table)} ({names}) VALUES ({marks})"  # noqa: S608
    for chunk in frame.iter_slices(_CHUNK):
        connection.exec_driver_sql(statement, chunk.rows())


def _stored(column: Any, name: str) -> Any:
    """The value as the database holds it."""
    if isinstance(column.type, JSON):
        return cast(column, Text).label(name)
    if isinstance(column.type, TypeDecorator):
        return type_coerce(column, column.type.impl_instance).label(name)
    return column.label(name)


def _frame(rows: Sequence[Any], schema: Schema) -> pl.DataFrame:
    columns = zip(schema.items(), zip(*rows, strict=True), strict=True)
    return pl.DataFrame(
        [pl.Series(name, held, kind, strict=False) for (name, kind), held in columns]
    )
