"""All rules as text: the same draft, for whoever likes to write."""

from __future__ import annotations

from dataclasses import replace

from flask import request
from flask_admin import expose
from werkzeug.wrappers import Response

from custrata.admin.access import needs
from custrata.admin.pages.rules_kept import RulesPage, in_words
from custrata.admin.pages.rules_working import Working, asked, posted
from custrata.engine.diagnostics import Diagnostic
from custrata.service.rules.texts import diagnostics_of


class TextPages(RulesPage):
    """The text of a draft."""

    @expose("/text")
    def text(self) -> str:
        """The page."""
        working = asked()
        return self._text_page("panel/rules/text.html", working, working.text)

    @expose("/text-check", methods=("POST",))
    @needs("draft")
    def text_check(self) -> str:
        """What is wrong with the text as it stands, and what it changes."""
        working = posted()
        return self._text_page("panel/rules/text_told.html", working, _typed())

    @expose("/text-save", methods=("POST",))
    @needs("draft")
    def text_save(self) -> str | Response | tuple[str, int]:
        """Keep it, right or wrong."""
        working, text = posted(), _typed()
        return self.saved(working, text, "text")

    def _text_page(self, template: str, working: Working, text: str) -> str:
        return self.page(
            template,
            working=working,
            typed=text,
            told=diagnostics_of(text),
            plain=_plain,
            changes=in_words(working.text, text),
            title=working.draft.title if working.draft else "",
        )


def _typed() -> str:
    return request.form.get("text", "").replace("\r\n", "\n")


def _plain(one: Diagnostic) -> Diagnostic:
    """A diagnostic whose line stands before it."""
    return replace(one, mark=None)
