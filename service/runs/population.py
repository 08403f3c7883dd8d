"""The customers as the last run found them, held ready for questions of "what if"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from threading import Lock
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from custrata import Engine
from custrata.engine.calibration import Calibration
from custrata.engine.draft import Base, Unchanged
from custrata.engine.facts import read_facts
from custrata.engine.measures.context import day_number
from custrata.engine.measures.plan import measure
from custrata.engine.model import Classifier
from custrata.engine.result import CLOSED, Result
from custrata.engine.vector import passes_where
from custrata.service.desk import Desk
from custrata.service.rules.versions import engine_of, version
from custrata.service.runs.basis import calibration_of, last_full
from custrata.service.runs.chunks import measures_of
from custrata.service.runs.facts import Wanted, frames
from custrata.store.faults import refuse
from custrata.store.models import Receipt, Run

_MOST_SORTED = 32
"""Columns kept sorted; eight megabytes each of a million customers."""
_MANY = 20_000
"""So many customers are read in the twinkling of an eye."""
Key = tuple[str, int, str, int]
"""Database, run, when it landed, and how many customers had been erased."""


@dataclass(frozen=True, eq=False)
class Population:
    """Measured customers with the labels of the rules that the last run used.

    Attributes:
        as_of: the day of that run. version: the number of its rules.
        result: that run, made again out of what it measured.
    """

    key: Key
    as_of: date
    version: int
    result: Result

    @cached_property
    def base(self) -> Base:
        """What every comparison needs of the labels of now."""
        return Base.of(self.result)

    @cached_property
    def customers(self) -> int:
        """How many they are."""
        labelled = self.result.labelled
        ((count,),) = labelled.backend.rows(labelled.frame.select(nw.len()))
        return int(count)

    def lacks(self, draft: Engine) -> list[str]:
        """What a draft reads and nobody was measured by, or by another definition."""
        unchanged = Unchanged(self.result.engine.ruleset, draft.ruleset, draft.plugins)
        known = self.result.labelled.columns
        return [
            name
            for name in draft.ruleset.columns
            if name not in known or not unchanged.heads or not unchanged.measure(name)
        ]

    def ordered(self, column: str, classifier: Classifier | None = None) -> pl.Series:
        """A column as it is stored, sorted, nulls first.

        Args:
            classifier: only of those who take part in it; None is everyone.
        """
        key = column, repr(classifier.where) if classifier else ""
        found = self._sorted.get(key)  # others ask too, and may drop it at any moment
        if found is None:
            found = self._values(column, classifier).sort(nulls_last=False)
            spare = max(0, len(self._sorted) + 1 - _MOST_SORTED)
            for first in list(self._sorted)[:spare]:
                self._sorted.pop(first, None)
            self._sorted[key] = found
        return found

    def _values(self, column: str, classifier: Classifier | None) -> pl.Series:
        frame, columns = self.result.labelled.frame, self.result.labelled.columns
        test = passes_where(classifier, columns) if classifier else None
        chosen = frame if test is None else frame.filter(test)
        found: pl.DataFrame = chosen.select(columns[column].name).to_native().collect()
        return found.to_series()

    @cached_property
    def _sorted(self) -> dict[tuple[str, str], pl.Series]:
        return {}


class _Shelf:
    """What this process holds: one population, and one that a draft's measures were added to."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.held: list[Population] = []

    def find(self, key: Key) -> Iterator[Population]:
        """Those of a run, the plain one first."""
        return (one for one in self.held if one.key == key)


_SHELF = _Shelf()


def population(desk: Desk, draft: Engine | None = None) -> Population:
    """The customers of the last run; read once a process, until another run lands.

    Args:
        draft: rules whose measures are wanted too. What the run did not measure for them is
            measured from the store's facts, which takes its time; it is kept until other rules
            ask for something else.

    Raises:
        StoreError: no run has landed yet.
    """
    with desk.database.read() as session:
        key, last = _newest(desk, session)
    ready = _ready(key, draft)
    if ready is not None:
        return ready
    with _SHELF.lock:
        found = next(_SHELF.find(key), None)
        if found is None:
            found = _read(desk, key, last.id)
            _SHELF.held = [found]
        if draft is None or not found.lacks(draft):
            return found
        _SHELF.held = [one for one in _SHELF.held[:2] if one is found or not one.lacks(draft)]
        if len(_SHELF.held) == 1:
            _SHELF.held.append(_measured(desk, found, draft))
        return _SHELF.held[1]


