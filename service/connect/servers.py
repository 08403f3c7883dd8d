"""A CRM's database: its address, connections that only read, and what it refuses.

Reading happens in one transaction that cannot write, whatever a mapping says.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from custrata.engine.diagnostics import DataError, Diagnostic, Mark
from custrata.service.connect.model import CrmMapping

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine import URL

_DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mariadb": "mariadb+pymysql",
    "mysql": "mariadb+pymysql",
}
_EXTRAS = {"sqlite": "store", "postgresql": "postgresql", "mariadb": "mariadb"}
_ALLOWED = "sqlite:///file, postgresql://user@host/name or mariadb://user@host/name"
_PATIENCE = "10"
"""Seconds for a server to answer at all; PyMySQL waits as long by itself."""
_WRITTEN = {"25006", "1792", "SQLITE_READONLY"}
_UNKNOWN = {
    *("42703", "42P01", "42883", "42601", "42804", "42P02", "42702", "3F000"),
    *("1052", "1054", "1064", "1146", "1305"),
}
_UNKNOWN_WORDS = (
    *("no such", "syntax error", "ambiguous"),
    *("unrecognized token", "incomplete input", "malformed JSON"),
)
"""SQLite has one code for all of these."""
_DENIED = {"28000", "28P01", "42501", "1044", "1045", "1142", "1143"}
_DENIED_WORDS = ("authentication failed", "no pg_hba.conf entry")
"""PostgreSQL tells no code before it lets somebody in."""
_LONG = {"22001", "1406"}


def address_of(mapping: CrmMapping, url: str | None) -> str:
    """The address that was given, else that of the mapping's environment variable.

    Raises:
        DataError: there is neither.
    """
    found = url or (os.environ.get(mapping.url_env) if mapping.url_env else None)
    if found:
        return found
    allowed = "--url" + (f", or the variable {mapping.url_env}" if mapping.url_env else "")
    raise DataError(mapping.fault("no-url", "no address of a database is given", allowed=allowed))


@contextmanager
def reading(address: str) -> Iterator[Connection]:
    """A connection in one transaction that sees one moment, and cannot write.

    Raises:
        DataError: there is no such database, or it cannot be reached.
    """
    url = _url(address)
    engine = _engine(url, read_only=True)
    kind = engine.dialect.name
    options: dict[str, Any] = {} if kind == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    if kind == "postgresql":
        options["postgresql_readonly"] = True
    with _opened(engine, url, options) as connection:
        if kind == "sqlite":
            connection.exec_driver_sql("BEGIN")
        if kind == "postgresql":
            connection.exec_driver_sql("SET TIME ZONE 'UTC'")
            connection.exec_driver_sql("SET DATESTYLE TO 'ISO'")
        yield connection
        connection.rollback()


@contextmanager
def writing(address: str) -> Iterator[Connection]:
    """A connection in one transaction, which nobody else changes meanwhile; committed at its end.

    Raises:
        DataError: there is no such database, or it cannot be reached.
    """
    url = _url(address)
    engine = _engine(url, read_only=False)
    level = {} if engine.dialect.name == "sqlite" else {"isolation_level": "SERIALIZABLE"}
    with _opened(engine, url, level) as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection
        connection.commit()


@contextmanager
def _opened(engine: Engine, url: URL, options: dict[str, Any]) -> Iterator[Connection]:
    try:
        with understood(place=place_of(url)):
            connection = engine.connect()
        with connection:
            yield connection.execution_options(**options)
    finally:
        engine.dispose()


@contextmanager
def understood(mark: Mark | None = None, what: str = "", place: str = "") -> Iterator[None]:
    """Turns what a database refuses into an error of ours, without its SQL and its values.

    Args:
        mark: the part of the mapping that was asked. what: its name.
        place: the database's address, without its password.
    """
    from sqlalchemy import exc

    try:
        yield
    except exc.DBAPIError as error:
        raise _refused(error.orig, mark, what, place) from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("psycopg", "pymysql", "sqlite3"):
            raise
        raise _refused(error, mark, what, place) from error


def _refused(error: BaseException | None, mark: Mark | None, what: str, place: str) -> DataError:
    codes, words = _codes(error), str(error)
    head = f"{what}: " if what else ""
    mark = mark or (Mark(place) if place else None)
    if _WRITTEN.intersection(codes):
        told = f"{head}this would write, and a mapping only reads"
        return DataError(Diagnostic("mapping-writes", told, mark=mark))
    if _DENIED.intersection(codes) or any(one in words for one in _DENIED_WORDS):
        told = f"{head}the database does not let this user in, or do this"
        allowed = "a user with the right to it"
        return DataError(Diagnostic("crm-denied", told, mark=mark, allowed=allowed))
    if what and (_UNKNOWN.intersection(codes) or _is_unknown_to_sqlite(codes, words)):
        told = f"{head}the database knows no such table, column or expression"
        return DataError(Diagnostic("mapping-column", told, mark=mark))
    if _LONG.intersection(codes):
        told = f"{head}a value is longer than its column takes"
        return DataError(Diagnostic("value-too-long", told, mark=mark))
    told = f"{head}the database refused" if what else "there is no such database, or no answer"
    sign = next(iter(codes), None)
    return DataError(Diagnostic("crm-refused", told + (f" with {sign}" if sign else ""), mark=mark))


def _codes(error: BaseException | None) -> tuple[str, ...]:
    """The driver's name for it, the server's number, the standard's state: those that are told."""
    name = getattr(error, "sqlite_errorname", None)
    number = next(iter(error.args if error else ()), None)
    state = getattr(error, "sqlstate", None)
    told = (name, number if isinstance(number, int) else None, state)
    return tuple(str(one) for one in told if one)


