"""custrata inside of another web application, whatever it is written with.

`application` is the panel, with REST where that is installed; whoever mounts it says who asks.
Programs bring tokens to REST, and no host is asked.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from custrata import Engine
from custrata.lacking import lacking

try:
    from custrata.hosting import Hosted, Store
except ModuleNotFoundError as error:
    raise lacking(__name__, error) from None

from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.wrappers import Response

from custrata.admin.host import VISITOR, Host
from custrata.admin.language import spoken
from custrata.engine.diagnostics import CustrataError, nearest
from custrata.service.desk import Desk
from custrata.service.people.visitors import Visitor, let_in
from custrata.store.beside import NAME

__all__ = ["COOKIES", "Panel", "Person", "Said", "Store", "Visitor", "application", "mounted"]

Said = Visitor | Mapping[str, str | None] | str | WSGIApplication | None
"""Who asks, as a host says it: a login, alone or with role, name and language; None for nobody, who
is sent to sign in; or what the host answers in the panel's stead."""
Person = Callable[[WSGIEnvironment], Said]
"""Says who asks, of a request's environment."""
COOKIES = "custrata.cookies"
"""Where in a request's environment a host leaves cookies that go out with the answer."""
_REST, _STATIC = "/api/", "/static/"
_MAY_SAY = "None, a login, a dict, a Visitor, or a WSGI application such as a response"
_log = logging.getLogger("custrata.wsgi")


def application(
    store: Store,
    *,
    person: Person,
    sign_in: str = "/",
    sign_out: str | None = None,
    home: str = "/",
    make_people: bool = True,
    schema: str = NAME,
    worker: bool = False,
    rules: str | None = None,
    **settings: Any,
) -> Panel:
    """The panel, below whatever prefix it is mounted.

    The store is opened by the first request, so in each of a server's processes by itself.

    Args:
        sign_in: where who is nobody is sent; `{next}` in it becomes the page that she wanted.
        sign_out: where signing out leads; None where only the host's own pages sign out.
        home: the host's page to which the panel leads back.
        make_people: whether who is not known to the store is taken in, without a password.
        schema: what the place beside a host's tables is called.
        worker: whether each process does jobs, too; else `custrata worker` does.
        rules: the text of a new store's first rules; None for those that ship.
        settings: Flask's, of the panel and of REST, in capitals; see `admin.create_app` and
            `api.create_app`.

    Raises:
        TypeError: an option that there is not.
    """
    _need_capitals(settings)
    host = Host(sign_in, sign_out, home)
    return Panel(person, make_people, Hosted(store, host, schema, worker, rules, settings))


def _need_capitals(settings: Mapping[str, Any]) -> None:
    """A misspelt option must not pass for a setting: it may be the one that shuts the door."""
    for name in settings:
        if not name.isupper():
            known = inspect.signature(application).parameters
            near = nearest(name, [one for one in known if one != "settings"])
            hint = f"; did you mean {near!r}?" if near else ""
            raise TypeError(f"there is no option {name!r}{hint} (Flask's settings are in capitals)")


def mounted(host: WSGIApplication, prefix: str, panel: WSGIApplication) -> WSGIApplication:
    """A host with the panel below a prefix.

    Raises:
        ValueError: the prefix is not `/` and a name, or several.
    """
    return DispatcherMiddleware(host, {known_prefix(prefix): panel})


def known_prefix(prefix: str) -> str:
    """A prefix that addresses can begin with.

    Raises:
        ValueError: it is none.
    """
    if not prefix.startswith("/") or not prefix.strip("/") or "//" in prefix:
        raise ValueError(f"a prefix is / and a name, as in /custrata, got {prefix!r}")
    return prefix.rstrip("/")


@dataclass
class Panel:
    """The panel as WSGI, made when somebody first asks; see `application`."""

    person: Person
    make_people: bool
    hosted: Hosted

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        try:
            parts = self.hosted.parts()
        except CustrataError as error:
            _log.error("custrata cannot answer: %s", error)
            closed = Response("custrata cannot answer: see the log\n", 503)
            return closed(environ, start_response)
        path = environ.get("PATH_INFO", "")
        if parts.rest is not None and path.startswith(_REST):
            return parts.rest(environ, start_response)
        instead = None if path.startswith(_STATIC) else self._ask(parts.desk, environ)
        return (instead or parts.panel)(environ, _with_cookies(environ, start_response))

    @property
    def desk(self) -> Desk:
        """The open store, for the host's own code: `desk.of(login)` says who asks.

        Raises:
            StoreError: it cannot be opened.
        """
        return self.hosted.parts().desk

    def engine(self) -> Engine:
        """The engine of the rules in force; ask for it anew for each customer.

        Raises:
            StoreError: the store cannot be opened, or does not answer.
        """
        return self.hosted.engine()

    def close(self) -> None:
        """Let the worker finish its job, and go of all connections; a request opens all anew.

        A `Desk` that the host opened stays open.
        """
        self.hosted.close()

    def _ask(self, desk: Desk, environ: WSGIEnvironment) -> WSGIApplication | None:
        """Note in the environment who asks; the host's own answer, where it gives one."""
        said = self.person(environ)
        if callable(said):
            return said
        try:
            visitor = _visitor(said)
            known = None if visitor is None else let_in(desk, visitor, make=self.make_people)
            environ[VISITOR] = known
        except CustrataError as error:
            environ[VISITOR] = error
        return None


def _visitor(said: Visitor | Mapping[str, str | None] | str | None) -> Visitor | None:
    if isinstance(said, Visitor):
        given = said
    elif isinstance(said, Mapping):
        given = Visitor(**said)  # type: ignore[arg-type] # a login that is None fails below
    elif said is None or isinstance(said, str):
        given = Visitor(said or "")
    else:
        raise TypeError(f"person gave a {type(said).__name__}; allowed: {_MAY_SAY}")
    if not given.login:
        return None
    for name, value in vars(given).items():
        if not isinstance(value, str | None):
            raise TypeError(f"person gave a {name} of type {type(value).__name__}; allowed: text")
    return replace(given, language=spoken(given.language))


def _with_cookies(environ: WSGIEnvironment, start_response: StartResponse) -> StartResponse:
    """Let a host's cookies go out with the answer."""

    def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
        cookies = [("Set-Cookie", one) for one in environ.get(COOKIES, ())]
        return start_response(status, [*headers, *cookies], *more)

    return start
