"""Rows of a database as frames of text, as fast as each driver lets them go."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from sqlalchemy import Connection

_CHUNK = 50_000
_BLOCK = 16 * 2**20
_BOOLEAN = 16
"""What PostgreSQL calls the type of true and false. https://www.postgresql.org/docs/current/catalog-pg-type.html"""
_TENANT = re.compile(r"(?<![:\w]):tenant\b")


def fetched(connection: Connection, sql: str, tenant: str | None) -> pl.DataFrame:
    """All rows of a question, every column as text; null where there is nothing.

    Args:
        sql: one SELECT, in which `:tenant` stands for the tenant.
    """
    if connection.dialect.name == "postgresql":
        return _copied(connection, sql, tenant)
    from sqlalchemy import text

    given = {"tenant": tenant} if _TENANT.search(sql) else {}
    result = connection.execution_options(stream_results=True).execute(text(escaped(sql)), given)
    names = list(result.keys())
    schema = dict.fromkeys(names, pl.String)
    parts = [
        pl.DataFrame([[_spelt(cell) for cell in row] for row in rows], schema, orient="row")
        for rows in result.partitions(_CHUNK)
    ]
    return pl.concat([pl.DataFrame(schema=schema), *parts])


def execute(connection: Connection, sql: str, tenant: str | None) -> None:
    """Run a statement for what it does to the connection."""
    from sqlalchemy import text

    given = {"tenant": tenant} if _TENANT.search(sql) else {}
    connection.execute(text(escaped(sql)), given)


def uses_tenant(sql: str) -> bool:
    """Whether `:tenant` stands in a text."""
    return bool(_TENANT.search(sql))


def escaped(sql: str) -> str:
    """Colons that bind nothing say so."""
    parts = _TENANT.split(sql)
    return ":tenant".join(part.replace(":", r"\:") for part in parts)


def _copied(connection: Connection, sql: str, tenant: str | None) -> pl.DataFrame:
    """By COPY; its values are brought in by the driver, which quotes them."""
    parts = _TENANT.split(sql)
    bound = "%(tenant)s".join(part.replace("%", "%%") for part in parts)
    given = {"tenant": tenant}
    raw: Any = connection.connection.cursor()
    try:
        raw.execute(f"SELECT * FROM ({bound}) AS asked LIMIT 0", given)  # noqa: S608
        kinds = {column.name: column.type_code for column in raw.description}
        with raw.copy(f"COPY ({bound}) TO STDOUT (FORMAT csv, FORCE_QUOTE *)", given) as copy:
            parts_read = [_csv(block, list(kinds)) for block in _blocks(copy)]
    finally:
        raw.close()
    rows = pl.concat([pl.DataFrame(schema=dict.fromkeys(kinds, pl.String)), *parts_read])
    truths = [name for name, kind in kinds.items() if kind == _BOOLEAN]
    return rows.with_columns(pl.col(truths).replace({"t": "true", "f": "false"}))


def _blocks(copy: Any) -> Iterator[bytes]:
    rows: list[bytes] = []
    size = 0
    for row in copy:
        rows.append(bytes(row))
        size += len(row)
        if size > _BLOCK:
            yield b"".join(rows)
            rows, size = [], 0
    if rows:
        yield b"".join(rows)


def _csv(block: bytes, names: list[str]) -> pl.DataFrame:
    schema = dict.fromkeys(names, pl.String)
    return pl.read_csv(BytesIO(block), has_header=False, schema=schema)


def _spelt(cell: Any) -> str | None:
    """What a driver gives, as text; numbers exactly, whole floats without a point."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return format(Decimal(repr(cell)), "f").removesuffix(".0")
    if isinstance(cell, Decimal):
        return format(cell, "f")
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    return json.dumps(cell, ensure_ascii=False) if isinstance(cell, dict | list) else str(cell)
