"""Drafts: changes of the rules that are worked on, by more than one person where need be.

A draft counts its saves, and whoever saves, submits, approves or publishes one names the save that
she saw: nobody's work is written over, and nobody approves what she has not read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata.engine.diagnostics import Diagnostic
from custrata.service.audit import note
from custrata.service.desk import Desk
from custrata.service.rules import texts
from custrata.service.rules.merge import merged
from custrata.service.rules.versions import current, moment, need_in_force, version
from custrata.store import models
from custrata.store.faults import StoreError, refuse

EDITING, REVIEW, PUBLISHED, DISCARDED = "editing", "review", "published", "discarded"
OPEN = (EDITING, REVIEW)


@dataclass(frozen=True)
class Save:
    """Who saved a revision, and when."""

    revision: int
    by: str
    at: datetime


@dataclass(frozen=True)
class Approval:
    """Who approved a revision, and when."""

    revision: int
    by: str
    at: datetime
    comment: str | None


@dataclass(frozen=True)
class Draft:
    """A draft as it stood when it was asked for.

    Attributes:
        base: the number of the version that it changes.
        overtaken: whether another version has come into force since; see `rebase`.
        revision: of its last save, from 1.
        state: `editing`, `review`, `published` or `discarded`.
        saves, approvals: all of them, the oldest first.
        publish_at: when it is to be published; None leaves that to a person.
        publish_by: who asked for that.
        comment: what was said when it was sent back, or will be of the version.
        fault: why it could not be published when its time had come.
    """

    id: int
    title: str
    base: int
    overtaken: bool
    revision: int
    text: str
    state: str
    created_by: str
    created_at: datetime
    saves: tuple[Save, ...]
    approvals: tuple[Approval, ...]
    publish_at: datetime | None
    publish_by: str | None
    comment: str | None
    fires: bool
    fault: str | None

    @property
    def authors(self) -> frozenset[str]:
        """Whoever saved it."""
        return frozenset(one.by for one in self.saves)

    @property
    def approved(self) -> bool:
        """Whether somebody approved it as it stands."""
        return self.state == REVIEW and any(one.revision == self.revision for one in self.approvals)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What is wrong with its text; an error keeps it from being submitted."""
        return texts.diagnostics_of(self.text)


# --- asking -------------------------------------------------------------------------------


def drafts(session: Session, *, closed: bool = False) -> tuple[Draft, ...]:
    """The drafts that are worked on, the newest first; with `closed`, all others too."""
    wanted = select(models.Draft).order_by(models.Draft.id.desc())
    if not closed:
        wanted = wanted.where(models.Draft.state.in_(OPEN))
    return _values(session, session.scalars(wanted).all())


def draft(session: Session, draft_id: int) -> Draft:
    """A draft by its id.

    Raises:
        StoreError: there is none.
    """
    return _values(session, [_row(session, draft_id)])[0]


# --- editing ------------------------------------------------------------------------------


def begin(desk: Desk, title: str, text: str | None = None, base: int | None = None) -> Draft:
    """Begin a change of the rules.

    Args:
        title: what it is for.
        text: the changed rules; default: those of `base`. They may be wrong.
        base: the number of the version that is changed; default: the one in force.

    Raises:
        StoreError: there is no such version, or the title or the text is none.
    """
    with desk.database.write() as session:
        changed = current(session) if base is None else version(session, base)
        row = models.Draft(
            title=texts.title_of(title),
            base=changed.number,
            revision=0,
            text="",
            state=EDITING,
            created_by=desk.by,
            created_at=desk.now(),
            fires=False,
        )
        session.add(row)
        put(session, desk, row, changed.text if text is None else text)
        note(session, desk, "draft.begin", "draft", row.id, base=row.base)
        return draft(session, row.id)


def save(
    desk: Desk,
    draft_id: int,
    text: str,
    revision: int,
    onto: int | None = None,
    title: str | None = None,
) -> Draft:
    """Save a draft's text, right or wrong (see `Draft.diagnostics`).

    It is to be submitted and approved anew, and a time to publish it is forgotten.

    Args:
        revision: the one that the text is a change of.
        onto: the number of the version in force that the text was brought up to by hand; it becomes
            the base.
        title: what it is for by now; None leaves that as it was.

    Raises:
        StoreError: `draft-changed` if somebody saved it since; `draft-closed`; `rules-moved` if
            `onto` is not in force any more; `draft-title`. Nothing was written.
    """
    with desk.database.write() as session:
        row = held(session, draft_id, revision)
        if onto is not None:
            need_in_force(session, onto)
            row.base = onto
        if title is not None:
            row.title = texts.title_of(title)
        put(session, desk, row, text)
        note(session, desk, "draft.save", "draft", row.id, revision=row.revision, base=row.base)
        return draft(session, draft_id)


def rename(desk: Desk, draft_id: int, title: str, revision: int) -> Draft:
    """Say anew what a draft is for; what was approved of it stays approved.

    Raises:
        StoreError: `draft-changed`, `draft-closed`, `draft-title`.
    """
    with desk.database.write() as session:
        row = held(session, draft_id, revision)
        row.title = texts.title_of(title)
        note(session, desk, "draft.rename", "draft", row.id)
        return draft(session, draft_id)


