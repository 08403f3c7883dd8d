"""The funnel: how many opportunities reach each step, how long it takes, who wins them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import abort, request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response

from custrata.admin.charts import Item
from custrata.admin.faults import said
from custrata.admin.files import attached
from custrata.admin.here import desk, today
from custrata.admin.language import _, language, lazy, money, number
from custrata.admin.page import Answer, Page
from custrata.admin.pages.periods import DAYS, NAMES, Days, typed_days
from custrata.engine.diagnostics import DataError
from custrata.service.calendar.periods import THIS_QUARTER, period
from custrata.service.customers.listing import teams as teams_of_customers
from custrata.service.downloads import table_file
from custrata.service.registers.staff import names_of_staff, others, teams
from custrata.service.registers.steps import step_name, steps
from custrata.service.sales.funnel import Funnel, funnel

_TEAM, _OWNER = "team:", "owner:"


@dataclass(frozen=True)
class Asked(Days):
    """What somebody wants to see. `who`: empty for the whole firm, else `team:` or `owner:`."""

    who: str = ""

    @property
    def query(self) -> dict[str, str]:
        """The same in an address."""
        return {**super().query, "who": self.who}


@dataclass(frozen=True)
class Called:
    """Names in the reader's language: of steps, and of people by their codes."""

    steps: Mapping[str, str]
    people: Mapping[str, str]

    def step(self, code: str) -> str:
        """The name of a step; one that no register knows goes by its code."""
        return self.steps.get(code, code)

    def person(self, code: str | None) -> str:
        """The name of a salesperson."""
        return self.people.get(code, code) if code else _("Nobody")


class FunnelPage(Page):
    """Opportunities of a period, of the firm, a team or one person."""

    title = lazy("Funnel")
    address = "funnel"
    icon = "fa-filter"
    section = "sales"

    @expose("/")
    def index(self) -> Answer:
        """The funnel, step by step, and who wins."""
        try:
            return self._show(_asked())
        except DataError as error:
            usual = Asked(THIS_QUARTER, *period(THIS_QUARTER, today()))
            return self._show(usual, said(error)), 422

    @expose("/<what>.xlsx")
    def file(self, what: str) -> Response:
        """Its steps, or its people, as a workbook."""
        tables = {"steps": _step_rows, "people": _person_rows}
        if what not in tables:
            abort(404)
        found, called = _found(_asked())
        head, *rows = tables[what](found, called)
        return attached(table_file(head, rows, "xlsx"), f"funnel-{what}.xlsx")

    def _show(self, asked: Asked, faults: list[str] | None = None) -> str:
        found, called = _found(asked)
        return self.page(
            "panel/funnel/index.html",
            asked=asked,
            found=found,
            called=called,
            drawn=_drawn(found, called),
            periods=list(NAMES.items()),
            whose=list(_whose(asked.who, called)),
            of_person=partial(_of_person, asked),
            faults=faults or [],
        )


def _of_person(asked: Asked, code: str) -> str:
    """The address of one salesperson's funnel in the same days."""
    return f"{url_for('.index')}?{urlencode({**asked.query, 'who': _OWNER + code})}"


def _asked() -> Asked:
    """What the address asks for; the whole firm's quarter where it says nothing.

    Raises:
        DataError: no such period, or days that are none.
    """
    given = request.args
    name, who = given.get("period") or THIS_QUARTER, given.get("who", "")
    if name != DAYS:
        return Asked(name, *period(name, today()), who)
    return Asked(DAYS, *typed_days(), who)


def _found(asked: Asked) -> tuple[Funnel, Called]:
    team = asked.who.removeprefix(_TEAM) if asked.who.startswith(_TEAM) else None
    owner = asked.who.removeprefix(_OWNER) if asked.who.startswith(_OWNER) else None
    with desk().database.read() as session:
        found = funnel(session, asked.since, asked.until, owner, team, desk().now())
        named = {one.code: step_name(one, language()) for one in steps(session)}
        return found, Called(named, names_of_staff(session))


def _whose(chosen: str, called: Called) -> Iterator[tuple[str, str]]:
    """Whose opportunities can be asked for; who was asked for is among them in any case."""
    with desk().database.read() as session:
        all_teams = sorted({*teams(session), *teams_of_customers(session)})
        codes = [*called.people, *others(session)]
    known = {"": _("The whole firm")}
    known |= {f"{_TEAM}{one}": _("Team %(name)s", name=one) for one in all_teams}
    known |= {f"{_OWNER}{one}": called.person(one) for one in codes}
    yield from known.items()
    if chosen not in known:
        yield chosen, chosen.removeprefix(_TEAM).removeprefix(_OWNER)


def _drawn(found: Funnel, called: Called) -> list[Item]:
    return [
        Item(called.step(one.code), one.count, number(one.count), note=money(one.amount))
        for one in found.steps
    ]


def _step_rows(found: Funnel, called: Called) -> Iterator[tuple[Any, ...]]:
    """The table of steps: its head, then a row a step."""
    yield (
        *(_("Step"), _("Came this far"), _("There now"), _("Amount"), _("Go on to the next")),
        *(_("Days in it, mean"), _("Days in it, median")),
        *(_("Still in it"), _("Days so far, mean")),
    )
    for one in found.steps:
        stay = one.stay
        yield (
            *(called.step(one.code), one.count, one.standing, one.amount, one.conversion),
            *(stay.done.mean, stay.done.median, stay.so_far.count, stay.so_far.mean),
        )


def _person_rows(found: Funnel, called: Called) -> Iterator[tuple[Any, ...]]:
    """The table of people: its head, then a row a person."""
    yield (
        *(_("Salesperson"), _("Team"), _("Came up"), _("Won"), _("Lost"), _("Open")),
        *(_("Win rate"), _("Amount won"), _("Days to close, mean"), _("Days to close, median")),
    )
    for one in found.people:
        own = one.results
        yield (
            *(called.person(one.owner), one.team, own.count, own.won, own.lost, own.open),
            *(own.win_rate, own.amount_won, own.to_close.mean, own.to_close.median),
        )
