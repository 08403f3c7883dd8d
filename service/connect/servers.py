"""A CRM's database: its address, connections that only read, and what it refuses.

Reading happens in one transaction that cannot write, whatever a mapping says.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
_WAIT = 10
"""Seconds to wait for rows or tables that somebody else holds; MariaDB's own are up to a day."""


@dataclass(frozen=True)
class _Refusal:
    """A kind of refusal.

    Attributes:
        signs: the server's numbers, the standard's states, the names of SQLite.
        words: in what is told, where a server has one code for much, or none.
        of_piece: whether it is about a piece of the mapping, and said of nothing else.
    """

    code: str
    told: str
    signs: frozenset[str]
    words: tuple[str, ...] = ()
    allowed: str | None = None
    of_piece: bool = False

    def diagnostic(self, mark: Mark | None, what: str) -> Diagnostic:
        """As a fault of what was asked."""
        told = f"{what}: {self.told}" if what else self.told
        return Diagnostic(self.code, told, mark=mark, allowed=self.allowed)


_NOT_TEXT = _Refusal(
    "crm-encoding",
    "the database holds text that is not UTF-8",
    frozenset(("22021", "22P05")),
    ("Could not decode to UTF-8",),
    allowed="text in the encoding that the database names",
)
_REFUSALS = (
    _Refusal(
        "mapping-writes",
        "this would write, and a mapping only reads",
        frozenset(("25006", "1792", "SQLITE_READONLY")),
    ),
    # PostgreSQL tells no code before it lets somebody in; whoever resolves names has none either.
    _Refusal(
        "crm-refused",
        "the server has no database of this name",
        frozenset(("3D000", "1049")),
        ('FATAL:  database "',),
        allowed="the name of one that is there, at the end of the address",
    ),
    _Refusal(
        "crm-refused",
        "no server answers there",
        frozenset(("2003", "2005")),
        (
            "Connection refused",
            "failed to resolve host",
            "timeout expired",
            "Is the server running",
        ),
        allowed="the host and the port of a server that runs",
    ),
    _Refusal(
        "crm-denied",
        "the database does not let this user in, or do this",
        frozenset(("28000", "28P01", "42501", "1044", "1045", "1142", "1143", "1227", "1698")),
        ("authentication failed", "no pg_hba.conf entry", 'FATAL:  role "'),
        allowed="a user with the right to it",
    ),
    _Refusal(
        "crm-busy",
        "somebody else holds what is asked for",
        frozenset(("55P03", "40001", "40P01", "1205", "1213", "SQLITE_BUSY", "SQLITE_LOCKED")),
        allowed="once more, a little later",
    ),
    _NOT_TEXT,
    # SQLite has one code for all of these.
    _Refusal(
        "mapping-column",
        "the database knows no such table, column or expression",
        frozenset(
            (
                *("42703", "42P01", "42883", "42601", "42804", "42P02", "42702", "3F000"),
                *("1052", "1054", "1064", "1146", "1305"),
            )
        ),
        (
            *("no such", "syntax error", "ambiguous"),
            *("unrecognized token", "incomplete input", "malformed JSON"),
        ),
        of_piece=True,
    ),
    _Refusal(
        "value-too-long", "a value is longer than its column takes", frozenset(("22001", "1406"))
    ),
    _Refusal(
        "crm-refused",
        "the column does not take such a value",
        frozenset(("22P02", "1265", "1292", "1366")),
    ),
    _Refusal(
        "crm-refused",
        "a rule or a trigger of the database forbids it",
        frozenset(
            (
                *("P0001", "23502", "23503", "23505", "23514", "1048", "1062", "1452", "1644"),
                *("4025", "SQLITE_CONSTRAINT_TRIGGER", "SQLITE_CONSTRAINT_NOTNULL"),
                *("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_CHECK"),
            )
        ),
    ),
    _Refusal(
        "crm-refused", "this is no table whose rows can be changed", frozenset(("42809", "1288"))
    ),
    _Refusal("crm-refused", "this is no SQLite database", frozenset(("SQLITE_NOTADB",))),
)


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


