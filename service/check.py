"""Check a rules file, with data or without."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from custrata import Engine
from custrata.engine.diagnostics import Diagnostic, RulesError
from custrata.engine.plugins import load_plugins
from custrata.engine.rules import json_schema as schema_of
from custrata.service.inputs import Inputs, notes_of, with_notes
from custrata.service.progress import Progress, silent


def check(
    rules: Path,
    inputs: Inputs,
    *,
    as_of: date,
    engine: str = "polars",
    strict: bool = False,
    progress: Progress = silent,
) -> tuple[Diagnostic, ...]:
    """Every fault found; with data, weighed by customers.

    Raises:
        DataError: the data are at fault.
    """
    try:
        checked = Engine.from_file(rules, engine=engine)
        if not inputs.files:
            return checked.check()
        frames = inputs.frames(progress)
        with with_notes(frames):
            found = checked.check(as_of=as_of, strict=strict, progress=progress, **frames)
        return (*notes_of(frames), *found)
    except RulesError as error:
        return error.diagnostics


def json_schema() -> dict[str, Any]:
    """The JSON Schema of rules files, with what the installed plugins bring."""
    return schema_of(load_plugins())
