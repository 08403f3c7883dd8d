"""Signing in and out, the first password, the language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import (
    Blueprint,
    Flask,
    Request,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, login_user, logout_user
from werkzeug.wrappers import Response

from custrata.admin.faults import said
from custrata.admin.here import SignedIn, desk, person, store
from custrata.admin.language import LANGUAGES, _
from custrata.admin.links import home, local
from custrata.engine.diagnostics import CustrataError
from custrata.service.people.own import choose_language, choose_password
from custrata.service.people.sign_in import sign_in as signed
from custrata.service.people.users import signed_in

account = Blueprint("account", __name__, template_folder="templates")
TRIES = "20 per minute"
"""Of one address; wrong passwords of one login are slowed down by the store."""


def install(app: Flask, visitor: Callable[[Request], SignedIn | None] | None = None) -> None:
    """Sessions, and the pages that begin and end them.

    Args:
        visitor: says who asks, where others sign people in; no session of ours does then.
    """
    manager = LoginManager(app)
    manager.session_protection = "basic"
    if visitor is None:
        manager.user_loader(_of_session)
    else:
        manager.request_loader(visitor)
    app.register_blueprint(account)
    # a limit of the whole application is REST's, which shares these settings in a host
    limiter = Limiter(get_remote_address, app=app, application_limits_exempt_when=lambda: True)
    app.extensions["custrata.limiter"] = limiter  # it refers to itself weakly
    for view in ("account.sign_in_now", "account.password_now"):
        limited: Any = limiter.limit(TRIES)(app.view_functions[view])
        app.view_functions[view] = limited


def _of_session(kept: str) -> SignedIn | None:
    user, _colon, nonce = kept.partition(":")
    with store().database.read() as found:
        known = signed_in(found, int(user), nonce) if user.isdecimal() else None
    return SignedIn(known) if known else None


@account.get("/sign-in")
def sign_in() -> str | Response:
    """Ask who it is."""
    return redirect(local(request.args.get("next"))) if person() else _asked()


@account.post("/sign-in")
def sign_in_now() -> str | Response | tuple[str, int]:
    """Let somebody in, or say that it was wrong; not what."""
    login = request.form.get("login", "")
    try:
        known = signed(store().of("system"), login, request.form.get("password", ""))
    except CustrataError as error:
        return _asked(said(error)), 422
    chosen = session.get("language")
    session.clear()
    session.permanent = True
    session["language"] = known.language or chosen
    login_user(SignedIn(known))
    return redirect(local(request.form.get("next")))


def _asked(faults: list[str] | None = None) -> str:
    going = request.values.get("next", home())
    return render_template(
        "panel/account/sign_in.html",
        faults=faults or [],
        going=going,
        login=request.form.get("login", ""),
    )


@account.post("/sign-out")
def sign_out() -> Response:
    """End this session."""
    logout_user()
    chosen = session.get("language")
    session.clear()
    session["language"] = chosen
    return redirect(url_for("account.sign_in"))


@account.get("/password")
def password() -> str | Response:
    """Ask for a new password."""
    return _new_password([]) if person() else redirect(url_for("account.sign_in"))


@account.post("/password")
def password_now() -> str | Response | tuple[str, int]:
    """Take it, or say what is wrong with it."""
    known = person()
    if known is None:
        return redirect(url_for("account.sign_in"))
    old, new, again = (request.form.get(name, "") for name in ("old", "new", "again"))
    if new != again:
        return _new_password([_("The two new passwords are not the same.")]), 422
    try:
        changed = choose_password(desk(), old, new)
    except CustrataError as error:
        return _new_password(said(error)), 422
    login_user(SignedIn(changed))
    flash(_("Your password was changed. You are signed out everywhere else."), "success")
    return redirect(home())


def _new_password(faults: list[str]) -> str:
    return render_template("panel/account/password.html", faults=faults, who=person())


@account.post("/language")
def choose() -> Response:
    """Read on in another language; it is kept for the person."""
    chosen = request.form.get("language", "")
    if chosen in LANGUAGES:
        session["language"] = chosen
        if person() is not None:
            choose_language(desk(), chosen)
    return redirect(local(request.form.get("next")))
