"""A draft is handed in, approved or sent back; and whether it may be published."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata.service.audit import note
from custrata.service.desk import Desk
from custrata.service.rules import texts
from custrata.service.rules.drafts import (
    EDITING,
    REVIEW,
    Draft,
    draft,
    held,
    need_open,
    put,
    unscheduled,
)
from custrata.service.settings import settings
from custrata.store import models
from custrata.store.faults import refuse


def submit(desk: Desk, draft_id: int, revision: int) -> Draft:
    """Hand a draft in for review.

    One that was sent back in spite of an approval, and is handed in as it was, becomes a revision
    of its own: what was approved before counts no more.

    Raises:
        RulesError: its text has errors. StoreError: `draft-changed`, `draft-closed`.
    """
    need_sound(desk, draft_id, revision)
    with desk.database.write() as session:
        row = held(session, draft_id, revision)
        if row.state == EDITING:
            if any(one.revision == revision for one in _approvals(session, row)):
                put(session, desk, row, row.text)
            row.state, row.comment, row.fault = REVIEW, None, None
            note(session, desk, "draft.submit", "draft", row.id, revision=row.revision)
        return draft(session, draft_id)


def approve(desk: Desk, draft_id: int, revision: int, comment: str | None = None) -> Draft:
    """Say that a draft may be published as it stands.

    Raises:
        StoreError: `draft-changed`, `draft-closed`, `not-in-review`; `own-draft` where four eyes
            are required and the approver wrote some of it.
    """
    said = texts.comment_of(comment)
    with desk.database.write() as session:
        row = _in_review(session, draft_id, revision)
        if settings(session).four_eyes:
            _need_stranger(session, desk, row, "approved")
        session.merge(
            models.Approval(
                draft_id=row.id, revision=row.revision, by=desk.by, at=desk.now(), comment=said
            )
        )
        note(session, desk, "draft.approve", "draft", row.id, revision=row.revision)
        return draft(session, draft_id)


def send_back(desk: Desk, draft_id: int, revision: int, comment: str | None = None) -> Draft:
    """Say that a draft is to be changed; `comment` says why.

    Raises:
        StoreError: `draft-changed`, `draft-closed`, `not-in-review`.
    """
    said = texts.comment_of(comment)
    with desk.database.write() as session:
        row = _in_review(session, draft_id, revision)
        unscheduled(row)
        row.state, row.comment = EDITING, said
        note(session, desk, "draft.send_back", "draft", row.id, revision=row.revision)
        return draft(session, draft_id)


# --- for publishing -----------------------------------------------------------------------


def need_sound(desk: Desk, draft_id: int, revision: int) -> Draft:
    """The draft, whose text is looked through before anything is locked.

    Raises:
        RulesError: it has errors. StoreError: `no-draft`, `draft-changed`, `draft-closed`.
    """
    with desk.database.read() as session:
        found = draft(session, draft_id)
        need_open(session, session.get_one(models.Draft, draft_id), revision)
    texts.need_sound(found.text)
    return found


def need_approval(session: Session, desk: Desk, row: models.Draft) -> None:
    """Whether a draft may be published by who asks.

    Where four eyes are required, it takes an approval of just this revision by somebody who never
    saved the draft, and a publisher who did not either. Else an approval is optional; but once
    somebody approved a revision, only an approved one is published.

    Raises:
        StoreError: `own-draft`, `not-approved`.
    """
    four_eyes = settings(session).four_eyes
    approvals = _approvals(session, row)
    if four_eyes:
        _need_stranger(session, desk, row, "published")
    if not (four_eyes or approvals):
        return
    authors = _authors(session, row) if four_eyes else set()
    valid = {one.by for one in approvals if one.revision == row.revision} - authors
    if row.state != REVIEW or not valid:
        told = f"revision {row.revision} of draft {row.id} is not approved"
        if approvals:
            told += f", as revision {approvals[-1].revision} was by {approvals[-1].by}"
        raise refuse("not-approved", told, "the same after a review")


def _in_review(session: Session, draft_id: int, revision: int) -> models.Draft:
    row = held(session, draft_id, revision)
    if row.state != REVIEW:
        raise refuse("not-in-review", f"draft {row.id} is not in review", "one that is submitted")
    return row


def _need_stranger(session: Session, desk: Desk, row: models.Draft, done: str) -> None:
    if desk.by in _authors(session, row):
        told = f"draft {row.id} was written by {desk.by}, and four eyes are required"
        raise refuse("own-draft", told, f"that it is {done} by somebody who never saved it")


def _authors(session: Session, row: models.Draft) -> set[str]:
    saved = select(models.DraftSave.by).where(models.DraftSave.draft_id == row.id)
    return set(session.scalars(saved))


def _approvals(session: Session, row: models.Draft) -> list[models.Approval]:
    """The oldest revision first."""
    given = select(models.Approval).where(models.Approval.draft_id == row.id)
    return list(session.scalars(given.order_by(models.Approval.revision, models.Approval.at)))
