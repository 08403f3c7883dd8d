"""What tells one record from another: its own id, else all that it says and its number.

A key is a digest, the same on every machine and for good, so the same file twice gives the same
keys. Of n equal rows without an id each has a key of its own, by its number among them: of
several files that overlap, the greatest number of equal rows that any one had remains.
"""

from __future__ import annotations

from hashlib import blake2b

import polars as pl

from custrata.service.imports.faults import ROW
from custrata.service.imports.records import Record
from custrata.service.progress import Progress

_VERSION = "1"
_CHUNK = 250_000
_GROUP, _UNIT = "\x1e", "\x1f"
"""Signs that no text of a record holds."""


def own_key(record: str, *ids: object) -> bytes:
    """The key of a record that has an id of its own.

    Args:
        record: `transactions`, `contacts` ...
        ids: of the fields that `Record.own` names; a moment in microseconds.
    """
    return _digest(_UNIT.join((_VERSION, record, "id", *map(str, ids))).encode())


def with_keys(record: Record, frame: pl.DataFrame, progress: Progress) -> pl.DataFrame:
    """`frame` with `key`, each once: equal rows are numbered, unless they have one id.

    Args:
        frame: columns named as the table's; rows with the same id of their own are equal. `ROW`
            is no part of what a row says.
    """
    text, keys = _texts(record, frame).cast(pl.Binary), []
    for start in range(0, frame.height, _CHUNK):
        progress("compare", start, frame.height)
        chunk = frame.slice(start, _CHUNK).select(text).to_series()
        keys.append(pl.Series("key", list(map(_digest, chunk)), pl.Binary))
    key = pl.concat(keys) if keys else pl.Series("key", [], pl.Binary)
    frame = frame.with_columns(key)
    return frame if key.n_unique() == len(key) else _numbered(record, frame)


def _texts(record: Record, frame: pl.DataFrame) -> pl.Expr:
    """What a row's key is the digest of: its id, or all of its fields that are not empty."""
    head = _UNIT.join((_VERSION, record.name, ""))
    fields = [
        pl.concat_str(pl.lit(name + _GROUP), pl.col(name).cast(pl.String), pl.lit(_UNIT))
        for name in sorted(set(frame.columns) - {ROW})
    ]
    whole = pl.concat_str(pl.lit(f"{head}all{_UNIT}"), *fields, ignore_nulls=True)
    own = _own_columns(record, frame)
    if not own:
        return whole
    ids = pl.concat_str(*(pl.col(name).cast(pl.String) for name in own), separator=_UNIT)
    return pl.coalesce(pl.lit(f"{head}id{_UNIT}") + ids, whole)


def _own_columns(record: Record, frame: pl.DataFrame) -> list[str]:
    """The columns of a record's own id, where the frame has all of them."""
    names = [record.by_name[name].stored for name in record.own]
    return names if set(names) <= set(frame.columns) else []


def _numbered(record: Record, frame: pl.DataFrame) -> pl.DataFrame:
    twice = frame["key"].is_duplicated()
    single, repeated = frame.filter(~twice), frame.filter(twice)
    own = _own_columns(record, frame)
    named = pl.all_horizontal(pl.col(own).is_not_null()) if own else pl.lit(value=False)
    once = repeated.filter(named).unique("key", keep="first", maintain_order=True)
    others = repeated.filter(~named)
    pairs = others.select("key", pl.int_range(pl.len()).over("key").alias("number")).iter_rows()
    keys = [_digest(key + number.to_bytes(8, "big")) if number else key for key, number in pairs]
    return pl.concat([single, once, others.with_columns(pl.Series("key", keys, pl.Binary))])


def _digest(text: bytes) -> bytes:
    return blake2b(text, digest_size=16).digest()
