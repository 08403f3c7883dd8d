"""One database, and the three ways to be in it: reading, writing, a snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.orm import Session

from custrata.store.bulk.snapshot import Snapshot, open_snapshot
from custrata.store.faults import refuse, understood
from custrata.store.locks import exclusive

_DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mariadb": "mariadb+pymysql",
    "mysql": "mariadb+pymysql",
}
_EXTRAS = {"postgresql+psycopg": "postgresql", "mariadb+pymysql": "mariadb"}
_ALLOWED = "sqlite:///file, postgresql://user@host/name or mariadb://user@host/name"
_BUSY_MILLISECONDS = 30_000
_WRITES = "custrata_writes"


class Database:
    """A database by its address.

    Attributes:
        engine: SQLAlchemy's; for migrations and for lists that need it.
    """

    def __init__(self, url: str):
        """Prepare; nothing is connected yet.

        Raises:
            StoreError: the address is none, or its driver is not installed.
        """
        self.url = _url(url)
        self.engine = _engine(self.url)
        self._writing = self.engine.execution_options(**{_WRITES: True}, **_isolation(self.engine))

    def __repr__(self) -> str:
        return f"Database({self.url.render_as_string(hide_password=True)!r})"

    @property
    def dialect(self) -> str:
        """`sqlite`, `postgresql` or `mariadb`."""
        return self.engine.dialect.name

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that changes nothing.

        Raises:
            StoreError: the database cannot be read.
        """
        with understood(), Session(self.engine, autoflush=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction: all of it, or on an exception nothing.

        On SQLite it begins as the writer, so that what it reads cannot have changed when it
        writes.

        Raises:
            StoreError: the database cannot be written; nothing was.
        """
        with understood(), Session(self._writing) as session, session.begin():
            yield session

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """As `write`, as a connection; for what needs no models."""
        with understood(), self._writing.begin() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Frames of one moment, read in bulk.

        Raises:
            StoreError: the database cannot be read.
        """
        with understood(), open_snapshot(self.engine) as snapshot:
            yield snapshot

    @contextmanager
    def lock(self, name: str, wait: float = 0) -> Iterator[bool]:
        """Hold a named lock that all processes of this database heed; whether it could be had.

        It goes away with the process that holds it.
        """
        with understood(), exclusive(self.engine, name, wait) as held:
            yield held

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


def _url(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError:
        raise refuse("database-address", "this is no address of a database", _ALLOWED) from None
    driver = _DRIVERS.get(url.drivername, url.drivername)
    if driver not in _DRIVERS.values():
        fault = f"databases of the kind {url.drivername!r} are not supported"
        raise refuse("database-address", fault, _ALLOWED)
    if driver == _DRIVERS["sqlite"] and url.database in (None, "", ":memory:"):
        fault = "a database in memory cannot be shared by processes"
        raise refuse("database-address", fault, "sqlite:///file.db")
    if driver == _DRIVERS["mariadb"]:
        url = url.update_query_dict({"charset": "utf8mb4"})
    return url.set(drivername=driver)


def _engine(url: URL) -> Engine:
    try:
        engine = create_engine(url, pool_pre_ping=True, hide_parameters=True)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        extra = _EXTRAS.get(url.drivername, "store")
        fault = f"the driver of {url.get_backend_name()} is not installed"
        raise refuse("database-driver", fault, f"pip install 'custrata[{extra}]'") from error
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return engine


def _isolation(engine: Engine) -> dict[str, Any]:
    """Writers see what others committed before them; a snapshot of their own would be stale."""
    return {} if engine.dialect.name == "sqlite" else {"isolation_level": "READ COMMITTED"}


def _prepare(connection: Any, _record: Any) -> None:
    """The driver's own transactions are off: they begin too late and lose updates."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        f"busy_timeout={_BUSY_MILLISECONDS}",
        "foreign_keys=ON",
        "synchronous=NORMAL",
        "cache_size=-65536",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def default_url(folder: Path) -> str:
    """The database that is used where none is named: a file of that folder."""
    return f"sqlite:///{folder / 'custrata.db'}"
