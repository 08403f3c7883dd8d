"""Runs, and the labels that they gave."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from custrata.store.models.base import Base, Blob, CodeKey, Json, LongText, Serial


class Counter(Base):
    """A number that rises with every write of facts; who holds its row writes alone.

    A customer's `fact_seq` is the number of the last write that touched her; a run's
    `watermark` is the number that it saw when it began to read.
    """

    __tablename__ = "counters"

    name: Mapped[CodeKey]
    value: Mapped[int] = mapped_column(BigInteger)


class CalibrationRow(Base):
    """Cut points and fitted states; `id` names the content."""

    __tablename__ = "calibrations"

    id: Mapped[CodeKey]
    as_of: Mapped[date]
    version: Mapped[int] = mapped_column(ForeignKey("ruleset_versions.number"))
    content: Mapped[LongText]
    recorded_at: Mapped[datetime]


class Run(Base):
    """A classification: of all, of past days, or of one customer at once.

    The five things that name it: `watermark`, `version`, `calibration_id`, `as_of`, `plugins`.

    Attributes:
        kind: `full`, `back_fill` or `single`.
        state: `running`, `landed`, `failed`, `cancelled` or `lost` (its process went away).
        step, done, total: how far it is.
        counts: customers, changed, by classifier.
        fault: why it failed, for a person.
    """

    __tablename__ = "runs"
    __table_args__ = (
        Index(None, "state", "as_of"),
        Index(None, "kind", "state", "as_of"),
        Index(None, "kind", "id"),
    )

    id: Mapped[Serial]
    kind: Mapped[str]
    state: Mapped[str]
    as_of: Mapped[date]
    version: Mapped[int] = mapped_column(ForeignKey("ruleset_versions.number"))
    calibration_id: Mapped[str | None] = mapped_column(ForeignKey("calibrations.id"))
    watermark: Mapped[int] = mapped_column(BigInteger)
    plugins: Mapped[dict[str, Any]]
    by: Mapped[str]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    step: Mapped[str | None]
    done: Mapped[int] = mapped_column(BigInteger, default=0)
    total: Mapped[int] = mapped_column(BigInteger, default=0)
    cancelled_by: Mapped[str | None]
    counts: Mapped[dict[str, Any] | None]
    fault: Mapped[LongText | None]


class RunChunk(Base):
    """What a run measured of some customers, in order of their ids, as Parquet."""

    __tablename__ = "run_chunks"

    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    first_customer: Mapped[str]
    last_customer: Mapped[str]
    data: Mapped[Blob]


class RunFigure(Base):
    """A figure of a run that pages show, worked out when it landed.

    Attributes:
        name: what it is of: `histograms`, `pareto`, `sources` ...
        content: as JSON; holds no customer.
    """

    __tablename__ = "run_figures"

    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    name: Mapped[CodeKey]
    content: Mapped[Json]


class LabelNow(Base):
    """The label that a customer has; None where the rules give none."""

    __tablename__ = "label_now"
    __table_args__ = (
        Index(None, "classifier", "label"),
        Index(None, "customer_id"),
        {"sqlite_with_rowid": False},
    )

    classifier: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[CodeKey]
    label: Mapped[str | None]
    valid_from: Mapped[date]
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"))


class LabelChange(Base):
    """A label from a day on, as it was known from a moment on; the transition that led to it.

    Of the rows up to a day that were recorded up to a moment, the one with the latest day,
    then the latest moment, says which label a customer had.

    Attributes:
        was: the label before; None also where there was none.
        why: `first`, `facts`, `day`, `calibration`, `rules`, `plugin`, `back_fill`, or `consent`
            where it was withdrawn.
    """

    __tablename__ = "label_history"
    __table_args__ = (Index(None, "run_id"), {"sqlite_with_rowid": False})

    customer_id: Mapped[CodeKey]
    classifier: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    recorded_at: Mapped[datetime] = mapped_column(primary_key=True)
    label: Mapped[str | None]
    was: Mapped[str | None]
    why: Mapped[str]
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"))


class Outgoing(Base):
    """An effect on its way out of here, written with the labels that caused it.

    Attributes:
        kind: `webhook`, `remind`, or what a plugin brings.
        target: the name of a destination, for a webhook.
        key: the receiver's guard against taking it twice.
        state: `waiting`, `sent` or `dead`.
        due_at: when it is tried next, or since when it is sent or dead.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index(None, "state", "due_at"),
        Index(None, "target", "state", "id"),
        Index(None, "customer_id"),
    )

    id: Mapped[Serial]
    kind: Mapped[str]
    target: Mapped[str | None]
    customer_id: Mapped[str]
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"))
    payload: Mapped[dict[str, Any]]
    key: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    fault: Mapped[LongText | None]


class Destination(Base):
    """Where webhooks of a name go.

    Attributes:
        allow_private: whether it may be inside the house: a private address, or without TLS.
        batch: so many messages at most go in one request.
        salt: what its secret is made of, with a key that is kept elsewhere.
        old_salt, old_until: of the secret before, and how long that signs too.
        tried_at, fault: when it was last sent to, and why that failed, if it did.
        left_alone_until: nothing is sent before, since it asked for that.
    """

    __tablename__ = "destinations"

    name: Mapped[CodeKey]
    url: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    allow_private: Mapped[bool] = mapped_column(default=False)
    batch: Mapped[int]
    salt: Mapped[str]
    old_salt: Mapped[str | None]
    old_until: Mapped[datetime | None]
    tried_at: Mapped[datetime | None]
    fault: Mapped[LongText | None]
    left_alone_until: Mapped[datetime | None]
    recorded_at: Mapped[datetime]
