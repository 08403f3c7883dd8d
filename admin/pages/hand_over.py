"""Handing customers over: chosen, looked at, then given to another salesperson."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose

from custrata.admin import access
from custrata.admin.faults import said
from custrata.admin.here import desk, staff_name, value_name
from custrata.admin.language import _, lazy, ngettext, number
from custrata.admin.links import to_customers
from custrata.admin.page import Answer, Page
from custrata.admin.pages.showing import Shown
from custrata.engine.diagnostics import CustrataError
from custrata.service.customers.filters import Filter, filters
from custrata.service.customers.listing import MOST, owners
from custrata.service.customers.question import NONE, Question
from custrata.service.customers.record import LONGEST_WHY
from custrata.service.registers.groups import names_of_groups
from custrata.service.registers.sources import sources
from custrata.service.registers.stages import stages
from custrata.service.registers.treatments import labels_of
from custrata.service.sales.handing import SHOWN, Choice, hand_over_chosen, preview, regions_of
from custrata.store.faults import refuse


class HandOver(Page):
    """Whose customers, which of them, to whom; nothing happens before they were seen."""

    title = lazy("Hand over")
    address = "hand_over"
    icon = "fa-exchange"
    needs = "hand_over"
    section = "sales"

    @expose("/")
    def index(self) -> Answer:
        """Choose, and see who they are."""
        return self._page(request.args, [])

    @expose("/", methods=("POST",))
    @access.needs("hand_over")
    def give(self) -> Answer:
        """Give them to another salesperson."""
        form = request.form
        to_owner = form.get("to", "").strip()
        try:
            with desk().database.read() as session:
                choice = _choice(form, filters(session, desk().by))
            seen = form.get("seen", "")
            count = hand_over_chosen(desk(), choice, to_owner, seen, form.get("why"))
        except CustrataError as error:
            return self._page(form, said(error)), 422
        told = ngettext(
            "%(count)s customer was handed over.",
            "%(count)s customers were handed over.",
            count,
            count=number(count),
        )
        flash(told, "success")
        return redirect(to_customers(owner=to_owner) if count else url_for(".index"))

    def _page(self, form: Mapping[str, str], faults: Sequence[str]) -> str:
        with desk().database.read() as session:
            kept = filters(session, desk().by)
            shown = Shown(stages(session), sources(session), names_of_groups(session))
            known, regions, found = owners(session), [], None
            if form.get("from"):
                try:
                    found = preview(session, _choice(form, kept))
                except CustrataError as error:
                    faults = [*faults, *said(error)]
                regions = regions_of(session, form["from"])
        return self.page(
            "panel/hand_over/index.html",
            typed=form,
            faults=faults,
            preview=found,
            owners=known,
            owner_choices=[
                ("", _("choose one")),
                *((one, staff_name(one)) for one in known),
                (NONE, _("nobody: without a salesperson")),
            ],
            region_choices=[
                ("", _("anywhere")),
                *((one, value_name(one, "region")) for one in regions),
            ],
            stage_choices=[
                ("", _("any")),
                *((one.code, shown.stage(one.code)) for one in shown.stages),
            ],
            group_choices=[("", _("any")), *(shown.groups or {}).items()],
            filter_choices=[("", _("none")), *((str(one.id), one.name) for one in kept)],
            shown=shown,
            labels={one.name: labels_of(one) for one in shown.classifiers.values()},
            most=MOST,
            first=SHOWN,
            longest=LONGEST_WHY,
        )


def _choice(form: Mapping[str, str], kept: Sequence[Filter]) -> Choice:
    """Whose customers are asked for, and which.

    Raises:
        StoreError: there is no such filter.
    """
    question = Question()
    number_of_filter = form.get("filter", "")
    if number_of_filter:
        chosen = [one for one in kept if str(one.id) == number_of_filter]
        if not chosen:
            raise refuse("no-filter", "there is no such filter")
        question = chosen[0].question
    more: dict[str, Any] = {
        name: (*getattr(question, name), form[field])
        for field, name in (("label", "labels"), ("stage", "stages"), ("group", "groups"))
        if form.get(field)
    }
    return Choice(form.get("from", ""), replace(question, **more), form.get("region", ""))
