"""Columns of customers and of measures, canonical, and only those that are asked for."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw

from custrata.engine.backends.text import AWARE_TIME, NAIVE_TIME
from custrata.engine.columns import Column, in_frames
from custrata.engine.diagnostics import DataError, Diagnostic, warning
from custrata.engine.facts.door import Door, as_text
from custrata.engine.facts.numbers import Numbers, read_numbers, stored
from custrata.engine.facts.records import CUSTOMER
from custrata.engine.measures.expressions import how_many
from custrata.engine.values import NUMBER_PATTERN, canonical, text_number

Frame = nw.LazyFrame[Any]

MONEY = frozenset(("monetary", "profit"))
"""Columns of a measures file that are money."""

_LISTS = (nw.List, nw.Array)
_OPAQUE = (nw.Struct, nw.Binary, nw.Time, nw.Duration, nw.Object, *_LISTS)
_FAR = r"[eE][+-]?0*[1-9][0-9]{2}|[0-9]{300}"
"""What a number that is out of range has: a large exponent, or very many digits."""
_SPELT = {"number": f"^(?:{NUMBER_PATTERN})$", "day": f"^(?:{AWARE_TIME}|{NAIVE_TIME})$"}


class Attributes(Mapping[str, Column]):
    """What the columns of a frame with one row per customer hold, found out when asked for.

    `groups.vip` asks whether the list in `groups` has `vip`. Columns of a type that is no
    value (lists, structures) are not there under their own name.
    """

    def __init__(self, door: Door | None, frame: Frame, money: Collection[str] = ()) -> None:
        """Take unique customers with raw columns; without a door there are only ids."""
        schema = frame.collect_schema()
        self._door, self._money = door, money
        self._raw = [name for name in schema if name != CUSTOMER] if door else []
        self._names = [name for name in self._raw if not isinstance(schema[name], _OPAQUE)]
        self._asked: dict[str, Column] = {}
        self._frame = frame
        self.notes: list[Diagnostic] = []

    @property
    def frame(self) -> Frame:
        """`customer_id`, in canonical form every column asked for so far, then items of lists."""
        plain = [name for name in self._names if name in self._asked]
        flags = [one.name for name, one in self._asked.items() if name not in self._names]
        return self._frame.select(CUSTOMER, *plain, *flags)

    @property
    def asked(self) -> tuple[str, ...]:
        """The names asked for so far."""
        return tuple(self._asked)

    def ask(self, names: Sequence[str]) -> None:
        """Find out about many columns at once.

        Raises:
            DataError: a column holds infinity.
        """
        names = [name for name in names if name in self and name not in self._asked]
        if self._door is None or not names:
            return
        flags = [name for name in names if name not in self._names]
        for name in flags:
            column, item = self._item(name) or (name, "")
            flag = in_frames(name)
            self._frame = _flag(self._door, self._frame, column, item, flag)
            self._asked[name] = Column(flag, "text")
        reader = _Reader(self._door, self._money)
        self._frame = reader.read(self._frame, [name for name in names if name not in flags])
        self._asked |= reader.columns
        self.notes += reader.notes

    def __getitem__(self, name: str) -> Column:
        if name not in self:
            raise KeyError(name)
        self.ask([name])
        return self._asked[name]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (name in self._names or self._item(name) is not None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def _item(self, name: str) -> tuple[str, str] | None:
        """The column and the item of `groups.vip`."""
        column, dot, item = name.partition(".")
        listed = dot and item and name not in self._raw and column in self._raw
        return (column, item) if listed else None


class _Reader:
    """Gives columns their canonical form, and remembers what each then holds."""

    def __init__(self, door: Door, money: Collection[str]) -> None:
        self.door, self.money = door, money
        self.columns: dict[str, Column] = {}
        self.notes: list[Diagnostic] = []

    def read(self, frame: Frame, names: Sequence[str]) -> Frame:
        """Text first, since it may turn out to spell numbers or days."""
        schema = frame.collect_schema()
        days = [name for name in names if isinstance(schema[name], nw.Date | nw.Datetime)]
        numbers = [name for name in names if schema[name].is_numeric()]
        texts = [name for name in names if name not in days and name not in numbers]
        frame = _texts(frame, texts)
        spelt = self._spelt(frame, texts)
        self._check_range(frame, [name for name in texts if spelt[name] == "mixed"])
        self.columns |= {name: Column(name, "text") for name in texts}
        frame = self._days(frame, days + [name for name in texts if spelt[name] == "day"])
        return self._numbers(frame, numbers + [n for n in texts if spelt[n] == "number"])

    def _spelt(self, frame: Frame, names: Sequence[str]) -> dict[str, str]:
        """What the texts of each column spell: `number`, `day`, `text`, or `mixed` with numbers."""
        checks = {f"{name}:count": nw.col(name).count() for name in names}
        for name in names:
            for kind, pattern in _SPELT.items():
                checks[f"{name}:{kind}"] = how_many(nw.col(name).str.contains(pattern))
        found = self.door.count(frame, checks)
        kinds = {name: _kind(name, found) for name in names}
        looks = [name for name, kind in kinds.items() if kind == "day"]
        return kinds | dict.fromkeys(self._undated(frame, looks), "text")

    def _undated(self, frame: Frame, names: Sequence[str]) -> list[str]:
        """Columns with a text that looks like a day and is in no calendar."""
        for name in names:
            day, moment = f"{name}:day", f"{name}:moment"
            frame = self.door.backend.timed(frame, name, self.door.time_zone, day, moment)
        lost = {
            name: how_many(nw.col(f"{name}:day").is_null() & ~nw.col(name).is_null())
            for name in names
        }
        return [name for name, count in self.door.count(frame, lost).items() if count]

    def _check_range(self, frame: Frame, names: Sequence[str]) -> None:
        """Refuse numbers that a single record refuses too.

        Raises:
            DataError: a text spells a number that is beyond any float.
        """
        for name in names:
            text = nw.col(name)
            numbers = frame.filter(text.str.contains(_SPELT["number"]) & text.str.contains(_FAR))
            found = self.door.backend.rows(numbers.select(name).unique())
            wrong = [number for (number,) in found if _beyond(number)]
            if wrong:
                raise _out_of_range(self.door, name, wrong)

    def _days(self, frame: Frame, names: Sequence[str]) -> Frame:
        for name in names:
            moment = f"{name}:moment"
            frame = self.door.backend.timed(frame, name, self.door.time_zone, name, moment)
            frame = frame.drop(moment)
            self.columns[name] = Column(name, "day")
        return frame

    def _numbers(self, frame: Frame, names: Sequence[str]) -> Frame:
        read, _ = read_numbers(self.door.backend, frame, names)
        for name, numbers in read.items():
            frame = self._number(frame, name, numbers)
        return frame

    def _number(self, frame: Frame, name: str, numbers: Numbers) -> Frame:
        money = name in self.money
        if numbers.infinite:
            raise infinite(self.door, name)
        if numbers.form == "huge" or (numbers.form == "rounded" and not money):
            self._check_range(frame, [name] if frame.collect_schema()[name] == nw.String else [])
            self.columns[name] = Column(name, "float")
            return frame.with_columns(nw.col(name).cast(nw.Float64).fill_nan(None))
        if numbers.form == "rounded":
            self.notes.append(rounded(self.door, name))
        self.columns[name] = Column(name, "integer", numbers.scale, money)
        return stored(self.door.backend, frame, name, numbers, numbers.scale)


def _kind(name: str, found: Mapping[str, Any]) -> str:
    count = found[f"{name}:count"]
    plain = "mixed" if found[f"{name}:number"] else "text"
    return next((kind for kind in _SPELT if count and found[f"{name}:{kind}"] == count), plain)


def _texts(frame: Frame, names: Sequence[str]) -> Frame:
    """Booleans and the like as text; text itself the door has trimmed."""
    schema = frame.collect_schema()
    casts = [as_text(name, schema[name]) for name in names if schema[name] != nw.String]
    return frame.with_columns(*casts) if casts else frame


def infinite(door: Door, name: str) -> DataError:
    """The error that names the rows with an infinite number."""
    wrong = nw.col(name).cast(nw.Float64).abs() == float("inf")
    fault = f"{name} is infinite"
    return DataError(door.fault(door.numbered(), "infinite", wrong, fault, "finite numbers"))


def _out_of_range(door: Door, name: str, wrong: Sequence[str]) -> DataError:
    fault = f"{name} has a number that is out of range"
    here = nw.col(name).cast(nw.String).is_in(sorted(wrong))
    return DataError(
        door.fault(door.numbered(), "out-of-range", here, fault, "numbers up to 1e308")
    )


def _beyond(text: str) -> bool:
    try:
        float(text_number(text) or 0)
    except (ValueError, OverflowError):
        return True
    return False


def rounded(door: Door, name: str) -> Diagnostic:
    """The warning about more decimals than are kept."""
    fault = f"{door.source.name}.{name} has more than 9 decimals; rounded half-even to 9"
    return warning("money-rounded", fault)


def _flag(door: Door, frame: Frame, column: str, item: str, name: str) -> Frame:
    """`frame` with the text `true` or `false`: whether the list of a column has the item."""
    kind, wanted = frame.collect_schema()[column], _item(item)
    if isinstance(kind, _LISTS):
        return frame.with_columns(_listed(door, frame, column, kind, wanted).alias(name))
    frame = frame.with_columns(nw.col(column).cast(nw.String).alias(f"{name}:list"))
    texts = door.backend.rows(frame.select(f"{name}:list").unique())
    known = [text for (text,) in texts if text is not None]
    flags = ["true" if wanted in items(text) else "false" for text in known]
    table = door.backend.table(
        {f"{name}:list": known, name: flags}, {f"{name}:list": nw.String(), name: nw.String()}
    )
    return frame.join(table, on=f"{name}:list", how="left").drop(f"{name}:list")


def _listed(door: Door, frame: Frame, column: str, kind: Any, wanted: str | None) -> nw.Expr:
    """Whether a native list has one of those values that mean the item."""
    lists = nw.col(column)
    if isinstance(kind, nw.Array):
        lists = lists.cast(nw.List(kind.inner))
    found = door.backend.rows(frame.select(lists).explode(column).unique())
    meant = [value for (value,) in found if wanted is not None and _item(value) == wanted]
    has = nw.lit(value=False)
    for value in meant:
        has = has | lists.list.contains(value).fill_null(value=False)
    flag = nw.when(has).then(nw.lit("true")).otherwise(nw.lit("false"))
    return nw.when(~nw.col(column).is_null()).then(flag)


def items(text: str) -> set[str]:
    """The items of a JSON array, or of text with `;` between them."""
    parts: Any = text.split(";")
    if text.startswith("["):
        try:
            parts = json.loads(text)
        except ValueError:
            parts = [text]
    return {item for part in parts if (item := _item(part)) is not None}


def _item(value: Any) -> str | None:
    """An item's canonical text; None for null, and for what is no value."""
    try:
        found = canonical(value)
    except (TypeError, ValueError):
        return None
    return None if found is None else str(found)
