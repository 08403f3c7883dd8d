"""Engines: what an address means, its driver, and what every connection is told first."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from custrata.store.bulk import postgresql
from custrata.store.faults import refuse

WRITES = "custrata_writes"
"""Execution option of connections whose transactions write."""

_DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mariadb": "mariadb+pymysql",
    "mysql": "mariadb+pymysql",
}
_EXTRAS = {"postgresql+psycopg": "postgresql", "mariadb+pymysql": "mariadb"}
_ALLOWED = "sqlite:///file, postgresql://user@host/name or mariadb://user@host/name"
_STRICT = "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'"
"""MariaDB refuses what does not fit, whatever its administrator chose; backslashes escape."""
_PATIENCE, _PAUSE = 30.0, 0.02
"""Seconds for which another process is waited for, and between two tries."""
_UNANSWERED = 10
"""Seconds until a server counts as away."""
_PRAGMAS = (
    f"busy_timeout={_PATIENCE * 1000:.0f}",
    "foreign_keys=ON",
    "secure_delete=ON",
    "cache_size=-65536",
)


def url_of(text: str) -> URL:
    """An address with its driver.

    Raises:
        StoreError: it is none, or of a kind that is not supported.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise refuse("database-address", "this is no address of a database", _ALLOWED) from None
    driver = _DRIVERS.get(url.drivername, url.drivername)
    if driver not in _DRIVERS.values():
        fault = f"databases of the kind {url.drivername!r} are not supported"
        raise refuse("database-address", fault, _ALLOWED)
    if driver == _DRIVERS["sqlite"]:
        url = url.set(database=_file(url.database))
    if driver == _DRIVERS["mariadb"]:
        url = url.update_query_dict({"charset": "utf8mb4"})
    return url.set(drivername=driver)


def place_of(url: URL) -> str:
    """Where a database is, for messages: no user, no password."""
    kind = url.get_backend_name()
    if kind == "sqlite":
        return str(url.database)
    place = URL.create(kind, host=url.host, port=url.port, database=url.database)
    return place.render_as_string()


def engine_of(url: URL) -> Engine:
    """The engine of an address; nothing is connected yet.

    Raises:
        StoreError: the driver is not installed.
    """
    try:
        engine = create_engine(url, pool_pre_ping=True, hide_parameters=True, **_options(url))
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        extra = _EXTRAS.get(url.drivername, "store")
        fault = f"the driver of {url.get_backend_name()} is not installed"
        raise refuse("database-driver", fault, f"pip install 'custrata[{extra}]'") from error
    if url.get_backend_name() == "postgresql":
        postgresql.prepare(engine)
        event.listen(engine, "connect", _need_every_letter)
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return engine


def _file(name: str | None) -> str:
    """The file itself, so that all who open it find the same locks beside it."""
    if name in (None, "", ":memory:"):
        fault = "a database in memory cannot be shared by processes"
        raise refuse("database-address", fault, "sqlite:///file.db")
    return str(Path(str(name)).resolve())


def _options(url: URL) -> dict[str, Any]:
    """A transaction sees what others committed before each of its statements, as it writes.

    PostgreSQL's driver would wait for a server that says nothing for as long as the network does.
    """
    kind = url.get_backend_name()
    if kind == "sqlite":
        return {}
    patient = {"connect_timeout": url.query.get("connect_timeout", _UNANSWERED)}
    given = {"init_command": _STRICT} if kind == "mariadb" else patient
    return {"isolation_level": "READ COMMITTED", "connect_args": given}


def _need_every_letter(connection: Any, _record: Any) -> None:
    """A PostgreSQL that was made for few languages would refuse names, or break them.

    Raises:
        StoreError: it keeps text otherwise than as UTF-8.
    """
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        connection.close()
        fault = f"the database keeps text as {encoding}, which does not hold every name"
        raise refuse("database-encoding", fault, "one that was made with ENCODING 'UTF8'")


def _prepare(connection: Any, _record: Any) -> None:
    """The driver's own transactions are off: they begin too late and lose updates."""
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    _write_ahead(connection)


def _write_ahead(connection: Any) -> None:
    """Keep a log of changes: readers and a writer then do not wait for each other.

    Processes that open a new file at one moment refuse each other here, since SQLite's own
    patience does not cover every step of this change.
    """
    until = time.monotonic() + _PATIENCE
    while connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() >= until:
                raise
            time.sleep(_PAUSE)
        else:
            return  # or a file system that knows no such mode


def _is_busy(error: sqlite3.OperationalError) -> bool:
    """Its kind stands in the lowest byte; above is why."""
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
