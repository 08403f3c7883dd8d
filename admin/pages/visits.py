"""The plan of visits: a week, region by region; one visit, and what came of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response

from custrata.admin import typed
from custrata.admin.access import may, needs
from custrata.admin.faults import said
from custrata.admin.files import attached
from custrata.admin.here import desk, today, zone
from custrata.admin.language import _, day, lazy
from custrata.admin.page import Answer, Page
from custrata.admin.pages.customer_words import VISIT_STATES
from custrata.admin.pages.today import since_words
from custrata.engine.diagnostics import CustrataError
from custrata.service.audit import taken_out
from custrata.service.customers.listing import owners
from custrata.service.downloads import ENDINGS, table_file
from custrata.service.sales.calendar_file import calendar_file
from custrata.service.sales.planning import change_visit, plan_visit
from custrata.service.sales.reminders import AHEAD
from custrata.service.sales.settling import drop_visit, finish_visit, postpone_visit
from custrata.service.sales.visits import (
    LISTED,
    PLANNED,
    Planned,
    suggested,
    visit,
    visits,
    visits_to,
)

TONES: Mapping[str, str] = {"planned": "info", "done": "good", "postponed": "warn"}
_ALL = "-all"
_WEEK = timedelta(days=7)
_FIELDS = ("starts_at", "region", "owner", "matter", "purpose")


class Visits(Page):
    """A week of visits; one of them."""

    title = lazy("Visits")
    address = "visits"
    icon = "fa-map-marker"
    section = "sales"

    @expose("/")
    def index(self) -> Answer:
        """The visits of a week, region by region, and a form for one more."""
        return self._week([], request.args)

    @expose("/plan", methods=("POST",))
    @needs("record")
    def plan(self) -> Answer:
        """A visit more."""
        form = request.form
        try:
            when = typed.day(form.get("day", ""))
            plan_visit(desk(), form.get("customer", "").strip(), when, **_said())
        except CustrataError as error:
            return self._week(said(error), form), 422
        flash(_("The visit is planned for %(day)s.", day=day(when)), "success")
        return redirect(url_for(".index", week=when.isoformat(), whose=form.get("whose") or None))

    @expose("/<int:number>")
    def one(self, number: int) -> Answer:
        """A visit, and the others to that customer."""
        return self._one(number, [])

    @expose("/<int:number>/change", methods=("POST",))
    @needs("record")
    def change(self, number: int) -> Answer:
        """Say otherwise what it is about."""
        return self._acted(
            number, lambda: change_visit(desk(), number, **_said()), _("The visit was changed.")
        )

    @expose("/<int:number>/done", methods=("POST",))
    @needs("record")
    def done(self, number: int) -> Answer:
        """It was held: a contact."""
        return self._acted(
            number,
            lambda: finish_visit(desk(), number, request.form.get("note")),
            _("The visit was held; it is recorded as a contact."),
        )

    @expose("/<int:number>/postpone", methods=("POST",))
    @needs("record")
    def postpone(self, number: int) -> Answer:
        """It is put off to another day."""
        form = request.form
        return self._acted(
            number,
            lambda: postpone_visit(desk(), number, typed.day(form.get("day", "")), form.get("why")),
            _("The visit was put off."),
        )

    @expose("/<int:number>/drop", methods=("POST",))
    @needs("record")
    def drop(self, number: int) -> Answer:
        """It does not take place."""
        return self._acted(
            number,
            lambda: drop_visit(desk(), number, request.form.get("why", "")),
            _("The visit was dropped."),
        )

    @expose("/file.<ending>")
    def file(self, ending: str) -> Response:
        """One's own visits as a file."""
        return _file(ending, desk().by)

    @expose("/everyone.<ending>")
    @needs("export")
    def everyone(self, ending: str) -> Response:
        """Everyone's visits, or those of one salesperson, as a file."""
        whose = request.args.get("whose") or _ALL
        return _file(ending, None if whose == _ALL else whose)

    def _acted(self, number: int, act: Callable[[], object], told: str) -> Answer:
        try:
            found = act()
        except CustrataError as error:
            return self._one(number, said(error)), 422
        flash(told, "success")
        return redirect(url_for(".one", number=found if isinstance(found, int) else number))

    def _week(self, faults: Sequence[str], form: Mapping[str, str]) -> str:
        monday = _monday()
        with desk().database.read() as session:
            choices = owners(session)
            whose = request.values.get("whose") or (desk().by if desk().by in choices else _ALL)
            owner = None if whose == _ALL else whose
            found = visits(session, monday, monday + _WEEK - timedelta(days=1), owner)
            regions = _by_region(found)
            near = [] if owner is None else suggested(session, today(), owner, list(regions))
        return self.page(
            "panel/visits/index.html",
            regions=regions,
            near={region: [one for one in near if one.place == region] for region in regions},
            more=len(found) == LISTED,
            monday=monday,
            sunday=monday + _WEEK - timedelta(days=1),
            before=monday - _WEEK,
            after=monday + _WEEK,
            today=today(),
            latest=today() + AHEAD,
            whose=whose,
            everyone=_ALL,
            me=desk().by,
            owners=[one for one in choices if one != desk().by],
            typed={"owner": owner or desk().by, **form},
            faults=faults,
            states=VISIT_STATES,
            tones=TONES,
            since=since_words,
            files=_addresses(whose, monday),
        )

    def _one(self, number: int, faults: Sequence[str]) -> str:
        with desk().database.read() as session:
            found = visit(session, number)
            others = visits_to(session, found.row.customer_id)
        form = request.form
        return self.page(
            "panel/visits/one.html",
            one=found,
            row=found.row,
            others=[other for other in others if other.id != number],
            open=found.row.state == PLANNED,
            shown={name: form.get(name, getattr(found.row, name) or "") for name in _FIELDS},
            typed=form,
            faults=faults,
            states=VISIT_STATES,
            tones=TONES,
            today=today(),
            latest=today() + AHEAD,
        )


