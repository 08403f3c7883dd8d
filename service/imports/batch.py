"""Rows that a program sends: each taken or refused by itself, and whom they touch classified."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from custrata.engine.diagnostics import DataError, Diagnostic
from custrata.engine.values import canonical, spelling, trimmed
from custrata.service.amounts import extent, fits_anywhere
from custrata.service.customers.touched import AT_ONCE
from custrata.service.desk import Desk
from custrata.service.files import File
from custrata.service.imports import customers, facts
from custrata.service.imports.faults import ROW, WHY
from custrata.service.imports.guess import Guess, Match, Sure
from custrata.service.imports.known import known
from custrata.service.imports.land import write_rows
from custrata.service.imports.records import CUSTOMER, RECORDS, Kind, Record
from custrata.service.imports.results import Reading
from custrata.service.imports.rows import Forms, Rows, read_rows
from custrata.service.imports.sheet import Sheet
from custrata.service.progress import silent
from custrata.service.runs import Transition, reclassify
from custrata.service.runs.basis import last_full
from custrata.service.values import born, instant, past
from custrata.store.models import Customer
from custrata.store.sequence import take

INSERTED, CHANGED, SAME, REFUSED = STATES = ("inserted", "changed", "same", "refused")
ATTRIBUTES = "attributes"
"""The field of a customer's row that holds attributes of the host's own, by name."""
MOST, SHAPES = 10_000, 50
"""Rows that are taken at once, and different sets of fields that they may name."""
_BORN, _TO_COME = "birth_date", ("due_at",)
"""A day that is past, and moments that may be still to come."""
_NUMBERS = Forms(numbers="1,234.56")
_TYPES: Mapping[Kind, Any] = {
    Kind.MOMENT: pl.Datetime("us", "UTC"),
    Kind.DAY: pl.Date,
    Kind.MONEY: pl.Decimal(38, 9),
    Kind.BOOLEAN: pl.Boolean,
    Kind.GROUPS: pl.List(pl.String),
}


@dataclass(frozen=True)
class Outcome:
    """What became of a row.

    Attributes:
        index: its place in what was sent, from 0.
        state: one of `STATES`. faults: why it is refused; no word of what it says.
    """

    index: int
    state: str
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Batch:
    """What became of all.

    Attributes:
        outcomes: one for each row, in their order.
        touched: customers of whom something new is known.
        classified: whether they were at once; where they are more than `AT_ONCE`, or no run has
            landed yet, the next run does it. moved: labels that changed by it.
    """

    outcomes: tuple[Outcome, ...]
    touched: int
    classified: bool
    moved: tuple[Transition, ...]


def take_rows(desk: Desk, record: str, rows: Mapping[int, Mapping[str, Any]]) -> Batch:
    """Take in rows as an import does, and classify whom they touch.

    A row says nothing of the fields that it leaves out. Rows are read and landed in one
    transaction; a row that is refused keeps no other from landing. Other than in a file, what is
    still to come is refused, as where one fact is recorded.

    Args:
        record: a name of `RECORDS`.
        rows: by their places: values by field; texts, booleans, lists of texts, `Decimal`, dates,
            moments with their zones, None. `ATTRIBUTES` are scalars by name.

    Raises:
        DataError: more rows than `MOST`, or more sets of fields than `SHAPES`.
        StoreError: the database cannot be written; nothing was.
    """
    taken, untimely = _timely(RECORDS[record], rows, desk.now())
    shapes, twofold = _apart(_shapes(RECORDS[record], taken))
    early = (*untimely, *twofold)
    if not shapes:
        return Batch(_ordered(early), 0, classified=False, moved=())
    with desk.database.write() as session:
        first = take(session)  # from here on no import writes, and no other rows are taken
        found = [*early, *(one for shape in shapes for one in _land(session, desk, shape))]
        session.flush()
        theirs = Customer.fact_seq > first
        touched = session.scalar(select(func.count()).select_from(Customer).where(theirs)) or 0
        few = 0 < touched <= AT_ONCE and last_full(session) is not None
        ids = session.scalars(select(Customer.customer_id).where(theirs)).all() if few else ()
        moved = reclassify(session, desk, ids)
    return Batch(_ordered(found), touched, classified=few, moved=moved)


def _ordered(outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    return tuple(sorted(outcomes, key=lambda one: one.index))


def _timely(
    record: Record, rows: Mapping[int, Mapping[str, Any]], now: datetime
) -> tuple[dict[int, Mapping[str, Any]], list[Outcome]]:
    """The rows that tell of what has taken place, and the others as refused.

    A person who records one fact is refused too, but a file may tell of what is to come: nobody
    looks at each of its rows.
    """
    dated = [one.name for one in record.fields if one.kind is Kind.MOMENT or one.name == _BORN]
    taken, refused = {}, []
    for place, row in rows.items():
        try:
            for name in dated:
                if row.get(name) is not None:
                    _need_timely(name, row[name], now)
        except DataError as error:
            one = error.diagnostics[0]
            refused.append(Outcome(place, REFUSED, (_told(one.message, one.allowed),)))
        else:
            taken[place] = row
    return taken, refused


def _need_timely(name: str, value: Any, now: datetime) -> None:
    if name == _BORN:
        born(value, now)
    elif name in _TO_COME:
        instant(name, value)
    else:
        past(name, value, now)


def _told(fault: str, allowed: str | None) -> str:
    return f"{fault}; allowed: {allowed}" if allowed else fault


# --- rows that name the same fields -------------------------------------------------------


@dataclass(frozen=True)
class _Shape:
    """Rows that name the same fields, with their places."""

    record: Record
    names: tuple[str, ...]
    own: tuple[str, ...]
    rows: tuple[tuple[int, Mapping[str, Any]], ...]

    def sheet(self) -> Sheet:
        """The rows as if a file had brought them."""
        columns = [self._column(name) for name in (*self.names, *self.own)]
        frame = pl.DataFrame(columns)
        return Sheet(Path(f"{self.record.name}.json"), File("rows", frame), frame.lazy())

    def guess(self) -> Guess:
        """Each column goes where its name says."""
        matches = [Match(name, name, Sure.NAMED) for name in self.names]
        matches += [Match(name, name, Sure.OWN) for name in self.own]
        return Guess(self.record.name, True, tuple(matches), ())

    def is_plain(self) -> bool:
        """Whether all amounts go beside any that are there."""
        money = [name for name in self.record.money if name in self.names]
        amounts = (row[name] for _, row in self.rows for name in money)
        return all(one is None or fits_anywhere(one) for one in amounts)

    def _column(self, name: str) -> pl.Series:
        if name in self.own:
            texts = [_spelt(row[ATTRIBUTES].get(name)) for _, row in self.rows]
            return pl.Series(name, texts, pl.String)
        kind = _TYPES.get(self.record.by_name[name].kind, pl.String)
        return pl.Series(name, [row[name] for _, row in self.rows], kind)

    def keys(self) -> Iterator[tuple[Any, ...] | None]:
        """What names each row for good; None where it lacks a part of that."""
        for _, row in self.rows:
            parts = (row.get(name) for name in self.record.own)
            key = tuple(trimmed(one) if isinstance(one, str) else one for one in parts)
            yield key if key and None not in key else None


def _spelt(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    found = canonical(value)
    return None if found is None else spelling(found)


def _shapes(record: Record, rows: Mapping[int, Mapping[str, Any]]) -> list[_Shape]:
    if len(rows) > MOST:
        fault = Diagnostic("rows-many", f"there are {len(rows):,} rows", allowed=f"up to {MOST:,}")
        raise DataError(fault)
    found: dict[tuple[frozenset[str], frozenset[str]], list[tuple[int, Mapping[str, Any]]]] = {}
    for place, row in rows.items():
        names = frozenset(row) - {ATTRIBUTES}
        found.setdefault((names, frozenset(row.get(ATTRIBUTES) or ())), []).append((place, row))
    if len(found) > SHAPES:
        told = f"the rows name {len(found)} different sets of fields"
        raise DataError(Diagnostic("rows-uneven", told, allowed=f"up to {SHAPES}; null is a value"))
    return [
        _Shape(record, tuple(sorted(names)), tuple(sorted(own)), tuple(some))
        for (names, own), some in found.items()
    ]


def _apart(shapes: Sequence[_Shape]) -> tuple[list[_Shape], tuple[Outcome, ...]]:
    """The shapes without rows of one id that say different things, and these rows as refused.

    A file's reader finds such rows where they name the same fields.
    """
    places = Counter(key for one in shapes for key in set(one.keys()) if key is not None)
    kept, refused = [], []
    for one in shapes:
        told = f"{', '.join(one.record.own)}: several rows have the same, and differ"
        sure = []
        for key, row in zip(one.keys(), one.rows, strict=True):
            if key is not None and places[key] > 1:
                refused.append(Outcome(row[0], REFUSED, (told,)))
            else:
                sure.append(row)
        if sure:
            kept.append(replace(one, rows=tuple(sure)))
    return kept, tuple(refused)


# --- in the transaction -------------------------------------------------------------------


def _land(session: Session, desk: Desk, shape: _Shape) -> Iterator[Outcome]:
    there = known(session, currency="currency" in shape.names)
    if shape.record.name == "transactions" and not shape.is_plain():
        there = replace(there, extent=extent(session))
    sheet, guess = shape.sheet(), shape.guess()
    rows = read_rows(sheet, guess, there, _NUMBERS)
    staged, states = _states(session, rows)
    if states:  # what changes nothing is no import
        write_rows(session, desk, Reading(sheet, guess, there, rows), staged, silent)
    faults = dict(rows.wrong.select(ROW, WHY).iter_rows())
    for number, (place, _row) in enumerate(shape.rows):
        state = REFUSED if number in faults else states.get(number, SAME)
        yield Outcome(place, state, tuple(faults.get(number, ())))


def _states(session: Session, rows: Rows) -> tuple[facts.Staged | None, dict[int, str]]:
    """What becomes of rows by their numbers, but for those of which nothing does."""
    connection = session.connection()
    if rows.record.name == "customers":
        key, staged = CUSTOMER, None
        found = customers.compare(connection, rows).rows.select(key, "new", differs=True)
    else:
        key, staged = "key", facts.stage(connection, rows)
        found = facts.standing(connection, staged).cast({"new": pl.Boolean, "differs": pl.Boolean})
    numbered = rows.frame.select(key).with_columns(rows.numbers).join(found, on=key)
    moved = numbered.filter(pl.col("new") | pl.col("differs"))
    pairs = moved.select(ROW, "new").iter_rows()
    return staged, {number: INSERTED if new else CHANGED for number, new in pairs}
