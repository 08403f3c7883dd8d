"""Databases for the tests that concern them: a file of SQLite, and real servers where named.

`CUSTRATA_TEST_POSTGRESQL` and `CUSTRATA_TEST_MARIADB` name servers on which databases may be made,
such as `postgresql://postgres@127.0.0.1/postgres`. Without them the same tests run on SQLite alone
and the others are listed as left out; with `CUSTRATA_TEST_ALL` leaving out is a failure.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from custrata.service.desk import Desk
from custrata.service.people import passwords
from custrata.service.setup import open_store
from custrata.store import engines
from custrata.store.database import Database

KINDS = ("sqlite", "postgresql", "mariadb")


@pytest.fixture(scope="session", autouse=True)
def _disks_are_not_waited_for() -> Iterator[None]:
    """Processes are killed in tests, but nobody cuts the power."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "_PRAGMAS", (*engines._PRAGMAS, "synchronous=OFF"))
        yield


@pytest.fixture(scope="session", autouse=True)
def _passwords_are_hashed_quickly() -> Iterator[None]:
    """Nobody tries to guess those of tests."""
    with pytest.MonkeyPatch.context() as patch:
        quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(passwords, "HASHER", quick)
        yield


@pytest.fixture(scope="session", params=KINDS)
def server(request) -> str:
    """The address under which databases of a kind are made; `sqlite` stands for itself."""
    if request.param == "sqlite":
        return "sqlite"
    name = f"CUSTRATA_TEST_{request.param.upper()}"
    if name not in os.environ:
        if os.environ.get("CUSTRATA_TEST_ALL"):
            pytest.fail(f"{name} is not set, and nothing may be left out")
        pytest.skip(f"left out: {name} names no server")
    return os.environ[name]


@pytest.fixture(scope="session")
def template(server, tmp_path_factory) -> Iterator[str]:
    """The address of a store as new: tables, stages, rules."""
    with made(server, tmp_path_factory.mktemp("template") / "store.db") as url:
        open_store(url, clock=Clock()).database.close()
        yield url


@pytest.fixture
def url(server, template, tmp_path) -> Iterator[str]:
    """The address of an own store, as new."""
    if server == "sqlite":
        path = tmp_path / "store.db"
        shutil.copyfile(make_url(template).database, path)
        yield f"sqlite:///{path}"
    elif server.startswith("postgresql"):
        with made(server, tmp_path, like=make_url(template).database) as copy:
            yield copy
    else:
        saved = dump(template)
        yield template
        restore(template, saved)


@pytest.fixture
def empty_url(server, tmp_path) -> Iterator[str]:
    """The address of a database without tables."""
    with made(server, tmp_path / "empty.db") as found:
        yield found


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still until it is set."""
    return Clock()


@pytest.fixture
def logged(caplog):
    """All that anybody logs, however little it matters; of SQLAlchemy not the rows themselves."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, logger="sqlalchemy.engine")
    return caplog


@pytest.fixture
def desk(url, clock) -> Iterator[Desk]:
    """A new store, with a clock of its own."""
    found = open_store(url, "an", clock)
    yield found
    found.database.close()


class Clock:
    """Stands still at noon of 2026-11-21 in Vietnam, until it is moved."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 21, 5, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **by: float) -> None:
        """`forward(days=1, hours=2)`."""
        self.moment += timedelta(**by)


@contextmanager
def made(server: str, path: Path, like: str | None = None) -> Iterator[str]:
    """The address of a database that is dropped afterwards; `like` names one to copy."""
    if server == "sqlite":
        yield f"sqlite:///{path}"
        return
    name = f"custrata_test_{secrets.token_hex(6)}"
    run_on(server, f"CREATE DATABASE {name}" + (f" TEMPLATE {like}" if like else ""))
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    force = " WITH (FORCE)" if server.startswith("postgresql") else ""
    run_on(server, f"DROP DATABASE {name}{force}")


def run_on(server: str, statement: str) -> None:
    engine = create_engine(Database(server).url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def dump(url: str) -> dict[str, list[tuple]]:
    """All rows of a new store, by table: few."""
    with Database(url).engine.connect() as connection:
        tables = connection.execute(text("SHOW TABLES")).scalars().all()
        rows = {one: connection.execute(text(f"SELECT * FROM `{one}`")).all() for one in tables}
    return {name: found for name, found in rows.items() if found}


def restore(url: str, saved: dict[str, list[tuple]]) -> None:
    """Bring a MariaDB back to what it was; making a new one takes seconds."""
    database = Database(url)
    with database.engine.begin() as connection:
        connection.execute(text("SET foreign_key_checks = 0"))
        for table in connection.execute(text("SHOW TABLES")).scalars().all():
            if connection.execute(text(f"SELECT 1 FROM `{table}` LIMIT 1")).first():
                connection.execute(text(f"DELETE FROM `{table}`"))
        for table, rows in saved.items():
            marks = ", ".join(["%s"] * len(rows[0]))
            connection.exec_driver_sql(
                f"INSERT INTO `{table}` VALUES ({marks})", [tuple(row) for row in rows]
            )
        connection.execute(text("SET foreign_key_checks = 1"))
    database.close()