def rebase(desk: Desk, draft_id: int) -> Draft:
    """Bring a draft up to the version in force, where that and the draft change different parts.

    Raises:
        StoreError: `draft-closed`; `needs-merging` if both touch the same part: `save` with `onto`
            takes the text in which a person brought them together.
        RulesError: the draft's text is wrong.
    """
    with desk.database.read() as session:
        row, newest = _row(session, draft_id), current(session)
        need_open(session, row)
        if row.base == newest.number:
            return draft(session, draft_id)
        revision, onto = row.revision, newest.number
        text = merged(version(session, row.base).text, row.text, newest.text)
    if text is None:
        told = f"draft {draft_id} and the versions since its base change the same part"
        allowed = f"the draft's changes made anew in version {onto}, and saved onto it"
        raise refuse("needs-merging", told, allowed)
    return save(desk, draft_id, text, revision, onto)


def discard(desk: Desk, draft_id: int, revision: int) -> Draft:
    """Give a draft up; it stays to be read.

    Raises:
        StoreError: `draft-changed`, `draft-closed`.
    """
    with desk.database.write() as session:
        row = held(session, draft_id, revision)
        row.state = DISCARDED
        unscheduled(row)
        note(session, desk, "draft.discard", "draft", row.id, revision=row.revision)
        return draft(session, draft_id)


# --- rows, for all that changes drafts ----------------------------------------------------


def held(session: Session, draft_id: int, revision: int | None = None) -> models.Draft:
    """The row of an open draft, which nobody else changes until the transaction ends.

    Args:
        revision: the one that somebody saw; None takes it as it is.

    Raises:
        StoreError: `no-draft`, `draft-closed`, `draft-changed`.
    """
    row = _row(session, draft_id, lock=True)
    need_open(session, row, revision)
    return row


def need_open(session: Session, row: models.Draft, revision: int | None = None) -> None:
    """A draft is only worked on while it is open, by who has seen its last save.

    Raises:
        StoreError: `draft-closed`, `draft-changed`; they name who closed it or saved it, and when.
    """
    if row.state not in OPEN:
        raise _closed(session, row)
    if revision not in (None, row.revision):
        last = session.get_one(models.DraftSave, (row.id, row.revision))
        told = f"draft {row.id} was saved by {last.by} at {moment(last.at)}, as revision"
        told += f" {row.revision}; this is about revision {revision}"
        raise refuse("draft-changed", told, "a look at that revision, then the same again")


def put(session: Session, desk: Desk, row: models.Draft, text: str) -> None:
    """A new revision of a draft."""
    texts.need_storable(text)
    row.text, row.state, row.fault = text, EDITING, None
    row.revision += 1
    unscheduled(row)
    session.flush()
    saved = models.DraftSave(draft_id=row.id, revision=row.revision, by=desk.by, at=desk.now())
    session.add(saved)


def unscheduled(row: models.Draft) -> None:
    """Leave it to a person when a draft is published."""
    row.publish_at, row.publish_by, row.fires = None, None, False


def _row(session: Session, draft_id: int, *, lock: bool = False) -> models.Draft:
    known = 0 < draft_id < 2**63
    row = session.get(models.Draft, draft_id, with_for_update=lock or None) if known else None
    if row is None:
        raise refuse("no-draft", f"there is no draft {draft_id}", "the id of a draft")
    return row


def _closed(session: Session, row: models.Draft) -> StoreError:
    landed = select(models.RulesetVersion).where(models.RulesetVersion.draft_id == row.id)
    found = session.scalars(landed).one_or_none()
    told = f"draft {row.id} was {row.state}"
    if found is not None:
        told += f" as version {found.number} by {found.by} at {moment(found.published_at)}"
    return refuse("draft-closed", told, "a new draft")


def _values(session: Session, rows: Sequence[models.Draft]) -> tuple[Draft, ...]:
    session.flush()
    newest, ids = current(session).number, [row.id for row in rows]
    saves: dict[int, list[Save]] = {one: [] for one in ids}
    approvals: dict[int, list[Approval]] = {one: [] for one in ids}
    found = select(models.DraftSave).where(models.DraftSave.draft_id.in_(ids))
    for one in session.scalars(found.order_by(models.DraftSave.revision)):
        saves[one.draft_id].append(Save(one.revision, one.by, one.at))
    given = select(models.Approval).where(models.Approval.draft_id.in_(ids))
    for yes in session.scalars(given.order_by(models.Approval.revision, models.Approval.at)):
        approvals[yes.draft_id].append(Approval(yes.revision, yes.by, yes.at, yes.comment))
    return tuple(
        Draft(
            id=row.id,
            title=row.title,
            base=row.base,
            overtaken=row.state in OPEN and row.base != newest,
            revision=row.revision,
            text=row.text,
            state=row.state,
            created_by=row.created_by,
            created_at=row.created_at,
            saves=tuple(saves[row.id]),
            approvals=tuple(approvals[row.id]),
            publish_at=row.publish_at,
            publish_by=row.publish_by,
            comment=row.comment,
            fires=row.fires,
            fault=row.fault,
        )
        for row in rows
    )
