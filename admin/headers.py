"""Headers that keep a page to itself: a strict content security policy, no framing, no sniffing."""

from __future__ import annotations

import secrets

from flask import Flask, Response, g, request

from custrata.admin.host import is_hosted

_POLICY = (
    "default-src 'self'",
    "script-src 'self' 'nonce-{nonce}'",
    "style-src 'self' 'nonce-{nonce}'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
)
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_YEAR = 365 * 24 * 3600


def install(app: Flask) -> None:
    """Every answer carries them."""
    app.after_request(_guarded)


def nonce() -> str:
    """What marks this page's own scripts."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def _guarded(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = "; ".join(_POLICY).format(nonce=nonce())
    for name, value in _ALWAYS.items():
        response.headers.setdefault(name, value)
    if request.is_secure and not is_hosted():  # else the host's matter: it is of a whole domain
        response.headers["Strict-Transport-Security"] = f"max-age={_YEAR}"
    if not (request.endpoint or "").endswith("static"):
        # what was read here is gone with the session, in the browser's history too
        response.headers["Cache-Control"] = "no-store"
    return response
