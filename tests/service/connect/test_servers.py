"""What databases refuse, hold back or take otherwise than is meant: told in words, and bounded."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import create_engine, make_url

from custrata.engine.diagnostics import DataError
from custrata.service.connect import servers
from custrata.service.connect.checking import check
from custrata.service.connect.loading import parse_mapping
from custrata.service.connect.source import Crm
from custrata.service.connect.write_back import write_back
from custrata.store.database import Database
from tests.service.connect.places import MAPPING, fill, orders, people


@pytest.fixture
def labels(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("customer_id,rfm\n1,vip\n")
    return path


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(servers, "_WAIT", 1)


def crm(url: str, text: str = MAPPING) -> Crm:
    fill(url, {"people": people(), "orders": orders()})
    return Crm(parse_mapping(text.encode(), "crm.yaml"), url, "1")


def change(url: str, *statements: str) -> None:
    engine = create_engine(Database(url).url)
    with engine.begin() as connection:
        for one in statements:
            connection.exec_driver_sql(one)
    engine.dispose()


@contextmanager
def held(url: str, **statements: str) -> Iterator[None]:
    """While somebody else is in the midst of a transaction, by the kind of server."""
    kind = make_url(url).get_backend_name()
    engine = create_engine(Database(url).url)
    raw = engine.raw_connection()
    try:
        if kind == "sqlite":
            raw.isolation_level = None  # type: ignore[attr-defined]
        raw.cursor().execute(statements[kind])
        yield
        raw.rollback()
    finally:
        raw.close()
        engine.dispose()


def codes(report) -> list[str]:
    return [one.code for one in report.faults if one.severity == "error"]


def test_a_row_that_somebody_holds_is_not_waited_for_without_end(empty_url, labels):
    one = crm(empty_url)
    row = "UPDATE people SET email = 'x' WHERE id = 1"
    with (
        held(empty_url, sqlite="BEGIN EXCLUSIVE", postgresql=row, mariadb=row),
        pytest.raises(DataError, match=r"crm-busy.*somebody else holds what is asked for"),
    ):
        write_back(one.mapping, empty_url, labels, tenant="1", apply=True)
    assert write_back(one.mapping, empty_url, labels, tenant="1").written[0].changes


def test_a_table_that_somebody_holds_is_told_once(empty_url):
    one = crm(empty_url)
    how = {
        "sqlite": "BEGIN EXCLUSIVE",
        "postgresql": "LOCK TABLE people, orders IN ACCESS EXCLUSIVE MODE",
        "mariadb": "LOCK TABLES people WRITE, orders WRITE",
    }
    with held(empty_url, **how):
        assert codes(check(one)) == ["crm-busy"]
    assert codes(check(one)) == []


@pytest.mark.parametrize("column", ['"nothing"', 'p."nothing"', 'lower("nothing") || \'x"y"\''])
def test_a_name_in_quotes_that_is_not_there_is_no_text(empty_url, column):
    one = crm(empty_url, MAPPING.replace("email: p.email", f"email: {json.dumps(column)}"))
    (found,) = check(one).faults
    assert (found.code, str(found.mark)[:10]) == ("mapping-column", "crm.yaml:9")


def test_a_name_in_quotes_is_that_column(empty_url):
    text = MAPPING.replace("email: p.email", """email: 'concat(p."email", '' "x"'')'""")
    if empty_url.startswith("sqlite"):
        text = text.replace('concat(p."email", ', '(p."email" || ')
    found = crm(empty_url, text).frames()["customers"].frame["email"]
    assert max(found) == 'b@EXAMPLE.com "x"'


@pytest.mark.parametrize("server", ["postgresql"], indirect=True)
@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_text_of_another_encoding_is_read_or_told(empty_url, encoding):
    name = f"{make_url(empty_url).database}_other"
    autocommit = create_engine(Database(empty_url).url, isolation_level="AUTOCOMMIT")
    with autocommit.connect() as connection:
        connection.exec_driver_sql(
            f"CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0"
            " LC_COLLATE 'C' LC_CTYPE 'C'"
        )
    there = make_url(empty_url).set(database=name)
    url = there.update_query_dict({"client_encoding": "utf8"}).render_as_string(hide_password=False)
    try:
        crm(url)
        plain = there.render_as_string(hide_password=False)
        one = Crm(parse_mapping(MAPPING.encode(), "crm.yaml"), plain, "1")
        change(url, "UPDATE people SET email = convert_from('\\xe9', getdatabaseencoding())")
        report = check(one)
        if encoding == "LATIN1":
            assert one.frames()["customers"].frame["email"][0] == "é"
        assert codes(report) == ([] if encoding == "LATIN1" else ["crm-encoding"])
    finally:
        with autocommit.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name}")
        autocommit.dispose()


def test_bytes_in_sqlite_that_are_no_text_are_told(tmp_path):
    one = crm(f"sqlite:///{tmp_path}/crm.db")
    with sqlite3.connect(tmp_path / "crm.db") as raw:
        raw.execute("UPDATE people SET email = CAST(x'c328' AS TEXT)")
    raw.close()
    assert codes(check(one)) == ["crm-encoding"]


def test_a_file_that_is_no_database_is_told(tmp_path):
    (tmp_path / "crm.db").write_text("nothing of the kind " * 100)
    one = Crm(parse_mapping(MAPPING.encode(), "crm.yaml"), f"sqlite:///{tmp_path}/crm.db", "1")
    (found,) = check(one).faults
    assert found.message == "this is no SQLite database"


@pytest.mark.parametrize("server", ["mariadb"], indirect=True)
def test_a_label_is_never_cut_off(empty_url, labels):
    """Also where the server is set to do so, as older CRMs want it."""
    one = crm(empty_url)
    kind = "enum('old', 'theirs')"
    change(empty_url, f"ALTER TABLE people MODIFY segment {kind}")
    lax = make_url(empty_url).update_query_dict({"init_command": "SET sql_mode=''"})
    with pytest.raises(DataError, match="the column does not take such a value"):
        write_back(
            one.mapping,
            lax.render_as_string(hide_password=False),
            labels,
            tenant="1",
            apply=True,
        )


@pytest.mark.parametrize("server", ["sqlite", "postgresql"], indirect=True)
def test_a_rule_of_the_database_that_forbids_it_is_told(empty_url, labels):
    one = crm(empty_url)
    change(
        empty_url,
        "ALTER TABLE people RENAME TO persons",
        "CREATE TABLE people (id integer, firm integer, email text, phone text, gone boolean,"
        " segment text CHECK (segment <> 'vip'))",
        "INSERT INTO people SELECT * FROM persons",
    )
    with pytest.raises(DataError, match="a rule or a trigger of the database forbids it"):
        write_back(one.mapping, empty_url, labels, tenant="1", apply=True)


@pytest.mark.parametrize("server", ["postgresql", "mariadb"], indirect=True)
@pytest.mark.parametrize(
    ("fault", "code", "told"),
    [
        ("database", "crm-refused", "the server has no database of this name"),
        ("username", "crm-denied", "the database does not let this user in"),
        ("server", "crm-refused", "no server answers there"),
    ],
)
def test_each_fault_of_an_address_has_its_own_words(empty_url, fault, code, told):
    url = make_url(empty_url)
    if fault == "server":
        url = url.set(host="127.0.0.1", port=1, query={})
    else:
        url = url.set(**{fault: "nobody_x"})
    with pytest.raises(DataError) as caught, servers.reading(url.render_as_string(False)):
        pass
    (found,) = caught.value.diagnostics
    assert found.code == code
    assert told in found.message
    assert found.allowed


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ('connection failed: FATAL:  role "nobody_x" does not exist', "crm-denied"),
        ("failed to resolve host 'no.such.host': Name or service not known", "crm-refused"),
    ],
)
def test_what_postgresql_tells_in_words_alone_is_understood(words, code):
    with pytest.raises(DataError) as caught, servers.understood(place="postgresql://h/d"):
        raise psycopg.OperationalError(words)
    (found,) = caught.value.diagnostics
    assert (found.code, "or no answer" in found.message) == (code, False)
