"""What happened: the records that classification reads.

`key` tells records apart: the digest of the record's own id, else of all that it says and of its
number among equal ones. An amount is `amount / 10**scale`, exactly.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from custrata.store.models.base import Base, Digest, LongText, Serial


class _Fact:
    """What every fact has; `recorded_at` is when it became known here."""

    id: Mapped[Serial]
    customer_id: Mapped[str]
    key: Mapped[Digest] = mapped_column(unique=True)
    recorded_at: Mapped[datetime]

    @declared_attr
    def import_id(self) -> Mapped[int | None]:
        """The import that brought it; None where it was entered here."""
        return mapped_column(ForeignKey("imports.id"))


class Transaction(_Fact, Base):
    """A sale (amount of 0 or more), a line of one, or a refund."""

    __tablename__ = "transactions"
    __table_args__ = (Index(None, "customer_id"),)

    occurred_at: Mapped[datetime]
    amount: Mapped[int] = mapped_column(BigInteger)
    scale: Mapped[int] = mapped_column(SmallInteger)
    profit: Mapped[int | None] = mapped_column(BigInteger)
    transaction_id: Mapped[str | None]
    order_id: Mapped[str | None]
    refund_of: Mapped[str | None]
    product: Mapped[str | None]
    currency: Mapped[str | None]


class Contact(_Fact, Base):
    """A call, a visit, a message."""

    __tablename__ = "contacts"
    __table_args__ = (Index(None, "customer_id"),)

    occurred_at: Mapped[datetime]
    contact_id: Mapped[str | None]
    channel: Mapped[str | None]
    direction: Mapped[str | None]
    outcome: Mapped[str | None]
    owner: Mapped[str | None]
    note: Mapped[LongText | None]


class SurveyAnswer(_Fact, Base):
    """An answer to a question."""

    __tablename__ = "survey_answers"
    __table_args__ = (Index(None, "customer_id"),)

    answered_at: Mapped[datetime]
    question: Mapped[str]
    answer: Mapped[LongText]


class Opportunity(_Fact, Base):
    """A step of a sale that may come."""

    __tablename__ = "opportunities"
    __table_args__ = (Index(None, "customer_id"),)

    opportunity_id: Mapped[str | None]
    step: Mapped[str]
    changed_at: Mapped[datetime]
    amount: Mapped[int | None] = mapped_column(BigInteger)
    scale: Mapped[int | None] = mapped_column(SmallInteger)
    expected_close: Mapped[date | None]
    intent: Mapped[str | None]
    value_grade: Mapped[str | None]
    owner: Mapped[str | None]
    outcome: Mapped[str | None]


class Feedback(_Fact, Base):
    """A complaint, a suggestion, praise, a return, a ticket."""

    __tablename__ = "feedback"
    __table_args__ = (Index(None, "customer_id"),)

    feedback_id: Mapped[str | None]
    opened_at: Mapped[datetime]
    kind: Mapped[str]
    state: Mapped[str]
    owner: Mapped[str | None]
    due_at: Mapped[datetime | None]
    text: Mapped[LongText | None]


class SourceCost(Base):
    """What a source cost in a month; `month` is its first day."""

    __tablename__ = "source_costs"

    source: Mapped[str] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    amount: Mapped[int] = mapped_column(BigInteger)
    scale: Mapped[int] = mapped_column(SmallInteger)


class Target(Base):
    """What a salesperson is to sell in a month."""

    __tablename__ = "targets"

    owner: Mapped[str] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    amount: Mapped[int] = mapped_column(BigInteger)
    scale: Mapped[int] = mapped_column(SmallInteger)


class Visit(_Fact, Base):
    """A visit that is planned."""

    __tablename__ = "visits"
    __table_args__ = (Index(None, "customer_id"),)

    day: Mapped[date]
    region: Mapped[str | None]
    owner: Mapped[str | None]
    matter: Mapped[LongText | None]
    purpose: Mapped[LongText | None]


class Import(Base):
    """A file that was taken in, whole.

    Attributes:
        columns: by our name of a column, the file's own.
    """

    __tablename__ = "imports"

    id: Mapped[Serial]
    at: Mapped[datetime]
    by: Mapped[str]
    record: Mapped[str]
    file: Mapped[str]
    columns: Mapped[dict[str, Any]]
    rows: Mapped[int]
    inserted: Mapped[int]
    changed: Mapped[int]
    same: Mapped[int]
    refused: Mapped[int]
