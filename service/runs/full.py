"""A run: everyone is classified, and all of it lands or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

import polars as pl
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from custrata.engine.calibration import Calibration
from custrata.engine.diagnostics import CustrataError, Diagnostic, Severity
from custrata.engine.result import Result
from custrata.engine.run import Labelled
from custrata.service.audit import note
from custrata.service.desk import Desk
from custrata.service.progress import Progress, silent
from custrata.service.runs.basis import (
    CANCELLED,
    FAILED,
    FULL,
    LANDED,
    LOST,
    RUNNING,
    Basis,
    basis,
    erasures,
)
from custrata.service.runs.chunks import keep_chunks, pieces_of
from custrata.service.runs.facts import Wanted, frames
from custrata.service.runs.labels import (
    Present,
    classifiers_of,
    labels_now,
    relabelled,
    transitions,
    with_reasons,
)
from custrata.service.runs.membership import keep_groups
from custrata.service.runs.reading import Reader
from custrata.service.runs.single import classify_some
from custrata.service.runs.summary import RunSummary, counts_of, summary_of
from custrata.service.runs.watch import Cancelled, Watch, lost
from custrata.service.runs.writing import Entry, lift_orphans, write_effects, write_labels
from custrata.store.faults import StoreError, refuse
from custrata.store.models import CalibrationRow, Counter, Customer, Run, RunChunk
from custrata.store.sequence import moment, take

_LOCK = "run"


@dataclass(frozen=True)
class _Computed:
    """All that a run found out before it writes anything."""

    result: Result
    moved: pl.DataFrame
    pieces: list[RunChunk] = field(repr=False)


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
            the last run's.
        RulesError, DataError: rules or facts are at fault; nothing was changed.
    """
    with desk.database.lock(_LOCK) as held:
        if not held:
            raise _under_way(desk)
        found, day = _start(desk, as_of)
        run_id = _enter(desk, found, day)
        with _closing(desk, run_id):
            watch = Watch(desk, run_id, progress)
            computed, watermark = _compute(desk, found, day, recalibrate, watch)
            return _land(desk, run_id, found, computed, watermark, watch)


def cancel(desk: Desk, run_id: int) -> bool:
    """Ask a run to stop; whether it was under way. It stops at its next step, unless it lands."""
    with desk.database.write() as session:
        asked = update(Run).where(Run.id == run_id, Run.state == RUNNING)
        done = session.execute(asked.values(cancelled_by=desk.by))
        note(session, desk, "run.cancel", "run", run_id)
        return bool(done.rowcount)  # type: ignore[attr-defined]


# --- before -------------------------------------------------------------------------------


def _under_way(desk: Desk) -> StoreError:
    with desk.database.read() as session:
        row = session.scalars(
            select(Run).where(Run.state == RUNNING).order_by(Run.id.desc()).limit(1)
        ).first()
    told = f"run {row.id} by {row.by} is under way" if row else "a run is under way"
    return refuse("run-under-way", told, "one at a time: wait for it, or cancel it")


def _start(desk: Desk, as_of: date | None) -> tuple[Basis, date]:
    with desk.database.read() as session:
        found = basis(session)
    day = as_of or desk.today(found.own.ruleset.time_zone)
    if found.before is not None and day < found.before.as_of:
        raise refuse(
            "run-in-the-past",
            f"{day} lies before the last run's {found.before.as_of}",
            "that day or later; back-fill for past days",
        )
    return found, day


