"""Rows of a database as frames of text, as fast as each driver lets them go."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING, Any

import polars as pl

from custrata.engine.blocks import blocks

if TYPE_CHECKING:
    from sqlalchemy import Connection, CursorResult

_CHUNK = 50_000
_BLOCK = 16 * 2**20
_BOOLEAN, _FLOATS = 16, (700, 701)
"""What PostgreSQL calls these types. https://www.postgresql.org/docs/current/catalog-pg-type.html"""
_MARIADB_FLOATS, _MARIADB_BIT = (4, 5), 16
"""What MariaDB calls them. https://mariadb.com/kb/en/result-set-packets/#field-types"""
_TENANT = re.compile(r"(?<![:\w]):tenant\b")


def fetched(connection: Connection, sql: str, tenant: str | None) -> pl.DataFrame:
    """All rows of a question, every column as text; null where there is nothing.

    Args:
        sql: one SELECT, in which `:tenant` stands for the tenant.
    """
    if connection.dialect.name == "postgresql":
        return _copied(connection, sql, tenant)
    lined = _lined(connection, sql, tenant) if connection.dialect.name == "mariadb" else None
    return lined if lined is not None else _plain(connection, sql, tenant)


def execute(
    connection: Connection, sql: str, tenant: str | None, **options: Any
) -> CursorResult[Any]:
    """Run a statement in which `:tenant` stands for the tenant; other colons bind nothing."""
    from sqlalchemy import text

    parts = _TENANT.split(sql)
    escaped = ":tenant".join(part.replace(":", r"\:") for part in parts)
    return connection.execute(text(escaped), bound(sql, tenant), execution_options=options)


def uses_tenant(sql: str) -> bool:
    """Whether `:tenant` stands in a text."""
    return bool(_TENANT.search(sql))


def bound(sql: str, tenant: str | None) -> dict[str, object]:
    """The values of a text."""
    return {"tenant": tenant} if uses_tenant(sql) else {}


def _asked(connection: Connection, sql: str, tenant: str | None) -> CursorResult[Any]:
    return execute(connection, sql, tenant, stream_results=True)


def _plain(connection: Connection, sql: str, tenant: str | None) -> pl.DataFrame:
    """As the driver gives them, cell by cell."""
    result = _asked(connection, sql, tenant)
    names = list(result.keys())
    schema = dict.fromkeys(names, pl.String)
    parts = [
        pl.DataFrame([[_spelt(cell) for cell in row] for row in rows], schema, orient="row")
        for rows in result.partitions(_CHUNK)
    ]
    return pl.concat([pl.DataFrame(schema=schema), *parts])


def _lined(connection: Connection, sql: str, tenant: str | None) -> pl.DataFrame | None:
    """By one line of CSV a row, made by MariaDB: its driver is slow with each single cell.

    None where a row is longer than the server sends as one value.
    """
    with _asked(connection, f"SELECT * FROM ({sql}) AS asked LIMIT 0", tenant) as none:  # noqa: S608
        described: Any = none.cursor.description
    kinds = {name: kind for name, kind, *_rest in described}
    cells = ", ".join(_cell(name, kind) for name, kind in kinds.items())
    lines = f"SELECT CONCAT_WS(BINARY ',', {cells}) FROM ({sql}) AS asked"  # noqa: S608
    parts = []
    with _asked(connection, lines, tenant) as result:
        for some in result.scalars().partitions(_CHUNK):
            if None in some:
                return None
            parts.append(_csv(b"\n".join(some), list(kinds)))
    rows = pl.concat([pl.DataFrame(schema=dict.fromkeys(kinds, pl.String)), *parts])
    return _unfolded(rows, [name for name, kind in kinds.items() if kind in _MARIADB_FLOATS])


def _cell(name: str, kind: int) -> str:
    """In quotes, so that an empty text differs from what is missing."""
    column = "`{}`".format(name.replace("`", "``"))
    number = f"{column} + 0" if kind == _MARIADB_BIT else column
    text = f"CONVERT(CAST({number} AS CHAR) USING utf8mb4)"
    return f"""IFNULL(CONCAT('"', REPLACE({text}, '"', '""'), '"'), '')"""


def _copied(connection: Connection, sql: str, tenant: str | None) -> pl.DataFrame:
    """By COPY; its values are brought in by the driver, which quotes them."""
    parts = _TENANT.split(sql)
    spelt = "%(tenant)s".join(part.replace("%", "%%") for part in parts)
    given = {"tenant": tenant}
    raw: Any = connection.connection.cursor()
    try:
        raw.execute(f"SELECT * FROM ({spelt}) AS asked LIMIT 0", given)  # noqa: S608
        kinds = {column.name: column.type_code for column in raw.description}
        with raw.copy(f"COPY ({spelt}) TO STDOUT (FORMAT csv, FORCE_QUOTE *)", given) as copy:
            parts_read = [_csv(one, list(kinds)) for one in blocks(copy, _BLOCK) if one]
    finally:
        raw.close()
    rows = pl.concat([pl.DataFrame(schema=dict.fromkeys(kinds, pl.String)), *parts_read])
    truths = [name for name, kind in kinds.items() if kind == _BOOLEAN]
    rows = rows.with_columns(pl.col(truths).replace({"t": "true", "f": "false"}))
    return _unfolded(rows, [name for name, kind in kinds.items() if kind in _FLOATS])


def _unfolded(rows: pl.DataFrame, floats: list[str]) -> pl.DataFrame:
    """Floats that a server tells as 1e+17, as numbers."""
    for name in floats:
        folded = rows[name].str.contains("e")
        if folded.any():
            found = [format(Decimal(text), "f") for text in rows[name].filter(folded)]
            spelt = dict(zip(rows[name].filter(folded), found, strict=True))
            rows = rows.with_columns(pl.col(name).replace(spelt))
    return rows


def _csv(block: bytes, names: list[str]) -> pl.DataFrame:
    schema = dict.fromkeys(names, pl.String)
    try:
        return pl.read_csv(BytesIO(block), has_header=False, schema=schema)
    except pl.exceptions.ComputeError:
        block.decode()  # tells which bytes are no text, where that is the reason
        raise


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
