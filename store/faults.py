"""What a database refuses, as an error that a person understands; never its SQL or its values."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import exc

from custrata.engine.diagnostics import CustrataError, Diagnostic, Mark


class StoreError(CustrataError):
    """The database cannot do what was asked; nothing was changed, if it is still there."""


@dataclass(frozen=True)
class _Fault:
    """A kind of refusal.

    Attributes:
        signs: what the codes begin with: SQLite's names, SQLSTATE of PostgreSQL, MariaDB's
            numbers. https://sqlite.org/rescode.html,
            https://www.postgresql.org/docs/current/errcodes-appendix.html,
            https://mariadb.com/docs/server/reference/error-codes
        words: of messages that come without a code: PostgreSQL's while connecting, and what
            SQLite calls just an error.
    """

    code: str
    message: str
    allowed: str
    signs: tuple[str, ...]
    words: tuple[str, ...] = ()


_AWAY = _Fault(
    "database-away",
    "the database does not answer",
    "the same again when it is back",
    ("08", "57P", "53300", "1040", "1053", "1927", "2002", "2003", "2006", "2013", "2055"),
)
_BUSY = _Fault(
    "database-busy",
    "the database is busy with another change; nothing was written",
    "the same again in a moment",
    ("SQLITE_BUSY", "SQLITE_LOCKED", "40001", "40P01", "55P03", "1020", "1205", "1213"),
)
_FAULTS = (
    _BUSY,
    _Fault(
        "disk-full",
        "the disk of the database is full; nothing was written",
        "space on the disk",
        ("SQLITE_FULL", "53100", "1021", "1114"),
    ),
    _Fault(
        "database-denied",
        "the database does not let this user in, or write",
        "an address with a user who may, or rights on the file",
        (
            *("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH", "25006", "28", "42501"),
            *("1044", "1045", "1142", "1143", "1227", "1290", "1698", "1792", "1836"),
        ),
        ("authentication failed", "no password", 'role "', "permission denied", "pg_hba.conf"),
    ),
    _Fault(
        "database-missing",
        "there is no such database, or its folder is missing",
        "an existing one: sqlite:///file, postgresql://host/name, mariadb://host/name",
        ("SQLITE_CANTOPEN", "3D000", "1049"),
        ('database "',),
    ),
    _Fault(
        "database-damaged",
        "this is no SQLite database, or it is damaged",
        "a backup",
        ("SQLITE_NOTADB", "SQLITE_CORRUPT", "XX001", "XX002"),
    ),
    _Fault(
        "database-disk",
        "the disk of the database cannot be read or written",
        "a disk that works",
        ("SQLITE_IOERR", "58"),
    ),
    _Fault(
        "database-tables",
        "the tables are not those that this program needs",
        "`custrata db upgrade`",
        ("42P01", "42703", "1054", "1146"),
        ("no such table", "no such column"),
    ),
    _Fault(
        "value-too-large",
        "a value is longer or larger than the database takes; nothing was written",
        "255 characters in ids, codes and names",
        ("SQLITE_TOOBIG", "22001", "22003", "54", "1118", "1153", "1264", "1301", "1406"),
    ),
    _AWAY,
)


def refuse(code: str, message: str, allowed: str | None = None) -> StoreError:
    """The error of a store that cannot do something."""
    return StoreError(Diagnostic(code, message, allowed=allowed))


def is_busy(error: StoreError) -> bool:
    """Whether another change alone stood in the way, so that the same again may do."""
    return {one.code for one in error.diagnostics} == {_BUSY.code}


def is_away(error: CustrataError) -> bool:
    """Whether the database went away, so that nobody knows what it still did."""
    return any(one.code == _AWAY.code for one in error.diagnostics)


@contextmanager
def understood(place: str | None = None) -> Iterator[None]:
    """Turns what a database refuses into a `StoreError`.

    An `IntegrityError` passes: which record stands in the way is known to who wrote it.

    Args:
        place: the database's address, without its password.
    """
    mark = Mark(place) if place else None
    try:
        yield
    except exc.IntegrityError:
        raise
    except exc.DBAPIError as error:
        raise StoreError(_diagnostic(error, mark)) from error
    except exc.TimeoutError as error:
        raise StoreError(_told(_BUSY, mark)) from error


def _diagnostic(error: exc.DBAPIError, mark: Mark | None) -> Diagnostic:
    sign, text = _sign(error.orig), str(error.orig)
    if sign:
        known = (fault for fault in _FAULTS if sign.startswith(fault.signs))
    else:
        known = (fault for fault in _FAULTS if any(word in text for word in fault.words))
    found = next(known, None)
    if found is None and sign and not error.connection_invalidated:
        return Diagnostic("database", f"the database refused with {sign}", mark=mark)
    return _told(found or _AWAY, mark)


def _sign(error: BaseException | None) -> str:
    """The code that the driver gives; empty where there is none, or one that says nothing."""
    name = getattr(error, "sqlite_errorname", None)
    if name is not None:
        return "" if name == "SQLITE_ERROR" else str(name)
    number = next(iter(error.args if error else ()), None)
    if isinstance(number, int):
        return str(number or "")
    return getattr(error, "sqlstate", None) or ""


def _told(fault: _Fault, mark: Mark | None) -> Diagnostic:
    return Diagnostic(fault.code, fault.message, mark=mark, allowed=fault.allowed)
