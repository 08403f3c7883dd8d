"""Moments as a CRM keeps them, brought to the clock of the firm's zone."""

from __future__ import annotations

import polars as pl

from custrata.engine.backends.polars import from_text
from custrata.engine.diagnostics import Diagnostic, Severity
from custrata.service.connect.model import CrmMapping
from custrata.service.connect.words import many

TIMES = frozenset(
    ("occurred_at", "answered_at", "changed_at", "opened_at", "created_at", "updated_at", "due_at")
)
_NEVER = r"^0000-00-00"
"""What MariaDB keeps where a date is missing."""
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_NAIVE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?$"
_OFFSET = r"(:[0-9]{2}(?:\.[0-9]+)?) ?(Z|[+-][0-9]{2}(?::?[0-9]{2})?)$"
_ALLOWED = "2026-11-21, 2026-11-21 23:30:00, 2026-11-21 23:30:00+07:00"
_SHOWN = 40


def timed(
    mapping: CrmMapping, record: str, frame: pl.DataFrame, zone: str | None
) -> tuple[pl.DataFrame, list[Diagnostic]]:
    """A frame whose times are dates, or moments by the clock of the zone; and what is wrong."""
    faults: list[Diagnostic] = []
    for name in frame.columns:
        if name in TIMES:
            texts = frame.select(pl.when(~pl.col(name).str.contains(_NEVER)).then(name)).to_series()
            column, wrong = _column(mapping, (record, "columns", name), texts, zone)
            frame = frame.with_columns(column.alias(name))
            faults += wrong
    return frame, faults


def _column(
    mapping: CrmMapping, path: tuple[str, ...], texts: pl.Series, zone: str | None
) -> tuple[pl.Series, list[Diagnostic]]:
    given = texts.drop_nulls().len()
    dates, naive = texts.str.contains(_DATE), texts.str.contains(_NAIVE)
    if dates.sum() == given:
        found = texts.str.to_date("%Y-%m-%d", strict=False)
        return found, _unreadable(mapping, path, texts, found)
    stored = mapping.time.stored
    aware = texts.str.contains(_OFFSET)
    told = _kept_otherwise(mapping, path, int(naive.sum() or 0), int(aware.sum() or 0))
    iso = pl.col(texts.name).str.replace(_OFFSET, "$1$2")
    if stored != "local":
        iso = pl.when(naive).then(iso + "Z").otherwise(iso)
    found = texts.to_frame().select(from_text(iso, zone or "UTC").alias(texts.name)).to_series()
    return found, told + _unreadable(mapping, path, texts, found)


def _kept_otherwise(
    mapping: CrmMapping, path: tuple[str, ...], naive: int, aware: int
) -> list[Diagnostic]:
    stored, what = mapping.time.stored, ".".join((path[0], path[-1]))
    if naive and stored == "timestamptz":
        told = f"{what}: {many(naive, 'time has', 'times have')} no offset"
        told += ", and the mapping says that all have one"
        allowed = "time.stored: naive_utc or local"
        return [mapping.fault("naive-times", told, "time", "stored", allowed=allowed)]
    if aware and stored != "timestamptz":
        told = many(aware, "time has an offset, and was", "times have an offset, and were")
        told = f"{what}: {told} read by it; stored: {stored}"
        warned = Severity.WARNING
        return [mapping.fault("aware-times", told, "time", "stored", severity=warned)]
    return []


def _unreadable(
    mapping: CrmMapping, path: tuple[str, ...], texts: pl.Series, found: pl.Series
) -> list[Diagnostic]:
    wrong = texts.filter(texts.is_not_null() & found.is_null())
    if wrong.is_empty():
        return []
    shown = str(wrong[0])[:_SHOWN]
    told = many(len(wrong), "value is no time", "values are no time")
    told = f"{path[0]}.{path[-1]}: {told}, such as {shown!r}"
    return [mapping.fault("time-unreadable", told, *path, allowed=_ALLOWED)]
