"""A mapping file, found and read."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from custrata.engine.diagnostics import DataError, Diagnostic, Mark, nearest
from custrata.engine.rules.document import Map, read_document
from custrata.engine.rules.faults import Fault
from custrata.engine.rules.findings import Findings
from custrata.service.connect.fields import not_reading
from custrata.service.connect.model import CrmMapping, Input, Sql
from custrata.service.connect.schema import MappingSchema, check_columns

_RECORDS = (
    *("customers", "transactions", "contacts", "surveys"),
    *("stage_changes", "opportunities", "feedback"),
)

_NO_SQL = ("status_map", "collapse", "removed")


def shipped() -> list[str]:
    """The names of the mappings that ship."""
    folder = files("custrata").joinpath("config", "mappings")
    names = (Path(one.name) for one in folder.iterdir())
    return sorted(name.stem for name in names if name.suffix == ".yaml")


def load_mapping(name: str) -> CrmMapping:
    """A mapping that ships, by its name, or a file.

    Raises:
        DataError: there is none, or it is at fault; with every fault's place.
    """
    path = Path(name)
    if path.suffix in (".yaml", ".yml") or path.exists():
        try:
            return parse_mapping(path.read_bytes(), str(path))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            fault = Diagnostic("file-unreadable", f"cannot read it: {reason}", mark=Mark(name))
            raise DataError(fault) from error
    if name not in shipped():
        told, known = f"there is no mapping {name!r}", shipped()
        allowed = f"{', '.join(known)}, or a file"
        raise DataError(
            Diagnostic("no-mapping", told, allowed=allowed, nearest=nearest(name, known))
        )
    text = files("custrata").joinpath("config", "mappings", f"{name}.yaml").read_bytes()
    return parse_mapping(text, f"{name}.yaml")


def parse_mapping(text: bytes, file: str) -> CrmMapping:
    """The mapping that a text holds.

    Raises:
        DataError: it is at fault.
    """
    document = read_document(text, file)
    if document.root is None or document.faults:
        raise DataError(document.faults)
    findings = Findings(document.root)
    data = findings.load(MappingSchema(), document.root, ())
    inputs = {} if findings.errors else _inputs(data, findings)
    if findings.errors:
        raise DataError(findings.sorted())
    return _mapping(data, document.root, inputs)


def _inputs(data: dict[str, Any], findings: Findings) -> dict[str, Input]:
    given = {record: data[record] for record in _RECORDS if data.get(record)}
    inputs = {record: Input(record, **found) for record, found in given.items()}
    for record, one in inputs.items():
        for path, fault in check_columns(one):
            findings.add((record, *path), fault)
    if not inputs:
        findings.add((), Fault("nothing is read", "missing-key", allowed=", ".join(_RECORDS)))
    if data["connection"]["kind"] == "files":
        _check_files(inputs, findings)
    else:
        _check_sql(findings)
    return inputs


def _check_sql(findings: Findings) -> None:
    """Every piece of SQL has to look as if it read."""
    root = findings.root
    parts = [((record,), root[record]) for record in _RECORDS if root.get(record)]
    session = root["connection"].get("session")
    texts = [found for path, part in parts for found in _texts(part, path)]
    texts += [(("connection", "session"), session)] if session else []
    for path, text in texts:
        fault = not_reading(text)
        if fault:
            findings.add(path, fault)


def _texts(part: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """The pieces of SQL below a part of the file, with their paths."""
    if isinstance(part, str):
        yield path, part
    elif isinstance(part, dict):
        for key, inner in part.items():
            if key not in _NO_SQL:
                yield from _texts(inner, (*path, key))


def _check_files(inputs: dict[str, Input], findings: Findings) -> None:
    """What only a database has."""
    for record, one in inputs.items():
        for key in ("where", "removed_when", "multi"):
            if getattr(one, key):
                text = f"{key} needs a database"
                findings.add((record, key), Fault(text, "unknown-key", at_key=True))


def _mapping(data: dict[str, Any], root: Map, inputs: dict[str, Input]) -> CrmMapping:
    connection = data["connection"]
    session: Sql | None = connection.get("session")
    return CrmMapping(
        data["crm"],
        root,
        connection["kind"],
        data["time"],
        data["money"],
        inputs,
        connection.get("dialect"),
        connection.get("url_env"),
        session.variants["default"] if session else None,
        data.get("tenant"),
        tuple(data.get("write_back", ())),
    )
