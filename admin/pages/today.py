"""Whom to contact today and why; seen to, or put off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response

from custrata.admin import typed
from custrata.admin.access import may, needs
from custrata.admin.faults import said
from custrata.admin.files import attached
from custrata.admin.here import desk, today, value_name
from custrata.admin.language import _, day, lazy, ngettext
from custrata.admin.page import Answer, Page
from custrata.admin.pages.customer_words import CHANNEL_WORDS, CHANNELS, OUTCOMES
from custrata.admin.pages.showing import Shown
from custrata.engine.diagnostics import CustrataError
from custrata.service.audit import taken_out
from custrata.service.customers.listing import owners
from custrata.service.downloads import ENDINGS, table_file
from custrata.service.registers.stages import stages
from custrata.service.sales.reminders import AHEAD, MOST, Due, done, due, postpone, seen_to

_PAGE = 50
_ALL = "-all"
"""Stands for everyone's customers."""


class Today(Page):
    """The list of the day: one's own customers, or everyone's."""

    title = lazy("Today")
    address = "today"
    icon = "fa-phone"
    section = "sales"

    @expose("/")
    def index(self) -> Answer:
        """Who waits, with the reason, the last contact and what to do."""
        return self._list([])

    @expose("/done", methods=("POST",))
    @needs("record")
    def done(self) -> Answer:
        """She was contacted, or somebody tried to."""
        form = request.form
        outcome = form.get("outcome")

        def act(who: str) -> str:
            done(desk(), who, desk().now(), form.get("channel"), outcome, form.get("note"))
            if outcome == "missed":
                return _("The try is recorded; the customer stays on the list.")
            return _("The contact is recorded.")

        return self._acted(act)

    @expose("/postpone", methods=("POST",))
    @needs("record")
    def postpone(self) -> Answer:
        """She is to be contacted on a later day."""

        def act(who: str) -> str:
            until = postpone(
                desk(), who, typed.day(request.form.get("until", "")), request.form.get("why")
            )
            return _("The reminder comes back on %(day)s.", day=day(until))

        return self._acted(act)

    @expose("/file.<ending>")
    def file(self, ending: str) -> Response:
        """One's own list as a file."""
        return _file(ending, desk().by)

    @expose("/everyone.<ending>")
    @needs("export")
    def everyone(self, ending: str) -> Response:
        """Everyone's list, or that of one salesperson, as a file."""
        return _file(ending, _asked_for())

    def _acted(self, act: Callable[[str], str]) -> Answer:
        """Do it and go back to the list; what was typed stays where it cannot be done."""
        try:
            told = act(request.form.get("customer", ""))
        except CustrataError as error:
            return self._list(said(error)), 422
        flash(told, "success")
        return redirect(url_for(".index", whose=request.form.get("whose") or None))

    def _list(self, faults: Sequence[str]) -> str:
        now = today()
        with desk().database.read() as session:
            has_own = bool(due(session, now, desk().by, 1))
            whose = _whose(has_own=has_own)
            found = due(session, now, None if whose == _ALL else whose, _PAGE + 1)
            lately = seen_to(session, None if whose == _ALL else whose)
            choices = owners(session)
            shown = Shown(stages(session))
        return self.page(
            "panel/today/index.html",
            due=found[:_PAGE],
            more=len(found) > _PAGE,
            whose=whose,
            everyone=_ALL,
            me=desk().by,
            has_own=has_own,
            owners=[one for one in choices if one != desk().by],
            lately=lately,
            shown=shown,
            channels=CHANNELS,
            channel_words=CHANNEL_WORDS,
            outcomes=OUTCOMES,
            page_size=_PAGE,
            tomorrow=now + timedelta(days=1),
            latest=now + AHEAD,
            typed=request.form,
            faults=faults,
            file=_file_address(whose),
            since=since_words,
        )


def since_words(one: Due) -> str:
    """How long nobody has reached her."""
    if one.days is None:
        return _("never contacted")
    if one.last is None:
        return ngettext(
            "never contacted, entered %(num)s day ago",
            "never contacted, entered %(num)s days ago",
            one.days,
        )
    return ngettext("%(num)s day ago", "%(num)s days ago", one.days)


def _whose(*, has_own: bool) -> str:
    """Whose list is shown: as asked for, else one's own where there is anybody on it."""
    chosen = request.values.get("whose", "")
    return chosen or (desk().by if has_own else _ALL)


def _asked_for() -> str | None:
    chosen = request.args.get("whose") or _ALL
    return None if chosen == _ALL else chosen


def _file_address(whose: str) -> str:
    """Where the list is to be had as a file; empty where it is not."""
    if whose == desk().by:
        return url_for("today.file", ending="xlsx")
    return url_for("today.everyone", ending="xlsx", whose=whose) if may("export") else ""


def _file(ending: str, owner: str | None) -> Response:
    chosen = ending if ending in ENDINGS else ENDINGS[0]
    with desk().database.read() as session:
        found = due(session, today(), owner, MOST)
        shown = Shown(stages(session))
    taken_out(desk(), len(found), list="today")
    content = table_file(_head(), [_cells(one, shown) for one in found], chosen)
    return attached(content, f"today.{chosen}")


def _head() -> list[str]:
    return [
        _("Customer number"),
        _("Name"),
        _("Telephone"),
        _("Region"),
        _("Salesperson"),
        _("Stage"),
        _("Reason"),
        _("Since"),
        _("Importance"),
        _("Last contact"),
        _("Days since"),
        _("What to do"),
    ]


def _cells(one: Due, shown: Shown) -> list[Any]:
    who = one.who
    told = [text for each in one.treatments for text in (each.offer, each.note) if text]
    return [
        who.customer_id,
        who.name,
        one.phone,
        value_name(one.place, "region") or None,
        who.owner,
        who.stage and shown.stage(who.stage),
        shown.label(who.reminder, who.reminds),
        who.since,
        shown.label(who.classifier, who.label) if who.classifier else None,
        one.last and day(one.last.occurred_at),
        one.days,
        "; ".join(told) or None,
    ]
