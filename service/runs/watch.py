"""How far a run is, for whoever looks, and whether somebody wants it to stop."""

from __future__ import annotations

import time

from sqlalchemy import select, update

from custrata.service.desk import Desk
from custrata.service.progress import Progress
from custrata.store.faults import StoreError, is_busy, refuse
from custrata.store.models import Run

_EVERY = 0.5
"""Seconds between two looks at the store."""


class Cancelled(StoreError):
    """Somebody stopped the run."""


class Watch:
    """A run's progress: told to who started it, written where others read it.

    Raises:
        Cancelled: on a step, where somebody asked the run to stop.
    """

    def __init__(self, desk: Desk, run_id: int, told: Progress):
        self._desk, self._run_id, self._told = desk, run_id, told
        self._next = 0.0
        self._step: str | None = None

    def __call__(self, step: str, done: int, total: int) -> None:
        """A step has come so far."""
        self._told(step, done, total)
        if step != self._step or time.monotonic() >= self._next:
            self._look_patiently(step, done, total)
            self._step, self._next = step, time.monotonic() + _EVERY

    def silent(self, step: str, done: int, total: int) -> None:
        """As a call, where the store is being written already."""
        self._told(step, done, total)

    def _look_patiently(self, step: str, done: int, total: int) -> None:
        """Look, unless the store is busy: progress is no reason to give up a run."""
        try:
            self._look(step, done, total)
        except StoreError as error:
            if not is_busy(error):
                raise

    def _look(self, step: str, done: int, total: int) -> None:
        with self._desk.database.write() as session:
            state, by = session.execute(
                select(Run.state, Run.cancelled_by).where(Run.id == self._run_id)
            ).one()
            if by is not None:
                raise Cancelled(
                    refuse("run-cancelled", f"{by} cancelled run {self._run_id}").diagnostics
                )
            if state != "running":
                raise lost(self._run_id)
            session.execute(
                update(Run).where(Run.id == self._run_id).values(step=step, done=done, total=total)
            )


def lost(run_id: int) -> StoreError:
    """The error of a run that others gave up."""
    return refuse(
        "run-lost",
        f"run {run_id} lost its hold on the database, and another one may have begun",
        "the same again",
    )
