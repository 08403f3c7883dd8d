"""The panel inside of another application, which signs people in and says who asks."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from urllib.parse import quote

from flask import Flask, Request, abort, current_app, redirect, request, session
from flask.sessions import SecureCookieSessionInterface
from werkzeug.wrappers import Response

from custrata.admin.faults import fault_page, said
from custrata.admin.here import SignedIn, person
from custrata.admin.links import local
from custrata.engine.diagnostics import CustrataError
from custrata.service.people.users import Person

VISITOR = "custrata.visitor"
"""Where in a request's environment it stands who asks: a `Person`, None, or the error that kept her
out. Headers of a request get there under other names."""
_EXTENSION = "custrata.host"
_WHOSE = "whose"
_NO_PAGES = frozenset(
    (
        *("account.sign_in_now", "account.password", "account.password_now"),
        *("people.ask_password", "people.password", "people.sign_out", "me.sign_out_everywhere"),
    )
)
"""Passwords and sessions are the host's matter."""


@dataclass(frozen=True)
class Host:
    """The application around the panel.

    Attributes:
        sign_in: the address to which who is not signed in is sent; `{next}` in it becomes the
            address of the page that she wanted.
        sign_out: where signing out leads; None where only the host's own pages sign out, so that
            the panel does not offer it.
        home: the host's own page to which the panel leads back.
    """

    sign_in: str = "/"
    sign_out: str | None = None
    home: str = "/"

    def asks(self, going: str) -> str:
        """Where somebody signs in, to go on to an address."""
        return self.sign_in.replace("{next}", quote(going, safe=""))


def cookie_name(secret: str) -> str:
    """A name of each store's own: cookies heed no port, and of two hosts one would lose."""
    return f"custrata_{blake2b(secret.encode(), digest_size=4).hexdigest()}"


class _Sessions(SecureCookieSessionInterface):
    """A cookie for the panel's own addresses alone."""

    def get_cookie_path(self, app: Flask) -> str:
        return request.script_root or "/"

    def get_cookie_secure(self, app: Flask) -> bool:
        return super().get_cookie_secure(app) or request.is_secure


def install(app: Flask, host: Host | None) -> None:
    """Leave signing in to the host; before what looks into the session."""
    app.jinja_env.globals["hosted"] = host
    if host is None:
        return
    app.extensions[_EXTENSION] = host
    app.session_interface = _Sessions()
    # a host's own cookie of this name would be taken for one of ours, and nobody let in
    app.config["REMEMBER_COOKIE_NAME"] = "custrata_unused"
    app.before_request(_admit)


def is_hosted() -> bool:
    """Whether this panel is part of another application."""
    return _EXTENSION in current_app.extensions


def visitor(asked: Request) -> SignedIn | None:
    """Whom the host let in."""
    known = asked.environ.get(VISITOR)
    return SignedIn(known) if isinstance(known, Person) else None


def _admit() -> Response | None:
    """Before anything else: whoever is kept out goes, and pages of passwords are the host's."""
    endpoint = request.endpoint or ""
    if endpoint.endswith("static"):
        return None
    kept_out = request.environ.get(VISITOR)
    if isinstance(kept_out, CustrataError):
        return _turned_away(kept_out)
    _own_session()
    host: Host = current_app.extensions[_EXTENSION]
    if endpoint in _NO_PAGES:
        abort(404)
    if endpoint == "account.sign_in":
        return redirect(host.asks(local(request.args.get("next"))))
    return redirect(host.sign_out or host.home) if endpoint == "account.sign_out" else None


def _turned_away(error: CustrataError) -> Response:
    if any(one.code.startswith("database") for one in error.diagnostics):
        raise error
    return fault_page(403, said(error))


def _own_session() -> None:
    """Nobody goes on with the session of who used this browser before."""
    known = person()
    whose = None if known is None else known.id
    if session.get(_WHOSE) == whose:
        return
    chosen = session.get("language")
    session.clear()
    if known is not None:
        session[_WHOSE] = known.id
        session["language"] = known.language or chosen
