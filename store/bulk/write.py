"""A frame's rows as new ones of a table, or of a temporary one."""

from __future__ import annotations

import secrets
from typing import Any

import polars as pl
from sqlalchemy import Column, Connection, MetaData, Table, event

from custrata.store.bulk import mariadb, plain, postgresql

_WAYS = {"sqlite": plain.insert, "postgresql": postgresql.insert, "mariadb": mariadb.insert}


def insert(connection: Connection, table: Table, frame: pl.DataFrame) -> None:
    """All rows as new ones.

    Args:
        frame: columns named as the table's, values as the database holds them.

    Raises:
        IntegrityError: a row stands there already.
    """
    if not frame.is_empty():
        _WAYS[connection.dialect.name](connection, table, frame)
        postgresql.learn(connection, table, frame.height)


def staged(connection: Connection, table: Table, frame: pl.DataFrame) -> Table:
    """A temporary table of the frame's rows, its columns typed as in `table`.

    It is this connection's alone, and goes away with the transaction.
    """
    columns = [Column(one, table.c[one].type) for one in frame.columns]
    name = f"staged_{secrets.token_hex(4)}"
    options: dict[str, Any] = {"prefixes": ["TEMPORARY"], "postgresql_on_commit": "DROP"}
    temporary = Table(name, MetaData(), *columns, **options)
    temporary.create(connection)
    insert(connection, temporary, frame)
    _settle(connection, name)
    return temporary


def _settle(connection: Connection, name: str) -> None:
    """PostgreSQL wants to know how much there is; the others, when it may go."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"ANALYZE {name}")
        return
    temporary = "" if connection.dialect.name == "sqlite" else "TEMPORARY "
    event.listen(
        connection, "commit", lambda open_: open_.exec_driver_sql(f"DROP {temporary}TABLE {name}")
    )
