"""Keeping changed rules: as a draft, never over somebody else's work."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from custrata.admin.faults import said, sentence
from custrata.admin.here import desk
from custrata.admin.language import _, language, ngettext, number
from custrata.admin.page import Page
from custrata.admin.pages.rules_working import Working, kept
from custrata.engine.diagnostics import CustrataError, RulesError
from custrata.service.rules import drafts
from custrata.service.rules.difference import compared
from custrata.service.rules.merge import merged

_LONGEST_TITLE = 120
_OVERTAKEN = ("draft-changed", "draft-closed")


class RulesPage(Page):
    """What the pages of rules have in common."""

    def page(self, template: str, **values: Any) -> str:
        """A template with its values, and the sentences of diagnostics."""
        return super().page(template, sentence=sentence, **values)

    def saved(
        self, working: Working, text: str, view: str, **at: Any
    ) -> str | Response | tuple[str, int]:
        """Keep a text, and go on on a page of it; if somebody was faster, show both."""
        title = request.form.get("title", "").strip() or self.title_of(working, text, _("Rules"))
        there = f"rules.{view}"
        if text == working.text and (working.draft is None or title == working.draft.title):
            flash(_("Nothing is different, so nothing was saved."), "info")
            return redirect(url_for(there, **at, **working.at))
        try:
            draft = kept(working, text, title)
        except CustrataError as error:
            if error.diagnostics[0].code not in _OVERTAKEN:
                raise
            return self._conflict(working, text, said(error), view, at), 409
        flash(
            _(
                "Saved as draft “%(title)s”, revision %(revision)s.",
                title=draft.title,
                revision=draft.revision,
            ),
            "success",
        )
        return redirect(url_for(there, draft=draft.id, **at))

    def title_of(self, working: Working, text: str, otherwise: str) -> str:
        """What a new draft is called where nobody says: its first change, and how many more."""
        if working.draft is not None:
            return working.draft.title
        told = in_words(working.text, text)
        return _summed_up(told[0] if told else otherwise, len(told) - 1)

    def _conflict(
        self, working: Working, text: str, faults: list[str], view: str, at: dict[str, Any]
    ) -> str:
        assert working.draft is not None
        with desk().database.read() as session:
            theirs = drafts.draft(session, working.draft.id)
        both = None
        with suppress(RulesError):
            both = merged(working.text, text, theirs.text)
        return self.page(
            "panel/rules/conflict.html",
            faults=faults,
            working=working,
            theirs=theirs,
            their_changes=in_words(working.text, theirs.text),
            own_changes=in_words(working.text, text),
            own=text,
            both=both,
            back=url_for(f"rules.{view}", draft=theirs.id, **at),
            at=at,
            view=view,
        )


def _summed_up(first: str, more: int) -> str:
    """The first of some changes, shortened where need be, and how many more there are."""
    if len(first) > _LONGEST_TITLE:
        first = first[: _LONGEST_TITLE - 1].rstrip() + "…"
    if more < 1:
        return first
    one, many = "%(first)s and %(num)d more change", "%(first)s and %(num)d more changes"
    return ngettext(one, many, more, first=first)


def in_words(before: str, after: str) -> tuple[str, ...]:
    """What is different between two texts; nothing where one cannot be read."""
    try:
        return compared(before, after).told(language(), _, number)
    except RulesError:
        return ()
