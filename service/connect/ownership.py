"""Which place of a CRM an entry of `write_back` means, and that it is the engine's own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from custrata.engine.diagnostics import DataError, nearest
from custrata.service.connect.asking import Asker
from custrata.service.connect.loading import sql_of
from custrata.service.connect.model import CrmMapping, WriteBack
from custrata.service.connect.tags import Tags
from custrata.service.connect.targets import Field, Target

_NAME = re.compile(r"\w+")
_LITERAL = re.compile(r"'(?:[^']|'')*'")


def target_of(mapping: CrmMapping, entry: WriteBack, asker: Asker, number: int) -> Target:
    """Where an entry goes.

    Raises:
        DataError: it is no such place, or one that the mapping itself reads.
    """
    parts = entry.target.split(".")
    mark = mapping.at("write_back", number)
    shapes = {"field": (2, 3), "json_key": (3, 4), "tag": (1, 2)}
    if len(parts) not in shapes[entry.form] or not all(map(_NAME.fullmatch, parts)):
        told = f"{entry.target!r} is no target of a {entry.form}"
        allowed = {"field": "table.column", "json_key": "table.column.key", "tag": "links' table"}
        raise DataError(
            mapping.fault("write-target", told, "write_back", number, allowed=allowed[entry.form])
        )
    if entry.form == "tag":
        return _tags(mapping, entry, asker, number)
    keys = 1 if entry.form == "json_key" else 0
    json = parts.pop() if keys else None
    column, table = parts.pop(), ".".join(parts)
    _need_columns(mapping, asker, table, (column, entry.key), number)
    if _is_read(mapping, entry, column, json):
        told = f"{entry.target} is read by this mapping, so it is not the engine's own"
        raise DataError(mapping.fault("write-not-own", told, "write_back", number))
    own = _own(mapping, asker, table)
    if own is None:
        told = f"{table} does not tell its tenant, so rows of other firms could be reached"
        raise DataError(mapping.fault("tenant-column", told, "write_back", number))
    return Field(mapping, entry, asker, mark, table, column, json, own)


def _tags(mapping: CrmMapping, entry: WriteBack, asker: Asker, number: int) -> Tags:
    if not (entry.prefix and entry.tag and entry.names) or "customers" not in mapping.inputs:
        told = f"{entry.output}: tags need a prefix, the column of the tag, and the tags' names"
        allowed = 'prefix: "Segment:", tag: tag_id, names: tags.id.name'
        raise DataError(mapping.fault("write-target", told, "write_back", number, allowed=allowed))
    assert entry.names is not None
    _need_columns(mapping, asker, entry.target, (entry.key, str(entry.tag)), number)
    _need_columns(mapping, asker, entry.names[0], entry.names[1:], number)
    mark, own = mapping.at("write_back", number), _own(mapping, asker, entry.names[0])
    return Tags(mapping, entry, asker, mark, entry.target, str(entry.tag), own=own or "")


def _need_columns(
    mapping: CrmMapping, asker: Asker, table: str, names: Sequence[str], number: int
) -> None:
    """A name that is not there is told with the one that is nearest."""
    there = asker.columns(table)
    missing = [name for name in names if name not in there]
    if missing:
        told = f"{table} has no column {missing[0]}" if there else f"there is no table {table}"
        fault = mapping.fault("mapping-column", told, "write_back", number)
        raise DataError(replace(fault, nearest=nearest(missing[0], sorted(there))))


def _is_read(mapping: CrmMapping, entry: WriteBack, column: str, json: str | None) -> bool:
    """Whether the mapping reads a column, or that key of one in JSON."""
    return any(
        _stands(column, _LITERAL.sub("''", text)) and (json is None or _stands(json, text))
        for text in (*_read(mapping), entry.key)
    )


def _stands(name: str, text: str) -> bool:
    """Whether a name stands in SQL, which takes small and capital letters for one."""
    return re.search(rf"\b{re.escape(name)}\b", text, re.IGNORECASE) is not None


def _read(mapping: CrmMapping) -> Iterator[str]:
    """Whatever names what is read."""
    yield from (text for _path, text in sql_of(mapping.root))
    tenant = mapping.tenant.column if mapping.tenant else None
    settings = (tenant, mapping.time.zone_from, mapping.money.currency_from)
    yield from (one for one in settings if one)


def _own(mapping: CrmMapping, asker: Asker, table: str) -> str | None:
    """The condition that rows are the tenant's; None where a table does not tell."""
    if mapping.tenant is None:
        return ""
    column = mapping.tenant.column
    return f"({asker.own(column)})" if column in asker.columns(table) else None
