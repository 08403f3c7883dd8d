"""Figures in the store: with the run that they are of."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from custrata.service.runs.basis import last_full
from custrata.store.models import Run, RunFigure

_NEWEST = 2
"""So many runs keep their figures in any case, for comparing."""
LARGE = ("turnover", "efforts", "results", "sources_by_month")
"""Figures that grow with the firm: they are read where they are asked for, not on every page."""
_OF_LAST = ("turnover", "efforts")
"""Figures that only the last run keeps: they hold the days of those before it."""


@dataclass(frozen=True)
class Figures:
    """The figures of a run.

    Attributes:
        content: by name, without those of `LARGE`; see `work_out`. Empty where they are kept no
            longer.
        session: where large ones are read; it must still be open then.
    """

    run_id: int
    as_of: date
    version: int
    content: MutableMapping[str, Any]
    session: Session | None = field(default=None, repr=False, compare=False)

    def get(self, name: str) -> Any:
        """One of them; None where there is none.

        Raises:
            RuntimeError: a large one is asked for when its session is over.
        """
        if self.session is not None and name in LARGE and name not in self.content:
            if not self.session.in_transaction():
                raise RuntimeError(f"the figure {name} is read while its session is open")
            self.content[name] = _one(self.session, self.run_id, name)
        return self.content.get(name)


def keep_figures(session: Session, run_id: int, figures: Mapping[str, Any]) -> None:
    """Keep a run's figures; of earlier ones those of each month's last and of the newest."""
    session.add_all(
        RunFigure(run_id=run_id, name=name, content=content)
        for name, content in figures.items()
        if content is not None
    )
    session.flush()
    with_figures = select(RunFigure.run_id).distinct()
    query = select(Run.id, Run.as_of).where(Run.id.in_(with_figures)).order_by(Run.as_of, Run.id)
    rows = session.execute(query).all()
    months = {day.replace(day=1): number for number, day in rows}
    kept = {*months.values(), *(number for number, _ in rows[-_NEWEST:])}
    session.execute(delete(RunFigure).where(RunFigure.run_id.not_in(kept)))
    before = RunFigure.run_id.in_([number for number, _ in rows[:-1]])
    session.execute(delete(RunFigure).where(before, RunFigure.name.in_(_OF_LAST)))


def figures_of(session: Session, run: Run) -> Figures:
    """What is kept of a run; large ones are read while the session is open."""
    rows = select(RunFigure.name, RunFigure.content).where(
        RunFigure.run_id == run.id, RunFigure.name.not_in(LARGE)
    )
    content: dict[str, Any] = dict(session.execute(rows).all())
    return Figures(run.id, run.as_of, run.version, content, session)


def latest(session: Session) -> Figures | None:
    """The figures of the last run of everyone; None where none has landed."""
    last = last_full(session)
    return None if last is None else figures_of(session, last)


def _one(session: Session, run_id: int, name: str) -> Any:
    one = RunFigure.run_id == run_id, RunFigure.name == name
    with _uncollected():
        return session.scalar(select(RunFigure.content).where(*one))


@contextmanager
def _uncollected() -> Iterator[None]:
    """No search for garbage meanwhile.

    JSON makes tens of thousands of lists, none of them in a ring, and so many new ones would have
    Python go through all that the program holds: that takes several times as long as to read them.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def over_time(session: Session, name: str) -> list[tuple[date, Any]]:
    """A figure of every run that is kept, the oldest first."""
    query = select(Run.as_of, RunFigure.content).join(RunFigure, RunFigure.run_id == Run.id)
    rows = session.execute(query.where(RunFigure.name == name).order_by(Run.as_of, Run.id))
    return [(day, content) for day, content in rows]
