"""Who gets in: tokens, how often they may ask, and what every answer says besides."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, g, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from custrata.api.addresses import check_address
from custrata.api.here import grant, store
from custrata.api.problems import problem
from custrata.engine.diagnostics import Diagnostic
from custrata.service.audit import refused
from custrata.service.people.tokens import check_token

RATE = "600 per minute"
"""Of one token, whatever it asks; of one address where there is none."""
LIMIT, REMAINING, RESET = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
"""How much may be asked, how much of it is left, and when all of it is again (Unix seconds)."""
NEEDS, MOUNTED = "needs", "custrata.mounted"
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
_LIMITER = "custrata.limiter"


def install(app: Flask) -> None:
    """Look at tokens first, then count, then let in."""
    app.before_request(_look)
    app.after_request(_guarded)
    app.extensions[_LIMITER] = Limiter(_whose, app=app)  # it refers to itself weakly


def needs(action: str | None, view: Callable[..., Any]) -> Callable[..., Any]:
    """Only programs that may do `action` (see `service.people.roles`) get to a view.

    Where it is None, all that have a token do. A refused change leaves an audit event.
    """

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        found = grant()
        if found is None:
            return _unknown()
        if action is not None and not found.allows(action):
            return _forbidden(action)
        check_address()
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
    _count(response)
    if (request.endpoint or "") == "static":
        response.headers["Cache-Control"] = f"public, max-age={7 * 24 * 3600}"
    if request.is_secure and not current_app.extensions.get(MOUNTED):  # it is of a whole domain
        response.headers["Strict-Transport-Security"] = f"max-age={_YEAR}"
    return response


def _count(response: Response) -> None:
    """Say how much may still be asked.

    Flask-Limiter's own headers would have every answer say `Retry-After`.
    """
    limit = current_app.extensions[_LIMITER].current_limit
    if limit is None:
        return
    response.headers[LIMIT] = str(limit.limit.amount)
    response.headers[REMAINING] = str(limit.remaining)
    response.headers[RESET] = str(limit.reset_at)
    if limit.breached:
        response.headers["Retry-After"] = str(max(1, int(limit.reset_at - time.time())))
