"""What figures and lists of a run are worked out from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl
from sqlalchemy import select

from custrata.service.figures.measured import Measured, measured
from custrata.store.models import Customer, OwnerChange, StageChange

if TYPE_CHECKING:
    from custrata.engine.result import Result
    from custrata.service.runs.reading import Reader


@dataclass(frozen=True)
class Beside:
    """What is known of customers that rules do not read; moments are microseconds since 1970, UTC.

    Attributes:
        customers: `customer_id`, `owner`, `team`, `marketer`, `source`, `referred_by`,
            `created_at`, `birth_date` (days since 1970), `phone` (whether there is one).
        owner_changes: `customer_id`, `changed_at`, `from_owner`, `to_owner`.
        stage_changes: those that a person, the host or an import made: `customer_id`,
            `changed_at`, `from_stage`, `to_stage`, `by`.
    """

    customers: pl.DataFrame
    owner_changes: pl.DataFrame
    stage_changes: pl.DataFrame


@dataclass(frozen=True)
class Ground:
    """A run's result with what is known beside it.

    Attributes:
        result: a complete one; see `measured.complete`.
    """

    result: Result
    beside: Beside

    @cached_property
    def known(self) -> Measured:
        """Everyone's revenue, recency, frequency and tenure."""
        return measured(self.result)


def beside(reader: Reader) -> Beside:
    """What a run reads besides its facts, of the same moment."""
    table = Customer.__table__.c
    plain = (table.owner, table.team, table.marketer, table.source, table.referred_by)
    dates = (table.created_at, table.birth_date)
    phone = (table.phone.is_not(None)).label("phone")
    owners, stages = OwnerChange.__table__.c, StageChange.__table__.c
    return Beside(
        customers=reader.frame(select(table.customer_id, *plain, *dates, phone)),
        owner_changes=reader.frame(
            select(owners.customer_id, owners.changed_at, owners.from_owner, owners.to_owner)
        ),
        stage_changes=reader.frame(
            select(
                stages.customer_id, stages.changed_at, stages.from_stage, stages.to_stage, stages.by
            ).where(stages.how == "set")
        ),
    )
