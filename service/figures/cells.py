"""Who lies in a part of the map of recency and frequency."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import Any

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata.engine.what_if import REVENUE
from custrata.service.figures.measured import FREQUENCY, RECENCY
from custrata.store.models import Customer, RunChunk

_MEASURES: Mapping[str, str] = {"recency": RECENCY, "frequency": FREQUENCY}


@dataclass(frozen=True)
class Buyer:
    """A customer with what the run measured of her."""

    customer_id: str
    name: str | None
    owner: str | None
    recency: float
    frequency: float
    revenue: Decimal | None


def buyers_within(
    session: Session,
    run_id: int,
    ends: Mapping[str, tuple[float, float]],
    after: str = "",
    limit: int = 50,
) -> list[Buyer]:
    """Customers of a cell in order of their ids, as that run measured them.

    Args:
        ends: least and greatest value of `recency` and `frequency`, both of the cell.
        after: the id after which to begin.
        limit: how many at most.
    """
    found: list[pl.DataFrame] = []
    rest = limit
    for piece in _pieces(session, run_id, after):
        inside = [pl.col(_MEASURES[name]).is_between(*both) for name, both in ends.items()]
        some = piece.filter(pl.col("customer_id") > after, *inside).head(rest)
        found.append(some)
        rest -= some.height
        if rest <= 0:
            break
    rows = [row for some in found for row in some.rows()]
    named = _named(session, [row[0] for row in rows])
    return [_buyer(row, *named[row[0]]) for row in rows if row[0] in named]


def _buyer(row: tuple[Any, ...], name: str | None, owner: str | None) -> Buyer:
    customer_id, recency, frequency, revenue = row
    exact = None if revenue is None else Decimal(str(revenue))
    return Buyer(customer_id, name, owner, recency, frequency, exact)


def _pieces(session: Session, run_id: int, after: str) -> Iterator[pl.DataFrame]:
    """What the run measured, piece by piece; only as many are read as are asked for."""
    query = select(RunChunk.number).where(RunChunk.run_id == run_id)
    query = query.where(RunChunk.last_customer > after).order_by(RunChunk.number)
    columns = ["customer_id", RECENCY, FREQUENCY, REVENUE]
    for number in session.scalars(query).all():
        one = select(RunChunk.data).where(RunChunk.run_id == run_id, RunChunk.number == number)
        yield pl.read_parquet(BytesIO(session.scalars(one).one()), columns=columns)


def _named(session: Session, ids: list[str]) -> dict[str, tuple[str | None, str | None]]:
    query = select(Customer.customer_id, Customer.name, Customer.owner)
    rows = session.execute(query.where(Customer.customer_id.in_(ids)))
    return {customer: (name, owner) for customer, name, owner in rows}
