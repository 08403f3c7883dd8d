"""Stages: the firm's own, in funnel order."""

from __future__ import annotations

from collections.abc import Sequence
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
from custrata.service.figures import Figures, latest
from custrata.service.registers import stages
from custrata.service.registers.entries import entry
from custrata.service.registers.spoken import LANGUAGES
from custrata.service.registers.stages import stage_name
from custrata.store.models import Stage

_NEW_COLOUR = "#64748b"


class Stages(Page):
    """All stages in their order; one of them with its names and colour."""

    title = lazy("Stages")
    address = "stages"
    icon = "fa-filter"
    section = "customers"

    @expose("/")
    def index(self) -> Answer:
        """The funnel, from top to bottom."""
        with desk().database.read() as session:
            known, figures = stages.stages(session), latest(session)
        return self.page("panel/stages/index.html", **_listed(known, figures))

    @expose("/order", methods=("POST",))
    @needs("registers")
    def order(self) -> Answer:
        """One stage further up or down."""
        with desk().database.read() as session:
            known = [one.code for one in stages.stages(session)]
        stages.order_stages(desk(), moved(known, _text("code"), _text("way")))
        return redirect(url_for(".index"))

    @expose("/add", methods=("GET", "POST"))
    @needs("registers")
    def add(self) -> Answer:
        """A stage more, at the end."""
        if request.method == "GET":
            return self._form(None, [])
        try:
            code = stages.add_stage(
                desk(),
                typed.names(request.form),
                _text("code") or None,
                _text("colour"),
                automatic=_is_on("automatic"),
                exit=_is_on("exit"),
            )
        except CustrataError as error:
            return self._form(None, said(error)), 422
        flash(_("The stage was added at the end of the funnel."), "success")
        return redirect(url_for(".index", _anchor=code))

    @expose("/<code>", methods=("GET", "POST"))
    @needs("registers")
    def one(self, code: str) -> Answer:
        """Names, colour, who sets it."""
        if request.method == "GET":
            return self._form(code, [])
        try:
            stages.change_stage(
                desk(),
                code,
                names=typed.names(request.form),
                colour=_text("colour"),
                automatic=_is_on("automatic"),
                exit=_is_on("exit"),
            )
        except CustrataError as error:
            return self._form(code, said(error)), 422
        flash(_("The stage was changed."), "success")
        return redirect(url_for(".index"))

    @expose("/<code>/delete", methods=("GET", "POST"))
    @needs("registers")
    def delete(self, code: str) -> Answer:
        """Ask first, and say what would break."""
        delete = partial(stages.delete_stage, desk(), code)
        return self.deleted(delete, _("The stage was deleted."), partial(self._ask, code))

    def _ask(self, code: str, faults: list[str]) -> str:
        with desk().database.read() as session:
            row = entry(session, Stage, code)
            uses = consequences(stages.stage_uses(session, code), pictures.called())
        called = stage_name(row, language())
        return self.page(
            "panel/stages/delete.html", entry=row, called=called, uses=uses, faults=faults
        )

    def _form(self, code: str | None, faults: list[str]) -> str:
        with desk().database.read() as session:
            row = entry(session, Stage, code) if code else None
        shown = _typed() if request.method == "POST" else _kept(row)
        return self.page(
            "panel/stages/one.html",
            entry=row,
            called=stage_name(row, language()) if row else _("New stage"),
            shown=shown,
            languages_of_names=LANGUAGES,
            faults=faults,
        )


def _listed(known: Sequence[Stage], figures: Figures | None) -> dict[str, Any]:
    """Each stage with who shows it."""
    counts = {row["stage"]: row for row in (figures and figures.get("stages")) or ()}
    rows = [
        {
            "stage": one,
            "name": stage_name(one, language()),
            "customers": counts.get(one.code, {"customers": 0})["customers"] if figures else None,
        }
        for one in known
    ]
    return {
        "rows": rows,
        "run": figures,
        "inside": pictures.funnel(figures, known) if figures else [],
        "beside": pictures.beside_funnel(figures, known) if figures else [],
    }


def _typed() -> dict[str, Any]:
    """What was typed, to be shown again."""
    return {
        "names": typed.names(request.form),
        "colour": _text("colour"),
        "code": _text("code"),
        "automatic": _is_on("automatic"),
        "exit": _is_on("exit"),
    }


def _kept(row: Stage | None) -> dict[str, Any]:
    """What is kept of a stage; nothing of one to be."""
    return {
        "names": row.names if row else {},
        "colour": (row and row.colour) or _NEW_COLOUR,
        "code": row.code if row else "",
        "automatic": bool(row and row.automatic),
        "exit": bool(row and row.exit),
    }


def _text(name: str) -> str:
    return request.form.get(name, "")


def _is_on(name: str) -> bool:
    return _text(name) == "1"