_FIRST = {
    # The second takes the lock, and finds out whether this is a database at all.
    "sqlite": ("BEGIN", "SELECT 1 FROM sqlite_master LIMIT 1"),
    "postgresql": ("SET TIME ZONE 'UTC'", "SET DATESTYLE TO 'ISO'"),
    "mariadb": (),
}
"""What is said first in a transaction that reads."""


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
        with understood(place=place_of(url)):
            for one in _FIRST[kind]:
                connection.exec_driver_sql(one)
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
        with understood(place=place_of(url)):
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection
        with understood(what="write_back"):
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
    except UnicodeDecodeError as error:
        raise DataError(_NOT_TEXT.diagnostic(mark, what)) from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("psycopg", "pymysql", "sqlite3"):
            raise
        raise _refused(error, mark, what, place) from error


def _refused(error: BaseException | None, mark: Mark | None, what: str, place: str) -> DataError:
    codes = _codes(error)
    mark = mark or (Mark(place) if place else None)
    for one in _REFUSALS:
        if (what or not one.of_piece) and _is(one, codes, str(error)):
            return DataError(one.diagnostic(mark, what))
    told = f"{what}: the database refused" if what else "there is no such database, or no answer"
    sign = next(iter(codes), None)
    return DataError(Diagnostic("crm-refused", told + (f" with {sign}" if sign else ""), mark=mark))


def _is(one: _Refusal, codes: tuple[str, ...], words: str) -> bool:
    """By its code; by its words only where there is no code that says more."""
    coded = one.signs.intersection(codes)
    return bool(coded) or (codes in ((), ("SQLITE_ERROR",)) and any(w in words for w in one.words))


def _codes(error: BaseException | None) -> tuple[str, ...]:
    """The driver's name for it, the server's number, the standard's state: those that are told."""
    name = getattr(error, "sqlite_errorname", None)
    number = next(iter(error.args if error else ()), None)
    state = getattr(error, "sqlstate", None)
    told = (name, number if isinstance(number, int) else None, state)
    return tuple(str(one) for one in told if one)


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
    given = {"connect_timeout": _PATIENCE, "client_encoding": "utf8", **url.query}
    return url.set(query=given)


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
    first = _only_reads if read_only else _writes
    # `insert`: before SQLAlchemy asks how names are quoted.
    event.listen(engine, "connect", first, insert=True)
    return engine


def _only_reads(connection: Any, _record: Any) -> None:
    """What each driver needs besides the options of SQLAlchemy."""
    module = _begun(connection, strict=False)
    if module == "sqlite3":
        connection.execute("PRAGMA query_only=ON")
    elif module == "pymysql":
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
            cursor.execute("SET time_zone = '+00:00'")


def _writes(connection: Any, _record: Any) -> None:
    """What does not fit its column is refused, and never cut off."""
    _begun(connection, strict=True)


def _begun(connection: Any, *, strict: bool) -> str:
    """The same on every server: our own transactions, no endless wait, and "quotes" mean a name.

    Returns:
        the driver's name.
    """
    module = type(connection).__module__.partition(".")[0]
    if module == "sqlite3":
        connection.isolation_level = None  # its driver begins its own too late
        connection.execute(f"PRAGMA busy_timeout={_WAIT * 1000}")
    elif module == "psycopg":
        connection.execute(
            "SELECT set_config('lock_timeout', %s, false)"
            " WHERE current_setting('lock_timeout') = '0'",
            (f"{_WAIT}s",),
        )
        connection.commit()
    elif module == "pymysql":
        mode = "ANSI_QUOTES,NO_ENGINE_SUBSTITUTION" + (",STRICT_ALL_TABLES" if strict else "")
        with connection.cursor() as cursor:
            cursor.execute(f"SET SESSION sql_mode = '{mode}'")
            cursor.execute(f"SET SESSION lock_wait_timeout = {_WAIT}")
            cursor.execute(f"SET SESSION innodb_lock_wait_timeout = {_WAIT}")
    return module
