"""Which place of a CRM an entry of `write_back` means, and that it is the engine's own."""

from __future__ import annotations

import re

from custrata.engine.diagnostics import DataError
from custrata.service.connect.asking import Asker
from custrata.service.connect.model import CrmMapping, WriteBack
from custrata.service.connect.tags import Tags
from custrata.service.connect.targets import Field, Target

_NAME = re.compile(r"\w+")


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
    if _is_read(mapping, column) and json is None:
        told = f"{entry.target} is read by this mapping, so it is not the engine's own"
        raise DataError(mapping.fault("write-not-own", told, "write_back", number))
    return Field(
        mapping, entry, asker, mark, table, column, json, _own(mapping, asker, table, number)
    )


def _tags(mapping: CrmMapping, entry: WriteBack, asker: Asker, number: int) -> Tags:
    if not (entry.prefix and entry.tag and entry.names) or "customers" not in mapping.inputs:
        told = f"{entry.output}: tags need a prefix, the column of the tag, and the tags' names"
        allowed = 'prefix: "Segment:", tag: tag_id, names: tags.id.name'
        raise DataError(mapping.fault("write-target", told, "write_back", number, allowed=allowed))
    return Tags(
        mapping, entry, asker, mapping.at("write_back", number), entry.target, str(entry.tag)
    )


def _is_read(mapping: CrmMapping, column: str) -> bool:
    """Whether a column stands in an expression of the read side."""
    texts = (
        text
        for one in mapping.inputs.values()
        for sql in one.columns.values()
        for text in sql.variants.values()
    )
    word = re.compile(rf"\b{re.escape(column)}\b")
    return any(word.search(text) for text in texts)


def _own(mapping: CrmMapping, asker: Asker, table: str, number: int) -> str:
    """The condition that rows are the tenant's."""
    if mapping.tenant is None or asker.tenant is None:
        return ""
    column = mapping.tenant.column
    if column not in asker.columns(table):
        told = f"{table} has no column {column}, so rows of other firms could be reached"
        raise DataError(mapping.fault("tenant-column", told, "write_back", number))
    return f"({asker.own(column)})"
