"""Who may do what on the pages: every exposed method names its action."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from custrata.admin.here import desk, person
from custrata.admin.language import _
from custrata.admin.links import home, this_page
from custrata.service.audit import refused
from custrata.service.people.roles import allows

_View = TypeVar("_View", bound=Callable[..., object])
NEEDS = "needs"


def needs(action: str) -> Callable[[_View], _View]:
    """Only who may do `action` (see `service.people.roles`) gets to this method of a page."""

    def mark(view: _View) -> _View:
        setattr(view, NEEDS, action)
        return view

    return mark


def may(action: str) -> bool:
    """Whether who is signed in may do something."""
    known = person()
    return known is not None and allows(known.role, action)


def guard(action: str, page: str) -> Response | None:
    """What stands in the way of an action on a page: an answer, or None.

    A refused change leaves an audit event.
    """
    known = person()
    if known is None:
        return _to(url_for("account.sign_in", next=_back()))
    if known.must_change:
        return _to(url_for("account.password"))
    if not allows(known.role, action):
        if request.method == "POST":
            refused(desk(), action, page)
        abort(403)
    return None


def _back() -> str:
    """Where to go on after signing in: only what can be asked for again."""
    if request.method != "GET" or request.headers.get("HX-Request"):
        flash(_("You were signed out. Nothing was changed."), "warning")
        return home()
    return this_page().rstrip("?")


def _to(address: str) -> Response:
    """Send the browser elsewhere, from within a part of a page too."""
    if request.headers.get("HX-Request"):
        return Response("", 401, {"HX-Redirect": address})
    return redirect(address)
