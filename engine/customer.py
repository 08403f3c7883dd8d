"""One customer, from facts: measured as a run would, labelled as a single record is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from custrata.engine.backends import small
from custrata.engine.diagnostics import Diagnostic
from custrata.engine.facts.consent import LEFT_OUT
from custrata.engine.facts.rows import Person
from custrata.engine.measures.context import as_day
from custrata.engine.result import CLOSED, CONSENT, read_given
from custrata.engine.vector import as_text

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
            other exact ones as Decimal, ratios as float, days as ISO text, unknown as None;
            none of who may not be classified.
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

    def text(self, classifier: str) -> str | None:
        """A label as text, for a column of a host's: of several their list as JSON.

        None where she has none, also since the rules know no such classifier: whoever publishes
        may take it out.

        Raises:
            RulesError: the rules need a calibration, and none is set.
        """
        return as_text(self.labels.get(classifier))

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
    backend, as_of = small(), as_day(as_of, engine.ruleset.time_zone)
    frames = {**Person(backend).frames(given), CLOSED: closed, CONSENT: consent}
    facts = read_given(engine, backend, as_of, frames)
    if any(one.code == LEFT_OUT for one in facts.diagnostics):
        return Customer(engine, as_of, {}, facts.diagnostics, left_out=True)
    measured = engine.measurer.measure(facts)
    (record,) = measured.records()
    calibration = engine.calibration
    aged = calibration.warnings(as_of, engine.plugins.versions) if calibration else ()
    return Customer(
        engine,
        as_of,
        record,
        (*facts.diagnostics, *measured.diagnostics, *aged),
    )
