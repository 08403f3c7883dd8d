"""What a mapping file says, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from custrata.engine.diagnostics import Diagnostic, Mark, Severity
from custrata.engine.facts import records
from custrata.engine.rules.document import Map, mark_at

RECORDS: Mapping[str, records.Record] = {
    one.name: one for one in (records.CUSTOMERS, *records.DATED)
}
"""What a mapping may read."""
OPEN, COMPLETED, CANCELLED, REFUNDED = "open", "completed", "cancelled", "refunded"
STATUSES = (COMPLETED, REFUNDED, OPEN, CANCELLED)
"""What a status of the CRM may mean: only the first two are read, a refund as a loss."""
REMOVED = ("skip", "classify", "erase")


@dataclass(frozen=True)
class Sql:
    """A piece of SQL, by the kind of server; of files, the names of columns.

    Attributes:
        variants: by `sqlite`, `postgresql`, `mariadb` or `default`.
        headers: of files, the columns of which the first that is filled is taken.
    """

    variants: Mapping[str, str] = field(default_factory=dict)
    headers: tuple[str, ...] = ()

    def on(self, kind: str) -> str | None:
        """The text for a kind of server."""
        return self.variants.get(kind, self.variants.get("default"))


@dataclass(frozen=True)
class Multi:
    """A list a customer: rows of a table of pairs."""

    source: Sql
    key: Sql
    value: Sql
    where: Sql | None = None


@dataclass(frozen=True)
class Input:
    """Where one record comes from.

    Attributes:
        record: one of `RECORDS`.
        columns: by our name of a column, the CRM's expression.
        status_map: by a status of the CRM, one of `STATUSES`.
        removed_when: of which rows the CRM says that they are archived or deleted.
        removed: what becomes of customers whom the CRM calls removed; None where nothing is said.
        collapse: of files, the column whose equal values make one record of several rows.
    """

    record: str
    source: Sql
    columns: Mapping[str, Sql]
    where: Sql | None = None
    status_map: Mapping[str, str] | None = None
    removed_when: Sql | None = None
    removed: str | None = None
    multi: Mapping[str, Multi] = field(default_factory=dict)
    collapse: str | None = None


@dataclass(frozen=True)
class Time:
    """How moments are kept, and the zone in which days begin and end."""

    stored: str
    zone: str | None = None
    zone_from: str | None = None


@dataclass(frozen=True)
class Money:
    """The currency that amounts are brought to, and how.

    Attributes:
        fx: `divide` or `multiply` an amount by its rate; `none` where amounts stay as they are.
        rates: by currency, for amounts that bring no rate of their own.
        decimals: of amounts that were brought to another currency; half goes to the even one.
    """

    currency: str | None = None
    currency_from: str | None = None
    fx: str = "none"
    rates: Mapping[str, str] = field(default_factory=dict)
    decimals: int = 2


@dataclass(frozen=True)
class Tenant:
    """By which column one firm's rows are told from another's."""

    column: str
    required: bool = True
    nullable: bool = False


@dataclass(frozen=True)
class WriteBack:
    """Where a label goes.

    Attributes:
        output: a column of the file of labels.
        target: `table.column`, `table.column.key` of JSON, or the table of tags' links.
        form: `field`, `json_key` or `tag`. via: `sql`, or a way that is not walked here.
        key: the column that holds the customer's id.
        prefix: what all of the engine's own values begin with; always given for tags.
        tag: of links, the column of the tag. names: the tags' table with its id and name.
    """

    output: str
    target: str
    form: str
    via: str
    key: str
    prefix: str = ""
    tag: str | None = None
    names: tuple[str, str, str] | None = None
    allow: str | None = None


@dataclass(frozen=True)
class CrmMapping:
    """A mapping file.

    Attributes:
        kind: `sql`, or `files` for what a shop exports.
        dialect: the kind of server for which `session` is meant.
        url_env: the environment variable that holds the address.
        session: a statement that is run first, in which `:tenant` stands for the tenant.
    """

    name: str
    root: Map
    kind: str
    time: Time
    money: Money
    inputs: Mapping[str, Input]
    dialect: str | None = None
    url_env: str | None = None
    session: str | None = None
    tenant: Tenant | None = None
    write_back: tuple[WriteBack, ...] = ()

    def at(self, *path: str | int) -> Mark | None:
        """Where a part of the file stands."""
        return mark_at(self.root, path)

    def fault(
        self,
        code: str,
        message: str,
        *path: str | int,
        allowed: str | None = None,
        severity: Severity = Severity.ERROR,
    ) -> Diagnostic:
        """What is wrong with a part of the file, or with what it finds."""
        return Diagnostic(code, message, severity, self.at(*path), allowed)
