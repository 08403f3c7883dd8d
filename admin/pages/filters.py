"""Kept filters of the list of customers: one's own to change, others' to use."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response

from custrata.admin.access import needs
from custrata.admin.faults import said
from custrata.admin.here import desk
from custrata.admin.language import _, lazy
from custrata.admin.page import Page
from custrata.admin.pages.customers import address_of
from custrata.engine.diagnostics import CustrataError
from custrata.service.customers.filters import change_filter, delete_filter, filters, save_filter
from custrata.service.customers.question import asked


class Filters(Page):
    """What somebody wants to ask again."""

    title = lazy("Saved filters")
    address = "filters"
    icon = "fa-filter"
    section = ""

    @expose("/")
    def index(self) -> str:
        """All that one sees."""
        return self._index([])

    @expose("/save", methods=("POST",))
    @needs("see")
    def save(self) -> Response:
        """Keep what the list asks for."""
        question = asked(request.form.to_dict(flat=False))
        try:
            shared = "shared" in request.form
            save_filter(desk(), request.form.get("name", ""), question, shared=shared)
        except CustrataError as error:
            for one in said(error):
                flash(one, "danger")
        else:
            flash(_("The filter is saved."), "success")
        return redirect(address_of(question))

    @expose("/<int:filter_id>", methods=("POST",))
    @needs("see")
    def change(self, filter_id: int) -> Response | tuple[str, int]:
        """Name it otherwise, share it or keep it to oneself."""
        try:
            name, shared = request.form.get("name", ""), "shared" in request.form
            change_filter(desk(), filter_id, name=name, shared=shared)
        except CustrataError as error:
            return self._index(said(error)), 422
        flash(_("The filter is changed."), "success")
        return redirect(url_for(".index"))

    @expose("/<int:filter_id>/delete", methods=("POST",))
    @needs("see")
    def delete(self, filter_id: int) -> Response:
        """Do away with it; it is quickly made again, so nobody is asked twice."""
        delete_filter(desk(), filter_id)
        flash(_("The filter is deleted."), "success")
        return redirect(url_for(".index"))

    def _index(self, faults: list[str]) -> str:
        with desk().database.read() as session:
            found = filters(session, desk().by)
        addresses = {one.id: address_of(one.question) for one in found}
        return self.page(
            "panel/customers/filters.html",
            filters=found,
            addresses=addresses,
            mine=desk().by,
            faults=faults,
        )
