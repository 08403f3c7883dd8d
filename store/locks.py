"""Locks that go away with who holds them, also by SIGKILL: no lease has to run out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, text

_EVERY = 0.2


@contextmanager
def exclusive(engine: Engine, name: str, wait: float = 0) -> Iterator[bool]:
    """Hold a named lock of a database; yields whether it could be had.

    A file beside the database on SQLite, the server's own locks elsewhere, bound to a
    connection of their own.

    Args:
        wait: so many seconds at most.
    """
    if engine.dialect.name == "sqlite":
        yield from _file(engine, name, wait)
        return
    options = engine.execution_options(isolation_level="AUTOCOMMIT")
    with options.connect() as connection:
        held = _acquire(connection, name, wait)
        try:
            yield held
        finally:
            if held and not connection.invalidated:
                _release(connection, name)


def _file(engine: Engine, name: str, wait: float) -> Iterator[bool]:
    path = Path(f"{engine.url.database}.{name.replace(':', '-')}.lock")
    lock = FileLock(path, timeout=wait)
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


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
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": _number(name)})
    else:
        connection.execute(text("SELECT RELEASE_LOCK(:name)"), {"name": _named(connection, name)})


def _number(name: str) -> int:
    """64 bits of a name; PostgreSQL's locks belong to one database as it is."""
    digest = blake2b(f"custrata:{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _named(connection: Connection, name: str) -> str:
    """A name of at most 64 characters, since MariaDB's locks are those of the whole server."""
    database = connection.engine.url.database
    return "custrata:" + blake2b(f"{database}:{name}".encode(), digest_size=16).hexdigest()
