"""Customers: attributes, stage, owner and groups, against what the store holds of them.

The host's own attributes are kept as one value, so what differs is found here rather than by the
database.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from sqlalchemy import Connection, Table, delete, select

from custrata.engine.values import canonical, spelling
from custrata.service.imports.present import tell_lifted
from custrata.service.imports.records import CUSTOMER, RECORDS
from custrata.service.imports.results import Counts, Entry
from custrata.service.imports.rows import OWN, Rows
from custrata.store import bulk
from custrata.store.folding import fold
from custrata.store.models import Group, Membership, OwnerChange, StageChange
from custrata.store.models.base import Base
from custrata.store.words import keep_words

_TABLE = RECORDS["customers"].table
_ATTRIBUTES, _GROUPS, _CONSENT = "attributes", "groups", "consent"
_OVERLAYS = ("overlay", "overlay_by")
_HISTORIES: Mapping[str, type[Base]] = {"stage": StageChange, "owner": OwnerChange}
_PAIR = {"group_id": pl.Int64, CUSTOMER: pl.String}
_CALLED = ("name", "phone")
"""By which a customer is found."""
_LONGEST = 255


@dataclass(frozen=True)
class Difference:
    """What a file says of customers that the store does not hold.

    Attributes:
        rows: of new and differing customers: `columns`, whether `new`, and what is held of them,
            by `_held`.
        columns: the table's, of which the file speaks.
        joins, leaves: `group_id` and `customer_id`.
    """

    rows: pl.DataFrame
    columns: tuple[str, ...]
    counts: Counts
    joins: pl.DataFrame
    leaves: pl.DataFrame


def compare(connection: Connection, rows: Rows) -> Difference:
    """What is new, and what differs; what a file does not speak of stays as it is."""
    given = rows.frame
    ids = bulk.staged(connection, _TABLE, given.select(CUSTOMER))
    own = [name for name in given.columns if name.startswith(OWN)]
    plain = [name for name in given.columns if name not in (CUSTOMER, _GROUPS, *own)]
    columns = (*plain, *([_ATTRIBUTES] if own else []))
    frame = given.join(_stored(connection, ids, columns), on=CUSTOMER, how="left")
    if own:
        frame = frame.with_columns(_attributes(frame, own)).drop(own)
    if _CONSENT in plain:
        frame = frame.with_columns(pl.coalesce(_CONSENT, _refusal(_held(_CONSENT))))
    joins, leaves = _moves(connection, ids, given)
    moved = pl.concat([joins[CUSTOMER], leaves[CUSTOMER]]).unique().implode()
    differs = pl.any_horizontal(
        pl.col(CUSTOMER).is_in(moved), *(pl.col(name).ne_missing(_held(name)) for name in columns)
    )
    frame = frame.with_columns(new=pl.col("known").is_null(), differs=differs)
    changed = frame.filter(pl.col("new") | pl.col("differs"))
    new = changed.filter("new").height
    counts = Counts(new, changed.height - new, frame.height - changed.height)
    return Difference(changed, columns, counts, joins, leaves)


def land(connection: Connection, difference: Difference, entry: Entry) -> None:
    """Write it."""
    columns = [pl.col(name) for name in difference.columns]
    if "stage" in difference.columns:
        moved = pl.col("stage").ne_missing(_held("stage"))
        columns += [pl.when(~moved).then(_held(name)).alias(name) for name in _OVERLAYS]
    frame = difference.rows.select(
        CUSTOMER, *columns, fact_seq=pl.lit(entry.number, pl.Int64)
    ).sort(CUSTOMER)
    if "name" in difference.columns:
        folded = [None if name is None else fold(name)[:_LONGEST] for name in frame["name"]]
        frame = frame.with_columns(pl.Series("name_fold", folded, pl.String))
    bulk.merge(connection, _TABLE, frame, (CUSTOMER,), compared=("fact_seq",))
    _keep_words(connection, difference)
    for name, model in _HISTORIES.items():
        if name in difference.columns:
            bulk.insert(connection, _table(model), _changes(difference.rows, name, entry))
    if "stage" in difference.columns:
        tell_lifted(connection, _uncovered(difference.rows), entry)
    _move(connection, difference, entry)


def _keep_words(connection: Connection, difference: Difference) -> None:
    """Have customers found by what they are called now."""
    called = [name for name in _CALLED if name in difference.columns]
    moved = pl.any_horizontal(False, *(pl.col(one).ne_missing(_held(one)) for one in called))
    rows = difference.rows.filter(moved)
    new = pl.col("new")
    keep_words(connection, rows.filter(new)[CUSTOMER], rows.filter(~new)[CUSTOMER])


def _held(name: str) -> pl.Expr:
    """What the store holds."""
    return pl.col(f"held:{name}")


def _refusal(consent: pl.Expr) -> pl.Expr:
    """A refusal that is held: who says nothing does not take it back."""
    return pl.when(~consent.cast(pl.Boolean)).then(pl.lit(value=False))


def _table(model: type[Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


def _stored(connection: Connection, ids: Table, columns: tuple[str, ...]) -> pl.DataFrame:
    """What the store holds of customers who are known."""
    names = [*columns, *(_OVERLAYS if "stage" in columns else ())]
    query = select(*(_TABLE.c[name] for name in (CUSTOMER, *names)))
    frame = bulk.read(connection, query.join(ids, ids.c[CUSTOMER] == _TABLE.c[CUSTOMER]))
    return frame.rename({name: f"held:{name}" for name in names}).with_columns(known=True)


def _changes(rows: pl.DataFrame, name: str, entry: Entry) -> pl.DataFrame:
    """Rows of history: who had a stage or an owner, and has another one now.

    What was not known before is no change: nobody did anything on that day.
    """
    moved = _held(name).is_not_null() & pl.col(name).ne_missing(_held(name))
    how = {"how": pl.lit("set")} if name == "stage" else {}
    return rows.filter(moved).select(
        CUSTOMER,
        _held(name).alias(f"from_{name}"),
        pl.col(name).alias(f"to_{name}"),
        changed_at=pl.lit(entry.moment, pl.Int64),
        recorded_at=pl.lit(entry.moment, pl.Int64),
        import_id=pl.lit(entry.import_id, pl.Int64),
        by=pl.lit(entry.by),
        why=pl.lit("import"),
        **how,
    )


def _uncovered(rows: pl.DataFrame) -> pl.DataFrame:
    """Who gets another stage below one that rules laid, which a new stage lifts."""
    lifted = _held("overlay").is_not_null() & pl.col("stage").ne_missing(_held("stage"))
    return rows.filter(lifted).select(CUSTOMER, "stage", overlay=_held("overlay"))


# --- attributes of the host's own ---------------------------------------------------------


def _attributes(frame: pl.DataFrame, own: list[str]) -> pl.Series:
    """All attributes as JSON, with what the file says of some of them."""
    names = [name.removeprefix(OWN) for name in own]
    rows = zip(frame[f"held:{_ATTRIBUTES}"], frame.select(own).iter_rows(), strict=True)
    merged = [_merged(held, dict(zip(names, said, strict=True))) for held, said in rows]
    return pl.Series(_ATTRIBUTES, merged, pl.String)


def _merged(held: str | None, said: Mapping[str, str | None]) -> str | None:
    """The attributes held, and those said; the held text itself where nothing differs."""
    known: dict[str, Any] = json.loads(held) if held else {}
    if all(_spelt(known.get(name)) == text for name, text in said.items()):
        return held
    merged = {name: value for name, value in {**known, **said}.items() if value is not None}
    return json.dumps(merged, ensure_ascii=False, sort_keys=True) if merged else None


def _spelt(value: Any) -> str | None:
    """An attribute as a file would spell it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    found = canonical(value)
    return None if found is None else spelling(found)


