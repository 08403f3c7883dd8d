"""Bring a database's tables to what this version of custrata needs."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select
from sqlalchemy import insert as insert_into

from custrata.store.database import Database
from custrata.store.faults import refuse, understood
from custrata.store.models import Counter
from custrata.store.sequence import COUNTERS

_WAIT = 120.0


def upgrade(database: Database) -> tuple[str | None, str]:
    """Run the migrations that lack; processes that start together do it once.

    On SQLite and PostgreSQL all of it or nothing; on MariaDB, whose changes of tables are not
    transactional, a migration that was cut off goes on where it was.

    Returns:
        The revision before (None for an empty database), and now.

    Raises:
        StoreError: the database cannot be written, or is newer than this program.
    """
    with database.lock("migrate", _WAIT) as held:
        if not held:
            raise refuse("database-busy", "another process is upgrading the database")
        with understood(), database.writing() as connection:
            before = _revision(connection)
            _refuse_newer(before)
            if before != head():
                command.upgrade(_config(connection), "head")
            _begin_counting(connection)
    return before, head()


def ready(database: Database) -> None:
    """Make sure that the tables are there; an empty database gets them.

    Raises:
        StoreError: they are older, and `custrata db upgrade` has to be run, or newer.
    """
    with understood(), database.engine.connect() as connection:
        now = _revision(connection)
        empty = now is None and not inspect(connection).get_table_names()
    _refuse_newer(now)
    if empty:
        upgrade(database)
    elif now != head():
        raise refuse(
            "database-old",
            f"the database is at revision {now or 'none'}, this program needs {head()}",
            "`custrata db upgrade`, after a backup",
        )


@cache
def head() -> str:
    """The revision that this program needs."""
    return str(_scripts().get_current_head())


def _refuse_newer(revision: str | None) -> None:
    known = {script.revision for script in _scripts().walk_revisions()}
    if revision is not None and revision not in known:
        fault = f"the database is at revision {revision}, which this program does not know"
        raise refuse("database-newer", fault, "a newer custrata")


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _begin_counting(connection: Connection) -> None:
    there = connection.execute(select(Counter.name)).scalars().all()
    for name in COUNTERS:
        if name not in there:
            connection.execute(insert_into(Counter).values(name=name, value=0))


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(Path(__file__).parent / "migrations"))


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
