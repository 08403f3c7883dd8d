"""When a customer's labels change by themselves: if nothing happens, time alone moves them.

That so many days from now is asked by looking at her facts as if they lay so many days further
back: one run over copies of her, one for each day ahead, under the cut points of the last run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from custrata import Engine
from custrata.engine.calibration import Calibration
from custrata.engine.measures.contacts import SKIP
from custrata.engine.model import Classifier
from custrata.engine.result import BESIDE, CLOSED, CONSENT, Result
from custrata.service.customers.touched import id_of, no_customer
from custrata.service.desk import Desk
from custrata.service.rules.versions import engine_of, version
from custrata.service.runs.basis import calibration_of, last_full
from custrata.service.runs.consent import left_out
from custrata.service.runs.facts import Wanted, frames
from custrata.service.runs.labels import classifiers_of, texts
from custrata.store.models import Customer

YEAR = 365
"""Days ahead that are looked at."""
_ID = "customer_id"
_DAYS = "#days"
_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Coming:
    """A label that changes by itself.

    Attributes:
        was, label: as they are kept: a list is JSON, None is no label.
        day: the first one on which she has the new label.
        measures: those whose growing brings it about, as far as that is known.
    """

    classifier: str
    was: str | None
    label: str | None
    day: date
    measures: tuple[str, ...]


def coming(desk: Desk, customer_id: str, days: int = YEAR) -> tuple[Coming, ...]:
    """The first change of each label within so many days, the soonest first.

    A table that reads whole months or years, or leaves closed days out, is left out: these do not
    grow day by day. Where no run has landed yet, nothing is told.

    Raises:
        StoreError: there is no such customer.
    """
    who = id_of(customer_id)
    with desk.database.read() as session:
        if session.get(Customer, who) is None:
            raise no_customer()
        found = _basis(session, desk)
    if found is None:
        return ()
    engine, calibration, as_of = found
    with desk.database.snapshot() as snapshot:
        given = frames(snapshot, Wanted(engine, as_of, [who]))
    today = engine.run(as_of=as_of, calibration=calibration, **given)
    if not left_out(given["customers"], today.labelled).is_empty():
        return ()
    copies: dict[str, Any] = {
        CONSENT: given[CONSENT],
        **_copied(given, engine, days),
        "measures": _steady(today, engine, who, days),
    }
    ahead = engine.run(as_of=as_of, calibration=calibration, **copies)
    return _changes(_Ahead(engine, ahead, days), as_of)


def _basis(session: Session, desk: Desk) -> tuple[Engine, Calibration, date] | None:
    last = last_full(session)
    if last is None:
        return None
    engine = engine_of(version(session, last.version))
    as_of = max(last.as_of, desk.today(engine.ruleset.time_zone))
    return engine, calibration_of(session, last), as_of


# --- copies of her ------------------------------------------------------------------------


def _copied(given: Mapping[str, Any], engine: Engine, days: int) -> dict[str, pl.DataFrame]:
    """Her records once for each day ahead, each lying so many days further back."""
    ahead = pl.DataFrame({_DAYS: range(days + 1)}, schema={_DAYS: pl.Int64})
    dates = {use.days_since for use in engine.ruleset.measures.values() if use.days_since}
    return {
        name: _earlier(frame.join(ahead, how="cross"), engine.ruleset.time_zone, dates)
        for name, frame in given.items()
        if name not in BESIDE
    }


def _earlier(frame: pl.DataFrame, zone: str, dates: Iterable[str | None]) -> pl.DataFrame:
    """Every moment on the same time of day, so many days before."""
    back = pl.format("-{}d", _DAYS)
    columns = []
    for name, kind in frame.schema.items():
        column = pl.col(name)
        if isinstance(kind, pl.Datetime):
            local = column.dt.convert_time_zone(zone).dt.offset_by(back)
            columns.append(local.dt.convert_time_zone("UTC"))
        elif kind == pl.Date:
            columns.append(column.dt.offset_by(back))
        elif name in dates and kind == pl.String:
            moved = column.str.to_date(strict=False).dt.offset_by(back).cast(pl.String)
            columns.append(moved.alias(name))
    return frame.with_columns(columns).with_columns(_copy_id()).drop(_DAYS)


def _copy_id() -> pl.Expr:
    return pl.format(f"{{}}{_SEPARATOR}{{}}", _ID, _DAYS).alias(_ID)


def _steady(today: Result, engine: Engine, who: str, days: int) -> pl.DataFrame:
    """Measures that do not change by themselves, as they are today."""
    measured: pl.LazyFrame | pl.DataFrame = today.measures
    frame = measured.lazy().collect()
    names = [name for name in frame.columns if name != _ID and _is_steady(engine, name)]
    ids = pl.DataFrame({_ID: [f"{who}{_SEPARATOR}{day}" for day in range(days + 1)]})
    return ids.join(frame.select(names), how="cross") if names else ids


def _is_steady(engine: Engine, name: str) -> bool:
    use = engine.ruleset.measures.get(name)
    measure = engine.plugins.measures.get((use and use.measure) or name)
    return measure is not None and measure.ages == "steady"


# --- what changes -------------------------------------------------------------------------


class _Ahead:
    """What she would be on each of the days ahead."""

    def __init__(self, engine: Engine, result: Result, days: int):
        self.engine = engine
        self._days = days
        self._result = result
        self._bands = _by_day(result.bands)
        self._values = _by_day(result.measures)
        self.classifiers = {one.name: one for one in engine.ruleset.classifiers}

    def labels(self, name: str) -> list[str | None]:
        """From today on."""
        return _by_day(texts(self._result.labelled, name))["label"].to_list()

    def moved(self, one: Classifier, day: int) -> tuple[str, ...]:
        """The measures that make a table say something else on that day."""
        found: dict[str, None] = {}
        for name in one.columns:
            if name.startswith(("label.", "score.")):
                other = self.classifiers.get(name.partition(".")[2])
                found |= dict.fromkeys(self.moved(other, day) if other else ())
            elif self._moves(one, name, day):
                found[name] = None
        return tuple(found)

    def _moves(self, one: Classifier, name: str, day: int) -> bool:
        band = f"{one.name}.{name}"
        frame, column = (self._bands, band) if band in self._bands.columns else (self._values, name)
        if column not in frame.columns:
            return False
        before, after = frame[column][day - 1], frame[column][day]
        return bool(before != after)


def _by_day(given: Any) -> pl.DataFrame:
    frame: pl.DataFrame = given.lazy().collect()
    day = pl.col(_ID).str.split(_SEPARATOR).list.last().cast(pl.Int64)
    return frame.sort(day)


def _changes(ahead: _Ahead, as_of: date) -> tuple[Coming, ...]:
    found = []
    for name in classifiers_of(ahead.engine):
        labels = ahead.labels(name)
        day = _first_other(labels)
        if day is not None and not _by_calendar(ahead.engine, ahead.classifiers[name]):
            measures = ahead.moved(ahead.classifiers[name], day)
            moment = as_of + timedelta(days=day)
            found.append(Coming(name, labels[0], labels[day], moment, measures))
    return tuple(sorted(found, key=lambda one: (one.day, one.classifier)))


def _first_other(labels: Sequence[str | None]) -> int | None:
    return next((day for day, label in enumerate(labels) if label != labels[0]), None)


def _by_calendar(engine: Engine, one: Classifier) -> bool:
    """Whether a table reads whole months or years, or leaves closed days out."""
    uses = [use for name in one.columns if (use := engine.ruleset.measures.get(name))]
    months = any(use.window is not None and use.window.calendar for use in uses)
    return months or any(use.parameters.get(CLOSED) == SKIP for use in uses)
