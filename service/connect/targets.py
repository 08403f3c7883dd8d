"""The places in a CRM that the engine owns: a column, a key of JSON, tags with its prefix."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from custrata.engine.diagnostics import DataError, Diagnostic, Mark
from custrata.service.connect.asking import Asker
from custrata.service.connect.model import CrmMapping, WriteBack
from custrata.service.connect.rows import bound, execute
from custrata.service.connect.servers import understood

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Statement(NamedTuple):
    """One row changes; `several` where it may be more, but not none."""

    sql: str
    values: Mapping[str, object]
    several: bool = False


@dataclass(frozen=True)
class Change:
    """What a customer has, and will have; of tags, only those of the engine."""

    customer_id: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    key: object = None


@dataclass(frozen=True)
class Present:
    """What a customer has now; `key` as the database spells it."""

    key: object
    values: tuple[str, ...] = ()


@dataclass
class Target(ABC):
    """One entry of `write_back` on one database.

    Attributes:
        own: the condition that rows are the tenant's; empty where there is none.
    """

    mapping: CrmMapping
    entry: WriteBack
    asker: Asker
    mark: Mark | None
    table: str
    column: str
    json: str | None = None
    own: str = ""
    tags: dict[str, object] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where a customer has to have a row."""
        return self.table

    @abstractmethod
    def present(self, connection: Connection) -> dict[str, Present]:
        """What customers have now, by their id."""

    def change(self, customer: str, there: Present, labels: tuple[str, ...]) -> Change | None:
        """What has to change; None where all is right."""
        after = self._wanted(labels)
        if sorted(after) == sorted(there.values):
            return None
        return Change(customer, there.values, after, there.key)

    def check(self, changes: Sequence[Change]) -> None:  # noqa: B027 - most refuse nothing
        """Refuse what cannot be written."""

    @abstractmethod
    def statements(self, change: Change) -> Iterator[Statement]:
        """The statements that bring a change about."""

    def _wanted(self, labels: tuple[str, ...]) -> tuple[str, ...]:
        """A column holds one text; of several labels, all."""
        return (self._prefixed(", ".join(labels)),) if labels else ()

    def _prefixed(self, label: str) -> str:
        prefix = self.entry.prefix
        return f"{prefix} {label}" if prefix.endswith(":") else f"{prefix}{label}"

    def _rows(self, connection: Connection, sql: str) -> list[Any]:
        with understood(self.mark, f"write_back.{self.entry.output}"):
            return list(execute(connection, sql, self.asker.tenant).all())

    def name(self, *parts: str) -> str:
        """A name in the server's quotes."""
        quote = self.asker.quote
        return ".".join(f"{quote}{part}{quote}" for part in parts)


class Field(Target):
    """A column of its own, or a key of a JSON column."""

    def present(self, connection: Connection) -> dict[str, Present]:
        """See `Target`."""
        value = self.name(self.column) if self.json is None else self._json_value()
        key, table = self.name(self.entry.key), self.name(*self.table.split("."))
        where = f" WHERE {self.own}" if self.own else ""
        rows = self._rows(connection, f"SELECT {key}, {value} FROM {table}{where}")  # noqa: S608
        return {
            str(one).strip(): Present(one, (str(text),) if text not in (None, "") else ())
            for one, text in rows
        }

    def check(self, changes: Sequence[Change]) -> None:
        """A plan tells already what a column would not take."""
        most = self.asker.columns(self.table).get(self.column) if self.json is None else None
        long = [one.after[0] for one in changes if most and one.after and len(one.after[0]) > most]
        if long:
            told = f"{self.entry.target} takes {most} signs, and a label has {max(map(len, long))}"
            raise DataError(Diagnostic("value-too-long", told, mark=self.mark))

    def statements(self, change: Change) -> Iterator[Statement]:
        """One UPDATE, of this column alone."""
        column, table = self.name(self.column), self.name(*self.table.split("."))
        own = f" AND {self.own}" if self.own else ""
        values: dict[str, object] = {"key": change.key}
        new = ":value"
        if self.json is not None:
            new = self._json_set() if change.after else self._json_removed()
        if change.after or self.json is None:
            values["value"] = change.after[0] if change.after else None
        sql = f"UPDATE {table} SET {column} = {new} WHERE {self.name(self.entry.key)} = :key{own}"  # noqa: S608
        yield Statement(sql, {**values, **bound(own, self.asker.tenant)})

    def _json_value(self) -> str:
        column, key = self.name(self.column), self.json
        if self.asker.kind == "postgresql":
            return f"(CAST({column} AS jsonb) ->> '{key}')"
        function = "json_extract" if self.asker.kind == "sqlite" else "json_value"
        return f"{function}({column}, '$.{key}')"

    def _json_set(self) -> str:
        column, key = self.name(self.column), self.json
        if self.asker.kind == "postgresql":
            there = f"NULLIF(CAST({column} AS jsonb), CAST('null' AS jsonb))"
            whole = f"COALESCE({there}, CAST('{{}}' AS jsonb))"
            return f"jsonb_set({whole}, '{{{key}}}', to_jsonb(CAST(:value AS text)))"
        return f"json_set(COALESCE(NULLIF({column}, 'null'), '{{}}'), '$.{key}', :value)"

    def _json_removed(self) -> str:
        column, key = self.name(self.column), self.json
        if self.asker.kind == "postgresql":
            return f"CAST({column} AS jsonb) - '{key}'"
        return f"json_remove({column}, '$.{key}')"
