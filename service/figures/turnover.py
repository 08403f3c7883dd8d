"""What every salesperson brought, day by day: sales, revenue, who came, was won, was lost.

Days let a brief be of any time, a week or a quarter; `results` tells more, of whole months.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import polars as pl

from custrata.engine.measures.customers import CLOSED
from custrata.service.calendar.columns import local_day
from custrata.service.figures.milestones import first_sales, losses
from custrata.service.figures.owned import held
from custrata.store.types import day_number, day_of

if TYPE_CHECKING:
    from custrata.service.figures.ground import Ground

FIELDS = ("sales", "revenue", "won", "created", "lost", "complaints", "settled")
"""What the numbers of a day are, in order; revenue in units of `10**-scale`."""
HISTORY = 400
"""Days that are kept."""
NOBODY = ""
"""Stands for having no owner, where a JSON key is needed."""
_COMPLAINT = "complaint"


def turnover(ground: Ground) -> Mapping[str, Any]:
    """The figure `turnover`: everything counts for whom a customer belonged to on that day.

    A sale counts on its own date, less the refunds that name it; others reduce their own date. Won
    is a customer with her first sale ever; lost one who was put outside of the funnel, once a
    month. Complaints count on the day on which they were opened; settled are those of them that
    needed no more care when the run was made.
    """
    until = day_number(ground.result.as_of)
    since = until - HISTORY + 1
    rows = pl.concat([_nothing(), *_parts(ground)], how="diagonal")
    rows = rows.filter(pl.col("day").is_between(since, until))
    sums = [pl.col(name).sum() for name in FIELDS]
    theirs = held(rows.lazy(), ground.holdings).group_by("owner", "day").agg(sums)
    owners: dict[str, dict[str, list[int]]] = {}
    for owner, day, *numbers in theirs.sort("owner", "day").collect().iter_rows():
        owners.setdefault(owner or NOBODY, {})[day_of(day).isoformat()] = list(map(int, numbers))
    found = {"first": day_of(since).isoformat(), "scale": ground.result.facts.scale}
    return {"turnover": {**found, "owners": owners}}


def _nothing() -> pl.DataFrame:
    numbers = dict.fromkeys(FIELDS, pl.Int64)
    return pl.DataFrame(schema={"customer_id": pl.String, "day": pl.Int64, **numbers})


def _parts(ground: Ground) -> list[pl.DataFrame]:
    zone = ground.result.engine.ruleset.time_zone
    won = first_sales(ground).with_columns(won=_one())
    lost = losses(ground).with_columns(lost=_one())
    return [_sales(ground), won, _created(ground, zone), lost] + (
        [_complaints(ground)] if ground.result.facts.feedback is not None else []
    )


def _sales(ground: Ground) -> pl.DataFrame:
    made = ground.result.facts.transactions
    if made is None:
        return _nothing()
    wanted = made.select("customer_id", "day", "is_sale", nw.col("amount").alias("revenue"))
    frame: pl.DataFrame = wanted.to_native().collect()
    return frame.select("customer_id", "day", "revenue", sales=pl.col("is_sale").cast(pl.Int64))


def _created(ground: Ground, zone: str) -> pl.DataFrame:
    known = ground.beside.customers.filter(pl.col("created_at").is_not_null())
    return known.select("customer_id", day=local_day("created_at", zone), created=_one())


def _complaints(ground: Ground) -> pl.DataFrame:
    made = ground.result.facts.feedback
    assert made is not None
    those = made.filter(nw.col("kind") == _COMPLAINT).select("customer_id", "day", "state")
    frame: pl.DataFrame = those.to_native().collect()
    settled = pl.col("state").is_in(CLOSED).fill_null(value=False).cast(pl.Int64)
    return frame.select("customer_id", "day", complaints=_one(), settled=settled)


def _one() -> pl.Expr:
    return pl.lit(1, pl.Int64)
