"""Who may do what, and what they did."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from custrata.store.models.base import Base, Digest, Json, LongText, Serial


class User(Base):
    """A person who signs in.

    Attributes:
        role: `viewer`, `editor`, `publisher` or `admin`.
        nonce: part of every session; a new one signs out everywhere.
        failures: wrong passwords since the last right one.
    """

    __tablename__ = "users"

    id: Mapped[Serial]
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str | None]
    password_hash: Mapped[str | None]
    role: Mapped[str]
    language: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    must_change: Mapped[bool] = mapped_column(default=False)
    nonce: Mapped[str]
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Token(Base):
    """A program's key; only its digest is kept."""

    __tablename__ = "tokens"

    id: Mapped[Serial]
    name: Mapped[str]
    prefix: Mapped[str] = mapped_column(unique=True)
    digest: Mapped[str]
    role: Mapped[str]
    scopes: Mapped[list[Any]]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Request(Base):
    """A change that a program asked for under a key of its own, so that it is made once.

    Attributes:
        key: digest of the key and of whose it is. body: digest of what was asked.
        status, answer: what was answered; None while it is under way. Holds nothing of customers.
    """

    __tablename__ = "requests"
    __table_args__ = (Index(None, "at"),)

    key: Mapped[Digest] = mapped_column(primary_key=True)
    body: Mapped[Digest]
    status: Mapped[int | None]
    answer: Mapped[dict[str, Any] | None]
    at: Mapped[datetime]


class SavedFilter(Base):
    """A question about customers that somebody wants to ask again.

    Attributes:
        login: whose it is. shared: whether everybody sees it.
        query: what is asked, by field.
    """

    __tablename__ = "saved_filters"
    __table_args__ = (UniqueConstraint("login", "name"),)

    id: Mapped[Serial]
    login: Mapped[str]
    name: Mapped[str]
    query: Mapped[dict[str, Any]]
    shared: Mapped[bool] = mapped_column(default=False)


class AuditEvent(Base):
    """Something that was changed, by whom; holds no text of any customer."""

    __tablename__ = "audit_events"
    __table_args__ = (
        Index(None, "at"),
        Index(None, "by", "at"),
        Index(None, "action", "at"),
        Index(None, "subject_kind", "subject"),
    )

    id: Mapped[Serial]
    at: Mapped[datetime]
    by: Mapped[str]
    action: Mapped[str]
    subject_kind: Mapped[str]
    subject: Mapped[str | None]
    detail: Mapped[dict[str, Any] | None]


class Receipt(Base):
    """Proof that a customer was erased: when, by whom, how much; not who she was."""

    __tablename__ = "erasures"

    id: Mapped[Serial]
    at: Mapped[datetime]
    by: Mapped[str]
    counts: Mapped[dict[str, Any]]


class Job(Base):
    """Work that a person asked for, or that the clock did; see `slot`.

    Attributes:
        kind: the name of a job. arguments: what it is called with.
        slot: names a time on the clock, `nightly:2026-11-21`; only one job may bear it.
        state: `waiting`, `working`, `done` or `failed`.
    """

    __tablename__ = "jobs"
    __table_args__ = (Index(None, "state", "due_at"),)

    id: Mapped[Serial]
    kind: Mapped[str]
    arguments: Mapped[Json]
    slot: Mapped[str | None] = mapped_column(unique=True)
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    by: Mapped[str]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any] | None]
    fault: Mapped[LongText | None]
