"""Customers, and what changes about them over time."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from custrata.store.folding import WORD
from custrata.store.models.base import Base, CodeKey, Digest, LongText, Serial
from custrata.store.types import bytewise


class Customer(Base):
    """A customer as she is known now.

    Attributes:
        name_fold: the name without accents and capitals, for searching.
        stage: as a person or the host last set it; rules read this one.
        overlay: an automatic stage that shows in its place while it holds.
        overlay_by: the classifier that laid it.
        attributes: the host's own, by name.
        fact_seq: rises whenever something becomes known of her; see `Counter`.
    """

    __tablename__ = "customers"
    __table_args__ = (
        Index(None, "name_fold", "customer_id"),
        Index(None, "stage", "overlay"),
    )

    customer_id: Mapped[CodeKey]
    name: Mapped[str | None]
    name_fold: Mapped[str | None]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    kind: Mapped[str | None]
    channel: Mapped[str | None]
    size: Mapped[str | None]
    sector: Mapped[str | None]
    region: Mapped[str | None]
    area: Mapped[str | None]
    source: Mapped[str | None] = mapped_column(index=True)
    stage: Mapped[str | None]
    overlay: Mapped[str | None] = mapped_column(index=True)
    overlay_by: Mapped[str | None]
    owner: Mapped[str | None] = mapped_column(index=True)
    team: Mapped[str | None] = mapped_column(index=True)
    marketer: Mapped[str | None] = mapped_column(index=True)
    referred_by: Mapped[str | None] = mapped_column(index=True)
    created_at: Mapped[datetime | None]
    birth_date: Mapped[date | None]
    consent: Mapped[bool | None]
    lost_reason: Mapped[LongText | None]
    lost_to: Mapped[str | None]
    attributes: Mapped[dict[str, Any] | None]
    fact_seq: Mapped[int] = mapped_column(BigInteger, default=0, index=True)


class CustomerWord(Base):
    """A word by whose beginning a customer is found: of her name, or her telephone number."""

    __tablename__ = "customer_words"
    __table_args__ = (Index(None, "customer_id"), {"sqlite_with_rowid": False})

    word: Mapped[str] = mapped_column(bytewise(WORD), primary_key=True)
    customer_id: Mapped[CodeKey]


class StageChange(Base):
    """A change of stage.

    Attributes:
        by: a person's name, or `rule:` and a classifier.
        how: `set` by a person, the host or an import; `overlay` laid by a rule, `lift` taken off.
        key: tells imported records apart; None where it was made here.
    """

    __tablename__ = "stage_changes"
    __table_args__ = (Index(None, "customer_id", "changed_at"),)

    id: Mapped[Serial]
    customer_id: Mapped[str]
    changed_at: Mapped[datetime]
    from_stage: Mapped[str | None]
    to_stage: Mapped[str | None]
    by: Mapped[str | None]
    how: Mapped[str] = mapped_column(default="set")
    why: Mapped[LongText | None]
    key: Mapped[Digest | None] = mapped_column(unique=True)
    recorded_at: Mapped[datetime]
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"))


class OwnerChange(Base):
    """A customer handed from one salesperson to another."""

    __tablename__ = "owner_changes"
    __table_args__ = (Index(None, "customer_id", "changed_at"),)

    id: Mapped[Serial]
    customer_id: Mapped[str]
    changed_at: Mapped[datetime]
    from_owner: Mapped[str | None]
    to_owner: Mapped[str | None]
    by: Mapped[str | None]
    why: Mapped[LongText | None]
    key: Mapped[Digest | None] = mapped_column(unique=True)
    recorded_at: Mapped[datetime]
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"))


class Stage(Base):
    """A relationship stage, in funnel order.

    Attributes:
        names: by language.
        automatic: set by rules over a stage, never chosen by a person.
        exit: outside of the funnel: a former customer.
    """

    __tablename__ = "stages"

    code: Mapped[CodeKey]
    names: Mapped[dict[str, Any]]
    position: Mapped[int]
    colour: Mapped[str | None]
    automatic: Mapped[bool] = mapped_column(default=False)
    exit: Mapped[bool] = mapped_column(default=False)


class Source(Base):
    """Where customers come from."""

    __tablename__ = "sources"

    code: Mapped[CodeKey]
    name: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)


class Group(Base):
    """A group of customers, in a tree.

    Attributes:
        code: derived from the name as it was typed, editable, unique.
        rule: cells of a dynamic group, as YAML; None for one that is filled by hand.
    """

    __tablename__ = "groups"

    id: Mapped[Serial]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("groups.id"), index=True)
    rule: Mapped[LongText | None]
    note: Mapped[LongText | None]


class Membership(Base):
    """A customer in a group.

    Attributes:
        by: a person, `rule:` and a classifier whose effect it was, or `group` for dynamic ones.
    """

    __tablename__ = "memberships"
    __table_args__ = (Index(None, "customer_id"),)

    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id"), primary_key=True)
    customer_id: Mapped[CodeKey]
    since: Mapped[datetime]
    by: Mapped[str | None]
