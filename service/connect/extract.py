"""What a mapping finds in a database, as text, before any of it is understood."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import polars as pl

from custrata.engine.diagnostics import DataError, Diagnostic
from custrata.service.connect.asking import TENANT, WHERE, Asked, Asker
from custrata.service.connect.model import CrmMapping
from custrata.service.connect.rows import execute, fetched, uses_tenant
from custrata.service.connect.servers import reading, understood
from custrata.service.progress import Progress, silent

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True)
class Extract:
    """Rows as the CRM has them.

    Attributes:
        frames: by record, all columns text.
        lists: by attribute of customers, pairs of `customer_id` and `value`.
        zone: in which days begin and end. currency: to which amounts are brought.
        by_customers: records that are one tenant's only by their customers.
        whole: ids of customers without the mapping's condition, where they were asked for.
    """

    frames: Mapping[str, pl.DataFrame]
    lists: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    zone: str | None = None
    currency: str | None = None
    by_customers: frozenset[str] = frozenset()
    whole: pl.Series | None = None


def extract(
    mapping: CrmMapping,
    address: str,
    tenant: str | None = None,
    *,
    whole: bool = False,
    progress: Progress = silent,
) -> Extract:
    """Read everything that a mapping asks for, as of one moment.

    Args:
        tenant: whose rows; bound as a value.
        whole: whether ids of customers are also read without the mapping's condition.

    Raises:
        DataError: no tenant where one is needed; the database does not know what is asked for.
    """
    need_tenant(mapping, tenant)
    with reading(address) as connection:
        begin(mapping, connection, tenant)
        return _Reading(mapping, connection, tenant).all(progress, whole=whole)


def need_tenant(mapping: CrmMapping, tenant: str | None, *, writes: bool = False) -> None:
    """Refuse a tenant that the mapping does not know, and none where one is needed.

    Whoever writes names it always: that there is only one firm is seen by reading alone.

    Raises:
        DataError: there is one too many, or none.
    """
    if mapping.tenant is None:
        if tenant is not None:
            raise DataError(mapping.fault("no-tenants", "the mapping knows no tenants"))
        return
    asked = mapping.tenant.required or uses_tenant(mapping.session or "")
    if tenant is None and (asked or writes):
        why = "labels could reach another firm" if writes else "rows of all firms would be mixed"
        raise DataError(_tenant_missing(mapping, why))


def _tenant_missing(mapping: CrmMapping, why: str) -> Diagnostic:
    told = f"the tenant is not named, so {why}"
    return mapping.fault("tenant-missing", told, "tenant", allowed="--tenant with its id")


def begin(mapping: CrmMapping, connection: Connection, tenant: str | None) -> None:
    """What is said first; other kinds of servers than the mapping's do not know it."""
    if mapping.session and mapping.dialect in (None, connection.dialect.name):
        mark = mapping.at("connection", "session")
        with understood(mark, "connection.session"):
            execute(connection, mapping.session, tenant)


