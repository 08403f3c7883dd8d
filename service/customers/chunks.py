"""What runs measured of one customer: found, or taken out."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import polars as pl
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from custrata.service.runs.chunks import piece_of
from custrata.store.models import RunChunk

_SENDER = "referred_by"
"""The column, where rules read it, in which others name her."""


def measured(session: Session, customer_id: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Every run whose measures are kept and hold her, with a value for each column."""
    for run, number, first, last in _keys(session):
        if first <= customer_id <= last:
            rows = _rows(session, run, number).filter(pl.col("customer_id") == customer_id)
            for row in rows.iter_rows(named=True):
                yield run, row


def forget(session: Session, customer_id: str) -> int:
    """Take her out, and her name where she sent others; how many pieces were written again."""
    named: dict[int, bool] = {}
    count = 0
    for run, number, first, last in _keys(session):
        if first <= customer_id <= last or named.get(run, True):
            rows = _rows(session, run, number)
            named[run] = _SENDER in rows.columns
            count += _rewrite(session, run, number, rows, customer_id)
    return count


def _rewrite(session: Session, run: int, number: int, rows: pl.DataFrame, who: str) -> bool:
    """Write a piece without a customer; whether there was something of her in it."""
    others = rows.filter(pl.col("customer_id") != who)
    if _SENDER in rows.columns:
        sender = pl.col(_SENDER)
        others = others.with_columns(pl.when(sender.ne_missing(pl.lit(who))).then(sender))
    if others.equals(rows):
        return False
    here = (RunChunk.run_id == run, RunChunk.number == number)
    if others.is_empty():
        session.execute(delete(RunChunk).where(*here))
        return True
    piece = piece_of(others, number)
    values = {name: getattr(piece, name) for name in ("first_customer", "last_customer", "data")}
    session.execute(update(RunChunk).where(*here).values(values))
    return True


def _keys(session: Session) -> list[tuple[int, int, str, str]]:
    """Run, number, first and last customer of all pieces."""
    table = RunChunk
    query = select(table.run_id, table.number, table.first_customer, table.last_customer)
    found = session.execute(query.order_by(table.run_id, table.number)).all()
    return [(run, number, first, last) for run, number, first, last in found]


def _rows(session: Session, run: int, number: int) -> pl.DataFrame:
    data = select(RunChunk.data).where(RunChunk.run_id == run, RunChunk.number == number)
    return pl.read_parquet(BytesIO(session.execute(data).scalar_one()))
