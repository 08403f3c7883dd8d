"""Which rules a page is about: those in force, or a draft; and how changes are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import abort, request

from custrata import Engine
from custrata.admin.access import may
from custrata.admin.here import desk, engine
from custrata.engine.diagnostics import RulesError
from custrata.service.rules import drafts
from custrata.service.rules.drafts import OPEN, Draft
from custrata.service.rules.editing import FILE
from custrata.service.rules.versions import current, engine_of_text


@dataclass(frozen=True)
class Working:
    """Rules that somebody looks at, and may be changing.

    Attributes:
        text: as it was when she began. draft: None where it is that of the version in force.
        version: the one in force, or the draft's base. revision: of the draft; 0 without one.
    """

    text: str
    draft: Draft | None
    version: int
    revision: int

    @property
    def at(self) -> dict[str, Any]:
        """What addresses carry to come back to it."""
        return {"draft": self.draft.id} if self.draft else {}

    @property
    def changeable(self) -> bool:
        """Whether who is signed in may change it."""
        return may("draft") and (self.draft is None or self.draft.state in OPEN)

    @property
    def engine(self) -> Engine:
        """The rules of the text, or those in force while it is wrong."""
        return engine_for(self.text)


def engine_for(text: str) -> Engine:
    """The engine of a text; that in force where the text is wrong."""
    try:
        return engine_of_text(text, FILE)
    except RulesError:
        return engine()


def asked() -> Working:
    """What the address names."""
    return _of(request.args.get("draft", type=int))


def posted() -> Working:
    """What a form was begun from: its own text, since somebody may have saved another one."""
    given = _of(request.form.get("draft", type=int))
    text = request.form.get("base")
    if text is None:
        abort(400)
    revision = request.form.get("revision", type=int) or 0
    number = request.form.get("version", given.version, type=int)
    return Working(text.replace("\r\n", "\n"), given.draft, number, revision)


def _of(draft_id: int | None) -> Working:
    with desk().database.read() as session:
        if draft_id is None:
            now = current(session)
            return Working(now.text, None, now.number, 0)
        found = drafts.draft(session, draft_id)
    return Working(found.text, found, found.base, found.revision)


def kept(working: Working, text: str, title: str) -> Draft:
    """Save a text as the draft's next revision, or as a new draft; its title alone makes none.

    Raises:
        StoreError: `draft-changed`, `draft-closed`, or no title; nothing was written.
    """
    if working.draft is None:
        return drafts.begin(desk(), title, text, working.version)
    if text == working.text:
        return drafts.rename(desk(), working.draft.id, title, working.revision)
    return drafts.save(desk(), working.draft.id, text, working.revision, title=title)


def open_drafts() -> tuple[Draft, ...]:
    """The drafts that are worked on."""
    with desk().database.read() as session:
        return drafts.drafts(session)
