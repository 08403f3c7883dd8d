"""Files that somebody takes away."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath

from werkzeug.wrappers import Response

_MEDIA: Mapping[str, str] = {
    ".csv": "text/csv; charset=utf-8",
    ".ics": "text/calendar; charset=utf-8",
    ".json": "application/json",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".yaml": "application/yaml",
}


def attached(content: bytes | str, name: str) -> Response:
    """A file to be kept under this name; its ending says what it is."""
    answer = Response(content, content_type=_MEDIA[PurePath(name).suffix])
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer
