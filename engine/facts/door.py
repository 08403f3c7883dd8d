"""The door: a frame comes in, its ids and days become canonical, its faults are named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw

from custrata.engine.backends import Backend
from custrata.engine.backends.given import Source
from custrata.engine.backends.text import TIME_ALLOWED
from custrata.engine.diagnostics import DataError, Diagnostic
from custrata.engine.facts.records import CUSTOMER, Record
from custrata.engine.measures.expressions import how_many
from custrata.engine.values import trimmed

Frame = nw.LazyFrame[Any]

_ROW = "_row"
_SHOWN = 5
_QUOTED = 40
_FEW = 1_000
_WHOLE_FLOATS = 2.0**63
_OPAQUE = (nw.List, nw.Array, nw.Struct, nw.Binary, nw.Object)
TIMED = (nw.Date, nw.Datetime, nw.String)


@dataclass(frozen=True)
class Door:
    """One record on its way in.

    Attributes:
        source: what it came in, for messages.
        raw: its rows on the engine.
        tidy: text columns that are canonical as they stand; ids among them have no nulls.
        time_zone: where days begin and end.
        spellings: all texts of columns that hold the same few over and over.
    """

    backend: Backend
    record: Record
    source: Source
    raw: Frame
    tidy: frozenset[str]
    time_zone: str
    spellings: Mapping[str, tuple[str, ...]]

    def shaped(self, raw: Frame | None = None) -> Frame:
        """Rows with canonical text, `day` and `moment`; null where a value is no good."""
        frame = self._worded(self.raw if raw is None else raw)
        time = self.record.time
        if time is None:
            return frame
        return self.backend.timed(frame, time, self.time_zone, "day", "moment")

    def count(self, frame: Frame, checks: Mapping[str, nw.Expr]) -> dict[str, Any]:
        """What aggregates come to, all in one pass."""
        if not checks:
            return {}
        values = self.backend.rows(frame.select(**checks))[0]
        return dict(zip(checks, values, strict=True))

    def refuse(
        self, frame: Frame, code: str, wrong: nw.Expr, fault: str, allowed: str
    ) -> DataError:
        """The error that names the rows of `frame` where `wrong` holds."""
        return DataError(self.fault(frame, code, wrong, fault, allowed))

    def fault(
        self,
        frame: Frame,
        code: str,
        wrong: nw.Expr,
        fault: str,
        allowed: str,
        shown: str | None = None,
    ) -> Diagnostic:
        """One diagnostic for all rows of `frame`, which is numbered, where `wrong` holds.

        Args:
            shown: a column whose first wrong value is quoted, where it is a text; never one
                that may hold what a person wrote or is called.
        """
        columns = [_ROW] if shown is None else [_ROW, shown]
        bad = frame.filter(wrong).select(*columns)
        ((total,),) = self.backend.rows(bad.select(nw.len()))
        rows = self.backend.rows(bad.sort(_ROW).head(_SHOWN))
        first = [row[0] for row in rows]
        marks = self.source.marks(first)
        listed = ", ".join(str(mark.line) for mark in marks)
        more = f" and {total - len(first)} more" if total > len(first) else ""
        place = f"row{'s' if total > 1 else ''} {listed}{more}"
        if shown and isinstance(rows[0][1], str):
            place += f", such as {rows[0][1][:_QUOTED]!r}"
        return Diagnostic(code, f"{fault} in {place}", mark=marks[0], allowed=allowed)

    def nobody(self) -> dict[str, nw.Expr]:
        """The check for rows without a customer, where there can be any."""
        return {} if CUSTOMER in self.tidy else {"nobody": how_many(nw.col(CUSTOMER).is_null())}

    def numbered(self) -> Frame:
        """`shaped`, with row numbers: for messages only, since counting rows costs."""
        return self.shaped(self.backend.numbered(self.raw, _ROW))

    def _worded(self, frame: Frame) -> Frame:
        """`frame` with ids and words as canonical text, other text trimmed too."""
        schema = frame.collect_schema()
        words = {CUSTOMER, *self.record.words}
        texts = [name for name, kind in schema.items() if name in words or is_text(kind)]
        casts = [as_text(name, schema[name]) for name in texts if schema[name] != nw.String]
        frame = frame.with_columns(*casts) if casts else frame
        if not (schema[CUSTOMER].is_integer() or schema[CUSTOMER] == nw.String):
            frame = frame.with_columns(_as_id(schema[CUSTOMER]))
        plain = {name for name in texts if schema[name].is_numeric()} | self.tidy
        rough = [name for name in texts if name not in plain]
        return self.backend.trimmed(frame, rough) if rough else frame


def open_door(backend: Backend, record: Record, given: Any, time_zone: str) -> Door:
    """Look at a frame's columns, and whether its ids are tidy.

    Raises:
        DataError: no frame, a column is missing, or one has a type that cannot be read.
    """
    source = given if isinstance(given, Source) else Source(record.name, given)
    raw = backend.lazy(source)
    schema = raw.collect_schema()
    record.check(schema.names(), source.name)
    _check_types(record, schema, source.name)
    texts = {name for name, kind in schema.items() if kind == nw.String}
    spellings = _spellings(backend, raw, [name for name in record.few if name in texts])
    needed = [name for name in (CUSTOMER, *record.needed) if name in texts - spellings.keys()]
    tidy = backend.tidy(raw, needed) if needed else set()
    tidy |= {
        name for name, found in spellings.items() if all(text == trimmed(text) for text in found)
    }
    return Door(backend, record, source, raw, frozenset(tidy), time_zone, spellings)


def _spellings(backend: Backend, raw: Frame, columns: list[str]) -> dict[str, tuple[str, ...]]:
    """All texts of the columns that hold few of them: looking at each once spares much."""
    found = {}
    for name in columns:
        column = nw.col(name)
        rows = backend.rows(raw.select(column).unique().head(_FEW + 1))
        if len(rows) <= _FEW:
            found[name] = tuple(text for (text,) in rows if text is not None)
    return found


def is_text(kind: Any) -> bool:
    """Whether a type holds text."""
    return kind in (nw.String, nw.Categorical) or isinstance(kind, nw.Enum)


def as_text(name: str, kind: Any) -> nw.Expr:
    """A column as text: whole floats and decimals without their zeros."""
    column = nw.col(name)
    if kind.is_float():
        whole = (column == column.floor()) & (column.abs() < _WHOLE_FLOATS)
        number = nw.when(whole).then(column).cast(nw.Int64).cast(nw.String)
        other = column.is_finite() & ~whole
        return nw.coalesce(number, nw.when(other).then(column).cast(nw.String)).alias(name)
    if kind.is_decimal():
        zeros = column.cast(nw.String).str.replace_all(r"(\.[0-9]*[1-9])0+$", "$1")
        return zeros.str.replace_all(r"\.0*$", "").alias(name)
    return column.cast(nw.String)


def _as_id(kind: Any) -> nw.Expr:
    """An id that was a number has to be a whole one."""
    here = nw.col(CUSTOMER)
    return nw.when(here.str.contains("^-?[0-9]+$")).then(here) if kind.is_numeric() else here


def id_fault(door: Door, numbered: Frame) -> Diagnostic:
    """The diagnostic of rows without a customer."""
    return door.fault(
        numbered,
        "customer-missing",
        nw.col(CUSTOMER).is_null(),
        "no customer_id",
        "text or a number",
    )


def time_fault(door: Door, numbered: Frame) -> Diagnostic:
    """The diagnostic of rows whose time cannot be read."""
    time = str(door.record.time)
    fault = f"{time} is missing or no date"
    wrong = nw.col("day").is_null()
    return door.fault(numbered, "time-unreadable", wrong, fault, TIME_ALLOWED, shown=time)


def _check_types(record: Record, schema: Mapping[str, Any], source: str) -> None:
    wrong = [name for name in (CUSTOMER, *record.words) if isinstance(schema.get(name), _OPAQUE)]
    faults = [_untyped(name, schema[name], source, "text or numbers") for name in wrong]
    if (
        record.time
        and not isinstance(schema[record.time], TIMED)
        and not is_text(schema[record.time])
    ):
        allowed = "dates, times or text that spells them"
        faults.append(_untyped(record.time, schema[record.time], source, allowed))
    if faults:
        raise DataError(faults)


def _untyped(name: str, kind: Any, source: str, allowed: str) -> Diagnostic:
    return Diagnostic("column-type", f"{source}.{name} is of type {kind}", allowed=allowed)
