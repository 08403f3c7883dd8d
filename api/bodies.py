"""The JSON that a request holds."""

from __future__ import annotations

from typing import Any

from flask import request
from marshmallow import missing
from werkzeug.exceptions import BadRequest

from custrata.api.problems import Unreadable


def sent() -> Any:
    """The values that were sent; `missing` where the body is empty.

    Raises:
        Unreadable: it is no JSON (400), or not said to be plain JSON (415).
    """
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
