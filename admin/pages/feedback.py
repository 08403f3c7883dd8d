"""Feedback: what is open, who sees to it, by when; overdue first, what nobody sees to before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose

from custrata.admin import typed
from custrata.admin.access import needs
from custrata.admin.faults import said
from custrata.admin.here import desk, staff_name, zone
from custrata.admin.language import _, lazy, moment
from custrata.admin.page import Answer, Page
from custrata.admin.pages.customer_words import KINDS, STATES
from custrata.engine.diagnostics import CustrataError
from custrata.service.customers import cases, feedback
from custrata.service.customers.cases import NOBODY, Case, Sought
from custrata.service.customers.feedback import FeedbackChanges, Step
from custrata.service.customers.listing import owners
from custrata.service.customers.touched import need_customer
from custrata.store.models import Feedback as Row

_PAGE, _LOOSE = 50, 10
_WHOSE: Mapping[str, Any] = {
    "all": lazy("Everybody's"),
    "mine": lazy("Mine"),
    "nobody": lazy("Nobody's"),
}
_STEPS: Mapping[str, Any] = {
    "owner": lazy("Who sees to it"),
    "due_at": lazy("Due"),
    "state": lazy("State"),
}


class Feedback(Page):
    """What customers brought forward, until it is settled."""

    title = lazy("Feedback")
    address = "feedback"
    icon = "fa-comments-o"
    section = "customers"

    @expose("/")
    def index(self) -> str:
        """What is open: first what nobody sees to, then what is overdue."""
        asked = _asked()
        sought, now = _sought(asked), desk().now()
        after = request.args.get("after", type=typed.whole)
        grouped = asked["whose"] == "all"
        with desk().database.read() as session:
            loose = _loose(sought)
            nobodys = cases.cases(session, now, loose, limit=_LOOSE + 1) if grouped else []
            found = cases.cases(session, now, sought, after, _PAGE + 1)
        return self.page(
            "panel/feedback/index.html",
            loose=nobodys[:_LOOSE] if after is None else [],
            more_loose=_address(asked, whose="nobody") if len(nobodys) > _LOOSE else "",
            found=found[:_PAGE],
            following=_following(asked, found),
            first=_address(asked) if after is not None else "",
            asked=asked,
            whose={one: (name, _address(asked, whose=one)) for one, name in _WHOSE.items()},
            kinds=_kinds(),
            words={"kind": KINDS, "state": STATES},
        )

    @expose("/<int:number>")
    def one(self, number: int) -> str:
        """All about one, and what was changed of it."""
        return self._one(number, [])

    @expose("/<int:number>", methods=("POST",))
    @needs("record")
    def change(self, number: int) -> Answer:
        """Give it to somebody, say by when, bring it on."""
        try:
            with desk().database.read() as session:
                row = feedback.feedback(session, number)
            moved = feedback.change_feedback(desk(), number, _form("seen") or None, **_changes(row))
        except CustrataError as error:
            return self._one(number, said(error)), 422
        flash(_("The feedback was changed."), "success")
        if moved:
            flash(_("The customer was classified anew."), "info")
        return redirect(url_for(".one", number=number))

    @expose("/<int:number>/take", methods=("POST",))
    @needs("record")
    def take(self, number: int) -> Answer:
        """See to it oneself."""
        try:
            feedback.take_feedback(desk(), number)
        except CustrataError as error:
            return self._one(number, said(error)), 422
        flash(_("You see to this feedback now."), "success")
        return redirect(url_for(".one", number=number))

    def _one(self, number: int, faults: list[str]) -> str:
        with desk().database.read() as session:
            row = feedback.feedback(session, number)
            known = need_customer(session, row.customer_id)
            steps = feedback.steps_of(session, row)
            people = owners(session)
        kept = {"owner": row.owner or "", "due": local(row.due_at), "state": row.state, "done": ""}
        given = {name: _form(name) for name in kept} if faults else {}
        states = {one: STATES[one] for one in feedback.STATES}
        return self.page(
            "panel/feedback/one.html",
            one=Case(row, known.name, feedback.is_overdue(row, desk().now())),
            is_open=feedback.is_open(row),
            needs_done=row.kind == feedback.COMPLAINT and feedback.is_open(row),
            seen=feedback.mark_of(row),
            shown={**kept, **given},
            states={row.state: STATES.get(row.state, row.state), **states},
            steps=[_step(one) for one in steps],
            people=people,
            longest=feedback.LONGEST_DONE,
            words={"kind": KINDS, "state": STATES},
            faults=faults,
        )


def local(at: datetime | None) -> str:
    """A moment as a field for times has it, on the clock of the rules."""
    return "" if at is None else at.astimezone(zone()).strftime("%Y-%m-%dT%H:%M")


def due_typed(text: str) -> datetime | None:
    """When something is due, as it was typed; None where nothing was.

    Raises:
        DataError: it is no date with a time.
    """
    return typed.moment(text, zone()) if text.strip() else None


def _changes(row: Row) -> FeedbackChanges:
    """What the form says; a due time that was left alone keeps its seconds."""
    changes = FeedbackChanges(owner=_form("owner"), state=_form("state"), done=_form("done"))
    if _form("due") != local(row.due_at):
        changes["due_at"] = due_typed(_form("due"))
    return changes


def _asked() -> dict[str, str]:
    """What the address asks for, as addresses have it."""
    whose, kind = request.args.get("whose", "all"), request.args.get("kind", "")
    return {
        "whose": whose if whose in _WHOSE else "all",
        "kind": kind if kind in KINDS else "",
        "overdue": "1" if request.args.get("overdue") == "1" else "",
    }


def _sought(asked: Mapping[str, str]) -> Sought:
    owner = {"mine": desk().by, "nobody": NOBODY}.get(asked["whose"])
    return Sought(owner, asked["kind"] or None, owner is None, bool(asked["overdue"]))


def _loose(sought: Sought) -> Sought:
    return Sought(NOBODY, sought.kind, overdue=sought.overdue)


def _following(asked: Mapping[str, str], found: list[Case]) -> str:
    more = len(found) > _PAGE
    return _address(asked, after=str(found[_PAGE - 1].row.id)) if more else ""


def _address(asked: Mapping[str, str], **more: str) -> str:
    values: dict[str, Any] = {name: one for name, one in {**asked, **more}.items() if one}
    return url_for(".index", **values)


def _kinds() -> list[tuple[str, Any]]:
    return [("", _("everything")), *((one, KINDS[one]) for one in feedback.KINDS)]


def _step(one: Step) -> dict[str, Any]:
    """What was changed, in words."""
    words = {"owner": _nobody, "state": _state, "due_at": _due}[one.what]
    return {
        "at": one.at,
        "by": one.by,
        "what": _STEPS[one.what],
        "was": words(one.was),
        "now": words(one.now),
    }


def _nobody(login: str | None) -> str:
    return staff_name(login) or _("nobody")


def _state(state: str | None) -> str:
    return str(STATES.get(state or "", state))


def _due(text: str | None) -> str:
    return moment(datetime.fromisoformat(text) if text else None)


def _form(name: str) -> str:
    return request.form.get(name, "")
