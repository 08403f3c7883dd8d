"""Who gets in: tokens, how often they may ask, and what every answer says besides."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from custrata.api.here import grant, store
from custrata.api.problems import problem
from custrata.engine.diagnostics import Diagnostic
from custrata.service.audit import refused
from custrata.service.people.tokens import check_token

RATE = "600 per minute"
"""Of one token; of one address where there is none."""
NEEDS = "needs"
_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_ALWAYS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _PAGE,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_YEAR = 365 * 24 * 3600
_READS = ("GET", "HEAD")


def install(app: Flask) -> None:
    """Look at tokens first, then count, then let in."""
    app.before_request(_look)
    app.after_request(_guarded)
    limiter = Limiter(_whose, app=app, headers_enabled=True)
    app.extensions["custrata.limiter"] = limiter  # it refers to itself weakly


def needs(action: str, view: Callable[..., Any]) -> Callable[..., Any]:
    """Only programs that may do `action` (see `service.people.roles`) get to a view.

    A refused change leaves an audit event.
    """

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        found = grant()
        if found is None:
            return _unknown()
        if not found.allows(action):
            return _forbidden(action)
        return view(*args, **kwargs)

    setattr(guarded, NEEDS, action)
    return guarded


def _look() -> None:
    """Whose token it is, if it lets anybody in."""
    kind, _space, text = request.headers.get("Authorization", "").partition(" ")
    g.grant = check_token(store(), text.strip()) if kind.lower() == "bearer" and text else None


def _whose() -> str:
    found = grant()
    return get_remote_address() if found is None else f"token:{found.prefix}"


def _unknown() -> Response:
    sent = "Authorization" in request.headers
    says = 'Bearer error="invalid_token"' if sent else "Bearer"
    told = "this token lets nobody in" if sent else "a token is needed"
    one = Diagnostic("token", told, allowed="Authorization: Bearer custrata_…")
    return problem(
        HTTPStatus.UNAUTHORIZED, one.code, one.message, [one], {"WWW-Authenticate": says}
    )


def _forbidden(action: str) -> Response:
    found = grant()
    assert found is not None
    if request.method not in _READS:
        # the pattern of the address: the address itself may name a customer
        refused(store().of(found.login or f"token:{found.prefix}"), action, str(request.url_rule))
    scopes = f", limited to {', '.join(found.scopes)}" if found.scopes else ""
    told = f"this token may not do {action}: it has the role {found.role}{scopes}"
    one = Diagnostic("forbidden", told, allowed=f"a token that may do {action}")
    return problem(HTTPStatus.FORBIDDEN, one.code, one.message, [one])


def _guarded(response: Response) -> Response:
    for name, value in _ALWAYS.items():
        response.headers.setdefault(name, value)
    if (request.endpoint or "") == "static":
        response.headers["Cache-Control"] = f"public, max-age={7 * 24 * 3600}"
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = f"max-age={_YEAR}"
    return response
