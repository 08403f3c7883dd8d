"""A store in a host's process: opened when it is first needed, anew after a fork, and closed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from types import ModuleType
from typing import Any
from wsgiref.types import WSGIApplication

from custrata import Engine
from custrata.admin import create_app
from custrata.admin.host import Host, cookie_name
from custrata.admin.morning_mail import all_kinds
from custrata.away import Away
from custrata.engine.backends.polars import need_threads
from custrata.lacking import rest
from custrata.service.desk import Desk
from custrata.service.people.secret import session_secret
from custrata.service.runs.in_force import engine_in_force
from custrata.service.setup import open_store
from custrata.service.work.worker import work
from custrata.store.beside import Bind, beside

Place = str | Desk | Bind
Store = Place | Callable[[], Place]
"""Where data are kept: an address; an open `Desk`; an engine, a connection or a session of the
host's, beside whose tables a place is made (see `store.beside`); or what gives one of these when it
is first needed."""


@dataclass(frozen=True)
class Parts:
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
class Hosted:
    """A store that a host names, and what answers on it; see `custrata.wsgi.application`."""

    store: Store
    host: Host
    schema: str
    worker: bool
    rules: str | None
    settings: Mapping[str, Any]
    _made_in: int = field(default_factory=os.getpid)
    _lock: Lock = field(default_factory=Lock)
    _closed: Away = field(default_factory=Away)
    _away: Away = field(default_factory=Away)
    _parts: Parts | None = None

    def parts(self) -> Parts:
        """What answers in this process.

        Raises:
            StoreError: the store cannot be opened.
        """
        if self._lock.locked():
            self._closed.tell()  # who asks it anew is not waited for
        with self._lock:
            if self._parts is not None and self._parts.process != os.getpid():
                # opened before a fork: neither its connections nor its worker are this process's
                self._parts.desk.database.engine.dispose(close=False)
                self._parts = None
            if self._parts is None:
                with self._closed.told():
                    self._parts = self._open()
            return self._parts

    def engine(self) -> Engine:
        """The engine of the rules in force.

        Raises:
            StoreError: the store cannot be opened, or does not answer.
        """
        desk = self.parts().desk
        with self._away.told():
            return engine_in_force(desk)

    def close(self) -> None:
        """Let the worker finish its job, and go of all connections that were made here."""
        with self._lock:
            parts, self._parts = self._parts, None
        if parts is None:
            return
        parts.stop.set()
        if parts.worker is not None:
            parts.worker.join()
        if parts.is_own:
            parts.desk.database.close()

    def _open(self) -> Parts:
        api = rest()  # what it lacks is told before anything is opened
        if os.getpid() != self._made_in:  # else it would be this that starts them before a fork
            need_threads()
        given: Any = self.store() if callable(self.store) else self.store
        desk = given if isinstance(given, Desk) else self._desk(given)
        try:
            return self._on(desk, api, is_own=desk is not given)
        except BaseException:
            if desk is not given:
                desk.database.close()
            raise

    def _desk(self, given: str | Bind) -> Desk:
        place = given if isinstance(given, str) else beside(given, self.schema)
        return open_store(place, rules=self.rules)

    def _on(self, desk: Desk, api: ModuleType | None, *, is_own: bool) -> Parts:
        name = cookie_name(session_secret(desk))
        own = {"SESSION_COOKIE_NAME": name, "CUSTRATA_REST": api is not None}
        panel = create_app(desk, self.host, **{**own, **self.settings})
        programs = None if api is None else api.create_app(desk, mounted=True, **self.settings)
        stop = Event()
        worker = _working(desk, stop) if self.worker else None
        return Parts(os.getpid(), desk, is_own, panel, programs, worker, stop)


def _working(desk: Desk, stop: Event) -> Thread:
    doing = {"stop": stop, "kinds": all_kinds()}
    thread = Thread(target=work, args=(desk.of("system"),), kwargs=doing, daemon=True)
    thread.name = "custrata-worker"
    thread.start()
    return thread
