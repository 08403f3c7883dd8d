"""Migrations: once, restartable, to what the models say, with every row that was there."""

import json
import random
import shutil

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from custrata.store import migrate, types
from custrata.store.database import Database
from custrata.store.faults import StoreError
from custrata.store.migrations.__main__ import write
from custrata.store.models import Base, Counter
from custrata.store.sequence import COUNTERS
from tests.store.processes import DIE_AT_STATEMENTS, TOGETHER, finish, start

KILLS = 8


@pytest.fixture
def empty(empty_url):
    found = Database(empty_url)
    yield found
    found.close()


def differences(database, metadata=Base.metadata) -> list:
    with database.engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)


def is_whole(database) -> bool:
    with database.read() as session:
        counters = session.scalars(sa.select(Counter.name)).all()
    versions = rows(database, "alembic_version")
    return (
        differences(database) == []
        and sorted(counters) == sorted(COUNTERS)
        and versions == [{"version_num": migrate.head()}]
    )


def rows(database, table: str) -> list[dict]:
    with database.engine.connect() as connection:
        found = connection.execute(sa.text(f"SELECT * FROM {table}")).mappings()
        return [dict(one) for one in found]


def set_revision(database, revision: str) -> None:
    with database.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :r"), {"r": revision})


def test_the_tables_are_what_the_models_say(database):
    assert is_whole(database)


def test_processes_that_start_together_migrate_once(empty, empty_url):
    assert finish(start(TOGETHER, empty_url, "ready", 3)) == "[0, 0, 0]\n"
    assert is_whole(empty)


def test_a_migration_that_was_killed_goes_on(empty, empty_url):
    chances = random.Random(7)
    last = sorted(chances.sample(range(120), KILLS))
    exits = finish(start(DIE_AT_STATEMENTS, empty_url, *last)).split()
    assert len(exits) == KILLS
    assert exits[0] == "-9"
    migrate.ready(empty)
    assert is_whole(empty)


def test_ready_and_upgrade_leave_a_database_alone_that_is_ready(database):
    migrate.ready(database)
    assert migrate.upgrade(database) == (migrate.head(), migrate.head())
    assert migrate.current(database) == migrate.head()
    assert is_whole(database)


def test_a_newer_database_is_refused(empty):
    migrate.upgrade(empty)
    set_revision(empty, "9999")
    for work in (migrate.ready, migrate.upgrade):
        with pytest.raises(StoreError, match=r"database-newer.*9999.*allowed: a newer custrata"):
            work(empty)


def test_tables_of_something_else_are_left_alone(empty):
    with empty.writing() as connection:
        connection.execute(sa.text("CREATE TABLE customers (theirs INTEGER)"))
    for work in (migrate.ready, migrate.upgrade):
        with pytest.raises(StoreError, match=r"database-foreign.*'customers'"):
            work(empty)
    assert sa.inspect(empty.engine).get_table_names() == ["customers"]


@pytest.fixture
def next_revision(tmp_path, monkeypatch) -> sa.MetaData:
    """The models as they may be one revision on, and its migration, as it is written by itself."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(migrate, "FOLDER", folder)
    coming = sa.MetaData(naming_convention=Base.metadata.naming_convention)
    for table in Base.metadata.sorted_tables:
        table.to_metadata(coming)
    coming.tables["stages"].append_column(sa.Column("note", types.long_text()))
    coming.tables["sources"].append_column(sa.Column("rank", sa.Integer(), index=True))
    sa.Table(
        "gadgets",
        coming,
        sa.Column("id", types.serial(), primary_key=True, autoincrement=True),
        sa.Column("code", types.bytewise(), nullable=False, unique=True),
        sa.Column("short", types.bytewise(20)),
        sa.Column("digest", types.digest()),
        sa.Column("data", types.binary()),
        sa.Column("value", types.json_value()),
        sa.Column("at", types.Instant(), index=True),
        sa.Column("day", types.Day()),
        sa.Column("large", sa.BigInteger()),
    )
    monkeypatch.setattr(Base, "metadata", coming)
    forget()
    write("gadgets")
    forget()
    yield coming
    monkeypatch.undo()
    forget()


def forget() -> None:
    for one in (migrate.head, migrate._scripts, migrate._known):
        one.cache_clear()


def test_the_next_migration_writes_itself_and_can_be_run_again(next_revision, empty):
    (file,) = migrate.FOLDER.glob("versions/*_gadgets.py")
    for one in ("bytewise(20)", "serial()", "digest()", "binary()", "json_value()", "Instant()"):
        assert f"types.{one}" in file.read_text()
    now = migrate.head()
    before = migrate._scripts().get_revision(now).down_revision
    migrate.upgrade(empty)
    if empty.dialect == "mariadb":
        set_revision(empty, before)
        assert migrate.upgrade(empty) == (before, now)
    assert differences(empty, next_revision) == []


def test_an_old_database_is_refused_until_it_is_upgraded(empty, next_revision, monkeypatch):
    first = "0001"
    with empty.writing() as connection:
        command.upgrade(migrate.config(connection), first)
    with pytest.raises(StoreError, match=r"database-old.*allowed: `custrata db upgrade`"):
        migrate.ready(empty)
    assert migrate.upgrade(empty) == (first, migrate.head())
    migrate.ready(empty)
    assert differences(empty, next_revision) == []


ROWS = {
    "customers": {"customer_id": "c1", "name": "Đặng", "fact_seq": 1},
    "imports": {"id": 1, "at": 1, "by": "an", "record": "transactions", "file": "a.csv"}
    | {"columns": "{}", "rows": 1, "inserted": 1, "changed": 0, "same": 0, "refused": 0},
    "transactions": {"customer_id": "c1", "key": b"k" * 16, "recorded_at": 1, "import_id": 1}
    | {"occurred_at": 1, "amount": 2**60, "scale": 2},
    "stages": {"code": "new", "names": '{"en": "New"}', "position": 0}
    | {"automatic": False, "exit": False},
    "groups": {"id": 1, "code": "vip", "name": "VIP"},
    "memberships": {"group_id": 1, "customer_id": "c1", "since": 1},
    "ruleset_versions": {"number": 1, "text": "format: 1", "published_at": 1, "by": "an"}
    | {"kind": "seed", "fires": False},
    "settings": {"name": "four_eyes", "value": "true"},
}


def test_every_migration_keeps_the_rows_that_are_there(empty, next_revision):
    revisions = [one.revision for one in migrate._scripts().walk_revisions()][::-1]
    for place, revision in enumerate(revisions):
        with empty.writing() as connection:
            command.upgrade(migrate.config(connection), revision)
            if place == 0:
                fill(connection)
    for table, row in ROWS.items():
        (held,) = rows(empty, table)
        assert {name: value(name, held[name]) for name in row} == {
            name: value(name, put) for name, put in row.items()
        }


def fill(connection) -> None:
    for name, row in ROWS.items():
        columns = ", ".join(connection.dialect.identifier_preparer.quote(one) for one in row)
        marks = ", ".join(f":{one}" for one in row)
        table = connection.dialect.identifier_preparer.quote(name)
        connection.execute(sa.text(f"INSERT INTO {table} ({columns}) VALUES ({marks})"), row)


def value(name: str, held):
    """JSON comes as text from some servers, as its value from others."""
    is_text = name in ("columns", "names", "value") and isinstance(held, str)
    return json.loads(held) if is_text else held