def _said() -> dict[str, Any]:
    """What is said of a visit, of the fields that the form has."""
    return {name: request.form[name] for name in _FIELDS if name in request.form}


def _monday() -> date:
    """The Monday of the week that is asked for; of a day that is none, of this week."""
    try:
        asked = typed.day(request.values.get("week", ""))
    except CustrataError:
        asked = today()
    nearest = min(max(asked, today() - 10 * AHEAD), today() + 2 * AHEAD)
    return nearest - timedelta(days=nearest.weekday())


def _by_region(found: Sequence[Planned]) -> dict[str, list[Planned]]:
    """By where they are; those of nowhere in particular last."""
    regions: dict[str, list[Planned]] = defaultdict(list)
    for one in found:
        regions[one.row.region or ""].append(one)
    return dict(sorted(regions.items(), key=lambda pair: (not pair[0], pair[0])))


# --- files --------------------------------------------------------------------------------


def _addresses(whose: str, monday: date) -> list[tuple[str, str]]:
    """Where the visits are to be had as files."""
    week = monday.isoformat()
    if whose == desk().by:
        found = {one: url_for("visits.file", ending=one, week=week) for one in ("ics", "xlsx")}
    elif may("export"):
        found = {
            one: url_for("visits.everyone", ending=one, week=week, whose=whose)
            for one in ("ics", "xlsx")
        }
    else:
        found = {}
    return list(found.items())


def _file(ending: str, owner: str | None) -> Response:
    """A calendar of all that lies ahead, with the last week; or the week as a table."""
    monday = _monday()
    if ending == "ics":
        first = today() - _WEEK
        with desk().database.read() as session:
            found = visits(session, first, today() + AHEAD, owner)
        _taken_out(found)
        content = calendar_file(found, zone(), desk().now(), _words())
        return attached(content, "visits.ics")
    with desk().database.read() as session:
        found = visits(session, monday, monday + _WEEK - timedelta(days=1), owner)
    _taken_out(found)
    chosen = ending if ending in ENDINGS else ENDINGS[0]
    return attached(table_file(_head(), map(_cells, found), chosen), f"visits.{chosen}")


def _taken_out(found: Sequence[Planned]) -> None:
    taken_out(desk(), len({one.row.customer_id for one in found}), list="visits")


def _words() -> dict[str, str]:
    return {
        "visit": _("Visit"),
        "phone": _("Telephone"),
        "matter": _("Matter"),
        "purpose": _("Purpose"),
    }


def _head() -> list[str]:
    return [
        _("Day"),
        _("Time"),
        _("Region"),
        _("Customer number"),
        _("Name"),
        _("Telephone"),
        _("Salesperson"),
        _("Matter"),
        _("Purpose"),
        _("State"),
        _("Reason"),
    ]


def _cells(one: Planned) -> list[Any]:
    row = one.row
    return [
        row.day,
        row.starts_at,
        row.region,
        row.customer_id,
        one.name,
        one.phone,
        row.owner,
        row.matter,
        row.purpose,
        str(VISIT_STATES.get(row.state, row.state)),
        row.why,
    ]
