"""PostgreSQL: rows in and out by COPY, on the connection of the transaction.

The driver copies by a call of its own. It is made inside of SQLAlchemy's execution of a
statement, which brings the statement's values in and turns the driver's errors into its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import polars as pl
from sqlalchemy import (
    Connection,
    Engine,
    Integer,
    Table,
    Text,
    cast,
    event,
    func,
    select,
    type_coerce,
)

from custrata.engine.blocks import blocks
from custrata.store.bulk.frames import Query, Schema, UnfitError, from_csv, named, together

Work: TypeAlias = Callable[[Any, str, Any], None]

_COPIES = "custrata_copies"
_BLOCK = 32 * 2**20
_CHUNK = 100_000
_MANY = 20_000


def prepare(engine: Engine) -> None:
    """Let statements that are to be copied run so."""
    event.listen(engine, "do_execute", _execute)


def learn(connection: Connection, table: Table, rows: int) -> None:
    """Let the planner know of rows that came in bulk; by itself it learns minutes later.

    Until then it takes a new table for an empty one, and joins row by row.
    """
    if rows >= _MANY and connection.dialect.name == "postgresql":
        quote = connection.dialect.identifier_preparer
        connection.exec_driver_sql(f"ANALYZE {quote.format_table(table)}")


def read(connection: Connection, query: Query, schema: Schema) -> pl.DataFrame:
    """The rows of a query.

    Raises:
        UnfitError: the connection's engine was not prepared.
    """
    frames: list[pl.DataFrame] = []
    options = _options(connection, schema)

    def out(cursor: Any, statement: str, parameters: Any) -> None:
        copied = statement if parameters else statement % ()
        with cursor.copy(f"COPY ({copied}) TO STDOUT ({options})", parameters) as copy:
            frames.extend(from_csv(block, schema) for block in blocks(copy, _BLOCK))

    columns = map(_as_text, named(query, schema).subquery().c, schema.values())
    connection.execute(select(*columns), execution_options={_COPIES: out})
    if not frames:
        raise UnfitError
    return together(frames, schema)


def insert(connection: Connection, table: Table, frame: pl.DataFrame) -> None:
    """The frame's rows as new ones."""

    def into(cursor: Any, statement: str, _parameters: Any) -> None:
        with cursor.copy(statement) as copy:
            for chunk in frame.iter_slices(_CHUNK):
                copy.write(_csv(chunk))

    quote = connection.dialect.identifier_preparer
    names = ", ".join(map(quote.quote, frame.columns))
    statement = f"COPY {quote.format_table(table)} ({names}) FROM STDIN (FORMAT csv)"
    connection.exec_driver_sql(statement, execution_options={_COPIES: into})


def _execute(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
    """Whether the statement was run here."""
    work: Work | None = context.execution_options.get(_COPIES)
    if work is None:
        return False
    work(cursor, statement, parameters)
    return True


def _options(connection: Connection, schema: Schema) -> str:
    """Text always in quotes: at the head of a block, a byte order mark would be taken off."""
    quote = connection.dialect.identifier_preparer.quote_identifier
    texts = ", ".join(quote(name) for name, kind in schema.items() if kind == pl.String)
    return f"FORMAT csv, FORCE_QUOTE ({texts})" if texts else "FORMAT csv"


def _as_text(column: Any, kind: pl.DataType) -> Any:
    if kind == pl.Boolean:
        column = cast(column, Integer)
    elif kind == pl.Binary:
        column = func.encode(column, "hex")
    return type_coerce(column, Text)


def _csv(frame: pl.DataFrame) -> str:
    r"""Text is quoted, what is null is not; bytes as `\\x` and hexadecimal."""
    bytes_ = pl.col(pl.Binary).bin.encode("hex")
    text = frame.with_columns(pl.format(r"\x{}", bytes_).name.keep())
    return text.write_csv(include_header=False, quote_style="non_numeric")
