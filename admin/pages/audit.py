"""The audit: what was changed, by whom, when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import redirect, request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response

from custrata.admin import access, typed
from custrata.admin.files import attached
from custrata.admin.here import store, zone
from custrata.admin.language import _, lazy
from custrata.admin.page import Page
from custrata.admin.pages.audit_words import FAMILIES, details, told
from custrata.service.audit import Sought, each_event, events
from custrata.service.downloads import table_file
from custrata.service.people.users import users

_PAGE = 50
_MOST = 50_000
"""Rows of a download."""
_FIELDS = ("by", "action", "subject", "since", "until")


class Audit(Page):
    """All events, as filtered."""

    title = lazy("Audit")
    address = "audit"
    icon = "fa-history"
    section = "system"
    needs = "people"

    @expose("/")
    def index(self) -> str:
        """The list."""
        before = request.args.get("before", type=typed.whole)
        sought, faults = _sought()
        with store().database.read() as session:
            found = events(session, sought, before, _PAGE + 1) if not faults else ()
            logins = [one.login for one in users(session)]
        asked = _asked()
        more = len(found) > _PAGE
        return self.page(
            "panel/audit/index.html",
            events=found[:_PAGE],
            older=url_for(".index", before=found[_PAGE - 1].id, **asked) if more else "",
            first=url_for(".index", **asked) if before is not None else "",
            asked=asked,
            faults=faults,
            logins=[*logins, "system"],
            families=FAMILIES,
            told=told,
            details=details,
            download=url_for(".download", **asked),
            most=_MOST,
        )

    @expose("/events.csv")
    @access.needs("people")
    def download(self) -> Response:
        """The same as a file."""
        sought, faults = _sought()
        if faults:
            return redirect(url_for(".index", **_asked()))
        head = [_("Number"), _("When"), _("By"), _("What was done"), _("Action"), _("About")]
        content = table_file([*head, _("Id"), _("Details")], _rows(sought), "csv")
        return attached(content, "audit.csv")


def _rows(sought: Sought) -> Iterator[tuple[object, ...]]:
    with store().database.read() as session:
        for one in each_event(session, sought, _MOST):
            about = one.action, one.subject_kind, one.subject, details(one)
            yield one.id, one.at.astimezone(zone()), one.by, told(one), *about


def _asked() -> dict[str, Any]:
    """What the address asks for, as addresses have it."""
    return {name: request.args[name] for name in _FIELDS if request.args.get(name)}


def _sought() -> tuple[Sought, list[str]]:
    """What the address asks for; and what of it is no date."""
    given = {name: request.args.get(name, "").strip() or None for name in _FIELDS}
    days = {name: _day(given[name]) for name in ("since", "until")}
    faults = [
        str(_("“%(text)s” is no date: write it as 2026-11-21.", text=given[name]))
        for name, day in days.items()
        if given[name] and day is None
    ]
    since, until = days["since"], days["until"]
    found = Sought(
        by=given["by"],
        action=given["action"] if given["action"] in FAMILIES else None,
        subject=given["subject"],
        since=_midnight(since) if since else None,
        until=_midnight(until + timedelta(days=1)) if until else None,
    )
    return found, faults


def _day(text: str | None) -> date | None:
    try:
        found = date.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found if found is None or date.min < found < date.max else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), zone())
