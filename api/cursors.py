"""Where a list goes on: an opaque text that stands for the last of a page."""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, TypeVar

from custrata.engine.diagnostics import DataError
from custrata.service.values import wrong

_Key = TypeVar("_Key", str, int)
_LARGEST = 2**63


def cursor(key: str | int | None) -> str | None:
    """The text of a place; None at the end."""
    if key is None:
        return None
    return urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def place(text: str | None, kind: type[_Key]) -> _Key | None:
    """The place of a text; None at the beginning.

    Raises:
        DataError: it is none that was given out.
    """
    if text is None:
        return None
    try:
        found: Any = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        raise _unknown() from None
    if type(found) is not kind:
        raise _unknown()
    if kind is int and not 0 < int(found) < _LARGEST:
        raise _unknown()
    return found


def _unknown() -> DataError:
    return wrong("cursor", "this cursor was not given out here", "that of the page before")
