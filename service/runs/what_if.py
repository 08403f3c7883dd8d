"""Who would move, if other rules took the place of those in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from custrata import Engine
from custrata.engine.calibration import Calibration
from custrata.engine.draft import Unchanged
from custrata.engine.result import Result
from custrata.engine.what_if import SwapSet
from custrata.service.desk import Desk
from custrata.service.progress import Progress, silent
from custrata.service.rules.versions import engine_of, engine_of_text, version
from custrata.service.runs.basis import calibration_of, last_full
from custrata.service.runs.chunks import measures_of
from custrata.service.runs.facts import Wanted, frames
from custrata.store.faults import refuse


@dataclass(frozen=True)
class Swap:
    """A draft against the customers as the last run found them.

    Attributes:
        swaps: who moves, by classifier. as_of: the day of the last run.
        version: of the rules of that run. before, after: those rules, and the draft.
        anew: whether facts had to be read, since the draft measures something else.
    """

    swaps: SwapSet
    as_of: date
    version: int
    anew: bool
    before: Engine
    after: Engine


def what_if(desk: Desk, draft: str, progress: Progress = silent) -> Swap:
    """Compare rules as text with those of the last run; nothing is written.

    Raises:
        RulesError: the draft is wrong. StoreError: no run has landed yet.
    """
    changed = engine_of_text(draft, "draft")
    with desk.database.read() as session:
        last = last_full(session)
        if last is None:
            raise refuse("no-run", "no run has landed yet, so nobody has a label", "a run first")
        now = engine_of(version(session, last.version))
        calibration = calibration_of(session, last)
    progress("read", 0, 1)
    result = _kept(desk, last.id, last.as_of, now, changed, calibration)
    anew = result is None
    if result is None:
        with desk.database.snapshot() as snapshot:
            given = frames(snapshot, Wanted(now, last.as_of), progress)
        result = now.run(as_of=last.as_of, calibration=calibration, progress=progress, **given)
    progress("compare", 0, 1)
    swaps = now.what_if(changed, result)
    progress("compare", 1, 1)
    return Swap(swaps, last.as_of, last.version, anew, now, changed)


def _kept(
    desk: Desk, run_id: int, as_of: date, now: Engine, changed: Engine, calibration: Calibration
) -> Result | None:
    """The last run out of what it measured; None where the draft asks for more than that."""
    with desk.database.snapshot() as snapshot:
        measures = measures_of(snapshot, run_id)
    if measures is None or not _enough(measures, now, changed):
        return None
    return now.run(as_of=as_of, calibration=calibration, measures=measures)


def _enough(measures: pl.DataFrame, now: Engine, changed: Engine) -> bool:
    unchanged = Unchanged(now.ruleset, changed.ruleset, now.plugins)
    return unchanged.heads and all(
        name in measures.columns and unchanged.measure(name) for name in changed.ruleset.columns
    )
