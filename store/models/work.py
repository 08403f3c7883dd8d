"""What people who sell do: who they are, what they ask, whom they see to."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from custrata.store.models.base import Base, CodeKey, LongText, Serial


class Staff(Base):
    """A person who sells or advertises; facts name her by her code.

    Attributes:
        code: as `owner` and `marketer` of other records have it; the login of who signs in.
        email: where her morning page goes.
        morning_mail: whether she wants it.
        everyone: whether her morning page is of the whole firm; else of her own customers.
    """

    __tablename__ = "staff"

    code: Mapped[CodeKey]
    name: Mapped[str | None]
    team: Mapped[str | None]
    email: Mapped[str | None]
    language: Mapped[str | None]
    morning_mail: Mapped[bool] = mapped_column(default=False)
    everyone: Mapped[bool] = mapped_column(default=False)


class Question(Base):
    """A question of a phase's checklist; answers name it by its code.

    Attributes:
        phase: a label of the classifier `lifecycle`.
        names: how it is asked, by language.
        retired_at: since when it is asked no more; its answers stay.
    """

    __tablename__ = "questions"

    code: Mapped[CodeKey]
    phase: Mapped[str]
    position: Mapped[int]
    names: Mapped[dict[str, Any]]
    retired_at: Mapped[datetime | None]


class NotebookPage(Base):
    """What a firm knows of its market before it has customers, by topic."""

    __tablename__ = "notebook"

    topic: Mapped[CodeKey]
    text: Mapped[LongText]
    by: Mapped[str]
    at: Mapped[datetime]


class Reminded(Base):
    """What somebody did about a reminder of a day.

    Attributes:
        classifier, label: what reminded of her.
        action: `done` or `postponed`.
        until: the day on which she is reminded of again, where it was postponed.
    """

    __tablename__ = "reminded"
    __table_args__ = (Index(None, "customer_id", "at"), Index(None, "by", "at"))

    id: Mapped[Serial]
    customer_id: Mapped[str]
    classifier: Mapped[str]
    label: Mapped[str]
    action: Mapped[str]
    until: Mapped[date | None]
    by: Mapped[str]
    at: Mapped[datetime]
    why: Mapped[LongText | None]


class Listed(Base):
    """A customer on a list that the last run left, such as those to win back.

    Attributes:
        list: its name. place: 1 is first.
        detail: JSON values by name; no text of hers.
    """

    __tablename__ = "listed"
    __table_args__ = (Index(None, "customer_id"),)

    list: Mapped[CodeKey]
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    customer_id: Mapped[str]
    detail: Mapped[dict[str, Any] | None]
