"""A run: everyone is classified, and all of it lands or nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import select

from custrata.engine.calibration import Calibration
from custrata.engine.diagnostics import CustrataError
from custrata.engine.result import Result
from custrata.service.desk import Desk
from custrata.service.figures.ground import beside
from custrata.service.progress import Progress, silent
from custrata.service.runs.basis import FULL, Basis
from custrata.service.runs.consent import left_out, withdrawn
from custrata.service.runs.effects import RULES
from custrata.service.runs.facts import Wanted, frames
from custrata.service.runs.labels import (
    Present,
    Step,
    classifiers_of,
    labels_now,
    relabelled,
    transitions,
    with_reasons,
)
from custrata.service.runs.landing import Computed, land
from custrata.service.runs.reading import Reader
from custrata.service.runs.summary import RunSummary
from custrata.service.runs.work import Work, at_work
from custrata.store.faults import refuse
from custrata.store.models import Counter, Customer


def run(
    desk: Desk,
    *,
    as_of: date | None = None,
    recalibrate: bool = True,
    progress: Progress = silent,
) -> RunSummary:
    """Classify all customers and write what changed.

    Customers of whom something became known while it was at work are classified again by its
    cut points before it lands, so that nobody's newest fact is lost.

    Args:
        as_of: the last day that is read; None takes today in the rules' time zone.
        recalibrate: whether cut points are found anew; else those of the last run are kept, if
            the rules still ask for them.

    Raises:
        StoreError: a run is under way (`run-under-way`); it was cancelled; the day lies before
            the last run's, or is still to come.
        RulesError, DataError: rules or facts are at fault; nothing was changed.
    """
    with at_work(desk, FULL, as_of, _day_that_can_land, progress) as work:
        return land(work, _compute(work, recalibrate))


def _day_that_can_land(found: Basis, day: date) -> None:
    if found.latest is not None and day < found.latest:
        raise refuse(
            "run-in-the-past",
            f"{day} lies before the last run's {found.latest}",
            "that day or later; back-fill for past days",
        )
    if day > found.today:
        raise refuse(
            "run-in-the-future",
            f"{day} is still to come",
            f"{found.today} or earlier; a later day only without a store, by custrata classify",
        )


def _compute(work: Work, recalibrate: bool) -> Computed:
    found, day, watch = work.found, work.day, work.watch
    with work.desk.database.snapshot() as snapshot:
        watermark = snapshot.value(select(Counter.value).where(Counter.name == "facts"))
        given = frames(snapshot, Wanted(found.engine, day), watch)
        now = labels_now(snapshot)
        touched = _touched(snapshot, found)
        also = beside(snapshot, day, found.engine.ruleset.time_zone)
    refuse_nobody(given)
    kept = None if recalibrate else _kept(found)
    result = found.engine.run(as_of=day, calibration=kept, progress=watch, **given)
    watch("compare", 0, 1)
    present = Present(found.number, day, found.own.plugins.versions, touched)
    names = classifiers_of(found.own)
    moved = with_reasons(
        transitions(result.labelled, names, now),
        found.before,
        present,
        lambda: _steps(found, result, day, given),
    )
    out = withdrawn(left_out(given["customers"], result.labelled), names, now)
    return Computed(result, also, pl.concat([moved, out]), int(watermark))


def refuse_nobody(given: dict[str, Any]) -> None:
    """Refuse to classify nobody."""
    if given["customers"].is_empty():
        raise refuse("no-customers", "there are no customers to classify", "an import first")


def _touched(reader: Reader, found: Basis) -> pl.DataFrame:
    """Of whom something became known since the last run."""
    since = found.before.watermark if found.before else 0
    table = Customer.__table__.c
    return reader.frame(select(table.customer_id).where(table.fact_seq > since))


def _kept(found: Basis) -> Calibration | None:
    """The last run's cut points, where the rules still ask for the same."""
    if found.before is None:
        return None
    try:
        found.before.calibration.check_matches(found.engine.ruleset)
    except CustrataError:
        return None
    return found.before.calibration


def _steps(found: Basis, result: Result, day: date, given: dict[str, Any]) -> list[Step]:
    """From the last run to this one: facts and days, cut points, rules."""
    assert found.before is not None
    known = found.before.calibration
    if found.before.number == found.number:
        return [Step(None, relabelled(result, known)), Step("calibration", None)]
    old = found.before.engine.run(as_of=day, calibration=known, **given)
    fresh = Step("calibration", relabelled(old, None))
    return [Step(None, old.labelled), fresh, Step(RULES, None)]
