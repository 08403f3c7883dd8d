"""Who would move if a text of rules came into force, for whoever is about to bring it in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from custrata.engine.what_if import REVENUE
from custrata.service.desk import Desk
from custrata.service.progress import Progress, silent
from custrata.service.rules.versions import engine_of, engine_of_text, version
from custrata.service.runs.basis import last_full
from custrata.service.runs.what_if import what_if
from custrata.service.what_if import Compared, compared, write_moves


@dataclass(frozen=True)
class Moves:
    """A text of rules against the last run, as of `as_of` by a version of the rules."""

    compared: Compared
    as_of: date
    version: int


def who_moves(
    desk: Desk, text: str, out: Path | None = None, progress: Progress = silent
) -> Moves | None:
    """The swap set of a text against the last run; None where no run has landed yet.

    Args:
        out: gets customer_id, classifier, from, to.

    Raises:
        RulesError: the text is wrong. DataError: it measures facts that cannot be measured.
    """
    with desk.database.read() as session:
        if last_full(session) is None:
            return None
    swap = what_if(desk, text, progress)
    with desk.database.read() as session:
        now = engine_of(version(session, swap.version))
    if out is not None:
        write_moves(swap.swaps, out, "polars", progress)
    own = REVENUE in now.ruleset.measures
    window = None if own else now.ruleset.window_days or "all"
    after = engine_of_text(text, "draft")
    told = compared(now, after, swap.swaps, swap.swaps.diagnostics, window)
    return Moves(told, swap.as_of, swap.version)
