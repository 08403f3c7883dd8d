"""One customer, from facts: measured as a run would, labelled as a single record is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from custrata.engine.backends import small
from custrata.engine.columns import Column
from custrata.engine.diagnostics import Diagnostic
from custrata.engine.facts import read_facts
from custrata.engine.facts.consent import COLUMN, check_choice, refuses, said
from custrata.engine.facts.rows import Person
from custrata.engine.measures.context import EPOCH, as_day, day_number

if TYPE_CHECKING:
    from custrata.engine.engine import Engine
    from custrata.engine.explain import Explanation


@dataclass(frozen=True)
class Customer:
    """One customer as of a day.

    Attributes:
        engine: the rules, with their cut points.
        as_of: the last day that was read.
        measures: measures and attributes that the rules read, by name: whole numbers as int,
            other exact ones as Decimal, ratios as float, days as ISO text, unknown as None.
        diagnostics: warnings of the facts and of the calibration.
        left_out: whether she may not be classified, since she did not consent.
    """

    engine: Engine
    as_of: date
    measures: Mapping[str, Any]
    diagnostics: tuple[Diagnostic, ...]
    left_out: bool = False

    @cached_property
    def labels(self) -> dict[str, Any]:
        """The labels by classifier; all None where she may not be classified.

        Raises:
            RulesError: the rules need a calibration, and none is set.
        """
        if self.left_out:
            return dict.fromkeys(one.name for one in self.engine.ruleset.classifiers)
        return self.engine.classify(self.measures)

    def explain(self) -> dict[str, Explanation]:
        """Why she has her labels, and what would give her better ones; nothing if left out.

        Raises:
            RulesError: the rules need a calibration, and none is set.
        """
        if self.left_out:
            return {}
        return self.engine.explain(self.measures)


def customer(
    engine: Engine,
    as_of: date,
    given: Mapping[str, Any],
    closed: Iterable[date] | None,
    consent: str,
) -> Customer:
    """See `Engine.customer`."""
    check_choice(consent)
    out = refuses(_consent(given["customers"]), consent)
    as_of, backend = as_day(as_of), small()
    facts = read_facts(
        backend,
        as_of=as_of,
        time_zone=engine.ruleset.time_zone,
        currency=engine.ruleset.currency,
        **Person(backend).frames(given),
    )
    if closed is not None:
        facts = replace(facts, closed=tuple(day_number(as_day(one)) for one in closed))
    measured = engine.measurer.measure(facts)
    (row,) = measured.rows
    calibration = engine.calibration
    aged = calibration.warnings(as_of, engine.plugins.versions) if calibration else ()
    return Customer(
        engine,
        as_of,
        {name: _shown(column, row[name]) for name, column in measured.columns.items()},
        (*facts.diagnostics, *measured.diagnostics, *aged, *([said(1, consent)] if out else [])),
        out,
    )


def _consent(given: Any) -> Any:
    """What is known of her consent."""
    return given.get(COLUMN) if isinstance(given, Mapping) else getattr(given, COLUMN, None)


def _shown(column: Column, stored: Any) -> Any:
    """A stored value as a record has it."""
    if stored is None:
        return None
    if column.kind == "day":
        return (EPOCH + timedelta(days=stored)).isoformat()
    exact = column.kind == "integer" and (column.scale or column.money)
    return Decimal(stored).scaleb(-column.scale) if exact else stored
