"""Sales and refunds as frames."""

from __future__ import annotations

import polars as pl

from custrata.service.figures.ground import Ground


def sold(ground: Ground) -> pl.LazyFrame:
    """`customer_id`, `day`, `amount` (units of `10**-scale` of the facts), `is_sale`.

    A refund that names its sale has reduced it; others are rows of their own.
    """
    return ground.sold.lazy()
