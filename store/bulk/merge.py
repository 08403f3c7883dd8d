"""A frame's rows into a table: new ones, and those that differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import polars as pl
from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Table,
    Text,
    and_,
    cast,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy import insert as insert_into

from custrata.store.bulk import postgresql
from custrata.store.bulk.write import staged

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Merged:
    """What a merge did: rows that were new, that differed, that stood there as they are."""

    inserted: int
    changed: int
    same: int


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
    shared: Mapping[str, Any] = NOTHING,
) -> Merged:
    """As `merge`, of rows that are staged already.

    Args:
        shared: what all rows that are written say besides, by column; never compared.
    """
    names = [column.name for column in given.columns if column.name not in keys]
    same_key = and_(*(table.c[key] == given.c[key] for key in keys))
    differ = [_differ(table.c[one], given.c[one]) for one in _compared(names, compared)]
    said = {name: literal(value, table.c[name].type) for name, value in shared.items()}
    values = {**{one: given.c[one] for one in names}, **said}
    changed = _update(connection, table, values, same_key, or_(*differ)) if differ else 0
    inserted = _insert(connection, table, given, same_key, said)
    total = connection.execute(select(func.count()).select_from(given)).scalar_one()
    return Merged(inserted, changed, total - inserted - changed)


def _compared(values: Sequence[str], compared: Sequence[str] | None) -> Sequence[str]:
    return values if compared is None else compared


def _differ(held: ColumnElement[Any], given: ColumnElement[Any]) -> ColumnElement[bool]:
    """Null is equal to null; JSON is compared as text, for PostgreSQL does not compare it."""
    if isinstance(held.type, JSON):
        held, given = cast(held, Text), cast(given, Text)
    return held.is_distinct_from(given)


def _update(
    connection: Connection,
    table: Table,
    values: Mapping[str, ColumnElement[Any]],
    same_key: ColumnElement[bool],
    differ: ColumnElement[bool],
) -> int:
    """Write the staged rows that stand there and differ; how many."""
    statement = update(table).where(same_key, differ).values(dict(values))
    return connection.execute(statement).rowcount


def _insert(
    connection: Connection,
    table: Table,
    given: Table,
    same_key: ColumnElement[bool],
    said: Mapping[str, ColumnElement[Any]],
) -> int:
    """Write the staged rows that do not stand there; how many."""
    missing = select(given, *said.values())
    missing = missing.where(~select(1).where(same_key).correlate(given).exists())
    statement = insert_into(table).from_select([*given.c.keys(), *said], missing)
    options = {"preserve_rowcount": True}
    inserted = connection.execute(statement, execution_options=options).rowcount
    postgresql.learn(connection, table, inserted)
    return inserted
