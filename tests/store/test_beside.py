"""A store beside a host's tables of the same names."""

from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, make_url, text
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from custrata.service.people.users import add_user, users
from custrata.service.setup import open_store
from custrata.store import migrate
from custrata.store.beside import beside
from custrata.store.database import Database
from custrata.store.faults import StoreError

HOSTS = (
    "CREATE TABLE users (id INTEGER PRIMARY KEY, shoe_size INTEGER)",
    "CREATE TABLE customers (id INTEGER PRIMARY KEY)",
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)",
    "INSERT INTO alembic_version VALUES ('abcdef')",
)


@pytest.fixture
def host(empty_url):
    """A host's engine, on a database with tables of its own."""
    engine = create_engine(Database(empty_url).url)
    with engine.begin() as connection:
        for statement in HOSTS:
            connection.execute(text(statement))
    yield engine
    engine.dispose()


@contextmanager
def opened(url):
    desk = open_store(url)
    try:
        yield desk
    finally:
        desk.database.close()


@pytest.fixture
def name(host):
    """MariaDB's databases are the whole server's, and are dropped by their names."""
    found = f"{host.url.database}_2" if host.dialect.name == "mysql" else "custrata"
    found = f"{host.url.database}_2" if host.dialect.name == "mariadb" else found
    yield found
    if host.dialect.name == "mariadb":
        with host.begin() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {found}"))


def test_both_live_side_by_side(host, name):
    url = beside(host, name)
    with opened(url) as desk:
        add_user(desk, "lan", "viewer")
        assert migrate.current(desk.database) == migrate.head()
    with opened(beside(host, name)) as again, again.database.read() as session:
        assert [one.login for one in users(session)] == ["lan"]
    tables = set(inspect(host).get_table_names())
    assert tables == {"users", "customers", "alembic_version"}
    with host.connect() as connection:
        columns = {one["name"] for one in inspect(host).get_columns("users")}
        assert columns == {"id", "shoe_size"}
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "abcdef"


def test_a_session_or_a_connection_says_where(host, name):
    url = beside(host, name)
    sessions = scoped_session(sessionmaker(host))
    with Session(host) as session, host.connect() as connection:
        assert {beside(one, name) for one in (session, connection, sessions)} == {url}
    sessions.remove()


def test_among_a_hosts_tables_nothing_is_made(host):
    with pytest.raises(StoreError) as error:
        open_store(host.url.render_as_string(hide_password=False))
    assert error.value.diagnostics[0].code in {"database-newer", "database-foreign"}
    assert len(inspect(host).get_table_names()) == 3


@pytest.mark.parametrize("wrong", ["", "a b", "x; DROP TABLE users", 'a"', "Custrata", "1a"])
def test_a_name_that_would_have_to_be_quoted_is_refused(tmp_path, wrong):
    engine = create_engine(f"sqlite:///{tmp_path / 'crm.db'}")
    with pytest.raises(StoreError, match="cannot be the name"):
        beside(engine, wrong)


@pytest.mark.parametrize("given", [Path("crm.db"), make_url("sqlite:///crm.db"), None, 5])
def test_what_is_no_database_is_refused(given):
    allowed = "an engine, a connection or a session of SQLAlchemy, or the address"
    with pytest.raises(StoreError, match=f"a {type(given).__name__} is no database.*{allowed}"):
        beside(given)


def test_beside_a_database_in_memory_there_is_nothing():
    with pytest.raises(StoreError, match="in memory"):
        beside(create_engine("sqlite://"))


@pytest.mark.parametrize("name", ["file:{}/crm.db?mode=ro&uri=true", "file::memory:?uri=true"])
def test_beside_a_file_that_a_uri_names_nothing_is_guessed(tmp_path, monkeypatch, name):
    """Its options may take the file for another, or for none."""
    monkeypatch.chdir(tmp_path)
    engine = create_engine(f"sqlite:///{name.format(tmp_path)}")
    with pytest.raises(StoreError, match=r"named by a URI.*allowed: sqlite:///file\.db, or"):
        beside(engine)
    assert list(tmp_path.iterdir()) == []


def test_the_file_stands_beside_the_hosts(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'crm.db'}")
    assert beside(engine) == f"sqlite:///{tmp_path / 'custrata.db'}"


def test_options_and_password_of_the_host_are_taken_along(monkeypatch):
    from custrata.store import beside as module

    monkeypatch.setattr(module, "_make", lambda *_: None)
    engine = create_engine(
        "postgresql+psycopg://an:s%40t@db:5433/crm?sslmode=require&options=-cwork_mem%3D8MB"
    )
    found = module.beside(engine, "segments")
    assert found.startswith("postgresql://an:s%40t@db:5433/crm?")
    url = Database(found).url
    assert url.password == "s@t"
    assert url.query["sslmode"] == "require"
    assert url.query["options"] == "-cwork_mem=8MB -csearch_path=segments"
