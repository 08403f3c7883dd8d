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
_WRITTEN = ("25006", "1792", "SQLITE_READONLY", "attempt to write a readonly database")
_UNKNOWN = (
    *("42703", "42P01", "42883", "42601", "42804", "42P02", "42702", "3F000"),
    *("1052", "1054", "1064", "1146", "1305", "no such", "syntax error", "ambiguous"),
    *("unrecognized token", "incomplete input", "malformed JSON"),
)
_DENIED = ("28", "42501", "1044", "1045", "1142", "1143", "authentication failed")


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
    options: dict[str, Any] = {}
    if kind == "postgresql":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with _opened(engine, url, options) as connection:
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
    signs = f"{_sign(error)} {error}"
    head = f"{what}: " if what else ""
    mark = mark or (Mark(place) if place else None)
    if any(sign in signs for sign in _WRITTEN):
        told = f"{head}this would write, and a mapping only reads"
        return DataError(Diagnostic("mapping-writes", told, mark=mark))
    if _sign(error).startswith(_DENIED) or "authentication failed" in signs:
        told = f"{head}the database does not let this user in, or read"
        return DataError(Diagnostic("crm-denied", told, mark=mark, allowed="a user who may read"))
    if what and any(sign in signs for sign in _UNKNOWN):
        told = f"{head}the database knows no such table, column or expression"
        return DataError(Diagnostic("mapping-column", told, mark=mark))
    told = f"{head}the database refused" if what else "there is no such database, or no answer"
    sign = _sign(error)
    return DataError(Diagnostic("crm-refused", told + (f" with {sign}" if sign else ""), mark=mark))


def _sign(error: BaseException | None) -> str:
    """The driver's code."""
    name = getattr(error, "sqlite_errorname", None)
    number = next(iter(error.args if error else ()), None)
    state = getattr(error, "sqlstate", None)
    return str(name or state or (number if isinstance(number, int) else ""))


def place_of(url: URL) -> str:
    """Where a database is, for messages: no user, no password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return f"{url.get_backend_name()}://{url.host or ''}/{url.database or ''}"


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
    return url


def _file(url: URL) -> URL:
    """A file that has to be there: nothing is made."""
    path = Path(url.database or "")
    if not path.is_file():
        told = "there is no such file"
        raise DataError(Diagnostic("file-missing", told, mark=Mark(str(url.database))))
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
