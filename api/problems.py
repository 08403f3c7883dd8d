"""What went wrong, as problem details (RFC 9457); never SQL, never a traceback."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, json, request
from werkzeug.exceptions import (
    HTTPException,
    MethodNotAllowed,
    RequestEntityTooLarge,
    TooManyRequests,
)

from custrata.engine.diagnostics import CustrataError, Diagnostic, RulesError
from custrata.store.faults import StoreError

KIND = "application/problem+json"
TYPE = "urn:custrata:problem:"
"""What problems are named by; a code follows."""
_log = logging.getLogger("custrata.api")
_AWAY = frozenset({"database-away", "database-busy", "disk-full"})
"""Faults that pass by themselves."""
_RETRY = 5
"""Seconds after which the same may be asked again."""
_NOTHING_YET = frozenset({"no-run", "no-customers"})
"""Faults of the store as a whole, which time mends: nobody named what is missing."""
_NAMED: Mapping[str, tuple[str, ...]] = {
    "customer_id": ("no-customer",),
    "own_id": ("no-transaction", "no-contact"),
    "code": ("no-group", "no-source", "no-stage"),
    "draft": ("no-draft",),
    "job": ("no-job",),
    "number": ("no-version",),
    "run": ("no-run",),
}
"""By what an address names, the faults that say that it is not there."""


class Unreadable(HTTPException):
    """A body that cannot be read."""

    def __init__(self, status: int, code: str, told_: str, allowed: str):
        super().__init__(told_)
        self.code = status
        self.fault = Diagnostic(code, told_, allowed=allowed)


def install(app: Flask) -> None:
    """Problem details for all that can go wrong."""
    app.register_error_handler(CustrataError, refused)
    app.register_error_handler(HTTPException, told)
    app.register_error_handler(Exception, _broken)


def problem(
    status: int,
    code: str,
    detail: str,
    faults: Sequence[Diagnostic] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An answer that tells what is wrong.

    Args:
        code: stable; of the first of the faults, where there are some.
    """
    first = faults[0] if faults else None
    content = {
        "type": TYPE + code,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "allowed": first and first.allowed,
        "nearest": first and first.nearest,
        "errors": [fault(one) for one in faults],
    }
    shown = {name: value for name, value in content.items() if value not in (None, [])}
    return Response(json.dumps(shown), status, headers, mimetype=KIND)


def fault(one: Diagnostic) -> dict[str, Any]:
    """A diagnostic as JSON values; what it lacks is left out."""
    mark = one.mark
    found = {
        "code": one.code,
        "severity": str(one.severity),
        "message": one.message,
        "allowed": one.allowed,
        "nearest": one.nearest,
        "line": mark.line if mark and mark.line else None,
        "column": mark.column if mark and mark.column else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def refused(error: CustrataError) -> Response:
    """The answer to what a service refuses."""
    faults = error.diagnostics
    status = _status(error)
    headers = {"Retry-After": str(_RETRY)} if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    detail = "; ".join(dict.fromkeys(one.message for one in faults))
    return problem(status, faults[0].code, detail, faults, headers)


def _status(error: CustrataError) -> int:
    codes = [one.code for one in error.diagnostics]
    if not isinstance(error, StoreError) or isinstance(error, RulesError):
        return HTTPStatus.UNPROCESSABLE_ENTITY
    if _AWAY.intersection(codes):
        return HTTPStatus.SERVICE_UNAVAILABLE
    if any(codes[0] in _NAMED[name] for name in request.view_args or ()):
        return HTTPStatus.NOT_FOUND
    if codes[0].startswith("no-") and codes[0] not in _NOTHING_YET:
        return HTTPStatus.UNPROCESSABLE_ENTITY  # it is a body that names it
    return HTTPStatus.CONFLICT


def told(error: HTTPException) -> Response:
    """The answer to what Flask and its extensions refuse."""
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    if status < HTTPStatus.BAD_REQUEST:
        return Response(status=status, headers=error.get_headers())
    faults = _faults(error)
    code = faults[0].code if faults else HTTPStatus(status).name.lower().replace("_", "-")
    detail = "; ".join(one.message for one in faults[:20]) or HTTPStatus(status).description
    headers = {"Allow": _methods(error)} if isinstance(error, MethodNotAllowed) else None
    return problem(status, code, detail or HTTPStatus(status).phrase, faults, headers)


def _faults(error: HTTPException) -> list[Diagnostic]:
    if isinstance(error, Unreadable):
        return [error.fault]
    if isinstance(error, RequestEntityTooLarge):
        most = f"up to {request.max_content_length:,} bytes"
        return [Diagnostic("too-large", "the body is too large", allowed=most)]
    if isinstance(error, MethodNotAllowed):
        told_ = f"nothing here answers to {request.method}"
        return [Diagnostic("method-not-allowed", told_, allowed=_methods(error))]
    if isinstance(error, TooManyRequests):
        told_ = "this was asked too often"
        return [Diagnostic("too-many-requests", told_, allowed=error.description)]
    return _of_fields(getattr(error, "data", None) or {})


def _methods(error: MethodNotAllowed) -> str:
    return ", ".join(sorted(error.valid_methods or ()))


def _of_fields(data: Mapping[str, Any]) -> list[Diagnostic]:
    """What is wrong with fields of a query or a body: `messages` by location."""
    return [
        Diagnostic("field", f"{place or 'body'}: {text}")
        for named in (data.get("messages") or {}).values()
        for place, text in leaves(named)
    ]


def leaves(messages: Any, place: str = "") -> list[tuple[str, str]]:
    """Marshmallow's messages, each with the path of its field; that of the whole is empty."""
    if isinstance(messages, Mapping):
        return [
            pair
            for name, below in messages.items()
            for pair in leaves(below, place if name == "_schema" else f"{place}.{name}".lstrip("."))
        ]
    if isinstance(messages, list):
        return [pair for one in messages for pair in leaves(one, place)]
    return [(place, str(messages).rstrip("."))]


def _broken(error: Exception) -> Response:
    """What nobody thought of. Its message may hold anybody's text, so it stays out of the log."""
    lines = "".join(traceback.format_tb(error.__traceback__))
    _log.error("%s at %s\n%s", type(error).__name__, request.endpoint, lines)
    told_ = "something went wrong here; it was written to the log"
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "broken", told_)
