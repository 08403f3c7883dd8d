"""REST as a Flask application of its own; it stands beside the panel, or alone."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.json.provider import DefaultJSONProvider

from custrata.api import addresses, browsing, door, problems
from custrata.api.describing import Described
from custrata.api.here import EXTENSION
from custrata.api.resources import FAMILIES
from custrata.service.desk import Desk

PREFIX = "/api/v1"
_DOCUMENT = "custrata.api.document"
_MEGABYTE = 1024 * 1024
_TOLD = """What a CRM asks of custrata. Send the token as `Authorization: Bearer custrata_…`; each
operation names the action that the token's role and scopes have to allow.

Amounts are texts (`"1250000"`, `"-19.99"`), moments have their zone, days are dates in the rules'
time zone. Fields that are not known are refused. A label is a text, a list of texts where a table
gives several, null where it gives none. What is wrong is told as problem details (RFC 9457)."""
SETTINGS: dict[str, Any] = {
    "API_TITLE": "custrata",
    "API_VERSION": "v1",
    "API_SPEC_OPTIONS": {
        "info": {"description": _TOLD, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": "/"}],
    },
    "OPENAPI_VERSION": "3.1.0",
    "JSON_SORT_KEYS": False,
    "MAX_CONTENT_LENGTH": 32 * _MEGABYTE,
    "RATELIMIT_APPLICATION": door.RATE,
    "RATELIMIT_STORAGE_URI": "memory://",
}


def create_app(desk: Desk, *, mounted: bool = False, **settings: Any) -> Flask:
    """REST on a store.

    Args:
        desk: the store; who asks is whose token it is.
        mounted: whether it is part of another application, whose domain it is.
        settings: Flask's, over what is chosen here: `MAX_CONTENT_LENGTH`,
            `RATELIMIT_APPLICATION`.
    """
    app = _application(**settings)
    app.extensions[EXTENSION] = desk
    app.extensions[door.MOUNTED] = mounted
    return app


def document() -> dict[str, Any]:
    """The OpenAPI document; no store is needed for it."""
    found: dict[str, Any] = _application().extensions[_DOCUMENT]
    return found


class _Json(DefaultJSONProvider):
    """JSON, and nothing beyond it."""

    sort_keys = False

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Values of a text; neither `NaN` nor what is nested too deep."""
        try:
            return super().loads(s, parse_constant=_no_number, **kwargs)
        except RecursionError as error:
            raise ValueError("nested too deep") from error


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


def _application(**settings: Any) -> Flask:
    app = Flask("custrata.api", static_folder="static", static_url_path=f"{PREFIX}/static")
    app.json = _Json(app)
    app.config.update(SETTINGS)
    app.config.update(settings)
    addresses.install(app)
    door.install(app)
    api = Described(app)
    for family in FAMILIES:
        api.register_blueprint(family, url_prefix=PREFIX)
    problems.install(app)
    app.extensions[_DOCUMENT] = api.content()
    browsing.install(app, PREFIX, app.extensions[_DOCUMENT])
    return app
