"""Locks that go away with who holds them, also by SIGKILL: no lease has to run out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from custrata.store.faults import refuse

_EVERY = 0.1
"""Seconds between two tries."""


@contextmanager
def exclusive(engine: Engine, name: str, wait: float = 0) -> Iterator[bool]:
    """Hold a named lock of a database; yields whether it could be had.

    A file beside the database on SQLite, which stays there; the server's own locks elsewhere,
    bound to a connection of their own.

    Args:
        wait: so many seconds at most.

    Raises:
        StoreError: the folder of the database may not be written.
    """
    way = _file if engine.dialect.name == "sqlite" else _server
    with way(engine, name, wait) as held:
        yield held


@contextmanager
def _file(engine: Engine, name: str, wait: float) -> Iterator[bool]:
    lock = FileLock(f"{engine.url.database}.{name.replace(':', '-')}.lock")
    try:
        lock.acquire(wait, poll_interval=_EVERY)
    except Timeout:
        yield False
        return
    except OSError as error:
        fault = f"no lock can be made beside the database: {error.strerror}".lower()
        allowed = "a folder that may be written"
        raise refuse("database-denied", fault, allowed) from error
    try:
        yield True
    finally:
        lock.release()


@contextmanager
def _server(engine: Engine, name: str, wait: float) -> Iterator[bool]:
    options = engine.execution_options(isolation_level="AUTOCOMMIT")
    with options.connect() as connection:
        held = _acquire(connection, name, wait)
        try:
            yield held
        finally:
            if held:
                _release(connection, name)


def _acquire(connection: Connection, name: str, wait: float) -> bool:
    if connection.dialect.name == "postgresql":
        return _poll(connection, _number(name), wait)
    statement = text("SELECT GET_LOCK(:name, :wait)")
    named = {"name": _named(connection, name), "wait": wait}
    return bool(connection.execute(statement, named).scalar())


def _poll(connection: Connection, number: int, wait: float) -> bool:
    until = time.monotonic() + wait
    while not connection.execute(text("SELECT pg_try_advisory_lock(:n)"), {"n": number}).scalar():
        if time.monotonic() >= until:
            return False
        time.sleep(_EVERY)
    return True


def _release(connection: Connection, name: str) -> None:
    """Let go; where the connection is lost, the server has done so."""
    with suppress(DBAPIError):
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": _number(name)})
        else:
            named = {"name": _named(connection, name)}
            connection.execute(text("SELECT RELEASE_LOCK(:name)"), named)


def _number(name: str) -> int:
    """64 bits of a name; PostgreSQL's locks belong to one database as it is."""
    digest = blake2b(f"custrata:{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _named(connection: Connection, name: str) -> str:
    """A name of at most 64 characters, since MariaDB's locks are those of the whole server."""
    database = connection.engine.url.database
    return "custrata:" + blake2b(f"{database}:{name}".encode(), digest_size=16).hexdigest()
