"""Who bought what: of the products that most customers bought."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from sqlalchemy import func, select

from custrata.store.models import Transaction

if TYPE_CHECKING:
    from custrata.service.runs.reading import Reader

MOST = 20
"""So many products are set against each other."""


def bought(reader: Reader) -> pl.DataFrame:
    """`product`, `customer_id`, each pair once; the index of both serves it.

    Whoever gave a product back has bought it all the same: it is not what she lacks.
    """
    table = Transaction.__table__.c
    buyers = func.count(table.customer_id.distinct()).label("buyers")
    counted = select(table.product, buyers).where(table.product.is_not(None))
    counted = counted.group_by(table.product)
    # the few best of many products are found here: not every server sorts as Python does
    frame = reader.frame(counted).sort(["buyers", "product"], descending=[True, False])
    products = frame["product"].head(MOST).to_list()
    pairs = select(table.product, table.customer_id).where(table.product.in_(products))
    return reader.frame(pairs.distinct())
