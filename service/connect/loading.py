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
from custrata.service.connect.model import RECORDS, CrmMapping, Input, Sql
from custrata.service.connect.rows import uses_tenant
from custrata.service.connect.schema import MappingSchema, check_columns

_NO_SQL = ("status_map", "collapse", "removed")
_DATABASES = {
    ("connection", "dialect"): "kind: sql",
    ("connection", "url_env"): "kind: sql",
    ("connection", "session"): "kind: sql",
    ("time", "business_tz_from"): "business_tz: Asia/Ho_Chi_Minh",
    ("money", "reporting_currency_from"): "reporting_currency: VND",
    ("tenant",): "files of one firm",
    ("write_back",): "kind: sql",
}
"""What only a database has, and what files may have in its place."""
_OF_RECORDS = {"files": (("where",), ("multi",), ("columns", "tenant_id")), "sql": (("collapse",),)}
"""By the kind of a mapping, what of a record only the other kind has."""


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
    return parse_mapping(shipped_text(name), f"{name}.yaml")


def shipped_text(name: str) -> bytes:
    """A mapping that ships, as it is written.

    Raises:
        DataError: there is none of that name.
    """
    known = shipped()
    if name not in known:
        told, allowed = f"there is no mapping {name!r}", f"{', '.join(known)}, or a file"
        raise DataError(
            Diagnostic("no-mapping", told, allowed=allowed, nearest=nearest(name, known))
        )
    return files("custrata").joinpath("config", "mappings", f"{name}.yaml").read_bytes()


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
    given = {record: data[record] for record in RECORDS if data.get(record)}
    inputs = {record: Input(record, **found) for record, found in given.items()}
    for record, one in inputs.items():
        for path, fault in check_columns(one):
            findings.add((record, *path), fault)
    if not inputs:
        findings.add((), Fault("nothing is read", "missing-key", allowed=", ".join(RECORDS)))
    kind = data["connection"]["kind"]
    _check_heeded(kind, inputs, findings)
    if kind == "files":
        _check_headers(inputs, findings)
    else:
        _check_sql(findings)
        _check_session(data, findings)
    return inputs


def _check_sql(findings: Findings) -> None:
    """Every piece of SQL has to look as if it read."""
    for path, text in sql_of(findings.root):
        fault = not_reading(text)
        if fault:
            findings.add(path, fault)


def sql_of(root: Map) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every piece of SQL of a mapping file, with its path."""
    for record in RECORDS:
        yield from _texts(root.get(record), (record,))
    yield from _texts(root["connection"].get("session"), ("connection", "session"))


def _check_session(data: dict[str, Any], findings: Findings) -> None:
    """A tenant has to be known by a column: sessions of other servers are left out."""
    if uses_tenant(data["connection"].get("session") or "") and not data.get("tenant"):
        text = "binds :tenant, and the mapping knows no tenants"
        fault = Fault(text, "missing-key", allowed="tenant: {column: ...}")
        findings.add(("connection", "session"), fault)


def _texts(part: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """The pieces of SQL below a part of the file, with their paths."""
    if isinstance(part, str):
        yield path, part
    elif isinstance(part, dict):
        for key, inner in part.items():
            if key not in _NO_SQL:
                yield from _texts(inner, (*path, key))


def _check_heeded(kind: str, inputs: dict[str, Input], findings: Findings) -> None:
    """Refuse what a mapping of this kind would pass over without a word."""
    needs, other = ("a database", "sql") if kind == "files" else ("files", "files")
    of_records = {(name, *path): f"kind: {other}" for name in inputs for path in _OF_RECORDS[kind]}
    for path, allowed in (of_records | (_DATABASES if kind == "files" else {})).items():
        if _given(findings.root, path):
            text = f"{path[-1]} needs {needs}"
            findings.add(path, Fault(text, "unknown-key", allowed=allowed, at_key=True))


def _given(part: Any, path: tuple[str, ...]) -> bool:
    for step in path:
        part = part.get(step) if part else None
    return bool(part)


def _check_headers(inputs: dict[str, Input], findings: Findings) -> None:
    """A piece by the kind of server names no column of a file."""
    for record, one in inputs.items():
        pieces: dict[tuple[str, ...], Sql] = {
            ("columns", name): column for name, column in one.columns.items()
        }
        pieces |= {("removed_when",): one.removed_when} if one.removed_when else {}
        for path, piece in pieces.items():
            if not piece.headers:
                fault = Fault("files are of no kind of server", "wrong-type", allowed="a column")
                findings.add((record, *path), fault)


def _mapping(data: dict[str, Any], root: Map, inputs: dict[str, Input]) -> CrmMapping:
    connection = data["connection"]
    return CrmMapping(
        data["crm"],
        root,
        connection["kind"],
        data["time"],
        data["money"],
        inputs,
        connection.get("dialect"),
        connection.get("url_env"),
        connection.get("session"),
        data.get("tenant"),
        tuple(data.get("write_back", ())),
    )
