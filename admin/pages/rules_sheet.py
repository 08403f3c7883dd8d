"""A table out as a workbook, and back in, its changes shown before they are taken."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Response, redirect, request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response as Answer

from custrata.admin.access import needs
from custrata.admin.faults import said
from custrata.admin.files import attached
from custrata.admin.language import _
from custrata.admin.pages.rules_editor import Beside, form_of, tried
from custrata.admin.pages.rules_form import read_form
from custrata.admin.pages.rules_kept import RulesPage, in_words
from custrata.admin.pages.rules_show import names_for
from custrata.admin.pages.rules_working import asked, posted
from custrata.engine.diagnostics import CustrataError, RulesError
from custrata.service.rules.editing import Editing
from custrata.service.rules.editing_text import applied
from custrata.service.rules.sheets import read_table, write_table

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class SheetPages(RulesPage):
    """A classifier's table as a workbook."""

    @expose("/sheet")
    def sheet(self) -> Response | Answer:
        """The workbook."""
        working = asked()
        try:
            form = form_of(working.text, request.args.get("name", ""))
        except RulesError:
            return redirect(url_for("rules.text", **working.at))
        with TemporaryDirectory() as folder:
            path = Path(folder) / "table.xlsx"
            write_table(form, path, names_for(working.text, form).measure)
            content = path.read_bytes()
        return attached(content, f"{form.name}.xlsx")

    @expose("/sheet-in", methods=("POST",))
    @needs("draft")
    def sheet_in(self) -> str | tuple[str, int]:
        """What a workbook would change; nothing is saved yet."""
        working = posted()
        form = form_of(working.text, request.form.get("classifier", ""))
        typed = read_form(form, request.form) if request.form.get("row") else form
        try:
            edited, text = self._taken(working.text, typed)
        except CustrataError as error:
            faults = said(error)
            return self._shown(working.text, typed, typed, faults), 422
        return self._shown(text, typed, edited, [])

    @expose("/sheet-take", methods=("POST",))
    @needs("draft")
    def sheet_take(self) -> str | Answer | tuple[str, int]:
        """Save what was shown."""
        text = request.form.get("text", "").replace("\r\n", "\n")
        return self.saved(posted(), text, "classifier", name=request.form.get("classifier", ""))

    @staticmethod
    def _taken(before: str, form: Editing) -> tuple[Editing, str]:
        """The form with the rows of the upload, and the text with that form."""
        given = request.files.get("file")
        with TemporaryDirectory() as folder:
            path = Path(folder) / "table.xlsx"
            if given is not None:
                given.save(path)
            else:
                path.touch()
            edited = read_table(form, path)
        return edited, applied(before, edited)

    def _shown(self, text: str, form: Editing, edited: Editing, faults: list[str]) -> str:
        working = posted()
        found = tried(text, edited)
        return self.page(
            "panel/rules/sheet.html",
            working=working,
            form=form,
            named=names_for(text, form),
            changes=in_words(working.text, text),
            tried=found,
            lively=found.lively,
            text=text,
            refused=faults,
            faults=[Beside.of(edited, one) for one in found.told],
            title=self.title_of(working, text, _("Table from a workbook")),
        )
