"""The JSON that a request holds."""

from __future__ import annotations

from typing import Any

from flask import request
from marshmallow import missing
from werkzeug.exceptions import BadRequest

from custrata.api.problems import Unreadable

_MOST = 8 * 1024 * 1024
"""Bytes of what is no list of rows: values take many times the room of their text."""


def sent(*, rows: bool = False) -> Any:
    """The values that were sent; `missing` where the body is empty.

    Args:
        rows: whether it may be as long as the application takes, and not up to `_MOST` only.

    Raises:
        RequestEntityTooLarge: it is longer.
        Unreadable: it is no JSON (400), or not said to be plain JSON (415).
    """
    if not rows:
        request.max_content_length = min(_MOST, request.max_content_length or _MOST)
    if not request.get_data(cache=True):
        return missing
    if request.content_encoding not in (None, "", "identity"):
        raise Unreadable(415, "encoding", "the body is encoded", "no Content-Encoding")
    if not request.is_json:
        told = "the body is not said to be JSON"
        raise Unreadable(415, "media-type", told, "Content-Type: application/json")
    try:
        return request.get_json()
    except BadRequest:
        raise Unreadable(400, "json", "the body is no JSON", "JSON in UTF-8") from None
