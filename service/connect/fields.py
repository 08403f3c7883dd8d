"""The kinds of value that a mapping file holds besides plain ones, as marshmallow fields."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError
from marshmallow.fields import Field

from custrata.engine.rules.faults import Fault, near, quoted, refused
from custrata.engine.rules.fields import Flag, Text
from custrata.service.connect.model import Sql

KINDS = ("sqlite", "postgresql", "mariadb")
_QUOTED_TEXT = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|`[^`]*`")
_WRITES = re.compile(
    r"\b(insert|update|delete|drop|alter|create|truncate|grant|merge|into)\b", re.IGNORECASE
)
_SQL = "one expression that only reads, without ; and comments"


class SqlField(Field[Sql]):
    """SQL, or one text for each kind of server; of files, names of columns."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Sql:
        if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
            return Sql({}, tuple(value))
        texts = value if isinstance(value, dict) else {"default": value}
        faults = dict(_wrong(texts))
        if faults:
            raise ValidationError(faults if isinstance(value, dict) else [*faults.values()])
        return Sql(dict(texts), (value,) if isinstance(value, str) else ())


def _wrong(texts: Mapping[str, Any]) -> Iterator[tuple[str, Fault]]:
    for kind, text in texts.items():
        fault = _unknown_kind(kind)
        if fault is None and (not isinstance(text, str) or not text):
            fault = Fault(f"must be text, got {quoted(text)}", "wrong-type", allowed=_SQL)
        if fault:
            yield kind, fault


def _unknown_kind(kind: str) -> Fault | None:
    known = ("default", *KINDS)
    if kind in known:
        return None
    text = f"{quoted(kind)} is no kind of server"
    return Fault(
        text, "unknown-key", allowed=", ".join(known), nearest=near(kind, known), at_key=True
    )


def not_reading(text: str) -> Fault | None:
    """What is wrong with a piece of SQL by its looks; the server has the last word."""
    plain = _QUOTED_TEXT.sub("''", text)
    found = _WRITES.search(plain)
    if found:
        return Fault(f"{found[0].lower()!r} would write", "mapping-writes", allowed=_SQL)
    if ";" in plain or "--" in plain or "/*" in plain or not _closed(plain):
        return Fault("is more than one expression", "mapping-sql", allowed=_SQL)
    return None


def _closed(text: str) -> bool:
    """Whether every bracket that closes was opened before, so that what stands around holds."""
    depth = 0
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            return False
    return depth == 0


class Zone(Text):
    """The name of a time zone."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        name = super()._deserialize(value, attr, data, **kwargs)
        if name not in zoneinfo.available_timezones():
            raise refused(
                f"{quoted(name)} is no time zone", "unknown-zone", allowed="Asia/Ho_Chi_Minh, UTC"
            )
        return name


class Rate(Field[str]):
    """An exact number above 0, as text."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        if isinstance(value, bool | str | list | dict) or value <= 0:
            raise refused(f"got {quoted(value)}", "wrong-number", allowed="a number above 0")
        return str(Decimal(value.numerator) / Decimal(value.denominator))


class Yes(Flag):
    """What cannot be otherwise."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> bool:
        if super()._deserialize(value, attr, data, **kwargs):
            return True
        raise refused("cannot be otherwise here", "wrong-choice", allowed="true")
