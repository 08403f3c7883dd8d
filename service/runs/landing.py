"""What a run found, into the store: all of it, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import polars as pl
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from custrata.engine.calibration import Calibration
from custrata.engine.diagnostics import Diagnostic, Severity
from custrata.engine.measures.plan import measure
from custrata.engine.result import Result
from custrata.engine.what_if import REVENUE
from custrata.service.runs.basis import LANDED, RUNNING, erasures
from custrata.service.runs.chunks import keep_chunks, pieces_of
from custrata.service.runs.labels import classifiers_of
from custrata.service.runs.membership import keep_groups
from custrata.service.runs.single import classify_some
from custrata.service.runs.summary import RunSummary, counts_of, summary_of
from custrata.service.runs.watch import Cancelled, lost
from custrata.service.runs.work import Work
from custrata.service.runs.writing import (
    Entry,
    forget,
    lift_orphans,
    write_effects,
    write_labels,
)
from custrata.store.models import CalibrationRow, Customer, Run
from custrata.store.sequence import moment, take


@dataclass(frozen=True)
class Computed:
    """All that a run found out before it writes anything.

    Attributes:
        moved: a frame of transitions; see `labels.SCHEMA`.
        watermark: the number of the last facts that it read.
    """

    result: Result
    moved: pl.DataFrame
    watermark: int


def land(work: Work, computed: Computed) -> RunSummary:
    """Write labels, history, stages, groups, outbox and measures, and close the run.

    Raises:
        StoreError: the run was cancelled or lost its hold; nothing was written.
    """
    work.watch("write", 0, 1)
    found, result = work.found, computed.result
    measures = _measures(result)
    with work.desk.database.write() as session:
        entry = begin(session, work)
        later = _later(session, computed.watermark)
        names = classifiers_of(found.own)
        moved = computed.moved.filter(
            ~pl.col("customer_id").is_in(later) | ~pl.col("classifier").is_in(names)
        )
        if erasures(session) != found.erasures:
            moved, measures = present(session, moved), present(session, measures)
        write_labels(session, entry, moved, names)
        forget(session, names)
        write_effects(session, entry, moved, found.own.ruleset, found.outward)
        keep_groups(session, entry, result.labelled, without=later)
        today = max(work.day, work.desk.today(found.own.ruleset.time_zone))
        newer = replace(entry, as_of=today)  # midnight may have passed since the run began
        again = classify_some(session, newer, found, result.calibration, later)
        lift_orphans(session, entry, found.own.ruleset)
        keep_chunks(session, work.run_id, pieces_of(measures))
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


def present(session: Session, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of customers who are still there."""
    ids = session.scalars(select(Customer.customer_id)).all()
    there = pl.DataFrame({"customer_id": ids}, schema={"customer_id": pl.String})
    return rows.join(there, on="customer_id", how="semi")


def _later(session: Session, watermark: int) -> list[str]:
    """Of whom something became known while the run was at work."""
    rows = select(Customer.customer_id).where(Customer.fact_seq > watermark)
    return sorted(session.scalars(rows))


def _measures(result: Result) -> pl.DataFrame:
    """What the rules read of each customer, and in any case the revenue, for what-ifs."""
    frame = _collected(result.measures)
    if REVENUE in frame.columns:
        return frame
    engine, states = result.engine, result.calibration.states
    table, _ = measure(result.facts, [REVENUE], engine.ruleset, engine.plugins, states)
    own = replace(result.labelled, frame=table.frame, columns=table.columns)
    more = _collected(replace(result, labelled=own).measures)
    return frame.join(more, on="customer_id", how="left")


def _collected(frame: Any) -> pl.DataFrame:
    return frame.collect() if isinstance(frame, pl.LazyFrame) else frame
