"""One customer's records as Python holds them, on their way to the doors that frames take.

A record is a dict, a dataclass, a named tuple, or a plain tuple of the columns that the record
needs. Values of one kind keep it; those of several kinds go as text, which the doors read as
exactly: a float as its shortest decimal, a time as ISO.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2 import dependencies as kinds

from custrata.engine.backends import Backend
from custrata.engine.diagnostics import DataError, Diagnostic
from custrata.engine.facts.records import CUSTOMER, CUSTOMERS, DATED, MEASURES, Record
from custrata.engine.values import canonical, native, trimmed

ONE = "customer"
"""The id under which a customer is measured: nothing depends on it."""

_INT64 = 2**63
_ALLOWED = "dicts, dataclasses, named tuples, or tuples of the columns that are needed"


@dataclass
class Person:
    """What is said of one customer, made into frames.

    Attributes:
        ids: the different ids that the facts name, where they name any.
    """

    backend: Backend
    ids: set[str] = field(default_factory=set)

    def frames(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """A frame for each record that was given, and one row of customers.

        Args:
            given: by record: rows, or a frame; for `customers` and `measures` one dict or
                dataclass. None is a record that was not given.

        Raises:
            DataError: rows of another form, values of no kind, or facts of several customers.
        """
        dated = {one.name: self._facts(one, given[one.name]) for one in DATED if _there(one, given)}
        known = given[CUSTOMERS.name] if _there(CUSTOMERS, given) else {}
        single = {CUSTOMERS.name: self._row(CUSTOMERS, known)}
        if _there(MEASURES, given):
            single[MEASURES.name] = self._row(MEASURES, given[MEASURES.name])
        if len(self.ids) > 1:
            fault = f"the facts are of {len(self.ids)} customers"
            raise DataError(Diagnostic("customers-differ", fault, allowed="facts of one customer"))
        return {**single, **dated}

    def _facts(self, record: Record, given: Any) -> nw.LazyFrame[Any]:
        if not _are_rows(given):
            return self._frame(record, given)
        rows = [_as_dict(record, row) for row in given]
        names = dict.fromkeys(name for row in rows for name in row) if rows else record.columns
        return self._table(record, {name: [row.get(name) for row in rows] for name in names})

    def _row(self, record: Record, given: Any) -> nw.LazyFrame[Any]:
        row = _as_dict(record, given)
        return self._table(record, {CUSTOMER: [None], **{name: [row[name]] for name in row}})

    def _frame(self, record: Record, given: Any) -> nw.LazyFrame[Any]:
        try:
            frame = self.backend.lazy(given)
        except DataError as error:
            raise _no_rows(record, error) from error
        if CUSTOMER in frame.collect_schema():
            found = self.backend.rows(frame.select(CUSTOMER).unique().head(2))
            self._name(value for (value,) in found)
        return frame.with_columns(nw.lit(ONE).alias(CUSTOMER))

    def _table(self, record: Record, columns: Mapping[str, Sequence[Any]]) -> nw.LazyFrame[Any]:
        _check_names(record, columns)
        self._name(columns.get(CUSTOMER, ()))
        count = len(next(iter(columns.values()), ()))
        typed = {n: _typed(record, n, column) for n, column in columns.items() if n != CUSTOMER}
        data = {CUSTOMER: [ONE] * count} | {name: column for name, (column, _) in typed.items()}
        types = {CUSTOMER: nw.String()} | {name: kind for name, (_, kind) in typed.items()}
        try:
            return self.backend.table(data, types)
        except UnicodeEncodeError:  # JSON brings half a pair of surrogates in
            fault, allowed = f"{record.name} hold text that is no Unicode", "text in Unicode"
            raise DataError(Diagnostic("not-unicode", fault, allowed=allowed)) from None

    def _name(self, ids: Iterable[Any]) -> None:
        self.ids.update(found for one in ids if (found := _id(one)) is not None)


def _are_rows(given: Any) -> bool:
    """Whether it gives rows, as a list, a generator and a query of Django do; a frame does not."""
    if isinstance(given, str | bytes | Mapping) or kinds.is_into_dataframe(given):
        return False
    return isinstance(given, Iterable)


def _no_rows(record: Record, error: DataError) -> DataError:
    """What is neither rows nor a frame, with the name of its record."""
    (one,) = error.diagnostics
    if one.code != "no-frame":
        return error
    allowed = f"a list of {_ALLOWED}; or {one.allowed}"
    return DataError(replace(one, message=f"{record.name}: {one.message}", allowed=allowed))


def _check_names(record: Record, columns: Iterable[Any]) -> None:
    wrong = [name for name in columns if not isinstance(name, str)]
    if wrong:
        fault = f"{record.name} hold a column named {wrong[0]!r}"
        raise DataError(Diagnostic("no-row", fault, allowed="names that are text"))


def _id(value: Any) -> str | None:
    """An id as frames have it: 1.0 is 1, and what is no number of any kind is its own text."""
    if isinstance(value, str):
        return trimmed(value)
    try:
        found = canonical(value)
    except (TypeError, ValueError):
        return str(value)
    return None if found is None else str(found)


def _there(record: Record, given: Mapping[str, Any]) -> bool:
    return given.get(record.name) is not None


def _as_dict(record: Record, row: Any) -> Mapping[str, Any]:
    if isinstance(row, Mapping):
        return row
    if is_dataclass(row) and not isinstance(row, type):
        return {one.name: getattr(row, one.name) for one in fields(row)}
    if hasattr(row, "_fields"):  # a named tuple, or a row of SQLAlchemy, which is none
        return dict(zip(row._fields, row, strict=True))
    if isinstance(row, tuple | list) and record.needed and len(row) == len(record.needed):
        return dict(zip(record.needed, row, strict=True))
    what = f"a {type(row).__name__}"
    if isinstance(row, tuple | list):
        what += f" of {len(row)} where {', '.join(record.needed) or 'names'} are needed"
    raise DataError(Diagnostic("no-row", f"{record.name} hold {what}", allowed=_ALLOWED))


class _NoValue(Exception):
    """Raised for what has no kind that a column can have; the message is its type."""


def _typed(record: Record, name: str, column: Sequence[Any]) -> tuple[list[Any], Any]:
    """A column of Python values as values of one type, and that type."""
    try:
        values = [_plain(record, name, value) for value in column]
    except _NoValue as error:
        if name in record.columns:
            raise _no_value(record, name, str(error)) from None
        return [None] * len(column), _OPAQUE  # does no harm, as in a frame: nothing reads it
    kinds = {type(value) for value in values if value is not None}
    if kinds == {datetime}:
        return _times(values)
    if len(kinds) == 1:
        (kind,) = kinds
        if kind is not int or all(-_INT64 <= value < _INT64 for value in values if value):
            return values, _TYPES[kind]
    if list in kinds:
        raise _no_value(record, name, "list beside other values")
    return [None if value is None else _text(value) for value in values], nw.String()


_OPAQUE = nw.List(nw.String())
_TYPES: Mapping[type, Any] = {
    bool: nw.Boolean(),
    int: nw.Int64(),
    float: nw.Float64(),
    str: nw.String(),
    date: nw.Date(),
    list: nw.List(nw.String()),
}


def _plain(record: Record, name: str, value: Any) -> Any:
    """A value as one of the kinds that a column can have; a decimal is text."""
    if value is None or type(value) in (bool, int, str, date):
        return value
    if isinstance(value, Decimal):
        return None if value.is_nan() else str(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_spelt(record, name, item) for item in value]
    if isinstance(value, float | datetime) and value != value:  # NaN, or pandas' NaT
        return None
    if isinstance(value, datetime):
        return _time(record, name, value)
    for kind in (int, float, str):
        if isinstance(value, kind):  # an enum's member, say
            return str.__str__(value) if kind is str else kind(value)
    try:
        return _plain(record, name, native(value))
    except TypeError:
        raise _NoValue(type(value).__name__) from None


def _spelt(record: Record, name: str, item: Any) -> str | None:
    """An item of a list as text."""
    try:
        found = canonical(item)
    except (TypeError, ValueError):
        raise _no_value(record, name, f"list of {type(item).__name__}") from None
    return (
        str(float(found)) if isinstance(found, Fraction) else None if found is None else str(found)
    )


def _no_value(record: Record, name: str, kind: str) -> DataError:
    fault = f"{record.name}.{name} is of type {kind}"
    allowed = "null, true or false, numbers, text, dates and times"
    return DataError(Diagnostic("column-type", fault, allowed=allowed))


def _time(record: Record, name: str, value: datetime) -> datetime:
    """A time of Python's own class, in UTC where it has a zone."""
    try:
        moved = value if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        fault = f"{record.name}.{name} is out of range: {value.isoformat()}"
        allowed = "times of the years 1 to 9999, in UTC too"
        raise DataError(Diagnostic("time-out-of-range", fault, allowed=allowed)) from None
    return moved if type(moved) is datetime else datetime.combine(moved.date(), moved.timetz())


def _times(values: Sequence[Any]) -> tuple[list[Any], Any]:
    """Times that all have a zone, or all have none; those of both kinds as text."""
    zoned = {value.tzinfo is not None for value in values if value is not None}
    if len(zoned) > 1:
        return [None if value is None else value.isoformat() for value in values], nw.String()
    return list(values), nw.Datetime("us", "UTC" if zoned == {True} else None)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)
