"""Column types that mean the same on SQLite, PostgreSQL and MariaDB.

Instants and days are whole numbers in the database, so that all three order, compare and hand
them out alike, also in bulk; Python sees `datetime` and `date`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, BigInteger, Integer, LargeBinary, String, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = EPOCH.date().toordinal()
_MICROSECOND = timedelta(microseconds=1)
_BYTEWISE = "utf8mb4_nopad_bin"
"""MariaDB's collation that compares byte by byte, trailing spaces included."""


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970-01-01T00:00Z.

    Raises:
        ValueError: the time has no zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"a time needs its zone, got {moment.isoformat()}")
    return (moment - EPOCH) // _MICROSECOND


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - _EPOCH_DAY


def day_of(number: int) -> date:
    """The day that is so many days after 1970-01-01."""
    return date.fromordinal(_EPOCH_DAY + number)


class Instant(TypeDecorator[datetime]):
    """A moment: an aware `datetime` in Python, microseconds since 1970 UTC in the database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """To the database."""
        return None if value is None else microseconds(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """From the database, in UTC."""
        return None if value is None else EPOCH + int(value) * _MICROSECOND


class Day(TypeDecorator[date]):
    """A calendar date: `date` in Python, days since 1970-01-01 in the database."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> int | None:
        """To the database."""
        return None if value is None else day_number(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> date | None:
        """From the database."""
        return None if value is None else day_of(int(value))


def bytewise(length: int = 255) -> String:
    """Text that is compared byte by byte, and ordered by code point: ids, codes, labels."""
    return (
        String(length)
        .with_variant(String(length, collation="C"), "postgresql")
        .with_variant(mysql.VARCHAR(length, charset="utf8mb4", collation=_BYTEWISE), "mariadb")
        .with_variant(mysql.VARCHAR(length, charset="utf8mb4", collation=_BYTEWISE), "mysql")
    )


def long_text() -> Text:
    """Text of any length: notes, rules."""
    long = mysql.LONGTEXT(charset="utf8mb4", collation=_BYTEWISE)
    return Text().with_variant(long, "mariadb").with_variant(long, "mysql")


def binary() -> LargeBinary:
    """Bytes of any length."""
    long = mysql.LONGBLOB()
    return LargeBinary().with_variant(long, "mariadb").with_variant(long, "mysql")


def digest() -> LargeBinary:
    """The 16 bytes that tell two records apart."""
    fixed = mysql.BINARY(16)
    return LargeBinary(16).with_variant(fixed, "mariadb").with_variant(fixed, "mysql")


def serial() -> BigInteger:
    """A number that the database hands out, rising."""
    return BigInteger().with_variant(Integer(), "sqlite")


def json_value() -> JSON:
    """A JSON value; None is SQL's NULL."""
    return JSON(none_as_null=True)
