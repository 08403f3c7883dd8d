"""Reading facts: every record through its door, cut at the as-of date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

import narwhals.stable.v2 as nw

from custrata.engine.backends import Backend
from custrata.engine.diagnostics import DataError, Diagnostic, Severity, counted, warning
from custrata.engine.facts import records
from custrata.engine.facts.attributes import MONEY, Attributes
from custrata.engine.facts.consent import check_choice, left_out, said, without
from custrata.engine.facts.door import Door, id_fault, open_door, time_fault
from custrata.engine.facts.facts import Facts, Unsifted
from custrata.engine.facts.meaning import MEANINGS
from custrata.engine.facts.money import amount_fault, read_money, scaled_money
from custrata.engine.facts.numbers import Numbers
from custrata.engine.facts.records import CUSTOMER
from custrata.engine.facts.sales import Sales, read_sales
from custrata.engine.measures.context import day_number
from custrata.engine.measures.expressions import how_many
from custrata.engine.model import EVERYONE, RECORDS

Frame = nw.LazyFrame[Any]


def read_facts(
    backend: Backend,
    *,
    as_of: date,
    time_zone: str,
    currency: str | None,
    strict: bool = False,
    consent: str = EVERYONE,
    **given: Any,
) -> Facts:
    """Read the records of customers, up to the end of a day.

    Args:
        backend: the engine.
        as_of: the last day that is read; later facts are left out with a warning.
        time_zone: where days begin and end; naive times are local there.
        currency: what amounts must be in, where transactions say so.
        strict: whether facts of customers who are not among `customers` are an error.
        consent: who may be classified; see `model.CONSENTS`. Of others nothing is read.
        given: frames by record, one of `model.RECORDS`, each a native one or a `Source`; None
            is one that was not given. Without `customers`, those are taken who are seen in the
            other frames, in facts after `as_of` too.

    Raises:
        DataError: a frame that cannot be read as that record; names columns or rows.
        TypeError: there is no such record.
    """
    check_names(given)
    check_choice(consent)
    clock = _Clock(backend, as_of, time_zone)
    entered = {
        one.name: _enter(clock, one, given[one.name], currency)
        for one in records.DATED
        if given.get(one.name) is not None
    }
    measured, known = (
        _unique(clock, one, given[one.name]) if given.get(one.name) is not None else None
        for one in (records.MEASURES, records.CUSTOMERS)
    )
    whole = _Assembly(clock, entered, measured, known, strict)
    out = left_out(whole.everyone, consent)
    return whole.facts() if out is None else _consenting(whole, out, consent)


def check_names(names: Iterable[str]) -> None:
    """Refuse names of no record.

    Raises:
        TypeError: there is one.
    """
    unknown = next((name for name in names if name not in RECORDS), None)
    if unknown is not None:
        raise TypeError(f"unknown frame {unknown!r}; allowed: {', '.join(RECORDS)}")


def _consenting(whole: _Assembly, out: Frame, choice: str) -> Facts:
    """Facts without those of customers who may not be classified."""
    backend = whole.clock.backend
    out = backend.keep(out)
    ((count,),) = backend.rows(out.select(nw.len()))
    if not count:
        return whole.facts()
    entered = {
        name: without(backend, one, out, whole.clock.day) for name, one in whole.entered.items()
    }
    measured, known = (
        (one[0], one[1].join(out, on=CUSTOMER, how="anti")) if one else None
        for one in (whole.measured, whole.known)
    )
    facts = _Assembly(whole.clock, entered, measured, known, whole.strict).facts()
    return replace(facts, diagnostics=(*facts.diagnostics, said(count, choice)))


@dataclass(frozen=True)
class _Clock:
    backend: Backend
    as_of: date
    time_zone: str

    @property
    def day(self) -> int:
        return day_number(self.as_of)


@dataclass(frozen=True)
class Entered:
    """A record behind its door: all rows, canonical; `later` of them are after as_of."""

    door: Door
    frame: Frame
    rows: int
    later: int
    money: Mapping[str, Numbers] = field(default_factory=dict)


def _enter(clock: _Clock, record: records.Record, given: Any, currency: str | None) -> Entered:
    door = open_door(clock.backend, record, given, clock.time_zone)
    frame = door.shaped()
    checks = {
        "rows": nw.len(),
        **door.nobody(),
        "never": how_many(nw.col("day").is_null()),
        "later": how_many(nw.col("day") > clock.day),
    }
    money: dict[str, Numbers] = {}
    if record is records.TRANSACTIONS:
        money, found = read_money(door, frame, checks)
        _check_currency(door, frame, currency)
    else:
        found = door.count(frame, checks)
    _check_rows(door, found, money)
    return Entered(door, frame, found["rows"], found["later"] or 0, money)


def _check_rows(door: Door, found: Mapping[str, Any], money: Mapping[str, Numbers]) -> None:
    """Refuse rows without a customer, a day or an amount, all at once."""
    faults = {
        id_fault: found.get("nobody"),
        time_fault: found["never"],
        amount_fault: money["amount"].missing if money else 0,
    }
    wrong = [describe for describe, count in faults.items() if count]
    if wrong:
        numbered = door.numbered()
        raise DataError(describe(door, numbered) for describe in wrong)


def _check_currency(door: Door, frame: Frame, currency: str | None) -> None:
    if "currency" not in frame.collect_schema():
        return
    rows = door.backend.rows(frame.select("currency").unique())
    found = sorted(name for (name,) in rows if name is not None)
    foreign = [name for name in found if name != currency] if currency else found[1:] and found
    if foreign:
        allowed = currency or "one currency, and that named in the rules"
        fault = f"{door.source.name} has amounts in {', '.join(foreign)}"
        raise DataError(Diagnostic("foreign-currency", fault, allowed=allowed))


def _unique(clock: _Clock, record: records.Record, given: Any) -> tuple[Door, Frame]:
    """A frame of one row per customer.

    Raises:
        DataError: a row without a customer; a customer with two rows.
    """
    door = open_door(clock.backend, record, given, clock.time_zone)
    frame = door.shaped()
    ids = nw.col(CUSTOMER)
    checks = {"rows": nw.len(), **door.nobody(), "ids": ids.n_unique()}
    found = door.count(frame, checks)
    if found.get("nobody"):
        raise DataError(id_fault(door, door.numbered()))
    if (found["ids"] or 0) != found["rows"]:
        raise DataError(_twice(door))
    return door, frame


def _twice(door: Door) -> Diagnostic:
    numbered = door.numbered()
    many = numbered.group_by(CUSTOMER).agg(nw.len().alias("_times")).filter(nw.col("_times") > 1)
    ((ids,),) = door.backend.rows(many.select(nw.len()))
    fault = f"{ids} customer id{'s stand' if ids > 1 else ' stands'} more than once,"
    repeated = numbered.join(many, on=CUSTOMER)
    return door.fault(
        repeated, "customer-twice", nw.col("_times") > 1, fault, "one row per customer"
    )


class _Assembly:
    """Puts facts together out of what came through the doors."""

    def __init__(
        self,
        clock: _Clock,
        entered: Mapping[str, Entered],
        measured: tuple[Door, Frame] | None,
        known: tuple[Door, Frame] | None,
        strict: bool,
    ) -> None:
        self.clock, self.entered, self.measured, self.known = clock, entered, measured, known
        self.strict = strict
        self.notes: list[Diagnostic] = []
        self.strangers: list[Diagnostic] = []
        self.unsifted: dict[str, Unsifted] = {}
        self.alone = self._alone()

    def facts(self) -> Facts:
        """The facts, with every warning.

        Raises:
            DataError: strict, and there are facts of customers who are not known.
        """
        customers = Attributes(self.known[0] if self.known else None, self.everyone)
        self.ids = customers.frame
        measures, columns = self._measures()
        sold, scale = self._sales()
        frames: dict[str, Any] = {
            name: self._record(name) for name in self.entered if name != "transactions"
        }
        if self.strict and self.strangers:
            raise DataError(self.strangers)
        return Facts(
            self.clock.backend,
            self.clock.as_of,
            self.clock.time_zone,
            scale,
            customers,
            transactions=sold.frame if sold else None,
            lines=sold.lines if sold else None,
            measures=measures,
            measure_columns=columns,
            diagnostics=(*self.strangers, *self.notes),
            everyone=None if sold and sold.linked else self.alone,
            unsifted=self.unsifted,
            strict=self.strict,
            counted=False,
            **frames,
        )

    def _alone(self) -> str | None:
        """The one record given, where nothing of it is left out."""
        one = next(iter(self.entered)) if len(self.entered) == 1 else None
        whole = one is not None and self.known is None and self.measured is None
        return one if whole and one and not self.entered[one].later else None

    @cached_property
    def everyone(self) -> Frame:
        """The customers with what is known of them; else the ids in the other frames."""
        if self.known:
            return self.known[1]
        frames = [one.frame for one in self.entered.values()]
        frames += [self.measured[1]] if self.measured else []
        if not frames:
            raise DataError(
                Diagnostic("no-facts", "no frame was given", allowed="at least one record")
            )
        ids = nw.concat([frame.select(CUSTOMER).unique() for frame in frames]).unique()
        return ids if self.alone else self.clock.backend.keep(ids)

    def _measures(self) -> tuple[Frame | None, Mapping[str, Any]]:
        if not self.measured:
            return None, {}
        door, frame = self.measured
        columns = Attributes(door, self._of_customers(door, frame), MONEY)
        columns.ask(list(columns))
        self.notes += columns.notes
        return columns.frame, dict(columns)

    def _sales(self) -> tuple[Sales | None, int]:
        entered = self.entered.get("transactions")
        if entered is None:
            return None, 0
        frame = self._cut(entered)
        merged = not {"order_id", "refund_of"}.isdisjoint(frame.collect_schema().names())
        if merged:
            frame = self._of_customers(entered.door, frame)
        frame, scale, notes = scaled_money(entered.door, frame, entered.money, entered.rows)
        self.notes += notes
        sold = read_sales(self.clock.backend, frame)
        if sold.lost:
            text = (
                f"{sold.lost} refunds in {entered.door.source.name} name no sale of their customer"
            )
            self.notes.append(warning("refund-unlinked", f"{text}, so count on their own day"))
        if not merged:
            sifted = self._sifted("transactions", entered, sold.frame)
            sold = replace(sold, frame=sifted, lines=self._known_only(sold.lines))
        return sold, scale

    def _record(self, name: str) -> Frame:
        meaning, entered = MEANINGS.get(name), self.entered[name]
        frame = self._cut(entered)
        return self._sifted(
            name, entered, meaning(frame, entered.door.spellings) if meaning else frame
        )

    def _sifted(self, name: str, entered: Entered, frame: Frame) -> Frame:
        """Facts of known customers; how many others there are is counted by who measures."""
        if self.known:
            rows = entered.rows - entered.later
            self.unsifted[name] = Unsifted(entered.door.source.name, frame, rows)
        return self._known_only(frame)

    def _known_only(self, frame: Frame) -> Frame:
        return frame.join(self.ids, on=CUSTOMER, how="semi") if self.known else frame

    def _cut(self, entered: Entered) -> Frame:
        """Rows up to as_of; what is left out is counted."""
        frame, door = entered.frame, entered.door
        time = str(door.record.time)
        frame = frame.drop(time) if time != "day" else frame
        if entered.later:
            rows = counted(entered.later, "row", door.source.name)
            text = f"{rows} dated after {self.clock.as_of} and left out"
            self.notes.append(warning("later-facts", text))
            frame = frame.filter(nw.col("day") <= self.clock.day)
        return frame

    def _of_customers(self, door: Door, frame: Frame) -> Frame:
        if not self.known:
            return frame
        strange = frame.join(self.ids, on=CUSTOMER, how="anti").select(nw.len())
        ((count,),) = self.clock.backend.rows(strange)
        if not count:
            return frame
        severity = Severity.ERROR if self.strict else Severity.WARNING
        unsifted = Unsifted(door.source.name, frame, count)
        self.strangers.append(unsifted.left_out(count, severity))
        return self._known_only(frame)
