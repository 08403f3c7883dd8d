"""Some customers at once: after a contact, a sale, a change of stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import update
from sqlalchemy.orm import Session

from custrata import Engine
from custrata.engine.at_once import label_few
from custrata.engine.run import Labelled
from custrata.service.desk import Desk
from custrata.service.runs.basis import LANDED, SINGLE, Basis, basis, last_full
from custrata.service.runs.consent import left_out, withdrawn
from custrata.service.runs.entry import Entry
from custrata.service.runs.facts import Wanted, frames
from custrata.service.runs.in_force import calibrated
from custrata.service.runs.labels import SCHEMA, classifiers_of, labels_now, transitions
from custrata.service.runs.membership import keep_groups
from custrata.service.runs.overlays import lift_orphans
from custrata.service.runs.reading import Within
from custrata.service.runs.summary import Transition, flows_of, transitions_of
from custrata.service.runs.writing import write_effects, write_labels
from custrata.store.models import Counter, Run
from custrata.store.sequence import moment

_PORTION = 10_000
"""So many customers are classified in one go, within somebody's transaction."""
_FEW = 500
"""Up to so many are done sooner one by one than by what a run makes ready."""


def reclassify(session: Session, desk: Desk, customer_ids: Sequence[str]) -> tuple[Transition, ...]:
    """Classify customers by the rules and cut points of the last run, as of today.

    Belongs into the transaction that wrote their facts and their `fact_seq`. Under the same
    rules, cut points and day, the labels are those of a full run. Where no run has landed yet,
    there are no cut points, and nothing is done.
    """
    last = last_full(session)
    if last is None or not customer_ids:
        return ()
    found = basis(session, desk, last.version)
    as_of = max(last.as_of, desk.today(found.own.ruleset.time_zone))
    row = Run(
        kind=SINGLE,
        state=LANDED,
        as_of=as_of,
        version=last.version,
        calibration_id=last.calibration_id,
        watermark=session.get_one(Counter, "facts", populate_existing=True).value,
        plugins=dict(found.own.plugins.versions),
        by=desk.by,
        started_at=desk.now(),
        finished_at=desk.now(),
    )
    session.add(row)
    session.flush()
    entry = Entry(row.id, as_of, moment(session, desk.now()))
    engine = calibrated(session, found.engine, last)
    moved = classify_some(session, entry, found, engine, customer_ids)
    if moved.is_empty():
        session.delete(row)
    else:
        counts = {"customers": len(customer_ids), "flows": flows_of(moved)}
        session.execute(update(Run).where(Run.id == row.id).values(counts=counts))
    return transitions_of(moved)


def classify_some(
    session: Session,
    entry: Entry,
    found: Basis,
    engine: Engine,
    customer_ids: Sequence[str],
) -> pl.DataFrame:
    """Label these customers, and write what changed; the transitions.

    Args:
        engine: that of `found`, with the cut points to label by.
    """
    moved, names = [pl.DataFrame(schema=SCHEMA)], classifiers_of(found.own)
    for some in _portions(customer_ids):
        given = frames(Within(session), Wanted(engine, entry.as_of, some))
        labelled = _labelled(engine, entry.as_of, given, some)
        now, out = labels_now(Within(session), some), left_out(given["customers"], labelled)
        part = pl.concat([_reasons(transitions(labelled, names, now)), withdrawn(out, names, now)])
        write_labels(session, entry, part, names)
        write_effects(session, entry, part, found.own.ruleset, found.outward)
        lift_orphans(session, entry, found.own.ruleset, some)
        keep_groups(session, entry, labelled, some)
        moved.append(part)
    return pl.concat(moved)


def _portions(customer_ids: Sequence[str]) -> Iterator[list[str]]:
    ids = list(dict.fromkeys(customer_ids))
    yield from (ids[start : start + _PORTION] for start in range(0, len(ids), _PORTION))


def _labelled(
    engine: Engine, as_of: date, given: Mapping[str, Any], some: Sequence[str]
) -> Labelled:
    if len(some) <= _FEW:
        return label_few(engine, as_of, given)
    return engine.run(as_of=as_of, **given).labelled


def _reasons(moved: pl.DataFrame) -> pl.DataFrame:
    why = pl.when("first").then(pl.lit("first")).otherwise(pl.lit("facts"))
    return moved.with_columns(why=why).select(*SCHEMA)
