"""Sources: where customers come from, what each brings and costs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose

from custrata.admin import pictures, source_pictures, typed
from custrata.admin.access import needs
from custrata.admin.consequences import consequences
from custrata.admin.faults import said
from custrata.admin.here import desk, zone
from custrata.admin.language import _, lazy
from custrata.admin.page import Answer, Page
from custrata.engine.diagnostics import CustrataError
from custrata.service.figures import Figures, latest
from custrata.service.figures.source_months import months_of_sources
from custrata.service.figures.sources import SourceFigures, exact, source_figures
from custrata.service.registers import sources
from custrata.service.registers.entries import entry
from custrata.service.registers.stages import stages
from custrata.store.models import Source, Stage


class Sources(Page):
    """All sources with what they brought and cost; one of them with its costs by month."""

    title = lazy("Sources")
    address = "sources"
    icon = "fa-bullhorn"
    section = "customers"

    @expose("/")
    def index(self) -> Answer:
        """Which source deserves the budget."""
        return self._list([])

    @expose("/add", methods=("POST",))
    @needs("registers")
    def add(self) -> Answer:
        """A source more."""
        try:
            code = sources.add_source(desk(), _text("name"), _text("code") or None)
        except CustrataError as error:
            return self._list(said(error)), 422
        flash(_("The source was added."), "success")
        return redirect(url_for(".one", code=code))

    @expose("/<code>")
    def one(self, code: str) -> Answer:
        """A source, and what it cost by month."""
        return self._one(code, [])

    @expose("/<code>/rename", methods=("POST",))
    @needs("registers")
    def rename(self, code: str) -> Answer:
        """Call it otherwise."""
        try:
            sources.change_source(desk(), code, name=_text("name"))
        except CustrataError as error:
            return self._one(code, said(error)), 422
        flash(_("The name was changed."), "success")
        return redirect(url_for(".one", code=code))

    @expose("/<code>/activate", methods=("POST",))
    @needs("registers")
    def activate(self, code: str) -> Answer:
        """Offer it for new customers, or no more."""
        active = _text("active") == "1"
        sources.change_source(desk(), code, active=active)
        flash(_("The source is in use.") if active else _("The source is out of use."), "success")
        return redirect(url_for(".one", code=code))

    @expose("/<code>/cost", methods=("POST",))
    @needs("registers")
    def cost(self, code: str) -> Answer:
        """What it cost in a month; nothing typed forgets the month."""
        try:
            amount = typed.amount(_text("amount"))
            sources.set_cost(desk(), code, typed.month(_text("month")), amount)
        except CustrataError as error:
            return self._one(code, said(error)), 422
        flash(
            _("The cost was kept.") if amount is not None else _("The month was cleared."),
            "success",
        )
        return redirect(url_for(".one", code=code))

    @expose("/<code>/delete", methods=("GET", "POST"))
    @needs("registers")
    def delete(self, code: str) -> Answer:
        """Ask first, and say what would break."""
        delete = partial(sources.delete_source, desk(), code)
        return self.deleted(delete, _("The source was deleted."), partial(self._ask, code))

    def _ask(self, code: str, faults: list[str]) -> str:
        with desk().database.read() as session:
            row = entry(session, Source, code)
            uses = consequences(sources.source_uses(session, code), pictures.called())
        return self.page(
            "panel/sources/delete.html", source=row, called=row.name, uses=uses, faults=faults
        )

    def _list(self, faults: list[str]) -> str:
        with desk().database.read() as session:
            figures, listed, known = latest(session), sources.sources(session), stages(session)
            found = source_figures(session, figures) if figures else []
            months = months_of_sources(session, figures) if figures else None
        values = _drawn(figures, found, known) if figures else {"listed": listed}
        if figures:
            values |= source_pictures.by_month(found, months, request.args.get("show"))
            values |= source_pictures.by_label(figures, found, request.args.get("of"))
        return self.page(
            "panel/sources/index.html", run=figures, faults=faults, typed=request.form, **values
        )

    def _one(self, code: str, faults: list[str]) -> str:
        with desk().database.read() as session:
            row = entry(session, Source, code)
            costs = [(one.month, exact(one)) for one in sources.costs(session, code)]
            figures = latest(session)
            found = source_figures(session, figures) if figures else []
            told = months_of_sources(session, figures) if figures else None
        months = told.of(code) if told else []
        return self.page(
            "panel/sources/one.html",
            by_month=months[::-1],
            spent=source_pictures.spent_by_month(months),
            source=row,
            costs=costs,
            figures=next((one for one in found if one.code == code), None),
            this_month=f"{desk().today(zone().key):%Y-%m}",
            faults=faults,
            typed=request.form,
        )


def _text(name: str) -> str:
    return request.form.get(name, "")


def _drawn(
    figures: Figures, found: Sequence[SourceFigures], known: Sequence[Stage]
) -> dict[str, Any]:
    """What the last run found of sources."""
    return {
        "sources": found,
        "basis": figures.get("basis") or {},
        "spent": pictures.spent(found),
        "by_stage": pictures.by_stage(figures, found, known),
    }
