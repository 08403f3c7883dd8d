"""Tags of customers in a CRM: links to tags whose names begin with the engine's prefix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from custrata.engine.diagnostics import DataError
from custrata.service.connect.targets import Change, Present, Statement, Target

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Tags(Target):
    """Links of customers to tags; only tags with the prefix are touched."""

    @property
    def place(self) -> str:
        """See `Target`: links come by themselves."""
        return "customers"

    def present(self, connection: Connection) -> dict[str, Present]:
        """See `Target`; customers without tags have none, and a tag that is linked twice is one."""
        self.tags = self._tags(connection)
        customers = self._customers(connection)
        link, tag = self.name(self.entry.key), self.name(str(self.entry.tag))
        table = self.name(*self.table.split("."))
        rows = self._rows(connection, f"SELECT {link}, {tag} FROM {table}")  # noqa: S608
        names = {number: name for name, number in self.tags.items()}
        held: dict[str, dict[str, None]] = {}
        for customer, number in rows:
            if number in names:
                held.setdefault(str(customer).strip(), {})[names[number]] = None
        return {one: Present(key, tuple(held.get(one, ()))) for one, key in customers.items()}

    def check(self, changes: Sequence[Change]) -> None:
        """Tags have to be there: a CRM has ways of its own to make one."""
        missing = sorted({one for change in changes for one in change.after} - self.tags.keys())
        if missing:
            told = f"{self.entry.output}: there are no tags {', '.join(map(repr, missing))}"
            allowed = "tags that were made in the CRM first"
            raise DataError(self.mapping.fault("tag-missing", told, "write_back", allowed=allowed))

    def statements(self, change: Change) -> Iterator[Statement]:
        """Links go for each label that was left, and one comes for each new."""
        link, tag = self.name(self.entry.key), self.name(str(self.entry.tag))
        table = self.name(*self.table.split("."))
        for name in sorted(set(change.before) - set(change.after)):
            where = f"{link} = :key AND {tag} = :tag"
            yield Statement(
                f"DELETE FROM {table} WHERE {where}",  # noqa: S608
                {"key": change.key, "tag": self.tags[name]},
                several=True,
            )
        for name in sorted(set(change.after) - set(change.before)):
            yield Statement(
                f"INSERT INTO {table} ({link}, {tag}) VALUES (:key, :tag)",  # noqa: S608
                {"key": change.key, "tag": self.tags[name]},
            )

    def _wanted(self, labels: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(map(self._prefixed, labels)))

    def _tags(self, connection: Connection) -> dict[str, object]:
        """The engine's own tags, by name; of the tenant alone, where tags tell theirs.

        Raises:
            DataError: two of them have one name, so that one may be somebody else's.
        """
        assert self.entry.names is not None
        table, number, name = self.entry.names
        where = f" WHERE {self.own}" if self.own else ""
        sql = f"SELECT {self.name(number)}, {self.name(name)} FROM {self.name(table)}{where}"  # noqa: S608
        rows = self._rows(connection, sql)
        own = [(str(text), one) for one, text in rows if str(text).startswith(self.entry.prefix)]
        counts = Counter(name for name, _one in own)
        twice = sorted(name for name, count in counts.items() if count > 1)
        if twice:
            told = f"{self.entry.output}: there are several tags {', '.join(map(repr, twice))}"
            allowed = "one tag of each name, which is the engine's own"
            raise DataError(self.mapping.fault("tag-twice", told, "write_back", allowed=allowed))
        return dict(own)

    def _customers(self, connection: Connection) -> dict[str, object]:
        """The tenant's customers, as the mapping reads them."""
        asked = self.asker.input(self.mapping.inputs["customers"])
        sql = asked.sql(self.asker.quote)
        rows = self._rows(connection, sql)
        place = list(asked.expressions).index("customer_id")
        return {str(row[place]).strip(): row[place] for row in rows}
