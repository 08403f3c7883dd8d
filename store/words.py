"""The words by which customers are found, kept beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl
from sqlalchemy import Connection, Table, delete, select

from custrata.store import bulk
from custrata.store.folding import digits, ending, words
from custrata.store.models import Customer, CustomerWord

_FEW = 500
"""So many ids in one statement: few enough to be found by an index, whatever a server guesses."""
_PART = 100_000
"""Customers whose words are held in memory at once."""
_SCHEMA = {"word": pl.String, "customer_id": pl.String}


def keep_words(connection: Connection, new: pl.Series, known: pl.Series) -> None:
    """Bring the words of customers to what they are called now.

    Args:
        new: ids of those who have no words yet. known: ids of those who may have others.
    """
    _forget(connection, known.to_list())
    ids = pl.concat([new, known]).alias("customer_id").sort().to_frame()
    for part in ids.iter_slices(_PART):
        bulk.insert(connection, _table(), _words(_called(connection, part)))


def _forget(connection: Connection, ids: list[str]) -> None:
    for start in range(0, len(ids), _FEW):
        some = _table().c.customer_id.in_(ids[start : start + _FEW])
        connection.execute(delete(_table()).where(some))


def _called(connection: Connection, ids: pl.DataFrame) -> pl.DataFrame:
    """`customer_id`, `name` and `phone` of those who have either."""
    table = Customer.__table__.c
    given = bulk.staged(connection, _table(), ids)
    query = select(table.customer_id, table.name, table.phone).join_from(
        Customer.__table__, given, given.c.customer_id == table.customer_id
    )
    named = table.name.is_not(None) | table.phone.is_not(None)
    return bulk.read(connection, query.where(named))


def _words(called: pl.DataFrame) -> pl.DataFrame:
    """The rows to be, in their order in the table."""
    pairs = ((word, who) for who, *said in called.iter_rows() for word in _found_by(*said))
    return pl.DataFrame(list(pairs), schema=_SCHEMA, orient="row").sort("word", "customer_id")


def _found_by(name: str | None, phone: str | None) -> Iterable[str]:
    return dict.fromkeys([*words(name or ""), *_numbers(phone or "")])


def _numbers(phone: str) -> Iterator[str]:
    number = digits(phone)
    if number:
        yield from (number, ending(number))


def _table() -> Table:
    table = CustomerWord.__table__
    assert isinstance(table, Table)
    return table
