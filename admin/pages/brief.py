"""The sales brief: one click, a page to read or print, and a workbook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from flask_admin import expose
from werkzeug.wrappers import Response

from custrata.admin import brief_words
from custrata.admin.access import may, needs
from custrata.admin.faults import said
from custrata.admin.files import attached
from custrata.admin.here import desk, today
from custrata.admin.language import lazy
from custrata.admin.morning_words import Words, words_of
from custrata.admin.page import Answer, Page
from custrata.admin.pages.periods import DAYS, NAMES, Days, typed_days
from custrata.admin.pages.scoping import asked_scope, own_scope, scopes, usual_scope
from custrata.engine.diagnostics import CustrataError
from custrata.service.audit import taken_out
from custrata.service.calendar.periods import THIS_MONTH, period, span
from custrata.service.calendar.times import monday_of
from custrata.service.sales.brief import Brief, brief
from custrata.service.sales.scope import MINE, Scope
from custrata.service.values import wrong
from custrata.service.workbooks import workbook

THIS_WEEK = "this_week"
_NAMES: Mapping[str, Any] = {THIS_WEEK: lazy("This week"), **NAMES}


class BriefPage(Page):
    """The figures of a time and the funnel, for oneself, a team or the firm."""

    title = lazy("Sales brief")
    address = "brief"
    icon = "fa-file-text-o"
    section = "sales"

    @expose("/")
    def index(self) -> Answer:
        """All of it on one page; the browser prints it."""
        try:
            return self._show(_asked(), asked_scope())
        except CustrataError as error:
            return self._show(_named(THIS_MONTH), usual_scope(), said(error)), 422

    @expose("/own.xlsx")
    def own(self) -> Response:
        """One's own as a workbook."""
        return _file(_asked(), own_scope())

    @expose("/file.xlsx")
    @needs("export")
    def file(self) -> Response:
        """Anybody's as a workbook: it holds names of customers."""
        return _file(_asked(), asked_scope())

    def _show(self, asked: Days, scope: Scope, faults: list[str] | None = None) -> str:
        found, words = _found(asked, scope)
        own = scope.name == MINE
        return self.page(
            "panel/brief/index.html",
            asked=asked,
            found=found,
            words=words,
            told=brief_words,
            whose=scopes(),
            periods=list(_NAMES.items()),
            file=".own" if own else ".file" if may("export") else "",
            faults=faults or [],
        )


def _found(asked: Days, scope: Scope) -> tuple[Brief, Words]:
    with desk().database.read() as session:
        found = brief(session, scope, asked.since, asked.until, desk().now())
        return found, words_of(session)


def _file(asked: Days, scope: Scope) -> Response:
    found, words = _found(asked, scope)
    if found.best:  # it names customers
        taken_out(desk(), len(found.best))
    return attached(workbook(brief_words.sheets(found, words)), f"brief-{asked.since}.xlsx")


def _asked() -> Days:
    """What the address asks for; the month where it says nothing.

    Raises:
        DataError: no such period, or days that are none.
    """
    name = request.args.get("period") or THIS_MONTH
    if name != DAYS:
        return _named(name)
    since, until = span(*typed_days())
    if until > today():
        raise wrong("time-in-future", f"{until} is still to come", f"up to {today()}")
    return Days(DAYS, since, until)


def _named(name: str) -> Days:
    day = today()
    since, until = (monday_of(day), day) if name == THIS_WEEK else period(name, day)
    return Days(name, since, min(until, day))
