"""The first page: what there is to see and to do today."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import abort, request, url_for
from flask_admin import expose

from custrata.admin import pictures
from custrata.admin.here import desk, engine, person, today
from custrata.admin.language import lazy
from custrata.admin.page import Page
from custrata.service.customers.cases import complaints
from custrata.service.figures import latest
from custrata.service.figures.cells import buyers_within
from custrata.service.figures.morning import Last, contacts, morning

_MOST_CONTACTS, _BUYERS = 200, 50


class Dashboard(Page):
    """What there is to see and to do today."""

    title = lazy("Dashboard")
    address = "dashboard"
    icon = "fa-tachometer"
    section = "sales"

    @expose("/")
    def index(self) -> str:
        """Figures of the last run, and what waits for a person."""
        known = person()
        assert known is not None
        with desk().database.read() as session:
            found = morning(session, known.login, known.role, everyone=_everyone(), day=today())
            open_ones = complaints(session, desk().now())
        values = {"morning": found, "contacts": found.contacts, "called": pictures.called()}
        values["complaints"] = open_ones
        if found.last is None:
            return self.page("panel/dashboard/first.html", **values)
        return self.page("panel/dashboard/index.html", **values, **_drawn(found.last))

    @expose("/contact")
    def contact(self) -> str:
        """Everyone to contact today."""
        known = person()
        assert known is not None
        with desk().database.read() as session:
            found = contacts(
                session, known.login, everyone=_everyone(), limit=_MOST_CONTACTS, day=today()
            )
        values = {"contacts": found, "called": pictures.called(), "most": _MOST_CONTACTS}
        return self.page("panel/dashboard/contact.html", **values)

    @expose("/map/<int:recency>/<int:frequency>")
    def cell(self, recency: int, frequency: int) -> str:
        """The customers of a cell of the map."""
        with desk().database.read() as session:
            figures = latest(session)
            found = (figures and figures.get("rfm")) or {"recency": (), "frequency": ()}
            if recency >= len(found["recency"]) or frequency >= len(found["frequency"]):
                abort(404)
            assert figures is not None
            ends = {
                "recency": found["recency"][recency],
                "frequency": found["frequency"][frequency],
            }
            after = request.args.get("after", "")
            buyers = buyers_within(session, figures.run_id, ends, after, _BUYERS)
        last = buyers[-1].customer_id if len(buyers) == _BUYERS else ""
        return self.page(
            "panel/dashboard/cell.html",
            buyers=buyers,
            called=pictures.cell_name(found, recency, frequency),
            following=_cell_address(recency, frequency, after=last) if last else "",
            figures=figures,
        )


def _everyone() -> bool:
    return request.args.get("whose") == "all"


def _drawn(last: Last) -> dict[str, Any]:
    """The charts of the last run."""
    in_force = {one.name for one in engine().ruleset.classifiers}
    shown = [one for one in last.figures.get("sizes") or () if one in in_force]
    chosen = request.args.get("of")
    classifier = chosen if chosen in shown else next(iter(shown), None)
    moved = pictures.flows(last.run, classifier) if classifier else []
    return {
        "figures": last.figures,
        "alerts": last.alerts,
        "classifiers": shown,
        "classifier": classifier,
        "sizes": pictures.sizes(last.figures, classifier) if classifier else [],
        "map": pictures.rfm(last.figures, _cell_address),
        "curve": pictures.curve(last.figures, last.largest_share),
        "inside": pictures.funnel(last.figures, last.stages),
        "outside": pictures.beside_funnel(last.figures, last.stages),
        "moved": moved,
        "drawn": pictures.largest(moved),
        **_trend(last),
    }


def _trend(last: Last) -> dict[str, Any]:
    """How the firm as a whole went, over the runs whose figures are kept."""
    rows = [row for _, row in last.trend]
    amounts = [Decimal(row["revenue"]) for row in rows if row["revenue"] is not None]
    now = (last.figures.get("everyone") or {}).get("revenue")
    return {"trend": rows, "revenues": amounts, "revenue": None if now is None else Decimal(now)}


def _cell_address(recency: int, frequency: int, after: str | None = None) -> str:
    return url_for("dashboard.cell", recency=recency, frequency=frequency, after=after)
