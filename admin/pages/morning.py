"""The morning page: how the month goes, and what waits for those who sell."""

from __future__ import annotations

from flask import request, url_for
from flask_admin import expose

from custrata.admin.faults import said
from custrata.admin.here import desk
from custrata.admin.language import lazy
from custrata.admin.links import to_customers
from custrata.admin.morning_words import SHOWN, told, words_of
from custrata.admin.page import Answer, Page
from custrata.admin.pages.scoping import asked_scope, scopes, usual_scope
from custrata.service.sales.morning import morning
from custrata.service.sales.scope import Scope
from custrata.store.faults import StoreError


class MorningPage(Page):
    """Of one's own customers, of a team's, of everyone's."""

    title = lazy("Morning")
    address = "morning"
    icon = "fa-sun-o"
    section = "sales"

    @expose("/")
    def index(self) -> Answer:
        """Month to date, leads, opportunities, who fell, complaints, calls, birthdays, gaps."""
        try:
            return self._show(asked_scope(), [])
        except StoreError as error:
            return self._show(usual_scope(), said(error)), 404

    def _show(self, scope: Scope, faults: list[str]) -> str:
        whole = bool(request.args.get("all"))
        with desk().database.read() as session:
            found = morning(session, scope, desk().now())
            words = words_of(session)
        return self.page(
            "panel/morning/index.html",
            found=found,
            page=told(found, words, None if whole else SHOWN),
            whole=None if whole else url_for(".index", whose=request.args.get("whose"), all=1),
            words=words,
            whose=scopes(),
            where=_where(scope),
            faults=faults,
        )


def _where(scope: Scope) -> dict[str, str]:
    """Where the customers are who lack something, by what they lack."""
    if scope.owners is None:
        return {"owner": to_customers(owner=None), "source": to_customers(source=None)}
    if len(scope.owners) == 1:
        return {"source": to_customers(owner=min(scope.owners), source=None)}
    return {}
