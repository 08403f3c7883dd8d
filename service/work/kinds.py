"""What jobs do, by the names of their kinds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from custrata.service.desk import Desk
from custrata.service.work.jobs import Work


def _run(desk: Desk, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Classify all; `as_of` (a date), `recalibrate` (default: yes)."""
    from custrata.service.runs import run

    day = arguments.get("as_of")
    as_of = date.fromisoformat(day) if day else None
    done = run(desk, as_of=as_of, recalibrate=arguments.get("recalibrate", True))
    return {"run": done.run_id}


def _import(desk: Desk, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Take in a file; `path`, and if known `record` and `columns` (by our name, the file's)."""
    from custrata.service.imports import import_file

    columns = arguments.get("columns") or {}
    done = import_file(desk, Path(arguments["path"]), arguments.get("record"), columns)
    return {"import": done.import_id}


def _upload(desk: Desk, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Take in a file that was sent; `upload` (its id), and how it is read (`uploads.Choices`)."""
    from custrata.service.imports.uploads import Choices, take_in

    return take_in(desk, arguments["upload"], Choices(**arguments["choices"]))


KINDS: Mapping[str, Work] = {"run": _run, "import": _import, "upload": _upload}
