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
    __table_args__ = (Index(None, "customer_id"), Index(None, "product", "customer_id"))

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
    __table_args__ = (Index(None, "customer_id"), Index(None, "owner", "occurred_at"))

    occurred_at: Mapped[datetime]
    contact_id: Mapped[str | None]
    channel: Mapped[str | None]
    direction: Mapped[str | None]
    outcome: Mapped[str | None]
    owner: Mapped[str | None]
    note: Mapped[LongText | None]


class SurveyAnswer(_Fact, Base):
    """An answer to a question.

    Attributes:
        by: who asked; None where a file brought it.
    """

    __tablename__ = "survey_answers"
    __table_args__ = (Index(None, "customer_id"), Index(None, "question"))

    answered_at: Mapped[datetime]
    question: Mapped[str]
    answer: Mapped[LongText]
    by: Mapped[str | None]


class Opportunity(_Fact, Base):
    """A step of a sale that may come.

    Attributes:
        outcome: `won` or `lost`, where it ends here.
        by: who entered it; None where a file brought it.
    """

    __tablename__ = "opportunities"
    __table_args__ = (
        Index(None, "customer_id"),
        Index(None, "opportunity_id", "changed_at"),
        Index(None, "changed_at", "opportunity_id"),
        Index(None, "owner", "changed_at"),
        Index(None, "step"),
    )

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
    by: Mapped[str | None]


class OpportunityStep(Base):
    """A step that opportunities go through, in funnel order.

    Attributes:
        names: by language.
        part: `before`, `during` or `after` the sale.
    """

    __tablename__ = "opportunity_steps"

    code: Mapped[str] = mapped_column(primary_key=True)
    names: Mapped[dict[str, Any]]
    position: Mapped[int]
    part: Mapped[str]


class Feedback(_Fact, Base):
    """A complaint, a suggestion, praise, a return, a ticket.

    Attributes:
        done: what was done about it, note by note.
    """

    __tablename__ = "feedback"
    __table_args__ = (
        Index(None, "customer_id"),
        Index(None, "state", "due_at"),
        Index(None, "owner", "state", "due_at"),
    )

    feedback_id: Mapped[str | None]
    opened_at: Mapped[datetime]
    kind: Mapped[str]
    state: Mapped[str]
    owner: Mapped[str | None]
    due_at: Mapped[datetime | None]
    text: Mapped[LongText | None]
    done: Mapped[LongText | None]


class SourceCost(Base):
    """What a source cost in a month; `month` is its first day."""

    __tablename__ = "source_costs"

    source: Mapped[str] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    amount: Mapped[int] = mapped_column(BigInteger)
    scale: Mapped[int] = mapped_column(SmallInteger)


class Target(Base):
    """What a salesperson is to sell in a month.

    Attributes:
        calls: how many calls that are to be made; None where nothing is said of them.
    """

    __tablename__ = "targets"

    owner: Mapped[str] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    amount: Mapped[int] = mapped_column(BigInteger)
    scale: Mapped[int] = mapped_column(SmallInteger)
    calls: Mapped[int | None]


class Visit(_Fact, Base):
    """A visit that is planned, and what came of it.

    Attributes:
        starts_at: the time of day, `HH:MM` where the firm is.
        state: `planned`, `done`, `postponed` or `dropped`.
        follows: the visit that was postponed to this one.
        by: who planned it; None where a file brought it.
        settled_at, settled_by, why: when it was done, postponed or dropped, by whom and why.
    """

    __tablename__ = "visits"
    __table_args__ = (Index(None, "customer_id"), Index(None, "day"), Index(None, "owner", "day"))

    day: Mapped[date]
    region: Mapped[str | None]
    owner: Mapped[str | None]
    matter: Mapped[LongText | None]
    purpose: Mapped[LongText | None]
    starts_at: Mapped[str | None]
    state: Mapped[str] = mapped_column(default="planned", server_default="planned")
    follows: Mapped[int | None]
    by: Mapped[str | None]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None]
    why: Mapped[LongText | None]


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