# --- groups -------------------------------------------------------------------------------


def _moves(
    connection: Connection, ids: Table, given: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Who joins and who leaves groups that are filled by hand."""
    nobody = pl.DataFrame(schema=_PAIR)
    if _GROUPS not in given.columns:
        return nobody, nobody
    listed = given.select(CUSTOMER, group_id=pl.col(_GROUPS))
    wanted = listed.explode("group_id").drop_nulls().select(list(_PAIR))
    members, groups = _table(Membership), _table(Group)
    query = (
        select(members.c.group_id, members.c[CUSTOMER])
        .join(ids, ids.c[CUSTOMER] == members.c[CUSTOMER])
        .join(groups, groups.c.id == members.c.group_id)
        .where(groups.c.rule.is_(None))
    )
    there = bulk.read(connection, query)
    pair = list(_PAIR)
    return wanted.join(there, on=pair, how="anti"), there.join(wanted, on=pair, how="anti")


def _move(connection: Connection, difference: Difference, entry: Entry) -> None:
    members = _table(Membership)
    joins = difference.joins.with_columns(
        since=pl.lit(entry.moment, pl.Int64), by=pl.lit(entry.by, pl.String)
    )
    bulk.merge(connection, members, joins.sort("group_id", CUSTOMER), tuple(_PAIR), compared=())
    if difference.leaves.is_empty():
        return
    left = bulk.staged(connection, members, difference.leaves)
    same = (left.c.group_id == members.c.group_id) & (left.c[CUSTOMER] == members.c[CUSTOMER])
    connection.execute(delete(members).where(select(1).where(same).correlate(members).exists()))
