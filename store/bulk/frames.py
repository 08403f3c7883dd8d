"""Frames of a query: their columns, and what of them travels as something else.

In text, bytes travel in hexadecimal and truth values as 0 and 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import polars as pl
from sqlalchemy import Boolean, Integer, LargeBinary, Select, quoted_name
from sqlalchemy.types import Float, TypeDecorator, TypeEngine

Query: TypeAlias = Select[*tuple[Any, ...]]
Schema: TypeAlias = Mapping[str, pl.DataType]


class UnfitError(Exception):
    """A server's fast way cannot carry these rows; the plain one can."""


def schema_of(query: Query) -> Schema:
    """The columns of a query's frame; one without a name is `column_` and its place, from 0."""
    columns = enumerate(query.subquery().c)
    return {_name(one.name, place): _type(one.type) for place, one in columns}


def named(query: Query, schema: Schema) -> Query:
    """The query with its columns named as the frame's, fit to be asked further."""
    names = (quoted_name(name, quote=True) for name in schema)
    columns = zip(query.selected_columns, names, strict=True)
    return query.with_only_columns(*(column.label(name) for column, name in columns))


def as_text(schema: Schema) -> Schema:
    """The same columns as they travel in text."""
    travels: dict[Any, pl.DataType] = {pl.Binary(): pl.String(), pl.Boolean(): pl.Int64()}
    return {name: travels.get(kind, kind) for name, kind in schema.items()}


def from_text(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """The frame that travelled in text."""
    back = (
        pl.col(name).str.decode("hex") if kind == pl.Binary else pl.col(name).cast(kind)
        for name, kind in schema.items()
    )
    return frame.select(back)


def from_csv(text: bytes, schema: Schema) -> pl.DataFrame:
    """Lines of CSV; what is missing is null, `""` is empty text."""
    if not text:
        return pl.DataFrame(schema=dict(schema))
    frame = pl.read_csv(text, has_header=False, schema=dict(as_text(schema)))
    return from_text(frame, schema)


def together(frames: list[pl.DataFrame], schema: Schema) -> pl.DataFrame:
    """One frame of all; an empty one where there are none."""
    return pl.concat([pl.DataFrame(schema=dict(schema)), *frames])


def _name(name: str, place: int) -> str:
    return f"column_{place}" if "%" in name else name


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
