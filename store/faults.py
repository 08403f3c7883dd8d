"""What a database refuses, as an error that a person understands; never its SQL or its values."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import (
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
)

from custrata.engine.diagnostics import CustrataError, Diagnostic


class StoreError(CustrataError):
    """The database cannot do what was asked; nothing was changed."""


_FULL = ("disk is full", "no space left", "disk full", "enospc", "could not extend file")
_BUSY = ("database is locked", "lock wait timeout", "deadlock", "could not serialize")
_DENIED = (
    "access denied",
    "authentication failed",
    "readonly database",
    "read-only",
    "permission denied",
    "no password supplied",
)
_MISSING = ("unknown database", "does not exist", "unable to open database file")
_DAMAGED = ("not a database", "malformed")
_AWAY = (
    "connection refused",
    "can't connect",
    "gone away",
    "lost connection",
    "server closed",
    "terminating connection",
    "connection to server",
    "connection is lost",
    "connection reset",
    "broken pipe",
    "is closed",
    "could not connect",
    "shutting down",
    "starting up",
)


def refuse(code: str, message: str, allowed: str | None = None) -> StoreError:
    """The error of a store that cannot do something."""
    return StoreError(Diagnostic(code, message, allowed=allowed))


@contextmanager
def understood() -> Iterator[None]:
    """Turns what SQLAlchemy raises into a `StoreError`.

    An `IntegrityError` passes: which record stands in the way is known to who wrote it.
    """
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        raise _of(error) from error
    except SQLAlchemyError as error:
        raise refuse("database", f"the database layer failed: {type(error).__name__}") from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise _full() from error
        raise


def _of(error: DBAPIError) -> StoreError:
    text = str(error.orig).lower()
    known = {
        _FULL: _full(),
        _BUSY: refuse(
            "database-busy",
            "the database is busy with another change; nothing was written",
            "the same again in a moment",
        ),
        _DENIED: refuse(
            "database-denied",
            "the database does not let this user in, or write",
            "an address with a user who may, or rights on the file",
        ),
        _MISSING: refuse(
            "database-missing",
            "there is no such database, or its folder is missing",
            "an existing one: sqlite:///file, postgresql://host/name, mariadb://host/name",
        ),
        _DAMAGED: refuse(
            "database-damaged", "this file is no SQLite database, or is damaged", "a backup"
        ),
    }
    for signs, found in known.items():
        if any(sign in text for sign in signs):
            return found
    if error.connection_invalidated or any(sign in text for sign in _AWAY):
        return refuse(
            "database-away",
            "the database does not answer; nothing was written",
            "the same again when it is back",
        )
    if isinstance(error, OperationalError | InterfaceError):
        return refuse("database", "the database refused; nothing was written")
    return refuse("database", f"the database refused: {type(error.orig).__name__}")


def _full() -> StoreError:
    return refuse(
        "disk-full", "the disk of the database is full; nothing was written", "space on the disk"
    )
