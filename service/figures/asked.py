"""How far the checklists of each phase are answered."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import select

from custrata.engine.vector import label_text, result_name
from custrata.store.models import Question, SurveyAnswer
from custrata.store.types import microseconds

if TYPE_CHECKING:
    from custrata.engine.result import Result
    from custrata.service.figures.ground import Ground
    from custrata.service.runs.reading import Reader

LIFECYCLE = "lifecycle"
"""The classifier whose labels are the phases."""


def checklists(reader: Reader) -> pl.DataFrame:
    """`phase`, `question` of those that are asked, in order."""
    table = Question.__table__.c
    query = select(table.phase, table.code.label("question")).where(table.retired_at.is_(None))
    return reader.frame(query.order_by(table.position, table.code))


def answers(reader: Reader) -> pl.DataFrame:
    """`customer_id`, `question`, `answered_at` of answers to questions that are asked."""
    table, asked = SurveyAnswer.__table__.c, Question.__table__.c
    codes = select(asked.code).where(asked.retired_at.is_(None))
    columns = (table.customer_id, table.question, table.answered_at)
    return reader.frame(select(*columns).where(table.question.in_(codes)))


def asked(ground: Ground) -> dict[str, Any]:
    """By phase: its customers, who of them answered all, and how many answered each question.

    `answered` counts answered questions of all its customers: their mean completeness is
    `answered` ÷ (`customers` × questions), exactly.
    """
    phases = _phases(ground.result)
    if phases is None:
        return {}
    known = _known(ground, phases)
    rows = []
    for (phase,), hers in phases.group_by("phase", maintain_order=True):
        questions = ground.beside.questions.filter(phase=phase)["question"].to_list()
        some = known.filter(phase=phase)
        each = some["customer_id"].value_counts()
        counted = dict(some["question"].value_counts().rows())
        rows.append(
            {
                "phase": phase,
                "customers": hers.height,
                "questions": {one: counted.get(one, 0) for one in questions},
                "answered": some.height,
                "complete": each.filter(count=len(questions)).height if questions else None,
            }
        )
    return {"asked": rows}


def _phases(result: Result) -> pl.DataFrame | None:
    """`customer_id`, `phase` of who is in one; None where the rules tell no phases."""
    labelled = result.labelled
    if result_name(LIFECYCLE) not in labelled.columns:
        return None
    phase = label_text(labelled.columns, LIFECYCLE).alias("phase")
    frame: pl.DataFrame = labelled.frame.select("customer_id", phase).to_native().collect()
    return frame.drop_nulls("phase").sort("phase", "customer_id")


def _known(ground: Ground, phases: pl.DataFrame) -> pl.DataFrame:
    """`customer_id`, `phase`, `question`: what of her phase each has answered by that day."""
    beside, result = ground.beside, ground.result
    zone = ZoneInfo(result.engine.ruleset.time_zone)
    end = datetime.combine(result.as_of + timedelta(days=1), time(), zone)
    told = beside.answers.filter(pl.col("answered_at") < microseconds(end))
    joined = told.join(phases, on="customer_id").join(beside.questions, on=["phase", "question"])
    return joined.select("customer_id", "phase", "question").unique()
