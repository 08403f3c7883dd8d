"""The sales team: who sells and advertises, in which team, and what each is to sell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose

from custrata.admin import typed
from custrata.admin.access import may, needs
from custrata.admin.faults import said
from custrata.admin.here import desk, today
from custrata.admin.language import _, lazy, number
from custrata.admin.page import Answer, Page
from custrata.engine.diagnostics import CustrataError, DataError
from custrata.service.registers import staff
from custrata.service.registers.staff import StaffChanges, staff_name
from custrata.service.registers.targets import clear_target, goals, set_target
from custrata.service.values import wrong

_MONTHS = 6
"""So many stand side by side; two of them lie before the one that is asked for."""
_BEFORE = 2


class SalesTeam(Page):
    """Everyone who sells or advertises; one of them; targets by month."""

    title = lazy("Sales team")
    address = "staff"
    icon = "fa-id-badge"
    section = "sales"

    @expose("/")
    def index(self) -> Answer:
        """Who there is, and what each is to sell."""
        return self._list([])

    @expose("/add", methods=("POST",))
    @needs("registers")
    def add(self) -> Answer:
        """A person more."""
        try:
            staff.add_staff(desk(), _text("code"), **_allowed())
        except CustrataError as error:
            return self._list(said(error)), 422
        flash(_("The person was added."), "success")
        return redirect(url_for(".index"))

    @expose("/one", methods=("GET", "POST"))
    @needs("registers")
    def one(self) -> Answer:
        """What is known of a person."""
        code = request.args.get("code", "")
        if request.method == "GET":
            return self._one(code, [])
        try:
            staff.change_staff(desk(), code, **_allowed())
        except DataError as error:
            return self._one(code, said(error)), 422
        flash(_("The person was changed."), "success")
        return redirect(url_for(".index"))

    @expose("/delete", methods=("GET", "POST"))
    @needs("registers")
    def delete(self) -> Answer:
        """Ask first, and say what stays."""
        code = request.args.get("code", "")
        delete = partial(staff.remove_staff, desk(), code)
        return self.deleted(delete, _("The person was removed."), partial(self._ask, code))

    @expose("/target", methods=("POST",))
    @needs("registers")
    def target(self) -> Answer:
        """What somebody is to sell in a month; no amount typed forgets the month."""
        try:
            month, amount = typed.month(_text("month")), typed.amount(_text("amount"))
            if amount is None and _calls() is not None:
                raise wrong("target-amount", "calls without an amount", "both, or neither")
            if amount is None:
                known = clear_target(desk(), _text("owner"), month)
                told = _("The target was cleared.") if known else _("There was no target.")
            else:
                set_target(desk(), _text("owner"), month, amount, _calls())
                told = _("The target was kept.")
        except CustrataError as error:
            return self._list(said(error)), 422
        flash(told, "success")
        return redirect(url_for(".index", month=f"{month:%Y-%m}", _anchor="targets"))

    def _ask(self, code: str, faults: list[str]) -> str:
        with desk().database.read() as session:
            row = staff.one_of(session, code)
        called = staff_name(row)
        return self.page("panel/staff/delete.html", row=row, called=called, faults=faults)

    def _one(self, code: str, faults: list[str]) -> str:
        with desk().database.read() as session:
            row, teams = staff.one_of(session, code), staff.teams(session)
        shown = {**_kept(row), **_allowed()} if request.method == "POST" else _kept(row)
        return self.page(
            "panel/staff/one.html",
            row=row,
            called=staff_name(row),
            shown=shown,
            teams=teams,
            faults=faults,
        )

    def _list(self, faults: list[str]) -> str:
        months = _around(_month())
        with desk().database.read() as session:
            known, strangers = staff.staff(session), staff.others(session)
            found, teams = goals(session, months), staff.teams(session)
        planned = {code for code, _of in found}
        people = [
            *((one.code, staff_name(one)) for one in known),
            *((one,) * 2 for one in strangers),
        ]
        return self.page(
            "panel/staff/index.html",
            people=known,
            strangers=strangers,
            teams=teams,
            owners=people,
            rows=[one for one in people if one[0] in planned or one[0] not in strangers],
            months=months,
            goals=found,
            totals=_totals(found, months),
            earlier=f"{_later(months[_BEFORE], -_MONTHS):%Y-%m}",
            later=f"{_later(months[_BEFORE], _MONTHS):%Y-%m}",
            typed=request.form or request.args,
            this_month=f"{months[_BEFORE]:%Y-%m}",
            shown=_typed(),
            row=None,
            faults=faults,
        )


def _month() -> date:
    """The month that is asked for, else this one."""
    try:
        return typed.month(request.args.get("month") or _text("month"))
    except DataError:
        return today().replace(day=1)


def _around(month: date) -> list[date]:
    return [_later(month, by) for by in range(-_BEFORE, _MONTHS - _BEFORE)]


def _later(month: date, by: int) -> date:
    """A month so many later; the ends of the calendar stay where they are."""
    place = min(max(month.year * 12 + month.month - 1 + by, 12), 9999 * 12 + 11)
    return date(place // 12, place % 12 + 1, 1)


def _totals(found: Any, months: Sequence[date]) -> list[Any]:
    """What all are to sell, by month; None where nobody has a target."""
    amounts = [[goal.amount for (_who, of), goal in found.items() if of == one] for one in months]
    return [sum(one) if one else None for one in amounts]


def _calls() -> int | None:
    text = _text("calls").strip()
    if not text:
        return None
    try:
        return typed.whole(text)
    except ValueError:
        raise wrong("no-number", f"{text[:40]!r} is no number of calls", number(120)) from None


def _typed() -> StaffChanges:
    """What was typed about a person."""
    return {
        "name": _text("name"),
        "team": _text("team"),
        "email": _text("email"),
        "language": _text("language"),
        "morning_mail": _text("morning_mail") == "1",
        "everyone": _text("everyone") == "1",
    }


def _allowed() -> StaffChanges:
    """What was typed; nothing of the mail from those who may not say who gets it."""
    given = _typed()
    if may("people"):
        return given
    return {"name": given["name"], "team": given["team"], "language": given["language"]}


def _kept(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in StaffChanges.__annotations__}


def _text(name: str) -> str:
    return request.form.get(name, "")
