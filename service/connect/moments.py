"""Moments as a CRM keeps them, brought to the clock of the firm's zone."""

from __future__ import annotations

import polars as pl

from custrata.engine.diagnostics import Diagnostic, Severity
from custrata.service.connect.model import CrmMapping
from custrata.service.connect.words import many

TIMES = frozenset(
    ("occurred_at", "answered_at", "changed_at", "opened_at", "created_at", "updated_at", "due_at")
)
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_NAIVE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?$"
_OFFSET = r"(:[0-9]{2}(?:\.[0-9]+)?) ?(Z|[+-][0-9]{2}(?::?[0-9]{2})?)$"
_ALLOWED = "2026-11-21, 2026-11-21 23:30:00, 2026-11-21 23:30:00+07:00"
_SHOWN = 40
_FULL = 16
"""Signs of a time that tells no seconds."""


def timed(
    mapping: CrmMapping, record: str, frame: pl.DataFrame, zone: str | None
) -> tuple[pl.DataFrame, list[Diagnostic]]:
    """A frame whose times are dates, or moments by the clock of the zone; and what is wrong."""
    faults: list[Diagnostic] = []
    for name in frame.columns:
        if name in TIMES:
            column, wrong = _column(mapping, (record, "columns", name), frame[name], zone)
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
    clear = texts.str.replace(_OFFSET, "$1").str.replace("T", " ", literal=True)
    moments = _parsed(clear)
    offset = texts.str.extract(_OFFSET, 2)
    aware = (~dates & ~naive).fill_null(value=False)
    told = _kept_otherwise(mapping, path, int(naive.sum() or 0), int(aware.sum() or 0))
    utc = moments - _distance(offset)
    from_zone = {"naive_utc": "UTC", "local": zone}.get(stored, "UTC")
    rows = pl.DataFrame({"day": dates, "aware": aware, "moment": moments, "utc": utc})
    local = _local(pl.col("moment"), from_zone, zone)
    found = rows.select(
        pl.when("day")
        .then("moment")
        .when("aware")
        .then(_local(pl.col("utc"), "UTC", zone))
        .otherwise(local)
        .alias(texts.name)
    ).to_series()
    return found, told + _unreadable(mapping, path, texts, found)


def _parsed(texts: pl.Series) -> pl.Series:
    """Dates are midnight; times without seconds have none."""
    whole = (
        pl.when(pl.col("t").str.len_chars() == _FULL)
        .then(pl.col("t") + ":00")
        .when(pl.col("t").str.contains(_DATE))
        .then(pl.col("t") + " 00:00:00")
        .otherwise(pl.col("t"))
    )
    spelt = whole.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)
    return texts.alias("t").to_frame().select(spelt).to_series()


def _distance(offsets: pl.Series) -> pl.Series:
    """From UTC; none where none is told."""
    digits = offsets.str.replace_all("[^0-9]", "").str.pad_end(4, "0")
    hours = digits.str.slice(0, 2).cast(pl.Int64, strict=False)
    minutes = digits.str.slice(2, 2).cast(pl.Int64, strict=False)
    sign = offsets.str.starts_with("-").fill_null(value=False)
    total = (hours * 60 + minutes).fill_null(0)
    signed = total * (1 - 2 * sign.cast(pl.Int64))
    return (signed * 60_000_000).cast(pl.Duration("us"))


def _local(moment: pl.Expr, stored: str | None, zone: str | None) -> pl.Expr:
    """By the clock of the zone; as they stand where both are the same, or none is known."""
    if stored == zone or zone is None:
        return moment
    there = moment.dt.replace_time_zone(stored, ambiguous="earliest", non_existent="null")
    return there.dt.convert_time_zone(zone).dt.replace_time_zone(
        None, ambiguous="earliest", non_existent="null"
    )


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
