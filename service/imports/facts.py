"""What happened: rows of facts beside their table, then into it; and whom they touch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, Table, and_, case, false, func, or_, select

from custrata.engine.diagnostics import DataError, Diagnostic
from custrata.service.amounts import MOST_DECIMALS
from custrata.service.imports.money import TOO_LARGE, scaled
from custrata.service.imports.present import is_history
from custrata.service.imports.records import CUSTOMER, RECORDS, Record
from custrata.service.imports.results import Counts
from custrata.service.imports.rows import Rows
from custrata.store import bulk

_CUSTOMERS = RECORDS["customers"].table


@dataclass(frozen=True)
class Staged:
    """Rows beside the table that they are for.

    Attributes:
        given: the temporary table that holds them.
        keys: columns that tell rows apart.
        compared: columns whose difference makes a row a changed one.
    """

    record: Record
    given: Table
    keys: tuple[str, ...]
    compared: tuple[str, ...]

    @property
    def table(self) -> Table:
        """Where the rows go."""
        return self.record.table

    @property
    def same_key(self) -> ColumnElement[bool]:
        """Whether two rows are one record."""
        return and_(*(self.table.c[key] == self.given.c[key] for key in self.keys))

    @property
    def new(self) -> ColumnElement[bool]:
        """Of an outer join: whether a row does not stand there yet."""
        return self.table.c[self.keys[0]].is_(None)

    @property
    def differs(self) -> ColumnElement[bool]:
        """Of a join: whether a row says something else than the one that stands there."""
        pairs = ((self.table.c[name], self.given.c[name]) for name in self.compared)
        return or_(false(), *(held.is_distinct_from(given) for held, given in pairs))


def looks_back(rows: Rows) -> bool:
    """Whether rows can be laid beside their table only with an eye on what stands in it."""
    columns = rows.frame.columns
    sales = rows.record.name == "transactions"
    return sales and "profit" not in columns and "transaction_id" in columns


def stage(connection: Connection, rows: Rows) -> Staged:
    """Lay rows beside their table.

    Raises:
        DataError: an amount does not fit on one scale with the profit that is stored.
    """
    record, frame = rows.record, rows.frame
    if looks_back(rows):
        frame = _with_profits(connection, record.table, frame)
    keys = record.own if record.natural else ("key",)
    compared = tuple(name for name in frame.columns if name not in keys)
    if not is_history(record):  # of histories the order counts; else the index is met in its own
        frame = frame.sort(*keys)
    given = bulk.staged(connection, record.table, frame)
    return Staged(record, given, keys, compared if rows.named else ())


def count(connection: Connection, rows: Rows, before: Sequence[Rows] = ()) -> Counts:
    """What would become of rows.

    Args:
        before: rows that would land first, and make customers known.
    """
    created = _strangers(connection, rows.frame, before) if rows.record.of_customers else 0
    if connection.scalar(select(1).select_from(rows.record.table).limit(1)) is None:
        return Counts(rows.frame.height, created=created)
    staged = stage(connection, rows)
    joined = staged.given.outerjoin(staged.table, staged.same_key)
    new, changed = staged.new, and_(~staged.new, staged.differs)
    counts = (func.count(), func.count(case((new, 1))), func.count(case((changed, 1))))
    total, fresh, differing = connection.execute(select(*counts).select_from(joined)).one()
    return Counts(fresh, differing, total - fresh - differing, created)


def standing(connection: Connection, staged: Staged) -> pl.DataFrame:
    """Of each staged row that has a `key`: whether it is `new`, and whether it `differs`."""
    joined = staged.given.outerjoin(staged.table, staged.same_key)
    query = select(
        staged.given.c.key,
        case((staged.new, 1), else_=0).label("new"),
        case((staged.differs, 1), else_=0).label("differs"),
    )
    return bulk.read(connection, query.select_from(joined))


def touched(connection: Connection, staged: Staged) -> pl.DataFrame:
    """The customers whom new and differing rows are about, or were about before."""
    given, held = staged.given.c[CUSTOMER], staged.table.c[CUSTOMER]
    joined = staged.given.outerjoin(staged.table, staged.same_key)
    moved = or_(staged.new, staged.differs)
    queries = [select(given).select_from(joined).where(moved)]
    if staged.compared:
        queries.append(select(held).select_from(joined).where(held != given))
    found = [bulk.read(connection, query.distinct()) for query in queries]
    return pl.concat(found).unique().sort(CUSTOMER)


def touch(connection: Connection, customers: pl.DataFrame, number: int) -> int:
    """Give touched customers their number; who was not known becomes so. How many that are."""
    frame = customers.with_columns(fact_seq=pl.lit(number, pl.Int64))
    return bulk.merge(connection, _CUSTOMERS, frame, (CUSTOMER,)).inserted


def land(connection: Connection, staged: Staged, shared: Mapping[str, Any]) -> Counts:
    """Write staged rows.

    Args:
        shared: what all rows say besides, by column.
    """
    done = bulk.merge_staged(
        connection, staged.table, staged.given, staged.keys, staged.compared, shared
    )
    return Counts(done.inserted, done.changed, done.same)


def _strangers(connection: Connection, frame: pl.DataFrame, before: Sequence[Rows]) -> int:
    """How many customers are not known yet."""
    ids = frame.select(CUSTOMER).unique()
    for rows in before:
        if rows.record.of_customers:
            ids = ids.join(rows.frame, on=CUSTOMER, how="anti")
    given = bulk.staged(connection, _CUSTOMERS, ids)
    joined = given.outerjoin(_CUSTOMERS, _CUSTOMERS.c[CUSTOMER] == given.c[CUSTOMER])
    query = select(func.count()).select_from(joined)
    return connection.scalar(query.where(_CUSTOMERS.c[CUSTOMER].is_(None))) or 0


def _with_profits(connection: Connection, table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """Stored profits beside the amounts of a file that says nothing of them.

    Amount and profit of a row share their scale, so a finer amount changes how both are kept.
    """
    keys = frame.filter(pl.col("transaction_id").is_not_null()).select("key")
    given = bulk.staged(connection, table, keys)
    query = select(table.c.key, table.c.profit, table.c.scale.label("held_scale"))
    joined = query.join(given, given.c.key == table.c.key).where(table.c.profit.is_not(None))
    held = bulk.read(connection, joined)
    if held.is_empty():
        return frame
    both = frame.join(held, on="key", how="left", maintain_order="left")
    finest = pl.lit(10, pl.Int128)
    units = both.select(
        amount=pl.col("amount").cast(pl.Int128) * finest.pow(MOST_DECIMALS - pl.col("scale")),
        profit=pl.col("profit").cast(pl.Int128) * finest.pow(MOST_DECIMALS - pl.col("held_scale")),
    )
    found = scaled(units.to_dict())
    if found["amount"].null_count():
        raise DataError(Diagnostic("amount-too-large", f"an amount is {TOO_LARGE}"))
    return both.drop("held_scale").with_columns(found.get_columns())
