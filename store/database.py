"""One database, and the three ways to be in it: reading, writing, a snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from custrata.store.bulk.snapshot import Snapshot, open_snapshot
from custrata.store.engines import WRITES, engine_of, place_of, url_of
from custrata.store.faults import understood
from custrata.store.locks import exclusive


class Database:
    """A database by its address.

    Attributes:
        url: the address, with its driver.
        engine: SQLAlchemy's; for migrations and for lists that need it.
    """

    def __init__(self, url: str):
        """Prepare; nothing is connected yet.

        Raises:
            StoreError: the address is none, or its driver is not installed.
        """
        self.url = url_of(url)
        self.engine = engine_of(self.url)
        self._writing = self.engine.execution_options(**{WRITES: True})

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
        with self._understood(), Session(self.engine, autoflush=False) as session:
            yield session

    @contextmanager
    def write(self, *, later: bool = False) -> Iterator[Session]:
        """A transaction: all of it, or on an exception nothing.

        On SQLite it begins as the writer, so that what it reads cannot have changed when it
        writes.

        Args:
            later: on SQLite, become the writer with the first write, so that others may go on
                while rows are laid into temporary tables; nothing else may be done before it.

        Raises:
            StoreError: the database cannot be written; nothing was.
        """
        engine = self.engine if later else self._writing
        with self._understood(), Session(engine) as session, session.begin():
            yield session

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """As `write`, as a connection; for what needs no models."""
        with self._understood(), self._writing.begin() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Frames of one moment, read in bulk.

        Raises:
            StoreError: the database cannot be read.
        """
        with self._understood(), open_snapshot(self.engine) as snapshot:
            yield snapshot

    @contextmanager
    def lock(self, name: str, wait: float = 0) -> Iterator[bool]:
        """Hold a named lock that all processes of this database heed; whether it could be had.

        It goes away with the process that holds it.

        Args:
            wait: seconds at most.
        """
        with self._understood(), exclusive(self.engine, name, wait) as held:
            yield held

    def empty_log(self) -> bool:
        """On SQLite, empty the log of changes, which holds what was there before; whether it is.

        Who reads just then is waited for, and keeps it where that takes too long.

        Raises:
            StoreError: the database cannot be written.
        """
        if self.dialect != "sqlite":
            return True
        with self._understood(), closing(self.engine.raw_connection()) as connection:
            busy, *_ = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()

    def _understood(self) -> AbstractContextManager[None]:
        return understood(place_of(self.url))


def default_url(folder: Path) -> str:
    """The database that is used where none is named: a file of that folder."""
    return f"sqlite:///{folder / 'custrata.db'}"
