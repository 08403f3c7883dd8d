"""The SQL that a mapping asks for, on each kind of server.

Pieces come from the mapping, which is a file of whoever runs the CRM; values are bound.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from custrata.engine.diagnostics import DataError, nearest
from custrata.service.connect.model import CrmMapping, Input, Multi, Sql
from custrata.service.connect.servers import understood

if TYPE_CHECKING:
    from sqlalchemy import Connection

REMOVED, TENANT = "_removed", "_tenant"
WHERE = "where"
_NOT_ALIAS = r"(?!join\b|left\b|right\b|inner\b|outer\b|cross\b|natural\b|where\b|on\b)"
_BASE = re.compile(
    rf"\s*(?P<table>\"[^\"]+\"|`[^`]+`|[\w.]+)(?:\s+(?:as\s+)?(?P<alias>{_NOT_ALIAS}\w+))?",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"\s*(?:(?P<alias>\w+)\.)?(?P<column>\w+)\s*")
_QUOTED = re.compile(r"'(?:[^']|'')*'|`[^`]*`|\"((?:[^\"]|\"\")+)\"")
_JSON = re.compile(r"json_extract\(\s*([\w.\"`]+)\s*,\s*'\$\.([\w.]+)'\s*\)", re.IGNORECASE)


@dataclass(frozen=True)
class Asked:
    """One question to a database.

    Attributes:
        path: the part of the mapping that it is of.
        expressions: by the name of a column.
        conditions: all of which have to hold, by the part of the mapping that they come from.
    """

    path: tuple[str, ...]
    source: str
    expressions: Mapping[str, str]
    conditions: Mapping[str, str] = field(default_factory=dict)

    def sql(self, quote: str, *, rows: bool = True) -> str:
        """As one SELECT; without `rows` it finds none, to see whether it can be asked."""
        columns = ", ".join(
            f"({text}\n) AS {quoted(name, quote)}" for name, text in self.expressions.items()
        )
        held = [f"({one}\n)" for one in self.conditions.values()] + ([] if rows else ["1 = 0"])
        where = f" WHERE {' AND '.join(held)}" if held else ""
        return f"SELECT {columns} FROM {self.source}{where}"  # noqa: S608 (a mapping's own)


class Asker:
    """Makes the questions of a mapping for one connection and tenant."""

    def __init__(self, mapping: CrmMapping, connection: Connection, tenant: str | None):
        self.mapping, self.tenant = mapping, tenant
        self._connection = connection
        self.kind = connection.dialect.name
        quote = connection.dialect.identifier_preparer.initial_quote
        self.quote = "`" if self.kind == "sqlite" else quote

    def input(self, one: Input, *, whole: bool = False) -> Asked:
        """All that is read of a record; `whole` leaves its own condition out."""
        path = (one.record,)
        texts = {
            name: self._text(sql, *path, "columns", name)
            for name, sql in one.columns.items()
            if name != "tenant_id"
        }
        if one.removed_when:
            texts[REMOVED] = self._text(one.removed_when, *path, "removed_when")
        tenant = self.tenant_of(one)
        if tenant:
            texts[TENANT] = tenant
        held = {} if whole or not one.where else {WHERE: self._text(one.where, *path, WHERE)}
        if tenant and self.tenant is not None:
            held[TENANT] = self._is_own(tenant)
        return Asked(path, self._text(one.source, *path, "from"), texts, held)

    def multi(self, record: str, name: str, one: Multi) -> Asked:
        """The pairs of a list; those of other tenants fall away with their customers."""
        path = (record, "multi", name)
        texts = {
            "customer_id": self._text(one.key, *path, "key"),
            "value": self._text(one.value, *path, "value"),
        }
        held = {WHERE: self._text(one.where, *path, WHERE)} if one.where else {}
        return Asked(path, self._text(one.source, *path, "from"), texts, held)

    def setting(self, place: str, *path: str) -> Asked:
        """A column of a table that says one thing for the whole firm: `table.column`."""
        table, column = place.rsplit(".", 1)
        held: dict[str, str] = {}
        if self.mapping.tenant and self.tenant is not None:
            there = self.columns(table)
            ours = self.mapping.tenant.column
            name = ours if ours in there else "id"
            held = {TENANT: self._equals(self._quoted(name))}
        return Asked(path, self._quoted(table), {"value": self._quoted(column)}, held)

    def tenant_of(self, one: Input) -> str | None:
        """The expression of a record's tenant, where it has one."""
        if "tenant_id" in one.columns:
            return self._text(one.columns["tenant_id"], one.record, "columns", "tenant_id")
        tenant = self.mapping.tenant
        found = _BASE.match(self._text(one.source, one.record, "from"))
        if tenant is None or found is None:
            return None
        table = found["table"]
        there = self.columns(table.strip('"`'))
        alias = found["alias"] or table
        return f"{alias}.{tenant.column}" if tenant.column in there else None

    def near(self, source: str, text: str) -> str | None:
        """The nearest column of the first table, where a text names one of that table."""
        base, named = _BASE.match(source), _PLAIN.fullmatch(text)
        if base is None or named is None:
            return None
        if named["alias"] not in (None, base["alias"] or base["table"]):
            return None
        return nearest(named["column"], sorted(self.columns(base["table"].strip('"`'))))

    def own(self, column: str) -> str:
        """The condition that a table's rows are the tenant's."""
        return self._is_own(self._quoted(column))

    def columns(self, table: str) -> dict[str, int | None]:
        """The columns of a table, with how many signs they take; none where there is no table."""
        from sqlalchemy import inspect
        from sqlalchemy.exc import NoSuchTableError

        schema, _dot, name = table.rpartition(".")
        with understood(what=table):
            try:
                found = inspect(self._connection).get_columns(name, schema=schema or None)
            except NoSuchTableError:
                return {}
        return {one["name"]: getattr(one["type"], "length", None) for one in found}

    def _is_own(self, expression: str) -> str:
        own = self._equals(expression)
        nullable = self.mapping.tenant is not None and self.mapping.tenant.nullable
        return f"{own} OR {expression} IS NULL" if nullable else own

    def _equals(self, expression: str) -> str:
        """SQLite does not turn a text into what a column holds; MariaDB takes '1 or so' for 1."""
        if self.kind == "sqlite":
            return f"CAST({expression} AS TEXT) = :tenant"
        same = f"{expression} = :tenant"
        exact = f"BINARY CAST({expression} AS CHAR) = BINARY :tenant"
        return f"({same} AND {exact})" if self.kind == "mariadb" else same

    def _quoted(self, name: str) -> str:
        return ".".join(quoted(part, self.quote) for part in name.split("."))

    def _text(self, sql: Sql, *path: str) -> str:
        text = sql.on(self.kind)
        if text is None:
            fault = f"there is no SQL for {self.kind}"
            raise DataError(
                self.mapping.fault(
                    "mapping-variant", fault, *path, allowed=f"{self.kind}: or default:"
                )
            )
        found = text if self.kind in sql.variants else portable(text, self.kind)
        return names_alone(found) if self.kind == "sqlite" else found


def quoted(name: str, quote: str) -> str:
    """A name in a server's quotes."""
    return f"{quote}{name.replace(quote, quote * 2)}{quote}"


def portable(text: str, kind: str) -> str:
    """`json_extract(column, '$.key')` gives the text that stands there on every server."""
    if kind == "postgresql":
        return _JSON.sub(lambda found: _arrows(found[1], found[2]), text)
    return _JSON.sub(r"json_value(\1, '$.\2')", text) if kind == "mariadb" else text


def names_alone(text: str) -> str:
    """For SQLite: an unknown name in double quotes is a text to it, and in ticks it is refused."""
    return _QUOTED.sub(lambda found: found[0] if found[1] is None else _ticked(found[1]), text)


def _ticked(name: str) -> str:
    return quoted(name.replace('""', '"'), "`")


def _arrows(column: str, path: str) -> str:
    return f"(({column})::jsonb #>> '{{{path.replace('.', ',')}}}')"
