"""Facts: the records of customers, canonical, cut at the as-of date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw

from custrata.engine.backends import Backend
from custrata.engine.columns import Column
from custrata.engine.diagnostics import Diagnostic, Severity, counted
from custrata.engine.facts.attributes import Attributes

Frame = nw.LazyFrame[Any]


@dataclass(frozen=True)
class Unsifted:
    """A record before facts of customers who are not known are left out of it.

    Grouped by customer and joined to the customers, such facts fall away by themselves, and
    what is missing then tells how many they were: a join of all rows is spared.

    Attributes:
        name: what the record is called in messages.
        frame: all rows up to as_of.
        rows: how many.
    """

    name: str
    frame: Frame
    rows: int

    def left_out(self, strangers: int, severity: Severity) -> Diagnostic:
        """Says that so many rows are of customers who are not known."""
        rows = counted(strangers, "row", self.name)
        text = f"{rows} of customers who are not among the customers"
        return Diagnostic("unknown-customer", text, severity)


@dataclass(frozen=True)
class Facts:
    """What is known of customers at the end of the as-of date.

    Days are Int64, counted from 1970-01-01 in `time_zone`. A record that was not given is
    None. Frames are lazy, and hold only customers who are in `customers`.

    Attributes:
        scale: decimals of money: an amount is `stored / 10**scale`.
        attributes: the customers with what their columns hold; see `customers`.
        transactions: one row per sale or unlinked refund: `customer_id`, `day`, `amount`
            (Int64), `profit` (Int64, where the file has it), `is_sale`, and the file's other
            columns (of an order, where all its lines agree).
        lines: one row per line of the sales: `customer_id`, the sale's `day`, the file's
            other columns; for questions about products.
        contacts: `customer_id`, `day`, `counts` (someone was reached), others.
        surveys: `customer_id`, `day`, `moment` (Int64, local microseconds), `question`,
            `answer`, `answer_number` (Float64, null where the answer spells none).
        stage_changes: `customer_id`, `day`, `to`, `by_person`, others.
        opportunities: `customer_id`, `day`, `moment`, others. feedback: the same.
        measures: one row per customer, canonical columns; `measure_columns` says which.
        everyone: the record in which every customer has a row, where there is one: grouping
            it by customer gives all customers, without a join.
        unsifted: the records that may hold facts of customers who are not known, by name;
            whoever measures first says how many. strict: whether they are an error.
        counted: whether that has been said.
        closed: days on which nobody works; None where nothing is known of them.
    """

    backend: Backend
    as_of: date
    time_zone: str
    scale: int
    attributes: Attributes
    transactions: Frame | None = None
    lines: Frame | None = None
    contacts: Frame | None = None
    surveys: Frame | None = None
    stage_changes: Frame | None = None
    opportunities: Frame | None = None
    feedback: Frame | None = None
    measures: Frame | None = None
    measure_columns: Mapping[str, Column] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()
    everyone: str | None = None
    unsifted: Mapping[str, Unsifted] = field(default_factory=dict)
    strict: bool = False
    counted: bool = False
    closed: tuple[int, ...] | None = None

    @property
    def customers(self) -> Frame:
        """`customer_id`, unique, and the attributes asked for in `customer_columns` so far."""
        return self.attributes.frame

    @property
    def customer_columns(self) -> Mapping[str, Column]:
        """What each attribute holds; `groups.vip` is an item of a list."""
        return self.attributes
