"""Steps of an opportunity: the firm's own, in funnel order."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose

from custrata.admin import pictures, typed
from custrata.admin.access import needs
from custrata.admin.consequences import consequences
from custrata.admin.faults import said
from custrata.admin.here import desk
from custrata.admin.language import _, language, lazy
from custrata.admin.page import Answer, Page
from custrata.admin.pages.order import moved
from custrata.engine.diagnostics import CustrataError
from custrata.service.registers import steps
from custrata.service.registers.entries import entry
from custrata.service.registers.spoken import LANGUAGES
from custrata.service.registers.steps import step_name
from custrata.store.models import OpportunityStep

PARTS: Mapping[str, Any] = {
    "before": lazy("Before the sale"),
    "during": lazy("During the sale"),
    "after": lazy("After the sale"),
}


class Steps(Page):
    """All steps in their order; one of them with its names."""

    title = lazy("Opportunity steps")
    address = "steps"
    icon = "fa-list-ol"
    section = "sales"

    @expose("/")
    def index(self) -> Answer:
        """The steps, from first to last."""
        with desk().database.read() as session:
            known = steps.steps(session)
        rows = [(one, step_name(one, language())) for one in known]
        return self.page("panel/steps/index.html", rows=rows, parts_of_sale=PARTS)

    @expose("/order", methods=("POST",))
    @needs("registers")
    def order(self) -> Answer:
        """One step further up or down."""
        with desk().database.read() as session:
            known = [one.code for one in steps.steps(session)]
        steps.order_steps(desk(), moved(known, _text("code"), _text("way")))
        return redirect(url_for(".index"))

    @expose("/add", methods=("GET", "POST"))
    @needs("registers")
    def add(self) -> Answer:
        """A step more, at the end."""
        if request.method == "GET":
            return self._form(None, [])
        try:
            code = steps.add_step(
                desk(), typed.names(request.form), _text("part"), _text("code") or None
            )
        except CustrataError as error:
            return self._form(None, said(error)), 422
        flash(_("The step was added at the end of the funnel."), "success")
        return redirect(url_for(".index", _anchor=code))

    @expose("/<code>", methods=("GET", "POST"))
    @needs("registers")
    def one(self, code: str) -> Answer:
        """Names, and where in the sale it stands."""
        if request.method == "GET":
            return self._form(code, [])
        try:
            names = typed.names(request.form)
            steps.change_step(desk(), code, names=names, part=_text("part"))
        except CustrataError as error:
            return self._form(code, said(error)), 422
        flash(_("The step was changed."), "success")
        return redirect(url_for(".index"))

    @expose("/<code>/delete", methods=("GET", "POST"))
    @needs("registers")
    def delete(self, code: str) -> Answer:
        """Ask first, and say what would break."""
        delete = partial(steps.delete_step, desk(), code)
        return self.deleted(delete, _("The step was deleted."), partial(self._ask, code))

    def _ask(self, code: str, faults: list[str]) -> str:
        with desk().database.read() as session:
            row = entry(session, OpportunityStep, code)
            uses = consequences(steps.step_uses(session, code), pictures.called())
        called = step_name(row, language())
        return self.page(
            "panel/steps/delete.html", entry=row, called=called, uses=uses, faults=faults
        )

    def _form(self, code: str | None, faults: list[str]) -> str:
        with desk().database.read() as session:
            row = entry(session, OpportunityStep, code) if code else None
        shown = _typed() if request.method == "POST" else _kept(row)
        return self.page(
            "panel/steps/one.html",
            entry=row,
            called=step_name(row, language()) if row else _("New step"),
            shown=shown,
            languages_of_names=LANGUAGES,
            parts_of_sale=PARTS,
            faults=faults,
        )


def _typed() -> dict[str, Any]:
    """What was typed, to be shown again."""
    return {"names": typed.names(request.form), "code": _text("code"), "part": _text("part")}


def _kept(row: OpportunityStep | None) -> dict[str, Any]:
    """What is kept of a step; nothing of one to be."""
    if row is None:
        return {"names": {}, "code": "", "part": steps.PARTS[0]}
    return {"names": row.names, "code": row.code, "part": row.part}


def _text(name: str) -> str:
    return request.form.get(name, "")