def _ready(key: Key, draft: Engine | None) -> Population | None:
    """What is held and has all that a draft reads; nobody waits for what others have measured."""
    held = _SHELF.find(key)
    return next((one for one in held if draft is None or not one.lacks(draft)), None)


def waits(desk: Desk) -> bool:
    """Whether asking for the population would keep somebody waiting: many, and not read yet."""
    with desk.database.read() as session:
        if last_full(session) is None:
            return False
        key, last = _newest(desk, session)
        many = (last.counts or {}).get("customers", 0) > _MANY
    return many and next(_SHELF.find(key), None) is None


def _newest(desk: Desk, session: Session) -> tuple[Key, Run]:
    last = last_full(session)
    if last is None:
        raise refuse("no-run", "no run has landed yet, so nobody has a label", "a run first")
    erased = session.scalar(select(func.count()).select_from(Receipt)) or 0
    return (str(desk.database.url), last.id, str(last.finished_at), erased), last


def _read(desk: Desk, key: Key, run_id: int) -> Population:
    """The last run out of what it measured; measured anew where that is kept no longer."""
    with desk.database.read() as session:
        run = session.get_one(Run, run_id)
        now = engine_of(version(session, run.version))
        calibration = calibration_of(session, run)
    with desk.database.snapshot() as snapshot:
        measures = measures_of(snapshot, run_id)
        kept = measures is not None and _enough(now, measures)
        given = {"measures": measures} if kept else frames(snapshot, Wanted(now, run.as_of))
    result = now.run(as_of=run.as_of, calibration=calibration, **given)
    return Population(key, run.as_of, run.version, result)


def _enough(now: Engine, measures: pl.DataFrame) -> bool:
    return set(now.ruleset.columns) <= set(measures.columns)


def _measured(desk: Desk, found: Population, draft: Engine) -> Population:
    """The same customers, with the columns that a draft reads."""
    result, wanted = found.result, found.lacks(draft)
    rules = draft.ruleset
    with desk.database.snapshot() as snapshot:
        given = frames(snapshot, Wanted(draft, found.as_of))
    closed = tuple(map(day_number, given.pop(CLOSED)))
    backend = result.labelled.backend
    facts = read_facts(
        backend,
        as_of=found.as_of,
        time_zone=rules.time_zone,
        currency=rules.currency,
        **given,
    )
    facts = replace(facts, closed=closed)
    table, _ = measure(facts, wanted, rules, draft.plugins, _fitted(result, draft))
    frame = result.labelled.frame
    known = [name for name in frame.collect_schema().names() if name not in wanted]
    joined = frame.select(*known).join(table.frame, on="customer_id", how="left")
    labelled = replace(
        result.labelled,
        frame=backend.keep(joined),
        columns={**result.labelled.columns, **table.columns},
    )
    changed = replace(
        result,
        engine=_as_if(result.engine, draft),
        calibration=_still_good(result, draft),
        labelled=labelled,
    )
    return replace(found, result=changed)


def _as_if(now: Engine, draft: Engine) -> Engine:
    """The rules of now, had they always measured as the draft does."""
    rules = draft.ruleset
    measured = replace(
        now.ruleset,
        time_zone=rules.time_zone,
        currency=rules.currency,
        window_days=rules.window_days,
        measures=rules.measures,
    )
    return Engine(measured, now.plugins, engine=now.engine)


def _still_good(result: Result, draft: Engine) -> Calibration:
    """The cut points of the run, without those of measures that mean something else now."""
    unchanged = Unchanged(result.engine.ruleset, draft.ruleset, draft.plugins)
    bands = {
        name: {one: found for one, found in own.items() if _same(unchanged, one)}
        for name, own in result.calibration.bands.items()
    }
    return replace(result.calibration, bands=bands)


def _fitted(result: Result, draft: Engine) -> dict[str, Any]:
    unchanged = Unchanged(result.engine.ruleset, draft.ruleset, draft.plugins)
    states = result.calibration.states
    return {name: state for name, state in states.items() if _same(unchanged, name)}


def _same(unchanged: Unchanged, name: str) -> bool:
    return unchanged.heads and unchanged.measure(name)
