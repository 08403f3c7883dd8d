"""What labels are called, how they rank, what follows them, and what to do with their customers."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response

from custrata.admin import typed
from custrata.admin.access import may, needs
from custrata.admin.faults import said
from custrata.admin.here import desk, engine
from custrata.admin.language import LANGUAGES, _
from custrata.admin.pages.rules_editor import form_of
from custrata.admin.pages.rules_form import read_labels
from custrata.admin.pages.rules_kept import RulesPage
from custrata.admin.pages.rules_show import names_for
from custrata.admin.pages.rules_working import asked, posted
from custrata.engine.diagnostics import CustrataError, DataError, Diagnostic, RulesError
from custrata.service.registers.treatments import clear_treatment, set_treatment, treatments
from custrata.service.rules.editing_places import placed
from custrata.service.rules.editing_text import applied
from custrata.service.rules.texts import diagnostics_of


class LabelPages(RulesPage):
    """The labels of a classifier."""

    @expose("/labels")
    def labels(self) -> str | Response:
        """The page."""
        working = asked()
        try:
            form = form_of(working.text, request.args.get("name", ""))
        except RulesError:
            return redirect(url_for("rules.text", **working.at))
        known = {one.name: one for one in engine().ruleset.classifiers}
        return self.page(
            "panel/rules/labels.html",
            working=working,
            form=form,
            named=names_for(working.text, form),
            treatments=_treatments(form.name),
            in_force=form.name in known,
            told=placed(working.text, form.name, diagnostics_of(working.text)),
            title=working.draft.title if working.draft else "",
            may_treat=may("registers"),
        )

    @expose("/labels-save", methods=("POST",))
    @needs("draft")
    def labels_save(self) -> str | Response | tuple[str, int]:
        """Keep names, ranks and effects in the draft."""
        working = posted()
        form = form_of(working.text, request.form.get("classifier", ""))
        text = applied(working.text, read_labels(form, request.form, tuple(LANGUAGES)))
        return self.saved(working, text, "labels", name=form.name)

    @expose("/treatment", methods=("POST",))
    @needs("registers")
    def treatment(self) -> Response:
        """Say what to do with customers of a label; it holds at once, without a draft."""
        name, label = request.form.get("classifier", ""), request.form.get("label", "")
        try:
            self._treat(name, label)
        except CustrataError as error:
            for sentence in said(error):
                flash(sentence, "danger")
        else:
            flash(_("The treatment was kept. It holds at once."), "success")
        draft = request.form.get("draft", type=int)
        return redirect(url_for("rules.labels", name=name, draft=draft))

    @staticmethod
    def _treat(name: str, label: str) -> None:
        offer, note = (request.form.get(one, "").strip() for one in ("offer", "note"))
        points, days = _whole("points"), _whole("contact_every_days")
        if any((offer, note)) or points is not None or days is not None:
            set_treatment(desk(), name, label, offer or None, points, days, note or None)
        elif label in _treatments(name):
            clear_treatment(desk(), name, label)


def _whole(field: str) -> int | None:
    """A whole number that was typed; None where nothing was."""
    text = request.form.get(field, "").strip()
    if not text:
        return None
    try:
        return typed.whole(text)
    except ValueError as error:
        raise DataError(
            Diagnostic("treatment-number", f"{field} is no whole number", allowed="such as 30")
        ) from error


def _treatments(classifier: str) -> dict[str, Any]:
    with desk().database.read() as session:
        return {one.label: one for one in treatments(session) if one.classifier == classifier}
