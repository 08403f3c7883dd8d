"""MariaDB: rows in and out as text that the server makes or takes, many cells at a time.

The driver is slow with each single cell, so a row comes as one line of CSV, and many rows go as
the literals of one statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, Table, func, literal_column
from sqlalchemy.exc import CompileError

from custrata.store.bulk.frames import Query, Schema, UnfitError, from_csv, together
from custrata.store.faults import refuse

_ROWS = 100_000
_STATEMENT = 2**20
"""Bytes; servers take 16 MB and more, a row larger than this goes alone."""
_COMMA: ColumnElement[str] = literal_column("BINARY ','")
_QUOTE: ColumnElement[str] = literal_column("""'"'""")
_QUOTES: ColumnElement[str] = literal_column("""'""'""")
_NOTHING: ColumnElement[str] = literal_column("''")


def read(connection: Connection, query: Query, schema: Schema) -> pl.DataFrame:
    """The rows of a query.

    Raises:
        UnfitError: a row is longer than the server sends as one value, or their order is
            given by a name.
    """
    cells = map(_cell, query.selected_columns, schema.values())
    line = query.with_only_columns(func.concat_ws(_COMMA, *cells))
    try:
        with connection.execute(line, execution_options={"stream_results": True}) as lines:
            texts = map(_text, lines.scalars().partitions(_ROWS))
            return together([from_csv(one, schema) for one in texts], schema)
    except CompileError as error:
        raise UnfitError from error


def insert(connection: Connection, table: Table, frame: pl.DataFrame) -> None:
    """The frame's rows as new ones."""
    quote = connection.dialect.identifier_preparer
    names = ", ".join(map(quote.quote, frame.columns))
    head = f"INSERT INTO {quote.format_table(table)} ({names}) VALUES "  # noqa: S608 - of tables
    for chunk in frame.iter_slices(_ROWS):
        for values in _statements(_literals(chunk)):
            _refuse_larger(connection, len(values.encode()))
            connection.exec_driver_sql(head + values, execution_options={"no_parameters": True})


def _refuse_larger(connection: Connection, size: int) -> None:
    """A statement that is too large the server answers by hanging up, which tells nothing."""
    if size <= 2 * _STATEMENT:
        return
    most = connection.exec_driver_sql("SELECT @@max_allowed_packet").scalar_one()
    if size >= most:
        fault = f"a row of {size:,} bytes is larger than MariaDB takes; nothing was written"
        raise refuse("value-too-large", fault, f"max_allowed_packet bytes, {most:,} now")


def _cell(column: Any, kind: pl.DataType) -> Any:
    """As CSV has it: text in quotes, so that it differs from what is missing."""
    if kind == pl.Binary:
        column = func.hex(column)
    elif kind == pl.String:
        column = func.concat(_QUOTE, func.replace(column, _QUOTE, _QUOTES), _QUOTE)
    return func.ifnull(column, _NOTHING)


def _text(lines: Sequence[bytes | None]) -> bytes:
    whole = [one for one in lines if one is not None]
    if len(whole) < len(lines):
        raise UnfitError
    return b"\n".join([*whole, b""])


def _statements(rows: pl.Series) -> Iterator[str]:
    """Rows that go together."""
    block = rows.str.len_bytes().cum_sum() // _STATEMENT
    for some in pl.DataFrame([rows, block.alias("block")]).partition_by("block"):
        yield ",".join(some.to_series())


def _literals(frame: pl.DataFrame) -> pl.Series:
    """A row's values in brackets."""
    values = [_literal(pl.col(name), kind) for name, kind in frame.schema.items()]
    row = pl.concat_str(pl.lit("("), pl.concat_str(values, separator=","), pl.lit(")"))
    return frame.select(row.alias("row")).to_series()


def _literal(column: pl.Expr, kind: pl.DataType) -> pl.Expr:
    if kind == pl.Binary:
        text = pl.lit("x'") + column.bin.encode("hex") + pl.lit("'")
    elif kind.is_numeric() or kind == pl.Boolean:
        text = column.cast(pl.String)
    else:
        text = pl.lit("'") + _escaped(column.cast(pl.String)) + pl.lit("'")
    return text.fill_null("NULL")


def _escaped(text: pl.Expr) -> pl.Expr:
    doubled = text.str.replace_all("\\", "\\\\", literal=True)
    return doubled.str.replace_all("'", "''", literal=True)
