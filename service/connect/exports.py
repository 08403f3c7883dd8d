"""Files that a shop or a CRM exports, as a mapping names their columns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from custrata.engine.diagnostics import DataError, Diagnostic, nearest
from custrata.service.connect.asking import REMOVED
from custrata.service.connect.extract import Extract
from custrata.service.connect.model import CrmMapping, Input
from custrata.service.files import File, read
from custrata.service.progress import Progress, silent

_TOLD_ONCE = ("customer_id", "occurred_at", "amount", "refunded_amount", "currency", "status")
"""What all rows of a record tell alike, where they tell it."""
_SHOWN = 5


def extract_files(
    mapping: CrmMapping, files: Mapping[str, Path], progress: Progress = silent
) -> Extract:
    """Read the files of a mapping of the kind `files`.

    Args:
        files: by record; a record of the mapping may be read from another's file.

    Raises:
        DataError: a file that is not given or cannot be read, or that lacks a column.
    """
    wanted = {record: _file_of(mapping, one) for record, one in mapping.inputs.items()}
    there = {record: source for record, source in wanted.items() if source in files}
    unread = [record for record in files if record not in there.values()]
    if unread or not there:
        raise DataError(_not_given(mapping, wanted, unread))
    sources: dict[str, File] = {}
    for done, name in enumerate(dict.fromkeys(there.values())):
        progress("read", done, len(files))
        sources[name] = read(files[name], name)
    progress("read", len(files), len(files))
    frames, faults = {}, []
    for record, name in there.items():
        found = _record(mapping, mapping.inputs[record], sources[name])
        if isinstance(found, list):
            faults += found
        else:
            frames[record] = found
    if faults:
        raise DataError(faults)
    return Extract(frames, zone=mapping.time.zone, currency=mapping.money.currency)


def _file_of(mapping: CrmMapping, one: Input) -> str:
    """The record whose option brings the file."""
    return one.source.variants.get("default", one.record)


def _not_given(mapping: CrmMapping, wanted: Mapping[str, str], unread: list[str]) -> Diagnostic:
    options = ", ".join(f"--{name.replace('_', '-')}" for name in dict.fromkeys(wanted.values()))
    told = "the mapping needs other files"
    if unread:
        told = f"the mapping {mapping.name} reads no file of {', '.join(unread)}"
    return mapping.fault("mapping-files", told, allowed=options)


def _record(mapping: CrmMapping, one: Input, source: File) -> pl.DataFrame | list[Diagnostic]:
    """The columns of a record under our names; or what is missing."""
    there = list(source.columns)
    wanted = dict(one.columns) | ({REMOVED: one.removed_when} if one.removed_when else {})
    faults = [
        _missing(mapping, one.record, name, sql.headers, there, source)
        for name, sql in wanted.items()
        if not set(sql.headers) & set(there)
    ]
    if one.collapse and one.collapse not in there:
        faults.append(_missing(mapping, one.record, "collapse", (one.collapse,), there, source))
    if faults:
        return faults
    rows = _text(source)
    given = [
        pl.coalesce(header for header in sql.headers if header in there).alias(name)
        for name, sql in wanted.items()
    ]
    if one.collapse is None:
        return rows.select(given)
    rows = rows.drop_nulls(one.collapse)
    unlike = _unlike(mapping, one, rows, rows.select(given)) if one.record != "customers" else []
    return unlike or _collapsed(rows, one.collapse).select(given)


def _collapsed(rows: pl.DataFrame, key: str) -> pl.DataFrame:
    """One row of those with the same key, of each column the first that is filled."""
    first = pl.all().exclude(key).drop_nulls().first()
    return rows.group_by(key, maintain_order=True).agg(first)


def _unlike(
    mapping: CrmMapping, one: Input, rows: pl.DataFrame, given: pl.DataFrame
) -> list[Diagnostic]:
    """Rows of one key that are not of one record, as of two shops that count alike."""
    key = str(one.collapse)
    same = pl.all().exclude("key").drop_nulls().n_unique() > 1
    told_once = given.select(name for name in _TOLD_ONCE if name in given.columns)
    groups = told_once.with_columns(key=rows[key]).group_by("key", maintain_order=True).agg(same)
    unlike = groups.filter(pl.any_horizontal(pl.all().exclude("key")))
    if unlike.is_empty():
        return []
    shown = ", ".join(unlike["key"].head(_SHOWN))
    more = f" and {len(unlike) - _SHOWN:,} more" if len(unlike) > _SHOWN else ""
    names = [name for name in told_once.columns if unlike[name].any()]
    told = f"{one.record}: rows of one {key} differ in {', '.join(names)}: {shown}{more}"
    allowed = "a column that is of one record alone"
    return [mapping.fault("collapse-differs", told, one.record, "collapse", allowed=allowed)]


def _text(source: File) -> pl.DataFrame:
    """All rows as text; null where nothing stands."""
    frame = source.frame
    if isinstance(frame, Path | str):
        frame = pl.read_parquet(frame)
    texts = frame.select(
        pl.col(theirs).alias(ours) for ours, theirs in source.columns.items()
    ).with_columns(pl.all().cast(pl.String).str.strip_chars())
    filled: pl.DataFrame = texts.with_columns(
        pl.when(pl.all() != "").then(pl.all()).otherwise(None).name.keep()
    )
    return filled


def _missing(
    mapping: CrmMapping,
    record: str,
    name: str,
    headers: tuple[str, ...],
    there: list[str],
    source: File,
) -> Diagnostic:
    aside = {"collapse": "collapse", REMOVED: "removed_when"}
    path = (record, aside[name]) if name in aside else (record, "columns", name)
    shown = " or ".join(map(repr, headers))
    told = f"{'.'.join(path)}: {source.name} has no column {shown}"
    close = nearest(headers[0], there)
    found = mapping.fault("column-missing", told, *path, allowed=", ".join(there))
    return Diagnostic(found.code, found.message, found.severity, found.mark, found.allowed, close)
