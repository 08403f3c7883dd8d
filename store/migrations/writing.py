"""How new migrations are written, and what lets them run again where they were cut off."""

from __future__ import annotations

from typing import Any, Literal

from alembic.autogenerate.rewriter import Rewriter
from alembic.ddl.base import AddColumn, DropColumn, visit_add_column, visit_drop_column
from alembic.operations import ops
from sqlalchemy import URL, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeDecorator, TypeEngine

from custrata.store import types

_SERVERS = ("sqlite", "postgresql+psycopg", "mariadb+pymysql")
_DIALECTS = tuple(URL.create(name).get_dialect()() for name in _SERVERS)
_MADE = (types.serial, types.long_text, types.binary, types.digest, types.json_value)

restartable = Rewriter()


@restartable.rewrites(ops.CreateTableOp)
@restartable.rewrites(ops.CreateIndexOp)
@restartable.rewrites(ops.AddColumnOp)
def _unless_there(_context: Any, _revision: Any, found: Any) -> Any:
    found.if_not_exists = True
    return found


@restartable.rewrites(ops.DropTableOp)
@restartable.rewrites(ops.DropIndexOp)
@restartable.rewrites(ops.DropColumnOp)
def _if_there(_context: Any, _revision: Any, found: Any) -> Any:
    found.if_exists = True
    return found


@compiles(AddColumn, "sqlite")
def _add_column(element: AddColumn, compiler: Any, **words: Any) -> str:
    """SQLite has no IF NOT EXISTS for columns; its migrations are whole or not there."""
    element.if_not_exists = None
    return visit_add_column(element, compiler, **words)


@compiles(DropColumn, "sqlite")
def _drop_column(element: DropColumn, compiler: Any, **words: Any) -> str:
    element.if_exists = None
    return visit_drop_column(element, compiler, **words)


def rendered(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """A type as migrations write it; False leaves it to Alembic."""
    if kind != "type":
        return False
    if isinstance(item, TypeDecorator):
        return f"types.{type(item).__name__}()"
    made = {_spelt(make()): f"types.{make.__name__}()" for make in _MADE}
    if isinstance(item, String) and item.length:
        made[_spelt(types.bytewise(item.length))] = f"types.bytewise({item.length})"
    return made.get(_spelt(item), False)


def _spelt(kind: TypeEngine[Any]) -> tuple[str, ...]:
    """What it is on each server."""
    return tuple(kind.compile(dialect) for dialect in _DIALECTS)
