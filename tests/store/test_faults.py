"""What a database refuses is told to a person: where, what, and what to do; nothing secret."""

import os
import sqlite3
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier

import psycopg
import pymysql
import pytest
from sqlalchemy import exc, insert, select, text, update
from sqlalchemy.engine import make_url

from custrata.store import engines
from custrata.store.database import Database
from custrata.store.faults import StoreError, understood
from custrata.store.models import Counter, Source

SECRETS = ("hunter2", "nobody_here", "SELECT", "INSERT", "UPDATE", "secret text")


@contextmanager
def told(*codes: str):
    with pytest.raises(StoreError) as found:
        yield
    (one,) = found.value.diagnostics
    assert one.code in codes, str(one)
    assert not [secret for secret in SECRETS if secret in str(one)]
    assert one.allowed


def look(database: Database) -> None:
    with database.read() as session:
        session.scalar(select(Source.code))


@pytest.mark.parametrize(
    "address", ["", "nonsense", "oracle://an@db/crm", "sqlite://", "sqlite:///:memory:", "a://b:c"]
)
def test_a_wrong_address(address):
    with told("database-address"):
        Database(address)


def test_a_missing_driver(monkeypatch):
    monkeypatch.setitem(sys.modules, "pymysql", None)
    with told("database-driver"):
        Database("mariadb://an:hunter2@127.0.0.1/crm")


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
@pytest.mark.parametrize("host", ["127.0.0.1:1", "nowhere.invalid"])
def test_no_such_server(kind, host):
    with told("database-away"):
        look(Database(f"{kind}://an:hunter2@{host}/crm"))


def test_the_message_names_the_place():
    with pytest.raises(StoreError, match=r"^postgresql://127\.0\.0\.1:1/crm error\[database-away"):
        look(Database("postgresql://an:hunter2@127.0.0.1:1/crm"))


def test_a_stranger_or_a_missing_database(server):
    if server == "sqlite":
        pytest.skip("a file has neither")
    with told("database-denied"):
        look(Database(address(server, username="nobody_here", password="hunter2")))
    with told("database-missing"):
        look(Database(address(server, database="no_such_database")))


def address(server: str, **parts: str) -> str:
    return make_url(server).set(**parts).render_as_string(hide_password=False)


def test_a_file_in_a_missing_folder_or_a_folder_itself(tmp_path):
    with told("database-missing"):
        look(Database(f"sqlite:///{tmp_path}/missing/store.db"))
    with told("database-missing"):
        look(Database(f"sqlite:///{tmp_path}"))


def test_a_file_that_is_no_database(tmp_path):
    (tmp_path / "notes.txt").write_text("secret text " * 500)
    with told("database-damaged"):
        look(Database(f"sqlite:///{tmp_path}/notes.txt"))


def test_a_file_that_may_not_be_written():
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "store.db"
        sqlite3.connect(file).execute("CREATE TABLE sources (code, name, active)")
        file.chmod(0o444)
        Path(folder).chmod(0o555)
        database = Database(f"sqlite:///{file}")
        with as_nobody():
            with told("database-denied"), database.write() as session:
                session.add(Source(code="a", name="secret text"))
            with told("database-denied"), database.lock("work"):
                pass
        database.close()
        Path(folder).chmod(0o755)


