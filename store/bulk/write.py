"""A frame's rows into a table: new ones, and those that differ."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    Table,
    and_,
    func,
    or_,
    select,
    update,
)
from sqlalchemy import (
    insert as insert_into,
)

_CHUNK = 50_000


@dataclass(frozen=True)
class Merged:
    """What a merge did: rows that were new, that differed, that stood there as they are."""

    inserted: int
    changed: int
    same: int


def insert(connection: Connection, table: Table, frame: pl.DataFrame) -> None:
    """All rows as new ones.

    Args:
        frame: columns named as the table's, values as the database holds them.

    Raises:
        IntegrityError: a row stands there already.
    """
    if frame.is_empty():
        return
    names = ", ".join(connection.dialect.identifier_preparer.quote(name) for name in frame.columns)
    marks = ", ".join([_mark(connection)] * frame.width)
    target = connection.dialect.identifier_preparer.format_table(table)
    statement = f"INSERT INTO {target} ({names}) VALUES ({marks})"  # noqa: S608 - names of tables
    for chunk in frame.iter_slices(_CHUNK):
        connection.exec_driver_sql(statement, chunk.rows())


def staged(connection: Connection, table: Table, frame: pl.DataFrame) -> Table:
    """A temporary table of the frame's rows, its columns typed as in `table`.

    It is this connection's alone, and goes away with the transaction or the connection.
    """
    name = f"staged_{secrets.token_hex(4)}"
    columns = [Column(one, table.c[one].type, nullable=True) for one in frame.columns]
    temporary = Table(name, MetaData(), *columns, prefixes=["TEMPORARY"])
    temporary.create(connection)
    insert(connection, temporary, frame)
    return temporary


def merge(
    connection: Connection,
    table: Table,
    frame: pl.DataFrame,
    keys: Sequence[str],
    compared: Sequence[str] | None = None,
) -> Merged:
    """Inserts rows that are new by their keys, updates those that differ.

    Args:
        frame: has the keys, each combination once; other columns are written.
        compared: columns whose difference makes a row a changed one; None takes all. With an
            empty sequence, rows that stand there are left as they are.
    """
    if frame.is_empty():
        return Merged(0, 0, 0)
    given = staged(connection, table, frame)
    return merge_staged(connection, table, given, keys, compared)


def merge_staged(
    connection: Connection,
    table: Table,
    given: Table,
    keys: Sequence[str],
    compared: Sequence[str] | None = None,
) -> Merged:
    """As `merge`, of rows that are staged already."""
    values = [column.name for column in given.columns if column.name not in keys]
    compared = values if compared is None else compared
    same_key = and_(*(table.c[key] == given.c[key] for key in keys))
    changed = 0
    if compared:
        differ = or_(*(table.c[one].is_distinct_from(given.c[one]) for one in compared))
        changed = _update(connection, table, given, values, same_key, differ)
    names = [column.name for column in given.columns]
    missing = select(given).where(~select(1).where(same_key).correlate(given).exists())
    statement = insert_into(table).from_select(names, missing)
    inserted = connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount
    total = connection.execute(select(func.count()).select_from(given)).scalar_one()
    return Merged(inserted, changed, total - inserted - changed)


def _update(
    connection: Connection,
    table: Table,
    given: Table,
    values: Sequence[str],
    same_key: Any,
    differ: Any,
) -> int:
    """Update in place from the staged rows; how many differed."""
    statement = update(table).where(same_key, differ).values({one: given.c[one] for one in values})
    return connection.execute(statement).rowcount


def _mark(connection: Connection) -> str:
    return "?" if connection.dialect.paramstyle == "qmark" else "%s"
