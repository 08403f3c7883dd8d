"""Labels of past days, found out afterwards."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata.engine.diagnostics import Severity
from custrata.engine.result import Result
from custrata.service.desk import Desk
from custrata.service.progress import Progress, silent
from custrata.service.runs.basis import BACK_FILL, LANDED, SINGLE, Basis
from custrata.service.runs.entry import Entry
from custrata.service.runs.facts import Wanted, frames
from custrata.service.runs.full import refuse_nobody
from custrata.service.runs.labels import SCHEMA, classifiers_of, texts
from custrata.service.runs.landing import begin, close, landed
from custrata.service.runs.reading import Reader, Within
from custrata.service.runs.summary import RunSummary, counts_of, summary_of
from custrata.service.runs.work import Work, at_work
from custrata.service.runs.writing import write_history
from custrata.store import bulk
from custrata.store.faults import refuse
from custrata.store.models import Counter, LabelChange, LabelNow, Run
from custrata.store.types import day_number, day_of

_KEYS = ["customer_id", "classifier"]
_WHY = pl.lit("back_fill").alias("why")


def back_fill(
    desk: Desk, first: date, last: date, progress: Progress = silent
) -> tuple[RunSummary, ...]:
    """Classify everyone as of each of these days, by the rules in force and what is known now.

    Stages and owners are those of then. The labels of now stay as they are, if for a shorter time,
    and so do those of the next day on which there was a run; no effects follow. Each day lands by
    itself.

    Raises:
        StoreError: the first day is after the last; no run has landed yet; a day is not before
            the last run's; a run is under way.
    """
    days = (last - first).days + 1
    if days < 1:
        raise refuse("back-fill-days", f"{first} is after {last}", "the earlier day first")
    done = []
    for number in range(days):
        progress("back-fill", number, days)
        done.append(_day(desk, first + timedelta(days=number)))
    progress("back-fill", days, days)
    return tuple(done)


def known_on(reader: Reader, day: date) -> pl.DataFrame:
    """`customer_id`, `classifier`, `label`, `valid_from` of all labels known of a day."""
    table = LabelChange.__table__.c
    names = (*_KEYS, "valid_from", "recorded_at", "label")
    query = select(*(table[name] for name in names)).where(table.valid_from <= day)
    rows = reader.frame(query).sort("valid_from", "recorded_at")
    last = rows.group_by(_KEYS).last()
    return last.select(*_KEYS, "label", "valid_from")


def _day(desk: Desk, day: date) -> RunSummary:
    with at_work(desk, BACK_FILL, day, _before_the_last, silent) as work:
        engine = work.found.own
        with desk.database.snapshot() as snapshot:
            watermark = snapshot.value(select(Counter.value).where(Counter.name == "facts"))
            given = frames(snapshot, Wanted(engine, day, past=True), work.watch)
            before, until = known_on(snapshot, day), _next(snapshot, day)
        refuse_nobody(given)
        result = engine.run(as_of=day, progress=work.watch, **given)
        moved = _differences(result, before)
        return landed(work, lambda: _land(work, result, moved, until, watermark))


def _before_the_last(found: Basis, day: date) -> None:
    if found.before is None or day >= found.before.as_of:
        until = f"the last run's {found.before.as_of}" if found.before else "a first run"
        allowed = "an earlier day; `run` for the present"
        raise refuse("back-fill-present", f"{day} is not before {until}", allowed)


def _next(reader: Reader, day: date) -> date:
    """The next day on which everyone was classified: it vouches for its own labels."""
    table = Run.__table__.c
    later = (table.kind != SINGLE) & (table.state == LANDED) & (table.as_of > day)
    query = select(table.as_of).where(later).order_by(table.as_of).limit(1)
    return day_of(reader.value(query))


def _differences(result: Result, before: pl.DataFrame) -> pl.DataFrame:
    """Labels of the day that differ from what was known of it, as transitions."""
    names = classifiers_of(result.engine)
    found = pl.concat(
        texts(result.labelled, name).with_columns(classifier=pl.lit(name)) for name in names
    )
    known = before.select(*_KEYS, was="label", known=pl.lit(value=True))
    joined = found.join(known, on=_KEYS, how="left")
    differs = pl.col("known").is_null() | pl.col("label").ne_missing(pl.col("was"))
    return joined.filter(differs).with_columns(_WHY).select(*SCHEMA)


def _closing(moved: pl.DataFrame, after: pl.DataFrame, day: date) -> pl.DataFrame:
    """What the next run vouched for, null too, where nothing in between says it again."""
    joined = moved.select(*_KEYS, was="label").join(after, on=_KEYS, how="left")
    itself = pl.col("valid_from") > day_number(day)
    joined = joined.filter(~itself.fill_null(value=False))
    joined = joined.filter(pl.col("label").ne_missing(pl.col("was")))
    return joined.with_columns(_WHY).select(*SCHEMA)


def _stand_since(session: Session, entry: Entry, closing: pl.DataFrame, until: date) -> None:
    """What stood since before the past day stands, after it, since the next run again."""
    if closing.is_empty():
        return
    table = LabelNow.__table__.c
    columns = (table[name] for name in (*_KEYS, "label"))
    named = table.classifier.in_(closing["classifier"].unique().to_list())
    now = Within(session).frame(select(*columns).where(table.valid_from < until, named))
    rows = now.join(closing, on=_KEYS, how="semi").with_columns(
        valid_from=pl.lit(day_number(until), pl.Int64), run_id=pl.lit(entry.run_id, pl.Int64)
    )
    bulk.merge(session.connection(), LabelNow.__table__, rows, _KEYS)  # type: ignore[arg-type]


def _land(
    work: Work,
    result: Result,
    moved: pl.DataFrame,
    until: date,
    watermark: int,
) -> RunSummary:
    with work.desk.database.write() as session:
        entry = begin(session, work)
        closing = _closing(moved, known_on(Within(session), until), work.day)
        write_history(session, entry, moved)
        write_history(session, entry, closing, until)
        _stand_since(session, entry, closing, until)
        counts = counts_of(result, moved, classifiers_of(result.engine), ())
        close(session, work, result.calibration, watermark, counts)
    told = [one for one in result.diagnostics if one.severity is not Severity.INFO]
    return summary_of(work.run_id, work.found.number, result, counts, told)
