"""A customer whom the store need not know: classified, and nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata import Engine
from custrata.engine.diagnostics import Diagnostic, Severity, nearest
from custrata.engine.explain import Explanation
from custrata.engine.facts import records
from custrata.service.desk import Desk
from custrata.service.imports.known import known
from custrata.service.rules.versions import current, engine_of, version
from custrata.service.runs.basis import last_full
from custrata.service.runs.in_force import calibrated
from custrata.service.settings import settings
from custrata.service.values import wrong
from custrata.store.faults import refuse
from custrata.store.models import ClosedDay

DATED = tuple(one.name for one in records.DATED)
"""Records of facts that a trial may bring."""


@dataclass(frozen=True)
class Trial:
    """What she would be.

    Attributes:
        version: of the rules. calibration: the cut points' id; None where no run has landed.
        as_of: the last day that was read; None where measures were given.
        labels: by classifier. explanations: in the order of the rules.
        measures: what was measured of her facts, or given.
    """

    version: int
    calibration: str | None
    as_of: date | None
    labels: Mapping[str, Any]
    explanations: tuple[Explanation, ...]
    measures: Mapping[str, Any]
    diagnostics: tuple[Diagnostic, ...]


def of_measures(desk: Desk, measures: Mapping[str, Any]) -> Trial:
    """Classify measures that somebody else worked out, by the rules and cut points of the last run.

    Raises:
        StoreError: no run has landed, and customers decide the cut points.
        DataError: a number is infinite, or no value of a measure.
    """
    with desk.database.read() as session:
        ready = _ready(session)
    try:
        labels, reasons = ready.engine.classify(measures), ready.engine.explain(measures)
    except (TypeError, ValueError) as error:
        allowed = "texts, finite numbers, true, false or null"
        raise wrong("measure-value", "a measure has a value that none can have", allowed) from error
    return Trial(
        ready.number,
        ready.calibration,
        None,
        labels,
        tuple(reasons.values()),
        measures,
        tuple(_unknown(ready.engine, measures)),
    )


def _unknown(engine: Engine, names: Iterable[str]) -> Iterator[Diagnostic]:
    """Names that no rule reads and nothing measures: they may be misspelt."""
    known = {*engine.ruleset.columns, *engine.ruleset.measures, *engine.plugins.measures}
    for name in names:
        if name not in known:
            fault, close = f"no rule reads {name!r}", nearest(name, known)
            yield Diagnostic("measure-unread", fault, Severity.WARNING, nearest=close)


def of_facts(desk: Desk, facts: Mapping[str, Any], as_of: date | None = None) -> Trial:
    """Classify facts as `Engine.customer` takes them, by the rules and cut points of the last run.

    Who may not be classified, as the firm wants it, gets no label; a diagnostic says so.

    Args:
        facts: `customer` and lists of `DATED`; a record that is left out is not known, an empty
            list says that there are none.
        as_of: None takes today in the rules' time zone.

    Raises:
        StoreError: as `of_measures`. DataError: a fact is wrong.
    """
    with desk.database.read() as session:
        _need_currency(session, facts.get("transactions") or ())
        ready = _ready(session)
        closed = session.scalars(select(ClosedDay.day)).all()
        consent = settings(session).consent_needed
    day = as_of or desk.today(ready.engine.ruleset.time_zone)
    found = ready.engine.customer(as_of=day, closed_days=closed, consent=consent, **facts)
    reasons = tuple(found.explain().values())
    return Trial(
        ready.number,
        ready.calibration,
        day,
        found.labels,
        reasons,
        found.measures,
        found.diagnostics,
    )


def _need_currency(session: Session, sales: Iterable[Mapping[str, Any]]) -> None:
    """Cut points are of amounts in the currency of the store, whether the rules name it or not."""
    named = {one["currency"].upper() for one in sales if one.get("currency")}
    own = known(session).currency if named else None
    other = next((one for one in sorted(named) if own and one != own), None)
    if other:
        raise wrong("foreign-currency", f"an amount is in {other}", own)


@dataclass(frozen=True)
class _Ready:
    """An engine, and where it is from."""

    engine: Engine
    number: int
    calibration: str | None


def _ready(session: Session) -> _Ready:
    last = last_full(session)
    if last is None:
        rules = current(session)
        engine = engine_of(rules)
        if any(bands.found for one in engine.ruleset.classifiers for bands in one.bands.values()):
            raise refuse("no-run", "no run has found the cut points yet", "a run first")
        return _Ready(engine, rules.number, None)
    engine = engine_of(version(session, last.version))
    return _Ready(calibrated(session, engine, last), last.version, last.calibration_id)
