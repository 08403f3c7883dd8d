"""Transactions: whole or not at all, no update lost, readers undisturbed."""

import secrets
import socket
import sqlite3
import threading
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url

from custrata.store import bulk, engines
from custrata.store.database import Database
from custrata.store.faults import StoreError
from custrata.store.models import Counter, Source
from custrata.store.sequence import take
from tests.conftest import run_on
from tests.store.processes import TOGETHER, TRY_TO_WRITE, finish, start


class Interrupted(Exception):
    """What breaks off work."""


FACTS = select(Counter.value).filter_by(name="facts")


def add(database, times: int) -> None:
    for _ in range(times):
        with database.write() as session:
            query = select(Counter).filter_by(name="facts").with_for_update()
            counter = session.scalars(query).one()
            counter.value += 1


def value(database, query=FACTS):
    with database.read() as session:
        return session.scalar(query)


def test_threads_lose_no_update(database):
    threads = [threading.Thread(target=add, args=(database, 50)) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert value(database) == 200


def test_processes_lose_no_update(database, url):
    assert finish(start(TOGETHER, url, "add", 2)) == "[0, 0]\n"
    assert value(database) == 100


def test_numbers_of_facts_are_each_taken_once(database):
    taken = []

    def take_some() -> None:
        for _ in range(25):
            with database.write() as session:
                taken.append(take(session))

    threads = [threading.Thread(target=take_some) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(taken) == list(range(1, 101))


def test_an_exception_undoes_all_that_was_written(database):
    one = pl.DataFrame({"code": ["b"], "name": ["b"], "active": [True]})
    another = one.with_columns(pl.lit("c").alias("code"))

    def work() -> None:
        with database.write() as session:
            session.add(Source(code="a", name="a"))
            session.flush()
            bulk.insert(session.connection(), Source.__table__, one)
            bulk.merge(session.connection(), Source.__table__, another, ["code"])
            assert len(bulk.read(session.connection(), select(Source.code))) == 3
            raise Interrupted

    with pytest.raises(Interrupted):
        work()
    assert value(database, select(func.count()).select_from(Source)) == 0


def test_readers_see_the_state_before_while_a_writer_writes(database):
    with database.write() as session:
        session.add(Source(code="a", name="a"))
        session.flush()
        assert value(database, select(Source.code)) is None
        with database.snapshot() as snapshot:
            assert snapshot.value(select(Source.code)) is None
    assert value(database, select(Source.code)) == "a"


def test_a_snapshot_sees_one_moment(database):
    with database.snapshot() as snapshot:
        assert snapshot.value(FACTS) == 0
        add(database, 1)
        assert snapshot.value(FACTS) == 0
        assert snapshot.value(select(func.count()).select_from(Source)) == 0
    with database.snapshot() as snapshot:
        assert snapshot.value(FACTS) == 1


def test_bulk_reading_leaves_the_locks_of_its_process_alone(database):
    if database.dialect != "sqlite":
        pytest.skip("SQLite's locks belong to a process")
    with database.write() as session:
        session.add(Source(code="a", name="a"))
        session.flush()
        with database.snapshot() as snapshot:
            snapshot.frame(select(Source))
        assert finish(start(TRY_TO_WRITE, database.url.database)) == "database is locked\n"


def test_an_address_says_what_it_is_without_its_password():
    database = Database("postgres://an:hunter2@127.0.0.1/crm")
    assert (database.dialect, "hunter2" in repr(database)) == ("postgresql", False)
    assert Database("mysql://an@127.0.0.1/crm").dialect == "mariadb"
    assert Database("sqlite:///here.db").url.database == str(Path("here.db").resolve())


def test_ids_are_compared_byte_by_byte_and_ordered_by_code_point(database):
    codes = ["A", "B", "a", "a ", "b", "ß", "á", "ss", "đ", "客", "🎉", " a", "a\u0301"]
    with database.write() as session:
        session.add_all(Source(code=one, name=one) for one in codes)
    with database.read() as session:
        ordered = session.scalars(select(Source.code).order_by(Source.code)).all()
        assert ordered == sorted(codes)
        for one in codes:
            assert session.scalars(select(Source.name).where(Source.code == one)).all() == [one]


def test_a_postgresql_that_does_not_hold_every_name_is_refused(server):
    if not server.startswith("postgresql"):
        pytest.skip("about PostgreSQL alone")
    name = f"custrata_test_{secrets.token_hex(6)}"
    run_on(server, f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    latin = Database(make_url(server).set(database=name).render_as_string(hide_password=False))
    try:
        with pytest.raises(StoreError, match="keeps text as LATIN1"), latin.read() as session:
            session.scalar(select(1))
    finally:
        latin.close()
        run_on(server, f"DROP DATABASE {name}")


def test_a_new_file_that_another_process_writes_is_waited_for(tmp_path):
    path = tmp_path / "new.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.3, other.close)
    release.start()
    database = Database(f"sqlite:///{path}")
    with database.read() as session:
        mode = session.scalar(text("PRAGMA journal_mode"))
    database.close()
    release.join()
    assert mode == "wal"


def test_a_server_that_does_not_answer_is_away(monkeypatch):
    monkeypatch.setattr(engines, "_UNANSWERED", 2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        database = Database(f"postgresql://nobody@127.0.0.1:{mute.getsockname()[1]}/none")
        with pytest.raises(StoreError, match="database-away"), database.read() as session:
            session.connection()
