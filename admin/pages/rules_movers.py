"""Who would move: a list, page by page, and as a file."""

from __future__ import annotations

from typing import Any

from flask import abort, request
from flask_admin import expose
from werkzeug.wrappers import Response

from custrata.admin import typed
from custrata.admin.access import needs
from custrata.admin.files import attached
from custrata.admin.here import desk
from custrata.admin.language import _
from custrata.admin.pages.rules_editor import form_of, tried
from custrata.admin.pages.rules_form import read_form
from custrata.admin.pages.rules_kept import RulesPage
from custrata.admin.pages.rules_show import names_for
from custrata.admin.pages.rules_working import posted
from custrata.service.downloads import ENDINGS, table_file
from custrata.service.rules.editing import Editing
from custrata.service.rules.editing_text import applied
from custrata.service.runs.live import Live, all_movers, movers

_PAGE = 25
MOST_IN_XLSX = 100_000
"""Beyond this a workbook takes minutes; a CSV takes any number."""


class MoverPages(RulesPage):
    """Customers who would get another label."""

    @expose("/movers", methods=("POST",))
    @needs("draft")
    def movers(self) -> str:
        """A page of them."""
        form, lively = _compared()
        place = request.form.get("from", 0, type=typed.whole)
        rows = movers(desk(), lively, place=place, most=_PAGE + 1)
        return self.page(
            "panel/rules/movers.html",
            rows=rows[:_PAGE],
            place=place,
            before=max(0, place - _PAGE) if place else None,
            after=place + _PAGE if len(rows) > _PAGE else None,
            named=names_for(lively.text, form),
        )

    @expose("/movers-file", methods=("POST",))
    @needs("export")
    def movers_file(self) -> Response:
        """All of them, as a table that a spreadsheet opens."""
        form, lively = _compared()
        ending = request.form.get("ending", "csv")
        if ending not in ENDINGS:
            abort(400)
        rows = all_movers(desk(), lively)
        if ending == "xlsx" and rows.height > MOST_IN_XLSX:
            ending = "csv"
        named = names_for(lively.text, form)
        head = (_("Customer"), _("Name"), _("Label now"), _("Label after"))
        told = (
            (customer, name, _named(named, before), _named(named, after))
            for customer, name, before, after in rows.iter_rows()
        )
        return attached(table_file(head, told, ending), f"movers.{ending}")


def _named(named: Any, label: str | None) -> str | None:
    return None if label is None else str(named.label(label))


def _compared() -> tuple[Editing, Live]:
    working = posted()
    form = read_form(form_of(working.text, request.form.get("classifier", "")), request.form)
    found = tried(applied(working.text, form), form)
    if found.lively is None:
        abort(409)
    return form, found.lively
