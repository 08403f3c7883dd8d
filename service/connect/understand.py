"""From rows as a CRM has them to the records that the engine reads; and what is wrong with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from custrata.engine.diagnostics import Diagnostic, Severity
from custrata.engine.facts import records
from custrata.engine.facts.words import NO, YES
from custrata.service.connect.amounts import priced
from custrata.service.connect.asking import REMOVED, TENANT
from custrata.service.connect.extract import Extract
from custrata.service.connect.model import COMPLETED, REFUNDED, CrmMapping
from custrata.service.connect.moments import timed
from custrata.service.connect.words import many

_DATED = {one.name: str(one.time) for one in records.DATED}
_IDS = {"transactions": "transaction_id", "contacts": "contact_id"}
_SHOWN, _SIGNS = 5, 40


@dataclass(frozen=True)
class Found:
    """What was found of a record.

    Attributes:
        rows: as the CRM has them. read: that are handed on.
        first, last: days of those.
        statuses: by the CRM's word, what it means (None where that is not said) and how many.
        currencies: how many rows of each, before they were brought to one.
    """

    rows: int
    read: int
    first: date | None = None
    last: date | None = None
    statuses: Mapping[str, tuple[str | None, int]] = field(default_factory=dict)
    currencies: Mapping[str, int] = field(default_factory=dict)


@dataclass
class Understood:
    """Records, and what there is to say of them.

    Attributes:
        frames: by record. found: by record.
        removed: ids of customers whom the CRM calls removed.
        faults: errors where frames must not be used.
    """

    frames: dict[str, pl.DataFrame] = field(default_factory=dict)
    found: dict[str, Found] = field(default_factory=dict)
    removed: pl.Series = field(default_factory=lambda: pl.Series("customer_id", [], pl.String))
    faults: list[Diagnostic] = field(default_factory=list)

    @property
    def errors(self) -> list[Diagnostic]:
        """What stands in the way."""
        return [one for one in self.faults if one.severity is Severity.ERROR]


def understand(mapping: CrmMapping, extract: Extract, tenant: str | None = None) -> Understood:
    """The records of an extract; never raises for what is in it."""
    work = _Work(mapping, extract, tenant)
    if "customers" in extract.frames:
        work.customers()
    for record in extract.frames:
        if record != "customers":
            work.record(record)
    return work.done


class _Work:
    """One extract on its way; customers come first."""

    def __init__(self, mapping: CrmMapping, extract: Extract, tenant: str | None):
        self.mapping, self.extract, self.tenant = mapping, extract, tenant
        self.done = Understood()

    def customers(self) -> None:
        """One row a customer, with their lists."""
        frame = _tidy(self.extract.frames["customers"])
        rows = len(frame)
        frame = self._with_customer("customers", frame)
        self._twice("customers", frame, "customer_id", "customer-twice")
        if self.tenant is not None and frame.is_empty():
            told = "there are no customers of this tenant"
            self._remark("tenant-unknown", told, "tenant")
        elif self.tenant is not None and self._is_everybodys():
            told = "no row is this tenant's own"
            self._remark("tenant-unknown", told, "tenant", allowed="the id of a firm that is there")
        frame = self._removed(frame)
        frame = self._timed("customers", frame)
        for name, pairs in self.extract.lists.items():
            listed = _tidy(pairs).drop_nulls().unique().sort("customer_id", "value")
            values = listed.group_by("customer_id", maintain_order=True).agg(
                pl.col("value").alias(name)
            )
            empty = pl.col(name).fill_null(pl.lit([], pl.List(pl.String)))
            frame = frame.join(values, on="customer_id", how="left").with_columns(empty)
        self._keep("customers", frame, rows)

    def _is_everybodys(self) -> bool:
        """Whether all that was read is of no tenant, as for a firm that is not there."""
        frames = self.extract.frames.values()
        return all(one[TENANT].null_count() == len(one) for one in frames if TENANT in one.columns)

    def record(self, record: str) -> None:
        """Facts of customers who are read, of statuses that count, in one currency."""
        frame = _tidy(self.extract.frames[record])
        rows = len(frame)
        frame = self._with_customer(record, frame)
        frame = self._of_tenant(record, frame)
        frame = frame.join(self.done.removed.to_frame(), on="customer_id", how="anti")
        if REMOVED in frame.columns:
            frame = self._flagged(record, frame).filter(~pl.col("removed")).drop("removed")
        frame, statuses = self._counting(record, frame)
        if record in _IDS and _IDS[record] in frame.columns:
            self._twice(record, frame, _IDS[record], "record-twice")
        frame = self._timed(record, frame)
        self._need_time(record, frame)
        there = Counter(frame["currency"].drop_nulls()) if "currency" in frame.columns else {}
        frame, faults = priced(self.mapping, record, frame, self.extract.currency)
        self.done.faults += faults
        gone = [name for name in ("status", "fx_rate", "refunded_amount") if name in frame.columns]
        self._keep(record, frame.drop(gone), rows, statuses, dict(sorted(there.items())))

    def _with_customer(self, record: str, frame: pl.DataFrame) -> pl.DataFrame:
        missing = frame["customer_id"].null_count()
        if missing:
            told = many(missing, "row names no customer, and is", "rows name no customer, and are")
            told = f"{record}: {told} left out"
            place = (record, "columns", "customer_id")
            self._remark("customer-missing", told, *place, severity=Severity.WARNING)
        return frame.drop_nulls("customer_id")

    def _flagged(self, record: str, frame: pl.DataFrame) -> pl.DataFrame:
        """With `removed` instead of what the CRM says of it."""
        said = pl.col(REMOVED).str.to_lowercase()
        wrong = frame.filter(~said.is_in((*YES, *NO)))[REMOVED]
        if len(wrong):
            told = many(len(wrong), "value is neither yes nor no", "values are neither yes nor no")
            told = f"{record}.removed_when: {told}, such as {str(wrong[0])[:_SIGNS]!r}"
            allowed = "a condition, or true and false, 1 and 0, yes and no"
            self._remark("removed-unreadable", told, record, "removed_when", allowed=allowed)
        flag = said.is_in(YES).fill_null(value=False)
        return frame.with_columns(flag.alias("removed")).drop(REMOVED)

    def _removed(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Customers whom the CRM calls removed, treated as the mapping says."""
        if REMOVED not in frame.columns:
            return frame
        frame = self._flagged("customers", frame)
        count = int(frame["removed"].sum())
        said = self.mapping.inputs["customers"].removed
        place = ("customers", "removed_when")
        if said is None and count:
            told = many(count, "customer is removed, and is", "customers are removed, and are")
            told += " classified, since nothing else is said"
            allowed = "customers.removed: skip, classify or erase"
            self._remark("removed-unsaid", told, *place, allowed=allowed, severity=Severity.WARNING)
        if said not in ("skip", "erase"):
            return frame
        self.done.removed = frame.filter("removed")["customer_id"]
        if said == "erase" and count:
            told = many(count, "removed customer is", "removed customers are")
            told += " left out; what is kept of them is to be erased"
            allowed = "`custrata erase` for each, where there is a store"
            self._remark("removed-erase", told, *place, allowed=allowed, severity=Severity.WARNING)
        return frame.filter(~pl.col("removed"))

    def _of_tenant(self, record: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Facts that do not tell their tenant are those of the tenant's customers."""
        known = self.done.frames.get("customers")
        if self.tenant is None or record not in self.extract.by_customers or known is None:
            return frame
        ids = pl.concat([known["customer_id"], self.done.removed]).to_frame()
        return frame.join(ids, on="customer_id", how="semi")

    def _counting(
        self, record: str, frame: pl.DataFrame
    ) -> tuple[pl.DataFrame, dict[str, tuple[str | None, int]]]:
        """Rows of statuses that count, with our words; every status with its meaning."""
        meaning = self.mapping.inputs[record].status_map
        if meaning is None or "status" not in frame.columns:
            return frame, {}
        counts = Counter(text or "" for text in frame["status"].to_list())
        found = {text: (meaning.get(text), rows) for text, rows in sorted(counts.items())}
        unmapped = {text: rows for text, (ours, rows) in found.items() if ours is None}
        if unmapped:
            shown = ", ".join(
                f"{repr(text) if text else 'rows without one'} ({rows:,})"
                for text, rows in unmapped.items()
            )
            told = f"{record}: the status_map says nothing of {shown}"
            allowed = "completed, refunded, open or cancelled for each"
            allowed += '; rows without one are ""' if "" in unmapped else ""
            self._remark("status-unmapped", told, record, "status_map", allowed=allowed)
        given = pl.col("status").fill_null("")
        ours = given.replace_strict(dict(meaning), default=None, return_dtype=pl.String)
        frame = frame.with_columns(status=ours)
        return frame.filter(pl.col("status").is_in([COMPLETED, REFUNDED])), found

    def _twice(self, record: str, frame: pl.DataFrame, key: str, code: str) -> None:
        ids = frame[key].drop_nulls()
        twice = ids.filter(ids.is_duplicated()).unique().sort()
        if len(twice):
            shown = ", ".join(twice.head(_SHOWN).to_list())
            more = f" and {len(twice) - _SHOWN:,} more" if len(twice) > _SHOWN else ""
            told = f"{record}: {key} is there more than once: {shown}{more}"
            allowed = "one row each; a join may multiply rows"
            self._remark(code, told, record, "columns", key, allowed=allowed)

    def _timed(self, record: str, frame: pl.DataFrame) -> pl.DataFrame:
        frame, faults = timed(self.mapping, record, frame, self.extract.zone)
        self.done.faults += faults
        return frame

    def _need_time(self, record: str, frame: pl.DataFrame) -> None:
        raw = frame[_DATED[record]]
        broken = any(one.code == "time-unreadable" for one in self.done.faults)
        if raw.null_count() and not broken:
            told = many(
                raw.null_count(), "row does not say when it was", "rows do not say when they were"
            )
            told = f"{record}: {told}"
            allowed = "a column that is always filled, or a where that leaves them out"
            self._remark("time-missing", told, record, "columns", _DATED[record], allowed=allowed)

    def _keep(
        self,
        record: str,
        frame: pl.DataFrame,
        rows: int,
        statuses: Mapping[str, tuple[str | None, int]] | None = None,
        currencies: Mapping[str, int] | None = None,
    ) -> None:
        time = _DATED.get(record)
        days = frame[time].cast(pl.Date) if time and frame.schema[time].is_temporal() else None
        first, last = (days.min(), days.max()) if days is not None and len(days) else (None, None)
        assert first is None or isinstance(first, date)
        assert last is None or isinstance(last, date)
        self.done.frames[record] = frame.drop(TENANT, strict=False)
        self.done.found[record] = Found(
            rows, len(frame), first, last, statuses or {}, currencies or {}
        )

    def _remark(
        self,
        code: str,
        told: str,
        *path: str,
        allowed: str | None = None,
        severity: Severity = Severity.ERROR,
    ) -> None:
        self.done.faults.append(
            self.mapping.fault(code, told, *path, allowed=allowed, severity=severity)
        )


def _tidy(frame: pl.DataFrame) -> pl.DataFrame:
    """Texts trimmed; null where nothing is left."""
    texts = pl.col(pl.String).str.strip_chars()
    return frame.with_columns(pl.when(texts != "").then(texts).otherwise(None).name.keep())
