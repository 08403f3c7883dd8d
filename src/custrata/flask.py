"""custrata inside of a Flask application: the panel below a prefix, and the host's own sign-in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from io import BytesIO
from typing import Any
from wsgiref.types import WSGIApplication, WSGIEnvironment

from custrata import Engine
from custrata.lacking import lacking

try:
    from flask import Blueprint, Flask, current_app, has_app_context, request

    from custrata.wsgi import (
        COOKIES,
        Panel,
        Said,
        Store,
        Visitor,
        application,
        known_prefix,
        mounted,
    )
except ModuleNotFoundError as error:
    raise lacking(__name__, error) from None

from werkzeug.wrappers import Response

from custrata.service.desk import Desk
from custrata.store.faults import refuse

__all__ = ["Custrata", "Visitor"]

_EXTENSION = "custrata"
_SETTING = "CUSTRATA_DATABASE"
_ANSWER = "custrata.answer"
_NOT_OURS = ("flask.", "werkzeug.", "HTTP_IF_", "CONTENT_")


class Custrata:
    """The panel as an extension of a Flask application.

    Who asks is found out by a request of its own to the host, without a body, so all that the host
    does before and after its requests it does for the panel's. Where it answers by itself, as it
    sends people to its sign-in, that is what they get.
    """

    def __init__(
        self,
        app: Flask | None = None,
        *,
        person: Callable[[], Said],
        store: Store | None = None,
        url_prefix: str = "/custrata",
        **options: Any,
    ):
        """Say how; `init_app` does it.

        Args:
            person: says who asks, in a request of the host's; see `custrata.wsgi.Said`.
            store: see `custrata.wsgi.Store`; what has to be called is called in a context of the
                host. None takes `CUSTRATA_DATABASE` of the host's configuration.
            options: further ones of `custrata.wsgi.application`.

        Raises:
            ValueError: the prefix is not `/` and a name, or several.
        """
        self._person = person
        self._store = store
        self._prefix = known_prefix(url_prefix)
        self._options = options
        self._panels: list[Panel] = []
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Mount the panel; `url_for("custrata.panel")` is its address then.

        Of several applications, each has a panel of its own; `engine`, `desk` and `close` are
        those of the application in whose context they are called.

        What wraps the host for a proxy in front, as `ProxyFix` does, is put around it afterwards.
        """
        asked = app.wsgi_app
        app.register_blueprint(self._door())
        own = {"SESSION_COOKIE_SECURE": app.config["SESSION_COOKIE_SECURE"]}
        panel = application(
            lambda: self._opened(app),
            person=lambda environ: _ask(asked, environ, self._prefix),
            **{**own, **self._options},
        )
        app.extensions[_EXTENSION] = panel
        self._panels.append(panel)
        app.wsgi_app = mounted(asked, self._prefix, panel)  # type: ignore[assignment,method-assign]

    @property
    def desk(self) -> Desk:
        """See `custrata.wsgi.Panel.desk`."""
        return self._mounted().desk

    def engine(self) -> Engine:
        """See `custrata.wsgi.Panel.engine`."""
        return self._mounted().engine()

    def close(self) -> None:
        """See `custrata.wsgi.Panel.close`."""
        self._mounted().close()

    def _mounted(self) -> Panel:
        own = current_app.extensions.get(_EXTENSION) if has_app_context() else None
        found = [one for one in self._panels if one is own] or self._panels
        if len(found) == 1:
            return found[0]
        if found:
            raise RuntimeError("several applications have a panel: ask in a context of one of them")
        raise RuntimeError("init_app has not been called")

    def _door(self) -> Blueprint:
        door = Blueprint("custrata", __name__, url_prefix=self._prefix)
        door.add_url_rule("/", "panel", self._answer)
        door.add_url_rule("/<path:rest>", "page", self._answer)
        return door

    def _answer(self, rest: str = "") -> tuple[str, int]:
        """Where the host says who asks; the panel itself stands before it."""
        request.environ[_ANSWER].append(self._person())
        return "", 204

    def _opened(self, app: Flask) -> Any:
        """What the host says of its database, in the context where it may be asked already.

        The end of another one would end the host's session, and with it the order under way.
        """
        here = has_app_context() and current_app == app
        with nullcontext() if here else app.app_context():
            given = app.config.get(_SETTING) if self._store is None else self._store
            if given is None:
                allowed = f"store=, or {_SETTING} of the host's configuration"
                raise refuse("database-address", "nothing says where data are", allowed)
            return given() if callable(given) else given


def _ask(host: WSGIApplication, environ: WSGIEnvironment, prefix: str) -> Said:
    """Who asks, or what the host answers by itself."""
    answer: list[Said] = []
    inner = {key: value for key, value in environ.items() if not key.startswith(_NOT_OURS)}
    inner |= {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": environ["SCRIPT_NAME"].removesuffix(prefix),
        "PATH_INFO": prefix + (environ["PATH_INFO"] or "/"),
        "CONTENT_LENGTH": "0",
        "wsgi.input": BytesIO(),
        _ANSWER: answer,
    }
    response = Response.from_app(host, inner)
    if answer and response.status_code == 204:
        response.close()
        environ[COOKIES] = response.headers.getlist("Set-Cookie")
        return answer[0]
    return _for_part(response) if "HTTP_HX_REQUEST" in environ else response


def _for_part(response: Response) -> Response:
    """The host's way to its sign-in, for a part of a page: the whole page goes there."""
    if "Location" not in response.headers:
        return response
    response.close()
    going = Response("", 401, {"HX-Redirect": response.headers["Location"]})
    for cookie in response.headers.getlist("Set-Cookie"):
        going.headers.add("Set-Cookie", cookie)
    return going
