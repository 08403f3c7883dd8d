"""A query's rows as a Polars frame."""

from __future__ import annotations

from typing import Any

import polars as pl
from sqlalchemy import JSON, Boolean, Connection, Integer, LargeBinary, Select, Text, cast
from sqlalchemy.types import Float, TypeDecorator, TypeEngine


def read(connection: Connection, query: Select[Any]) -> pl.DataFrame:
    """All rows, columns named and typed as the query's, values as the database holds them."""
    schema = schema_of(query)
    rows = connection.exec_driver_sql(sql_of(connection, query)).fetchall()
    frame = pl.DataFrame(
        [tuple(row) for row in rows], schema=_read_as(schema), orient="row", strict=False
    )
    return frame.cast(pl.Schema(schema))


def schema_of(query: Select[Any]) -> dict[str, pl.DataType]:
    """The frame's types."""
    return {str(column.key): _type(column.type) for column in query.selected_columns}


def sql_of(connection: Connection, query: Select[Any]) -> str:
    """The query with its values in it; JSON as text."""
    plain = (
        cast(one, Text).label(one.key) if isinstance(one.type, JSON) else one
        for one in query.selected_columns
    )
    compiled = query.with_only_columns(*plain).compile(
        connection, compile_kwargs={"literal_binds": True}
    )
    return str(compiled)


def _read_as(schema: dict[str, pl.DataType]) -> dict[str, Any]:
    return {name: pl.Int64 if kind == pl.Boolean else kind for name, kind in schema.items()}


def _type(kind: TypeEngine[Any]) -> pl.DataType:
    if isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    if isinstance(kind, Boolean):
        return pl.Boolean()
    if isinstance(kind, Integer):
        return pl.Int64()
    if isinstance(kind, Float):
        return pl.Float64()
    if isinstance(kind, LargeBinary):
        return pl.Binary()
    return pl.String()
