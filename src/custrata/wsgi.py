"""custrata inside of another web application, whatever it is written with.

`application` is the panel, with REST where that is installed; whoever mounts it says who asks.
Programs bring tokens to REST, and no host is asked.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from threading import Event, Lock, Thread
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from custrata import Engine
from custrata.lacking import lacking, rest

try:
    from custrata.admin import create_app
except ModuleNotFoundError as error:
    raise lacking(__name__, error) from None

from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.wrappers import Response

from custrata.admin.host import VISITOR, Host, cookie_name
from custrata.admin.language import spoken
from custrata.admin.morning_mail import all_kinds
from custrata.engine.diagnostics import CustrataError
from custrata.service.desk import Desk
from custrata.service.people.secret import session_secret
from custrata.service.people.visitors import Visitor, let_in
from custrata.service.runs.in_force import engine_in_force
from custrata.service.setup import open_store
from custrata.service.work.worker import work
from custrata.store.beside import NAME, Bind, beside

__all__ = ["COOKIES", "Panel", "Person", "Said", "Store", "Visitor", "application", "mounted"]

Said = Visitor | Mapping[str, str | None] | str | WSGIApplication | None
"""Who asks, as a host says it: a login, alone or with role, name and language; None for nobody, who
is sent to sign in; or what the host answers in the panel's stead."""
Person = Callable[[WSGIEnvironment], Said]
"""Says who asks, of a request's environment."""
Place = str | Desk | Bind
Store = Place | Callable[[], Place]
"""Where data are kept: an address; an open `Desk`; an engine, a connection or a session of the
host's, beside whose tables a place is made (see `store.beside`); or what gives one of these when it
is first needed."""
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
        settings: Flask's, of the panel and of REST; see `admin.create_app` and `api.create_app`.
    """
    host = Host(sign_in, sign_out, home)
    return Panel(store, person, host, make_people, schema, worker, rules, settings)


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


@dataclass(frozen=True)
class _Parts:
    """What answers, on an open store.

    Attributes:
        process: the one that opened it.
        is_own: whether it was opened here, and is to be closed; else the host did.
    """

    process: int
    desk: Desk
    is_own: bool
    panel: WSGIApplication
    rest: WSGIApplication | None
    worker: Thread | None
    stop: Event


@dataclass
class Panel:
    """The panel as WSGI, made when somebody first asks; see `application`."""

    store: Store
    person: Person
    host: Host
    make_people: bool
    schema: str
    worker: bool
    rules: str | None
    settings: Mapping[str, Any]
    _lock: Lock = field(default_factory=Lock)
    _parts: _Parts | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        try:
            parts = self._made()
        except CustrataError as error:
            _log.error("the store cannot be opened: %s", error)
            closed = Response("custrata cannot open its store: see the log\n", 503)
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
        return self._made().desk

    def engine(self) -> Engine:
        """The engine of the rules in force; ask for it anew for each customer.

        Raises:
            StoreError: the store cannot be opened, or does not answer.
        """
        return engine_in_force(self.desk)

    def close(self) -> None:
        """Let the worker finish its job, and go of all connections; a request opens all anew.

        A `Desk` that the host opened stays open.
        """
        with self._lock:
            parts, self._parts = self._parts, None
        if parts is None:
            return
        parts.stop.set()
        if parts.worker is not None:
            parts.worker.join()
        if parts.is_own:
            parts.desk.database.close()

    def _made(self) -> _Parts:
        with self._lock:
            if self._parts is not None and self._parts.process != os.getpid():
                # opened before a fork: neither its connections nor its worker are this process's
                self._parts.desk.database.engine.dispose(close=False)
                self._parts = None
            if self._parts is None:
                self._parts = self._make()
            return self._parts

    def _make(self) -> _Parts:
        api = rest()  # what it lacks is told before anything is opened
        given: Any = self.store() if callable(self.store) else self.store
        desk = given if isinstance(given, Desk) else self._open(given)
        name = cookie_name(session_secret(desk))
        own = {"SESSION_COOKIE_NAME": name, "CUSTRATA_REST": api is not None}
        panel = create_app(desk, self.host, **{**own, **self.settings})
        programs = None if api is None else api.create_app(desk, **self.settings)
        stop = Event()
        worker = _working(desk, stop) if self.worker else None
        return _Parts(os.getpid(), desk, desk is not given, panel, programs, worker, stop)

    def _open(self, given: str | Bind) -> Desk:
        place = given if isinstance(given, str) else beside(given, self.schema)
        return open_store(place, rules=self.rules)

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


def _working(desk: Desk, stop: Event) -> Thread:
    doing = {"stop": stop, "kinds": all_kinds()}
    thread = Thread(target=work, args=(desk.of("system"),), kwargs=doing, daemon=True)
    thread.name = "custrata-worker"
    thread.start()
    return thread


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
    return replace(given, language=spoken(given.language))


def _with_cookies(environ: WSGIEnvironment, start_response: StartResponse) -> StartResponse:
    """Let a host's cookies go out with the answer."""

    def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
        cookies = [("Set-Cookie", one) for one in environ.get(COOKIES, ())]
        return start_response(status, [*headers, *cookies], *more)

    return start