def _is_unknown_to_sqlite(codes: tuple[str, ...], words: str) -> bool:
    return codes == ("SQLITE_ERROR",) and any(one in words for one in _UNKNOWN_WORDS)


def place_of(url: URL) -> str:
    """Where a database is, for messages: no user, no password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    port = f":{url.port}" if url.port else ""
    return f"{url.get_backend_name()}://{url.host or ''}{port}/{url.database or ''}"


def _url(address: str) -> URL:
    try:
        from sqlalchemy.engine import make_url
        from sqlalchemy.exc import ArgumentError
    except ModuleNotFoundError as error:
        told = "a CRM's database is read with SQLAlchemy, which is not installed"
        allowed = "pip install 'custrata[store]'"
        raise DataError(Diagnostic("missing-package", told, allowed=allowed)) from error
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise _address("this is no address of a database") from None
    kind = url.get_backend_name()
    if kind not in _DRIVERS:
        raise _address(f"databases of the kind {kind!r} are not supported")
    url = url.set(drivername=_DRIVERS[kind])
    if url.get_backend_name() == "sqlite":
        return _file(url)
    if url.get_backend_name() == "mariadb":
        return url.update_query_dict({"charset": "utf8mb4"})
    return url.set(query={"connect_timeout": _PATIENCE, **url.query})


def _file(url: URL) -> URL:
    """A file that has to be there: nothing is made."""
    if not url.database:
        raise _address("the address names no file")
    path = Path(url.database)
    if not path.is_file():
        told = "there is no such file"
        raise DataError(Diagnostic("file-missing", told, mark=Mark(url.database)))
    return url.set(database=str(path.resolve()))


def _address(fault: str) -> DataError:
    return DataError(Diagnostic("database-address", fault, allowed=_ALLOWED))


def _engine(url: URL, *, read_only: bool) -> Engine:
    from sqlalchemy import create_engine, event, pool

    kind = url.get_backend_name()
    if kind == "sqlite":
        mode = "ro" if read_only else "rw"
        name = Path(str(url.database)).as_uri()
        url = url.set(database=f"{name}?mode={mode}", query={"uri": "true"})
    try:
        engine = create_engine(url, poolclass=pool.NullPool, hide_parameters=True)
    except ModuleNotFoundError as error:
        told = f"the driver of {kind} is not installed"
        allowed = f"pip install 'custrata[{_EXTRAS[kind]}]'"
        raise DataError(Diagnostic("missing-package", told, allowed=allowed)) from error
    event.listen(engine, "connect", _only_reads if read_only else _own_transactions)
    return engine


def _only_reads(connection: Any, _record: Any) -> None:
    """What each driver needs besides the options of SQLAlchemy."""
    module = type(connection).__module__.partition(".")[0]
    if module == "sqlite3":
        connection.isolation_level = None
        connection.execute("PRAGMA query_only=ON")
    elif module == "pymysql":
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
            cursor.execute("SET time_zone = '+00:00'")
            cursor.execute("SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION'")


def _own_transactions(connection: Any, _record: Any) -> None:
    """SQLite's driver begins its own too late."""
    if type(connection).__module__.partition(".")[0] == "sqlite3":
        connection.isolation_level = None