class _Reading:
    """One pass over a database."""

    def __init__(self, mapping: CrmMapping, connection: Connection, tenant: str | None):
        self.mapping, self.connection, self.tenant = mapping, connection, tenant
        self.asker = Asker(mapping, connection, tenant)

    def all(self, progress: Progress, *, whole: bool) -> Extract:
        """Every question is tried before the first is answered.

        Raises:
            DataError: one diagnostic for each piece that the database does not know.
        """
        mapping, asker = self.mapping, self.asker
        inputs = {name: asker.input(one) for name, one in mapping.inputs.items()}
        lists = {
            name: asker.multi(record, name, one)
            for record, given in mapping.inputs.items()
            for name, one in given.multi.items()
        }
        faults = [
            fault for asked in (*inputs.values(), *lists.values()) for fault in self._try(asked)
        ]
        faults += self._untenanted()
        if faults:
            raise DataError(faults)
        frames = {}
        for done, (name, asked) in enumerate(inputs.items()):
            progress("read", done, len(inputs))
            frames[name] = self._rows(asked)
        self._check_one_tenant(frames)
        found = Extract(
            frames,
            {name: self._rows(asked) for name, asked in lists.items()},
            self._zone(),
            self._currency(),
            frozenset(name for name, frame in frames.items() if TENANT not in frame.columns),
            self._whole() if whole else None,
        )
        progress("read", len(inputs), len(inputs))
        return found

    def _rows(self, asked: Asked) -> pl.DataFrame:
        with understood(self.mapping.at(*asked.path), ".".join(asked.path)):
            return fetched(self.connection, asked.sql(self.asker.quote), self.tenant)

    def _try(self, asked: Asked) -> Iterator[Diagnostic]:
        """What of a question the database does not know: all of it, or piece by piece."""
        whole = self._fault(asked, asked.path)
        if whole is None:
            return
        source = self._fault(Asked(asked.path, asked.source, {"one": "1"}), (*asked.path, "from"))
        if source:
            yield source
            return
        yield from list(self._pieces(asked)) or [whole]

    def _pieces(self, asked: Asked) -> Iterator[Diagnostic]:
        multi = "multi" in asked.path
        for name, text in asked.expressions.items():
            steps: tuple[str, ...] = (name,) if multi else ("columns", name)
            steps = {"_removed": ("removed_when",), TENANT: ("columns", "tenant_id")}.get(
                name, steps
            )
            fault = self._fault(
                Asked(asked.path, asked.source, {"one": text}), (*asked.path, *steps)
            )
            if fault and fault.code == "mapping-column":
                fault = replace(fault, nearest=self.asker.near(asked.source, text))
            if fault:
                yield fault
        for name, text in asked.conditions.items():
            one = Asked(asked.path, asked.source, {"one": "1"}, {name: text})
            fault = self._fault(one, (*asked.path, WHERE))
            if fault and name == TENANT:
                told = f"{asked.path[0]}: the tenant is not of the kind that the column holds"
                fault = self.mapping.fault("tenant-unknown", told, "tenant")
            if fault:
                yield fault

    def _fault(self, asked: Asked, path: tuple[str, ...]) -> Diagnostic | None:
        postgresql = self.connection.dialect.name == "postgresql"
        what = ".".join(path)
        try:
            with understood(self.mapping.at(*path), what):
                nested = self.connection.begin_nested() if postgresql else nullcontext()
                with nested:
                    sql = asked.sql(self.asker.quote, rows=False)
                    fetched(self.connection, sql, self.tenant)
        except DataError as error:
            if error.diagnostics[0].code == "crm-busy":  # each further question would wait as long
                raise
            return error.diagnostics[0]
        return None

    def _untenanted(self) -> Iterator[Diagnostic]:
        """Customers have to tell whose they are; facts then do by their customers."""
        tenant = self.mapping.tenant
        if tenant is None:
            return
        for record, one in self.mapping.inputs.items():
            needed = record == "customers" or "customers" not in self.mapping.inputs
            if needed and self.asker.tenant_of(one) is None:
                told = f"{record} has no column of the tenant"
                allowed = f"columns: tenant_id: ... {tenant.column}"
                yield self.mapping.fault("tenant-column", told, record, "columns", allowed=allowed)

    def _check_one_tenant(self, frames: Mapping[str, pl.DataFrame]) -> None:
        """Without a tenant named, there may be only one."""
        named = [frame[TENANT].drop_nulls() for frame in frames.values() if TENANT in frame.columns]
        found = pl.concat(named).n_unique() if named else 0
        if self.tenant is None and found > 1:
            raise DataError(_tenant_missing(self.mapping, f"rows of {found} firms would be mixed"))

    def _zone(self) -> str | None:
        time = self.mapping.time
        if time.zone_from is None:
            return time.zone
        path = ("time", "business_tz_from")
        found = self._setting(time.zone_from, *path)
        if found not in zoneinfo.available_timezones():
            told = f"{found!r} is no time zone"
            raise DataError(self.mapping.fault("unknown-zone", told, *path))
        return found

    def _currency(self) -> str | None:
        money = self.mapping.money
        if money.currency_from is None:
            return money.currency
        return self._setting(money.currency_from, "money", "reporting_currency_from")

    def _setting(self, place: str, *path: str) -> str:
        with understood(self.mapping.at(*path), ".".join(path)):
            sql = self.asker.setting(place, *path).sql(self.asker.quote)
            rows = fetched(self.connection, sql, self.tenant)
        if rows.is_empty() and self.tenant is not None:
            told = f"{place.rsplit('.', 1)[0]} has no row of this tenant"
            raise DataError(self.mapping.fault("tenant-unknown", told, "tenant"))
        found = rows["value"].drop_nulls().unique().to_list()
        if len(found) != 1:
            told = f"{place} holds {len(found)} values for the firm"
            raise DataError(self.mapping.fault("setting-unclear", told, *path, allowed="one"))
        return str(found[0])

    def _whole(self) -> pl.Series | None:
        customers = self.mapping.inputs.get("customers")
        if customers is None or customers.where is None:
            return None
        asked = self.asker.input(customers, whole=True)
        ids = Asked(asked.path, asked.source, {"id": asked.expressions["customer_id"]})
        return self._rows(Asked(ids.path, ids.source, ids.expressions, asked.conditions))["id"]
