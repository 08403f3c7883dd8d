"""The stage and the owner that customers have now, out of a history that was imported."""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection, select

from custrata.service.imports.records import CUSTOMER, RECORDS, Record
from custrata.service.imports.results import Entry
from custrata.store import bulk

_TABLE = RECORDS["customers"].table
_SET = {"stage_changes": "stage", "owner_changes": "owner"}


def is_history(record: Record) -> bool:
    """Whether rows of a record tell what a customer's present stage or owner is."""
    return record.name in _SET


def settle(connection: Connection, record: Record, touched: pl.DataFrame, entry: Entry) -> None:
    """Bring customers to what their latest change says, where this import brought it.

    A later change that rules laid over stays over it.
    """
    name = _SET[record.name]
    changes = _changes(connection, record, touched, entry).sort("changed_at", "id")
    chosen = changes.filter(pl.col("how") == "set") if name == "stage" else changes
    mine = pl.col("import_id") == entry.import_id
    latest = chosen.group_by(CUSTOMER).last().filter(mine)
    values = latest.select(CUSTOMER, pl.col(f"to_{name}").alias(name))
    if name == "stage":
        topmost = changes.group_by(CUSTOMER).last().filter(mine).select(CUSTOMER, lifted=True)
        values = _lifted(connection, values.join(topmost, on=CUSTOMER, how="left"), entry)
    bulk.merge(connection, _TABLE, values.sort(CUSTOMER), (CUSTOMER,))


def _changes(
    connection: Connection, record: Record, touched: pl.DataFrame, entry: Entry
) -> pl.DataFrame:
    """All changes of the customers, up to now."""
    ids = bulk.staged(connection, _TABLE, touched.select(CUSTOMER))
    table = record.table
    names = [CUSTOMER, "changed_at", "id", "import_id", f"to_{_SET[record.name]}"]
    names += ["how"] if "how" in table.c else []
    query = select(*(table.c[name] for name in names)).where(table.c.changed_at <= entry.at)
    return bulk.read(connection, query.join(ids, ids.c[CUSTOMER] == table.c[CUSTOMER]))


def _lifted(connection: Connection, values: pl.DataFrame, entry: Entry) -> pl.DataFrame:
    """Stages with what lies over them, which a newer change lifts."""
    ids = bulk.staged(connection, _TABLE, values.select(CUSTOMER))
    query = select(_TABLE.c[CUSTOMER], _TABLE.c.overlay, _TABLE.c.overlay_by)
    held = bulk.read(connection, query.join(ids, ids.c[CUSTOMER] == _TABLE.c[CUSTOMER]))
    kept = pl.col("lifted").is_null()
    over = (pl.when(kept).then(name).alias(name) for name in ("overlay", "overlay_by"))
    joined = values.join(held, on=CUSTOMER, how="left")
    tell_lifted(connection, joined.filter("lifted", pl.col("overlay").is_not_null()), entry)
    return joined.with_columns(over).drop("lifted")


def tell_lifted(connection: Connection, rows: pl.DataFrame, entry: Entry) -> None:
    """Write into the history that an import lifted stages which rules had laid.

    Args:
        rows: `customer_id`, the `overlay` that showed, and the `stage` that shows now.
    """
    changes = rows.select(
        CUSTOMER,
        from_stage="overlay",
        to_stage="stage",
        changed_at=pl.lit(entry.moment, pl.Int64),
        recorded_at=pl.lit(entry.moment, pl.Int64),
        import_id=pl.lit(entry.import_id, pl.Int64),
        by=pl.lit(entry.by),
        how=pl.lit("lift"),
        why=pl.lit("import"),
    )
    bulk.insert(connection, RECORDS["stage_changes"].table, changes)
