"""The firm's notebook: what it knows of its market before it has customers, by topic."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata.service.audit import note
from custrata.service.desk import Desk
from custrata.service.registers.entries import unknown
from custrata.service.values import prose
from custrata.store.faults import refuse
from custrata.store.models import NotebookPage

KEY_GROUPS = ("top_spenders", "long_standing", "defectors")
"""The three key groups, as the classifier `key_groups` names them."""
LIKES, DISLIKES = "likes", "dislikes"
TOPICS = (
    "demographics",
    "psychographics",
    *(f"{group}.{side}" for group in KEY_GROUPS for side in (LIKES, DISLIKES)),
)
"""All that there is to be written about."""
LONGEST = 20_000
"""Characters of a page."""


def notebook(session: Session) -> Mapping[str, NotebookPage]:
    """The pages that were written, by topic."""
    return {one.topic: one for one in session.scalars(select(NotebookPage))}


def mark_of(page: NotebookPage | None) -> str:
    """What tells whether a page is still as somebody saw it."""
    return sha256((page.text if page else "").encode()).hexdigest()[:16]


def write_page(desk: Desk, topic: str, text: str | None, seen: str | None = None) -> None:
    """Write a page anew; an empty text empties it.

    Args:
        seen: the `mark_of` the page that the writer saw; None does not ask.

    Raises:
        DataError: the text is too long, or cannot be one.
        StoreError: no such topic, or somebody wrote another text meanwhile
            (`changed-meanwhile`).
    """
    if topic not in TOPICS:
        raise unknown("topic", topic, TOPICS)
    written = prose("text", text, LONGEST) or ""
    with desk.database.write() as session:
        row = session.get(NotebookPage, topic)
        if seen is not None and seen != mark_of(row):
            by = f" by {row.by}" if row else ""
            raise refuse("changed-meanwhile", f"the page {topic} was changed meanwhile{by}")
        if written == (row.text if row else ""):
            return
        session.merge(NotebookPage(topic=topic, text=written, by=desk.by, at=desk.now()))
        note(session, desk, "notebook.write", "topic", topic)
