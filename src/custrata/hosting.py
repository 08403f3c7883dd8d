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
        away: what orders are told while the store does not answer.
    """

    process: int
    desk: Desk
    is_own: bool
    panel: WSGIApplication
    rest: WSGIApplication | None
    worker: Thread | None
    stop: Event
    away: Away = field(default_factory=Away)

    def leave(self) -> None:
        """Let the worker finish its job, and go of the connections that were made here."""
        if self.process != os.getpid():
            # opened before a fork: neither connections nor worker are this process's to end
            self.desk.database.engine.dispose(close=False)
            return
        self.stop.set()
        if self.worker is not None:
            self.worker.join()
        if self.is_own:
            self.desk.database.close()


@dataclass(frozen=True)
class _Door:
    """Through which one at a time opens a store, in one process: a fork may come meanwhile."""

    lock: Lock = field(default_factory=Lock)
    closed: Away = field(default_factory=Away)


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
    _doors: dict[int, _Door] = field(default_factory=dict)
    _parts: Parts | None = None

    def parts(self) -> Parts:
        """What answers in this process.

        Raises:
            DataError: this process was forked by one that had computed.
            StoreError: the store cannot be opened.
        """
        if (parts := self._opened()) is not None:
            return parts
        if os.getpid() != self._made_in:  # else it would be this that starts them before a fork
            need_threads()
        door = self._door()
        if door.lock.locked():
            door.closed.tell()  # who asks it anew is not waited for
        with door.lock:
            if (parts := self._opened()) is not None:
                return parts
            with door.closed.told():
                self._leave()
                self._parts = parts = self._open()
            return parts

    def engine(self) -> Engine:
        """The engine of the rules in force.

        Raises:
            StoreError: the store cannot be opened, or does not answer.
        """
        parts = self.parts()
        with parts.away.told():
            return engine_in_force(parts.desk)

    def close(self) -> None:
        """Let the worker finish its job, and go of all connections that were made here."""
        with self._door().lock:
            self._leave()

    def _door(self) -> _Door:
        return self._doors.setdefault(os.getpid(), _Door())

    def _opened(self) -> Parts | None:
        parts = self._parts
        return parts if parts is not None and parts.process == os.getpid() else None

    def _leave(self) -> None:
        parts, self._parts = self._parts, None
        if parts is not None:
            parts.leave()

    def _open(self) -> Parts:
        api = rest()  # what it lacks is told before anything is opened
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
