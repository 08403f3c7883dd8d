"""Results of salespeople and marketers by month: a base for pay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from flask import abort, request
from flask_admin import expose
from werkzeug.wrappers import Response

from custrata.admin import typed
from custrata.admin.access import needs
from custrata.admin.faults import said
from custrata.admin.files import attached
from custrata.admin.here import desk
from custrata.admin.language import _, lazy
from custrata.admin.page import Answer, Page
from custrata.engine.diagnostics import DataError
from custrata.service.downloads import table_file
from custrata.service.figures import latest
from custrata.service.sales.results import Person, Results, results

_PLACES = 4
"""Decimals of a share in a file."""


class ResultsPage(Page):
    """Who took over, won and lost how many, and what they brought."""

    title = lazy("Results")
    address = "results"
    icon = "fa-trophy"
    section = "sales"

    @expose("/")
    def index(self) -> Answer:
        """Of one month or several, by person."""
        try:
            first, last = _asked()
            return self._show(first, last)
        except DataError as error:
            return self._show(None, None, said(error)), 422

    @expose("/<who>.xlsx")
    @needs("export")
    def file(self, who: str) -> Response:
        """Salespeople or marketers as a workbook."""
        tables = {"salespersons": _owner_rows, "marketers": _marketer_rows}
        if who not in tables:
            abort(404)
        found = _found(*_asked())
        if found is None:
            abort(404)
        head, *rows = tables[who](found)
        span = f"{found.span.first:%Y-%m}-{found.span.last:%Y-%m}"
        return attached(table_file(head, rows, "xlsx"), f"results-{who}-{span}.xlsx")

    def _show(self, first: date | None, last: date | None, faults: Iterable[str] = ()) -> str:
        return self.page(
            "panel/results/index.html",
            found=_found(first, last),
            called=called,
            faults=list(faults),
        )


def called(one: Person) -> str:
    """The name of a person, by her code where none is known."""
    return one.name or one.code or _("Nobody")


def _asked() -> tuple[date | None, date | None]:
    """The months of the address; those that it does not name are None."""
    texts = request.args.get("since", ""), request.args.get("until", "")
    first, last = (typed.month(one) if one else None for one in texts)
    return first, last


def _found(first: date | None, last: date | None) -> Results | None:
    with desk().database.read() as session:
        figures = latest(session)
        return results(session, figures, first, last) if figures else None


def _owner_rows(found: Results) -> Iterator[list[Any]]:
    yield [
        _("Salesperson"),
        _("Code"),
        _("Team"),
        _("Taken over"),
        _("Days to the first contact, median"),
        _("Not reached yet"),
        _("Moved on"),
        _("Won"),
        _("Lost"),
        _("Sales"),
        _("Revenue"),
        _("Target"),
        _("Target reached"),
    ]
    for one in found.owners:
        reached = one.reached_target
        yield [
            called(one),
            one.code,
            one.team,
            one.taken_over,
            one.wait,
            one.not_reached,
            one.moved_on,
            one.won,
            one.lost,
            one.sales,
            one.revenue,
            one.target,
            None if reached is None else round(reached, _PLACES),
        ]


def _marketer_rows(found: Results) -> Iterator[list[Any]]:
    yield [
        _("Marketer"),
        _("Code"),
        _("Brought"),
        _("Reached"),
        _("Won"),
        _("Sales"),
        _("Revenue"),
    ]
    for one in found.marketers:
        counts = [one.brought, one.contacted, one.won, one.sales]
        yield [called(one), one.code, *counts, one.revenue]
