"""Rules over time: versions that never change, drafts, approvals, treatments."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from custrata.store.models.base import Base, Json, LongText, Serial


class RulesetVersion(Base):
    """A published ruleset, whole and immutable; the greatest number is in force.

    Attributes:
        kind: `seed`, `publish`, `import` or `roll_back`.
        fires: whether the first run under it fires outward effects.
    """

    __tablename__ = "ruleset_versions"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[LongText]
    published_at: Mapped[datetime]
    by: Mapped[str]
    comment: Mapped[LongText | None]
    kind: Mapped[str]
    fires: Mapped[bool]
    draft_id: Mapped[int | None]


class Draft(Base):
    """A change of the rules that is not in force yet.

    Attributes:
        base: the number of the version that it changes.
        revision: counts the saves; a save names the one that it saw.
        state: `editing`, `review`, `published` or `discarded`.
        publish_at: when the worker is to publish it; None leaves that to a person.
    """

    __tablename__ = "drafts"

    id: Mapped[Serial]
    title: Mapped[str]
    base: Mapped[int] = mapped_column(ForeignKey("ruleset_versions.number"))
    revision: Mapped[int]
    text: Mapped[LongText]
    state: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    publish_at: Mapped[datetime | None]
    publish_by: Mapped[str | None]
    comment: Mapped[LongText | None]
    fires: Mapped[bool] = mapped_column(default=False)
    fault: Mapped[LongText | None]


class DraftSave(Base):
    """Who saved which revision of a draft."""

    __tablename__ = "draft_saves"

    draft_id: Mapped[int] = mapped_column(ForeignKey("drafts.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    by: Mapped[str]
    at: Mapped[datetime]


class Approval(Base):
    """A revision of a draft that somebody approved; a later revision needs a new one."""

    __tablename__ = "approvals"

    draft_id: Mapped[int] = mapped_column(ForeignKey("drafts.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    by: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    comment: Mapped[LongText | None]


class Treatment(Base):
    """What to do with customers of a label."""

    __tablename__ = "treatments"

    classifier: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(primary_key=True)
    offer: Mapped[LongText | None]
    points: Mapped[int | None]
    contact_every_days: Mapped[int | None]
    note: Mapped[LongText | None]
    by: Mapped[str]
    at: Mapped[datetime]


class Setting(Base):
    """A choice of the firm: four eyes, the hour of the nightly run."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Json | None]


class ClosedDay(Base):
    """A day on which the firm is closed."""

    __tablename__ = "closed_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str]