@contextmanager
def as_nobody():
    """Files heed no rights where root asks."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    yield
    if root:
        os.seteuid(0)


def test_a_full_disk(database):
    if database.dialect != "sqlite":
        pytest.skip("only SQLite can be told how much room there is")
    with told("disk-full"), database.write() as session:
        session.execute(text("PRAGMA max_page_count = 1"))
        session.add_all(Source(code=f"{n}", name="secret text" * 20) for n in range(2000))
    assert count(database) == 0


def count(database) -> int:
    with database.read() as session:
        return len(session.scalars(select(Source)).all())


KILL = {
    "postgresql": "SELECT pg_terminate_backend(:id)",
    "mariadb": "KILL :id",
}
MINE = {"postgresql": "SELECT pg_backend_pid()", "mariadb": "SELECT connection_id()"}


def test_a_server_that_goes_away_in_the_middle(database):
    if database.dialect == "sqlite":
        pytest.skip("a file does not go away")
    with told("database-away"), database.write() as session:
        session.add(Source(code="a", name="secret text"))
        session.flush()
        mine = session.scalar(text(MINE[database.dialect]))
        with database.engine.connect() as other:
            other.execute(text(KILL[database.dialect]), {"id": mine})
        session.scalars(select(Source)).all()
    assert count(database) == 0


def test_a_row_that_another_change_holds(database, monkeypatch):
    monkeypatch.setattr(engines, "_PRAGMAS", ("busy_timeout=20",))
    impatient = Database(database.url.render_as_string(hide_password=False))
    with database.write() as session:
        session.execute(update(Counter).values(value=7))
        with told("database-busy"), impatient.write() as other:
            for one in IMPATIENCE.get(database.dialect, ()):
                other.execute(text(one))
            other.execute(update(Counter).values(value=8))
    impatient.close()
    with database.read() as session:
        assert set(session.scalars(select(Counter.value))) == {7}


IMPATIENCE = {
    "postgresql": ["SET LOCAL lock_timeout = '20ms'"],
    "mariadb": ["SET innodb_lock_wait_timeout = 0"],
}


def test_two_changes_that_wait_for_each_other(database):
    if database.dialect == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    with database.write() as session:
        session.add_all([Source(code="a", name="a"), Source(code="b", name="b")])
    change = update(Source).values(name="secret text")

    def write(first: str, second: str, barrier) -> None:
        with database.write() as session:
            session.execute(change.where(Source.code == first))
            barrier.wait(10)
            session.execute(change.where(Source.code == second))

    faults = in_two_threads(write)
    assert [one.diagnostics[0].code for one in faults] == ["database-busy"]


def in_two_threads(work) -> list[StoreError]:
    barrier = Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(work, *pair, barrier) for pair in (("a", "b"), ("b", "a"))]
    return [error for one in done if (error := one.exception())]


def test_a_text_longer_than_its_column(database):
    if database.dialect == "sqlite":
        pytest.skip("SQLite takes any length")
    with told("value-too-large"), database.write() as session:
        session.add(Source(code="secret text" * 100, name="a"))


def test_tables_that_are_missing(empty_url):
    database = Database(empty_url)
    with told("database-tables"):
        look(database)
    database.close()


def test_what_stands_in_the_way_is_left_to_who_wrote_it(database):
    with pytest.raises(exc.IntegrityError), database.write() as session:
        session.execute(insert(Source), [{"code": "a", "name": "a"}] * 2)


CODES = [
    (psycopg.OperationalError('FATAL:  password authentication failed for user "an"'), "denied"),
    (psycopg.OperationalError("fe_sendauth: no password supplied"), "denied"),
    (psycopg.OperationalError("FATAL:  sorry, too many clients already"), "away"),
    (psycopg.OperationalError("FATAL:  the database system is starting up"), "away"),
    (psycopg.errors.lookup("53100")(), "disk-full"),
    (psycopg.errors.lookup("40001")(), "busy"),
    (psycopg.errors.lookup("42501")(), "denied"),
    (psycopg.errors.lookup("57P01")(), "away"),
    (psycopg.errors.lookup("XX001")(), "damaged"),
    (psycopg.errors.lookup("42601")(), "database"),
    (pymysql.OperationalError(1114, "The table 'x' is full"), "disk-full"),
    (pymysql.OperationalError(1205, "Lock wait timeout exceeded"), "busy"),
    (pymysql.OperationalError(1290, "running with --read-only"), "denied"),
    (pymysql.OperationalError(2013, "Lost connection"), "away"),
    (pymysql.OperationalError(1040, "Too many connections"), "away"),
    (pymysql.InterfaceError(0, ""), "away"),
    (pymysql.ProgrammingError(1064, "syntax"), "database"),
]


@pytest.mark.parametrize(("fault", "code"), CODES, ids=lambda one: str(one)[:40])
def test_codes_of_drivers(fault, code):
    with pytest.raises(StoreError) as found, understood():
        raise exc.DBAPIError("SELECT 1", {}, fault)
    assert found.value.diagnostics[0].code in (code, f"database-{code}")
    assert "SELECT" not in str(found.value)
