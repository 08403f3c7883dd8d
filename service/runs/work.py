"""One run at a time: its hold on the store, its row, and how it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from custrata.engine.diagnostics import CustrataError
from custrata.service.audit import note
from custrata.service.desk import Desk
from custrata.service.progress import Progress
from custrata.service.runs.basis import CANCELLED, FAILED, LOST, RUNNING, Basis, basis
from custrata.service.runs.watch import Cancelled, Watch
from custrata.store.faults import StoreError, refuse
from custrata.store.models import Run

LOCK = "run"
"""The lock that a run holds."""


@dataclass(frozen=True)
class Work:
    """A run that is under way.

    Attributes:
        day: as of which it classifies. found: what it rests on.
        watch: takes its progress, and stops it where somebody asked for that.
    """

    desk: Desk
    run_id: int
    day: date
    found: Basis
    watch: Watch


@contextmanager
def at_work(
    desk: Desk,
    kind: str,
    day: date | None,
    check: Callable[[Basis, date], None],
    progress: Progress,
) -> Iterator[Work]:
    """Hold the store's place for the one run that may be under way.

    Args:
        kind: of the run's row.
        day: None takes today in the rules' time zone.
        check: refuses a day, before anything is written.

    Raises:
        StoreError: a run is under way (`run-under-way`).
    """
    with desk.database.lock(LOCK) as held:
        if not held:
            raise _under_way(desk)
        with desk.database.read() as session:
            found = basis(session, desk)
        day = day or desk.today(found.own.ruleset.time_zone)
        check(found, day)
        run_id = _enter(desk, kind, found, day)
        with _closing(desk, run_id):
            yield Work(desk, run_id, day, found, Watch(desk, run_id, progress))


def cancel(desk: Desk, run_id: int) -> bool:
    """Ask a run to stop; whether it was under way. It stops at its next step, unless it lands."""
    with desk.database.write() as session:
        asked = update(Run).where(Run.id == run_id, Run.state == RUNNING)
        done = session.execute(asked.values(cancelled_by=desk.by))
        note(session, desk, "run.cancel", "run", run_id)
        return bool(done.rowcount)  # type: ignore[attr-defined]


def _under_way(desk: Desk) -> StoreError:
    with desk.database.read() as session:
        row = session.scalars(
            select(Run).where(Run.state == RUNNING).order_by(Run.id.desc()).limit(1)
        ).first()
    told = f"run {row.id} by {row.by} is under way" if row else "a run is under way"
    return refuse("run-under-way", told, "one at a time: wait for it, or cancel it")


def _enter(desk: Desk, kind: str, found: Basis, day: date) -> int:
    """The run's row."""
    with desk.database.write() as session:
        give_up_others(session, desk)
        row = Run(
            kind=kind,
            state=RUNNING,
            as_of=day,
            version=found.number,
            watermark=0,
            plugins=dict(found.own.plugins.versions),
            by=desk.by,
            started_at=desk.now(),
        )
        session.add(row)
        session.flush()
        return row.id


def give_up_others(session: Session, desk: Desk) -> None:
    """Runs that others left behind are lost and land no more; who calls this has their lock."""
    left = update(Run).where(Run.state == RUNNING)
    session.execute(left.values(state=LOST, finished_at=desk.now()))


def give_up_left(desk: Desk) -> None:
    """Say of runs whose process went away that they are lost; nothing where one is under way."""
    with desk.database.read() as session:
        if session.scalar(select(Run.id).where(Run.state == RUNNING).limit(1)) is None:
            return
    with desk.database.lock(LOCK) as held:
        if held:
            with desk.database.write() as session:
                give_up_others(session, desk)


@contextmanager
def _closing(desk: Desk, run_id: int) -> Iterator[None]:
    """A run that breaks off says so."""
    try:
        yield
    except Cancelled:
        _close(desk, run_id, CANCELLED, None)
        raise
    except CustrataError as error:
        _close(desk, run_id, FAILED, str(error))
        raise
    except BaseException as error:
        _close(desk, run_id, FAILED, type(error).__name__)
        raise


def _close(desk: Desk, run_id: int, state: str, fault: str | None) -> None:
    """Write down how a run ended; where the store does not answer, the next run will."""
    try:
        with desk.database.write() as session:
            row = update(Run).where(Run.id == run_id, Run.state == RUNNING)
            session.execute(row.values(state=state, finished_at=desk.now(), fault=fault))
    except StoreError:
        return
