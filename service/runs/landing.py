"""What a run found, into the store: all of it, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from custrata.engine.calibration import Calibration
from custrata.engine.diagnostics import Diagnostic, Severity
from custrata.engine.result import Result
from custrata.service.figures.ground import Beside, Ground
from custrata.service.figures.kept import keep_figures
from custrata.service.figures.lists import find_lists, keep_lists
from custrata.service.figures.measured import complete
from custrata.service.figures.work_out import by_origin, work_out
from custrata.service.patience import patiently
from custrata.service.runs.basis import LANDED, RUNNING
from custrata.service.runs.chunks import keep_chunks, pieces_of
from custrata.service.runs.entry import Entry
from custrata.service.runs.labels import classifiers_of
from custrata.service.runs.membership import keep_groups
from custrata.service.runs.overlays import lift_orphans
from custrata.service.runs.reading import Within
from custrata.service.runs.single import classify_some
from custrata.service.runs.summary import RunSummary, counts_of, summary_of
from custrata.service.runs.watch import Cancelled, lost
from custrata.service.runs.work import Work
from custrata.service.runs.writing import forget, write_effects, write_labels
from custrata.store.models import CalibrationRow, Customer, Run, RunChunk
from custrata.store.sequence import moment, take

_PATIENCE = 600.0
"""Seconds for which a run that is computed waits for other writers, in all."""


@dataclass(frozen=True)
class Computed:
    """All that a run found out before it writes anything.

    Attributes:
        moved: a frame of transitions; see `labels.SCHEMA`.
        watermark: the number of the last facts that it read.
    """

    result: Result
    beside: Beside
    moved: pl.DataFrame
    watermark: int


@dataclass(frozen=True)
class Left:
    """What a run leaves beside labels.

    Attributes:
        pieces: what it measured. figures: by name. lists: by name, whom to see to.
    """

    pieces: list[RunChunk]
    figures: Mapping[str, Any]
    lists: Mapping[str, pl.DataFrame]


def land(work: Work, computed: Computed) -> RunSummary:
    """Write labels, history, stages, groups, outbox and measures, and close the run.

    Another writer is waited for, some minutes in all: what was computed is worth that.

    Raises:
        StoreError: the run was cancelled or lost its hold; nothing was written.
    """
    work.watch("write", 0, 1)
    whole = complete(computed.result)
    ground = Ground(whole, computed.beside)
    left = Left(pieces_of(_collected(whole.measures)), work_out(ground), find_lists(ground))
    known = replace(computed, result=whole)
    return landed(work, lambda: _land(work, known, left))


def landed(work: Work, write: Callable[[], RunSummary]) -> RunSummary:
    """Land a run; while the database is busy with another change, it can be cancelled still.

    Raises:
        StoreError: it is busy for too long, the run was cancelled, or something else.
    """
    return patiently(write, _PATIENCE, lambda: work.watch("wait", 0, 1))


def _land(work: Work, computed: Computed, left: Left) -> RunSummary:
    found, result = work.found, computed.result
    with work.desk.database.write() as session:
        entry = begin(session, work)
        later = _later(session, computed.watermark)
        names = classifiers_of(found.own)
        moved = computed.moved.filter(
            ~pl.col("customer_id").is_in(later) | ~pl.col("classifier").is_in(names)
        )
        write_labels(session, entry, moved, names)
        forget(session, names)
        write_effects(session, entry, moved, found.own.ruleset, found.outward)
        keep_groups(session, entry, result.labelled, without=later)
        today = max(work.day, work.desk.today(found.own.ruleset.time_zone))
        newer = replace(entry, as_of=today)  # midnight may have passed since the run began
        engine = found.engine.calibrated(result.calibration)
        again = classify_some(session, newer, found, engine, later)
        lift_orphans(session, entry, found.own.ruleset)
        keep_chunks(session, work.run_id, left.pieces)
        origins = by_origin(Within(session), result)
        keep_figures(session, work.run_id, {**left.figures, **origins})
        keep_lists(session, left.lists)
        counts = counts_of(result, pl.concat([moved, again]), names, found.notes)
        close(session, work, result.calibration, computed.watermark, counts)
    work.watch.silent("write", 1, 1)
    told = [one for one in result.diagnostics if one.severity is not Severity.INFO]
    return summary_of(work.run_id, found.number, result, counts, (*told, *found.notes))


def begin(session: Session, work: Work) -> Entry:
    """Hold back other writers of facts, and make sure that the run is still to land.

    Raises:
        StoreError: it was cancelled, or others gave it up.
    """
    take(session)
    row = select(Run.state, Run.cancelled_by).where(Run.id == work.run_id)
    state, by = session.execute(row).one()
    if by is not None:
        raise Cancelled(Diagnostic("run-cancelled", f"{by} cancelled run {work.run_id}"))
    if state != RUNNING:
        raise lost(work.run_id)
    return Entry(work.run_id, work.day, moment(session, work.desk.now()))


def close(
    session: Session, work: Work, calibration: Calibration, watermark: int, counts: object
) -> None:
    """Keep the cut points, and say that the run landed."""
    if session.get(CalibrationRow, calibration.id) is None:
        row = CalibrationRow(
            id=calibration.id,
            as_of=calibration.as_of,
            version=work.found.number,
            content=calibration.to_json(),
            recorded_at=work.desk.now(),
        )
        session.add(row)
        session.flush()
    landed = {
        "state": LANDED,
        "calibration_id": calibration.id,
        "watermark": watermark,
        "finished_at": work.desk.now(),
        "counts": counts,
        "step": None,
    }
    session.execute(update(Run).where(Run.id == work.run_id).values(landed))


def _later(session: Session, watermark: int) -> list[str]:
    """Of whom something became known while the run was at work."""
    rows = select(Customer.customer_id).where(Customer.fact_seq > watermark)
    return sorted(session.scalars(rows))


def _collected(frame: Any) -> pl.DataFrame:
    return frame.collect() if isinstance(frame, pl.LazyFrame) else frame
