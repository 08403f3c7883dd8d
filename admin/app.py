"""The panel as a Flask application."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, current_app, request
from flask_admin import Admin
from flask_admin.theme import Bootstrap4Theme
from flask_wtf.csrf import CSRFProtect

from custrata.admin import account, charts, faults, headers, host, language, links
from custrata.admin.access import may
from custrata.admin.here import EXTENSION, person, staff_name, value_name
from custrata.admin.views import DASHBOARD, PAGES
from custrata.service.desk import Desk
from custrata.service.people.secret import session_secret

UPLOAD = "imports.send"
"""Where files are sent to."""
_MEGABYTE = 1024 * 1024
SETTINGS: dict[str, Any] = {
    "MAX_CONTENT_LENGTH": 4 * _MEGABYTE,
    "MAX_FORM_MEMORY_SIZE": 4 * _MEGABYTE,
    "MAX_FORM_PARTS": 20_000,
    "CUSTRATA_REST": False,
    "CUSTRATA_UPLOAD_BYTES": 512 * _MEGABYTE,
    "PERMANENT_SESSION_LIFETIME": 12 * 3600,
    "RATELIMIT_STORAGE_URI": "memory://",
    "SEND_FILE_MAX_AGE_DEFAULT": 7 * 24 * 3600,
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_NAME": "custrata",
    "SESSION_COOKIE_SAMESITE": "Lax",
    # else an answer that is still under way while somebody signs out brings her session back
    "SESSION_REFRESH_EACH_REQUEST": False,
    "WTF_CSRF_TIME_LIMIT": None,
}


def create_app(desk: Desk, within: host.Host | None = None, **settings: Any) -> Flask:
    """A panel on a store.

    Args:
        desk: the store; in its pages, who asks is whoever is signed in.
        within: the application that it is part of, which signs people in.
        settings: Flask's, over what the panel chooses. `CUSTRATA_UPLOAD_BYTES` is the size of the
            largest file that is taken in, `CUSTRATA_REST` whether programs can ask this store over
            REST, and need keys.

    Raises:
        StoreError: the store does not answer.
    """
    app = Flask("custrata.admin", static_folder=None)
    app.config.update(SETTINGS, SECRET_KEY=session_secret(desk))
    app.config.update(settings)
    app.extensions[EXTENSION] = desk
    language.install(app)
    app.before_request(_room_for_files)
    host.install(app, within)
    CSRFProtect(app)
    account.install(app, host.visitor if within else None)
    headers.install(app)
    faults.install(app)
    links.install(app)
    charts.install(app)
    app.register_blueprint(_own_files())
    app.jinja_env.globals.update(may=may, person=person)
    app.jinja_env.filters.update(person=staff_name, called=value_name)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    _pages(app)
    return app


def _room_for_files() -> None:
    """Files may be larger than forms, of who may send them; said before anything is read."""
    if request.endpoint == UPLOAD and may("import"):
        request.max_content_length = current_app.config["CUSTRATA_UPLOAD_BYTES"]


def _own_files() -> Blueprint:
    """Templates and static files of the panel itself, apart from a host's."""
    return Blueprint(
        "panel",
        "custrata.admin",
        static_folder="static",
        static_url_path="/static/panel",
        template_folder="templates",
    )


def _pages(app: Flask) -> None:
    theme = Bootstrap4Theme(base_template="panel/base.html", fluid=True)
    panel = Admin(
        app,
        name="custrata",
        index_view=DASHBOARD(url="/"),
        theme=theme,
        csp_nonce_generator=headers.nonce,
    )
    for page in PAGES:
        panel.add_view(page())
