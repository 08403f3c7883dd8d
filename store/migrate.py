"""Bring a database's tables to what this version of custrata needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select
from sqlalchemy import insert as insert_into

from custrata.store.database import Database
from custrata.store.faults import refuse
from custrata.store.models import Base, Counter
from custrata.store.sequence import COUNTERS

FOLDER = Path(__file__).parent / "migrations"
_WAIT = 120.0
_VERSION_TABLE = "alembic_version"


def upgrade(database: Database) -> tuple[str | None, str]:
    """Run the migrations that lack; processes that start together do it once.

    On SQLite and PostgreSQL all of it or nothing; on MariaDB, whose changes of tables are not
    transactional, a migration that was cut off goes on where it was.

    Returns:
        The revision before (None for an empty database), and now.

    Raises:
        StoreError: the database cannot be written, is newer than this program, or holds
            tables of something else.
    """
    with database.lock("migrate", _WAIT) as held:
        if not held:
            raise refuse("database-busy", "another process is upgrading the database")
        with database.writing() as connection:
            found = _found(connection)
            found.refuse_others()
            if found.revision != head():
                command.upgrade(config(connection), "head")
            _begin_counting(connection)
    return found.revision, head()


def ready(database: Database) -> None:
    """Make sure that the tables are there; an empty database gets them.

    Raises:
        StoreError: they are older, and `custrata db upgrade` has to be run, or newer.
    """
    with database.read() as session:
        found = _found(session.connection())
    found.refuse_others()
    if found.is_new:
        upgrade(database)
    elif found.revision != head():
        raise refuse(
            "database-old",
            f"the database is at revision {found.revision or 'none'}, this program needs {head()}",
            "`custrata db upgrade`, after a backup",
        )


def current(database: Database) -> str | None:
    """The revision that a database is at; None where it has none of our tables.

    Raises:
        StoreError: the database cannot be read.
    """
    with database.read() as session:
        return _found(session.connection()).revision


@cache
def head() -> str:
    """The revision that this program needs."""
    return str(_scripts().get_current_head())


def config(connection: Connection) -> Config:
    """What Alembic's commands want, to work on a connection."""
    found = Config()
    found.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    found.attributes["connection"] = connection
    return found


@dataclass(frozen=True)
class _Found:
    """What a database holds."""

    revision: str | None
    tables: frozenset[str]

    @property
    def is_new(self) -> bool:
        """Whether it is empty, or the first migration has only begun."""
        return self.revision is None and (not self.tables or _VERSION_TABLE in self.tables)

    def refuse_others(self) -> None:
        """Touch no tables of a newer program, or of another one."""
        if self.revision is not None and self.revision not in _known():
            fault = f"the database is at revision {self.revision}, which this program does not know"
            raise refuse("database-newer", fault, "a newer custrata")
        theirs = sorted(self.tables & Base.metadata.tables.keys())
        if self.revision is None and theirs and not self.is_new:
            fault = f"the database has a table {theirs[0]!r} that is not custrata's"
            raise refuse("database-foreign", fault, "a database of its own")


def _found(connection: Connection) -> _Found:
    revision = MigrationContext.configure(connection).get_current_revision()
    return _Found(revision, frozenset(inspect(connection).get_table_names()))


def _begin_counting(connection: Connection) -> None:
    there = connection.execute(select(Counter.name)).scalars().all()
    for name in COUNTERS:
        if name not in there:
            connection.execute(insert_into(Counter).values(name=name, value=0))


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(FOLDER))


@cache
def _known() -> frozenset[str]:
    return frozenset(script.revision for script in _scripts().walk_revisions())