def _enter(desk: Desk, found: Basis, day: date) -> int:
    """The run's row; those that others left behind are lost, since this process has the lock."""
    with desk.database.write() as session:
        left = update(Run).where(Run.state == RUNNING)
        session.execute(left.values(state=LOST, finished_at=desk.now()))
        row = Run(
            kind=FULL,
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


# --- at work ------------------------------------------------------------------------------


def _compute(
    desk: Desk, found: Basis, day: date, recalibrate: bool, watch: Watch
) -> tuple[_Computed, int]:
    with desk.database.snapshot() as snapshot:
        watermark = snapshot.value(select(Counter.value).where(Counter.name == "facts"))
        given = frames(snapshot, Wanted(found.engine, day), watch)
        now = labels_now(snapshot)
        touched = _touched(snapshot, found)
    _refuse_nobody(given)
    kept = None if recalibrate else _kept(found)
    result = found.engine.run(as_of=day, calibration=kept, progress=watch, **given)
    watch("compare", 0, 1)
    present = Present(found.number, day, found.own.plugins.versions, touched)
    moved = with_reasons(
        transitions(result, now),
        result,
        found.before,
        present,
        lambda: _again(found, result, day, given),
    )
    measures = result.measures
    pieces = pieces_of(measures.collect() if isinstance(measures, pl.LazyFrame) else measures)
    return _Computed(result, moved, pieces), int(watermark)


def _refuse_nobody(given: dict[str, Any]) -> None:
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


def _again(found: Basis, result: Result, day: date, given: dict[str, Any]) -> Labelled:
    """Everyone's labels by the rules and cut points of the run before."""
    assert found.before is not None
    if found.before.number == found.number:
        return relabelled(result, found.before.calibration)
    old = found.before.engine
    return old.run(as_of=day, calibration=found.before.calibration, **given).labelled


# --- landing ------------------------------------------------------------------------------


def _land(
    desk: Desk, run_id: int, found: Basis, computed: _Computed, watermark: int, watch: Watch
) -> RunSummary:
    watch("write", 0, 1)
    result = computed.result
    with desk.database.write() as session:
        take(session)
        _still_ours(session, run_id)
        entry = Entry(run_id, result.as_of, moment(session, desk.now()))
        later = _later(session, watermark)
        moved, pieces = _without(session, found, computed, later)
        calibration_id = _write_calibration(session, entry, found, result.calibration)
        names = classifiers_of(found.own)
        write_labels(session, entry, moved, names)
        write_effects(session, entry, moved, found.own.ruleset, found.outward)
        keep_groups(session, entry, result.labelled, without=later)
        again = classify_some(session, entry, found, result.calibration, later)
        lift_orphans(session, entry, found.own.ruleset)
        keep_chunks(session, run_id, pieces)
        counts = counts_of(result, pl.concat([moved, again]), names, found.notes)
        landed = {
            "state": LANDED,
            "calibration_id": calibration_id,
            "watermark": watermark,
            "finished_at": desk.now(),
            "counts": counts,
            "step": None,
        }
        session.execute(update(Run).where(Run.id == run_id).values(landed))
    watch.silent("write", 1, 1)
    told = [one for one in result.diagnostics if one.severity is not Severity.INFO]
    return summary_of(run_id, found.number, result, counts, (*told, *found.notes))


def _still_ours(session: Session, run_id: int) -> None:
    row = select(Run.state, Run.cancelled_by).where(Run.id == run_id)
    state, by = session.execute(row).one()
    if by is not None:
        raise Cancelled(Diagnostic("run-cancelled", f"{by} cancelled run {run_id}"))
    if state != RUNNING:
        raise lost(run_id)


def _later(session: Session, watermark: int) -> list[str]:
    """Of whom something became known while the run was at work."""
    rows = select(Customer.customer_id).where(Customer.fact_seq > watermark)
    return sorted(session.scalars(rows))


def _without(
    session: Session, found: Basis, computed: _Computed, later: list[str]
) -> tuple[pl.DataFrame, list[RunChunk]]:
    """What may be written: not of customers who are classified again, nor of erased ones."""
    moved = computed.moved.filter(~pl.col("customer_id").is_in(later))
    if erasures(session) == found.erasures:
        return moved, computed.pieces
    there = pl.DataFrame(
        {"customer_id": session.scalars(select(Customer.customer_id)).all()},
        schema={"customer_id": pl.String},
    )
    measures = computed.result.measures
    whole = measures.collect() if isinstance(measures, pl.LazyFrame) else measures
    kept = whole.join(there, on="customer_id", how="semi")
    return moved.join(there, on="customer_id", how="semi"), pieces_of(kept)


def _write_calibration(
    session: Session, entry: Entry, found: Basis, calibration: Calibration
) -> str:
    if session.get(CalibrationRow, calibration.id) is None:
        session.add(
            CalibrationRow(
                id=calibration.id,
                as_of=calibration.as_of,
                version=found.number,
                content=calibration.to_json(),
                recorded_at=entry.at,
            )
        )
        session.flush()
    return calibration.id
