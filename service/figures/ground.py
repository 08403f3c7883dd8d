"""What figures and lists of a run are worked out from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl
from sqlalchemy import select

from custrata.service.figures.asked import answers, checklists
from custrata.service.figures.bought import bought
from custrata.service.figures.contacted import contacts
from custrata.service.figures.deals import deals
from custrata.service.figures.measured import Measured, measured
from custrata.service.figures.owned import holdings
from custrata.store.models import Customer, OwnerChange, Stage, StageChange

SOLD = {
    "customer_id": pl.String,
    "day": pl.Int64,
    "amount": pl.Int64,
    "is_sale": pl.Boolean,
}
"""Columns of sales and refunds."""

if TYPE_CHECKING:
    from custrata.engine.result import Result
    from custrata.service.runs.reading import Reader


@dataclass(frozen=True)
class Beside:
    """What is known of customers that rules do not read; moments are microseconds since 1970, UTC.

    Attributes:
        customers: `customer_id`, `owner`, `team`, `marketer`, `source`, `referred_by`,
            `created_at`, `birth_date` (days since 1970), `phone` (whether there is one), `stage`.
        owner_changes: `customer_id`, `changed_at`, `id`, `from_owner`, `to_owner`.
        stage_changes: those that a person, the host or an import made: `customer_id`,
            `changed_at`, `id`, `from_stage`, `to_stage`, `by`.
        stages: `code`, `position`, `automatic`, `exit`.
        bought: `product`, `customer_id`, of the products that most customers bought.
        questions, answers: what is asked by phase, and who answered it when; see `asked`.
        deals: every step of every opportunity; see `deals`.
        contacts: of the days that are kept; see `contacted`.
    """

    customers: pl.DataFrame
    owner_changes: pl.DataFrame
    stage_changes: pl.DataFrame
    stages: pl.DataFrame
    bought: pl.DataFrame
    questions: pl.DataFrame
    answers: pl.DataFrame
    deals: pl.DataFrame
    contacts: pl.DataFrame


@dataclass(frozen=True)
class Ground:
    """A run's result with what is known beside it.

    Attributes:
        result: a complete one; see `measured.complete`.
    """

    result: Result
    beside: Beside

    @cached_property
    def sold(self) -> pl.DataFrame:
        """Sales and refunds, see `SOLD`, read once; amounts in units of the facts' scale.

        A refund that names its sale has reduced it; others are rows of their own.
        """
        made = self.result.facts.transactions
        if made is None:
            return pl.DataFrame(schema=SOLD)
        frame: pl.DataFrame = made.select(*SOLD).to_native().collect()
        return frame

    @cached_property
    def holdings(self) -> pl.DataFrame:
        """Who had each customer and when, found once for all figures; see `owned.holdings`."""
        return holdings(self)

    @cached_property
    def known(self) -> Measured:
        """Everyone's revenue, recency, frequency and tenure."""
        return measured(self.result)


def beside(reader: Reader, as_of: date, time_zone: str) -> Beside:
    """What a run of a day reads besides its facts, of the same moment."""
    table = Customer.__table__.c
    plain = (table.owner, table.team, table.marketer, table.source, table.referred_by)
    dates = (table.created_at, table.birth_date)
    phone = (table.phone.is_not(None)).label("phone")
    more = (*plain, *dates, phone, table.stage)
    owners, moves = OwnerChange.__table__.c, StageChange.__table__.c
    steps = Stage.__table__.c
    return Beside(
        customers=reader.frame(select(table.customer_id, *more)),
        owner_changes=reader.frame(
            select(
                owners.customer_id,
                owners.changed_at,
                owners.id,
                owners.from_owner,
                owners.to_owner,
            )
        ),
        stage_changes=reader.frame(
            select(
                moves.customer_id,
                moves.changed_at,
                moves.id,
                moves.from_stage,
                moves.to_stage,
                moves.by,
            ).where(moves.how == "set")
        ),
        stages=reader.frame(select(steps.code, steps.position, steps.automatic, steps.exit)),
        bought=bought(reader),
        questions=checklists(reader),
        answers=answers(reader),
        deals=deals(reader),
        contacts=contacts(reader, as_of, time_zone),
    )
