"""The rows of a file as the store holds them; each is taken, or refused with all its reasons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import polars as pl

from custrata.engine.diagnostics import DataError, Diagnostic, warning
from custrata.service.imports import codes, moments, money, spelt, texts
from custrata.service.imports.faults import ROW, Faults, Reason
from custrata.service.imports.guess import Guess
from custrata.service.imports.keys import with_keys
from custrata.service.imports.known import Known
from custrata.service.imports.records import RECORDS, Field, Kind, Record
from custrata.service.imports.sheet import Sheet
from custrata.service.imports.texts import Column
from custrata.service.progress import Progress, silent

OWN = "own:"
"""Before the name of a column that becomes an attribute."""
LONGEST_ATTRIBUTE = 10_000


@dataclass(frozen=True)
class Forms:
    """How a file writes what a column may not tell.

    Attributes:
        dates: `dmy` or `mdy`: which of day and month comes first, before a year.
        numbers: `1,234.56` or `1.234,56`. None, for either: the column has to tell.
    """

    dates: moments.DateForm | None = None
    numbers: money.NumberForm | None = None


@dataclass(frozen=True)
class Rows:
    """What a file says.

    Attributes:
        frame: the rows that are taken, columns named as the table's, or by `OWN` and a name;
            facts have their `key`.
        numbers: of those rows in the file, from 0.
        height: how many rows the file has.
        faults: the rows that are refused, and why; see `Faults.together`. wrong: the same for
            programs; see `Faults.alone`.
        repeated: rows that say again what another row of the same id says.
        sources: names of sources that are new, by the codes that they get.
        spelt: by column of dates or amounts: its first cell, and as what that was read.
    """

    record: Record
    frame: pl.DataFrame
    numbers: pl.Series
    height: int
    faults: pl.DataFrame
    wrong: pl.DataFrame
    reasons: tuple[Reason, ...]
    repeated: int
    sources: Mapping[str, str]
    spelt: Mapping[str, tuple[str, str]]
    notes: tuple[Diagnostic, ...]

    @property
    def named(self) -> bool:
        """Whether rows have ids of their own, so that they may differ from what is stored."""
        own = [self.record.by_name[name].stored for name in self.record.own]
        return bool(own) and set(own) <= set(self.frame.columns)

    @property
    def refused(self) -> int:
        """How many rows are."""
        return self.faults.height


def read_rows(
    sheet: Sheet, found: Guess, known: Known, forms: Forms, progress: Progress = silent
) -> Rows:
    """Read a file.

    Raises:
        DataError: a column cannot be read at all: its type, its dates, its numbers.
    """
    reader = _Reader(sheet, RECORDS[found.record], known, forms)
    columns = found.columns
    total = len(columns) + len(found.own)
    for done, (name, theirs) in enumerate(columns.items()):
        progress("read", done, total)
        reader.read(reader.record.by_name[name], theirs)
    for done, theirs in enumerate(found.own, start=len(columns)):
        progress("read", done, total)
        cells = sheet.column(theirs)
        reader.take(theirs, cells, texts.read_text(cells, LONGEST_ATTRIBUTE), OWN + theirs)
    progress("read", total, total)
    return reader.rows(progress)


_KINDS: Mapping[Kind, Callable[[pl.Series, Known, Forms], Column]] = {
    Kind.TEXT: lambda cells, known, forms: texts.read_text(cells),
    Kind.LONG: lambda cells, known, forms: texts.read_long_text(cells),
    Kind.MOMENT: lambda cells, known, forms: moments.read_moments(
        cells, known.time_zone, forms.dates
    ),
    Kind.DAY: lambda cells, known, forms: moments.read_days(cells, known.time_zone, forms.dates),
    Kind.MONTH: lambda cells, known, forms: moments.read_months(
        cells, known.time_zone, forms.dates
    ),
    Kind.MONEY: lambda cells, known, forms: money.read_money(cells, known.currency, forms.numbers),
    Kind.CURRENCY: lambda cells, known, forms: codes.read_currencies(cells, known),
    Kind.BOOLEAN: lambda cells, known, forms: codes.read_booleans(cells),
    Kind.STAGE: lambda cells, known, forms: codes.read_stages(cells, known),
    Kind.PAST_STAGE: lambda cells, known, forms: codes.read_stages(cells, known, automatic=True),
    Kind.SOURCE: lambda cells, known, forms: codes.read_sources(cells, known),
    Kind.GROUPS: lambda cells, known, forms: codes.read_groups(cells, known),
}


@dataclass
class _Reader:
    """Gathers columns, and what is wrong with them."""

    sheet: Sheet
    record: Record
    known: Known
    forms: Forms
    values: dict[str, pl.Series] = field(default_factory=dict)
    theirs: dict[str, str] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    unclear: list[Diagnostic] = field(default_factory=list)
    notes: list[Diagnostic] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    spelt: dict[str, tuple[str, str]] = field(default_factory=dict)

    def read(self, one: Field, theirs: str) -> None:
        """One column of the file, as a field."""
        cells = self.sheet.column(theirs)
        column = _KINDS[one.kind](cells, self.known, self.forms)
        self.theirs[one.name] = theirs
        self.take(theirs, cells, column, one.stored)
        self._show(one, theirs, cells, column)
        if one.needed and not column.unclear:
            empty = column.values.is_null()
            fine = empty if column.faults is None else empty & column.faults.is_null()
            self.faults.of_rows(fine.arg_true(), f"{theirs}: empty, and needed")

    def take(self, theirs: str, cells: pl.Series, column: Column, name: str) -> None:
        """Keep what a column says."""
        self.values[name] = column.values
        self.sources |= column.new
        if column.unclear:
            self._refuse_column(theirs, column.unclear)
        if column.faults is not None:
            self.faults.of_cells(theirs, column.faults, cells)
        if column.rounded:
            told = f"{column.rounded:,} values of {theirs!r} have more than 9 decimals; rounded"
            self.notes.append(warning("rounded", told, self.sheet.mark(None)))

    def rows(self, progress: Progress) -> Rows:
        """All of it.

        Raises:
            DataError: columns cannot be read.
        """
        if self.unclear:
            raise DataError(self.unclear)
        self._scale()
        frame = pl.DataFrame(self.values)
        self._refuse_twofold(frame)
        faults = self.faults.together()
        taken = _without(frame, faults[ROW])
        told_apart = self._told_apart(taken, progress)
        return Rows(
            record=self.record,
            frame=told_apart.drop(ROW),
            numbers=told_apart[ROW],
            height=frame.height,
            faults=faults,
            wrong=self.faults.alone(),
            reasons=self.faults.reasons(self.sheet),
            repeated=taken.height - told_apart.height,
            sources=self._new_sources(taken),
            spelt=self.spelt,
            notes=(*self.sheet.notes, *self.notes),
        )

    def _show(self, one: Field, theirs: str, cells: pl.Series, column: Column) -> None:
        """How the first cell of a column was read, where that may be taken otherwise."""
        there = column.values.is_not_null().arg_true()
        if one.kind in spelt.KINDS and len(there):
            value = column.values[there[0]]
            said = texts.as_text(cells.gather(there[:1]))[0]
            self.spelt[theirs] = (said, spelt.spelt(one.kind, value, self.known.time_zone))

    def _refuse_column(self, theirs: str, unclear: texts.Unclear) -> None:
        mark = self.sheet.mark(unclear.row)
        told = f"the column {theirs!r} {unclear.message}"
        self.unclear.append(Diagnostic(unclear.code, told, mark=mark, allowed=unclear.allowed))

    def _scale(self) -> None:
        """Amounts get the scale of their row."""
        amounts = {name: self.values[name] for name in self.record.money if name in self.values}
        if not amounts:
            return
        found = money.scaled(amounts)
        for name, units in amounts.items():
            large = units.is_not_null() & found[name].is_null()
            self.faults.of_rows(large.arg_true(), f"{self.theirs[name]}: {money.TOO_LARGE}")
        self.values |= {name: found[name] for name in found.columns}
        if self.record.name == "transactions":
            for why, rows in money.without_room(found, self.known.extent).items():
                self.faults.of_rows(rows, f"{self.theirs['amount']}: {why}")

    def _refuse_twofold(self, frame: pl.DataFrame) -> None:
        """Rows of one id that differ: nobody knows which of them is right."""
        own = self._own(frame)
        if not own:
            return
        named = frame.with_row_index(ROW).filter(pl.all_horizontal(pl.col(own).is_not_null()))
        if named.select(own).n_unique() == named.height:
            return
        different = named.drop(ROW).unique().group_by(own).len().filter(pl.col("len") > 1)
        wrong = named.join(different, on=own, how="semi")[ROW]
        called = ", ".join(self.theirs[name] for name in self.record.own)
        self.faults.of_rows(wrong, f"{called}: several rows have the same, and differ")

    def _new_sources(self, taken: pl.DataFrame) -> Mapping[str, str]:
        """Those that rows which are taken name."""
        named = set(taken["source"]) if self.sources else set()
        return {one: name for one, name in self.sources.items() if one in named}

    def _told_apart(self, taken: pl.DataFrame, progress: Progress) -> pl.DataFrame:
        """Rows that are records of their own, with their numbers."""
        if not self.record.natural:
            return with_keys(self.record, taken, progress)
        return taken.unique(self._own(taken), keep="first", maintain_order=True)

    def _own(self, frame: pl.DataFrame) -> list[str]:
        """The columns of the record's own id; none where the file lacks one of them."""
        names = [self.record.by_name[name].stored for name in self.record.own]
        return names if set(names) <= set(frame.columns) else []


def _without(frame: pl.DataFrame, rows: pl.Series) -> pl.DataFrame:
    """The frame with the numbers of its rows, without the rows of these numbers."""
    numbered = frame.with_row_index(ROW)
    return numbered.join(rows.to_frame(), on=ROW, how="anti") if len(rows) else numbered
