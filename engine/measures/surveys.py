"""What customers answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from custrata.engine.hookspecs import Measure
from custrata.engine.measures import schemas
from custrata.engine.measures.context import Context
from custrata.engine.measures.expressions import constant, divide

if TYPE_CHECKING:
    from custrata.engine.facts import Facts

Parameters = Mapping[str, Any]

SATISFACTION = (
    "very_dissatisfied",
    "dissatisfied",
    "just_satisfied",
    "satisfied",
    "very_satisfied",
)
"""What 1 to 5 mean."""
SATISFACTION_DAYS = 365
"""Older answers say nothing."""
RECOMMEND = (("unlikely", 0), ("possible", 7), ("very_likely", 9))
"""Categories, worst first, each with the least of 0 to 10 that means it."""
_OTHER = 7
"""The code of an answer that means nothing here; the last one of three bits."""


def satisfaction(facts: Facts, parameters: Parameters, context: Context) -> nw.Expr:
    """1 to 5 of the latest answer; the lowest where several are equally late."""
    number, code = nw.col("answer_number"), nw.lit(_OTHER)
    for value, text in enumerate(SATISFACTION, 1):
        meant = (number == value).fill_null(False) | (nw.col("answer") == text)
        code = nw.when(meant).then(nw.lit(value)).otherwise(code)
    recent = nw.col("day") > context.day - SATISFACTION_DAYS
    key = nw.when(_asked("satisfaction") & recent).then(_latest_lowest(code)).max()
    found = _code(key)
    return nw.when(found != _OTHER).then(found)


def recommend(facts: Facts, parameters: Parameters, context: Context) -> nw.LazyFrame[Any]:
    """The category of the latest answer; the worst where several are equally late."""
    assert facts.surveys is not None
    answers = facts.surveys.filter(_asked("recommend"))
    late = answers.filter(nw.col("moment") == nw.col("moment").max().over("customer_id"))
    number = nw.col("answer_number")
    code: nw.Expr = nw.when(number.is_null()).then(nw.lit(_OTHER))
    for place, (text, least) in enumerate(RECOMMEND):
        meant = (nw.col("answer") == text) | ((number >= least) & (number <= 10)).fill_null(False)
        code = nw.when(meant).then(nw.lit(place)).otherwise(code)
    other = nw.when(number.is_null()).then(nw.col("answer"))
    found = late.group_by("customer_id").agg(code.min().alias("_code"), other.min().alias("_other"))
    category: nw.Expr = nw.when(nw.col("_code") == _OTHER).then(nw.col("_other"))
    for place, (text, _) in enumerate(RECOMMEND):
        category = nw.when(nw.col("_code") == place).then(nw.lit(text)).otherwise(category)
    return found.select("customer_id", category.alias("recommend"))


def profile_completeness(facts: Facts, parameters: Parameters, context: Context) -> nw.Expr:
    """The share of questions that have an answer."""
    questions = list(dict.fromkeys(parameters["questions"]))
    answered = nw.lit(0)
    for question in questions:
        answered = answered + _asked(question).any().cast(nw.Int64)
    return divide(answered, constant(len(questions), nw.len()))


def _asked(question: str) -> nw.Expr:
    return (nw.col("question") == question) & ~nw.col("answer").is_null()


def _latest_lowest(code: nw.Expr) -> nw.Expr:
    """A number whose maximum is the latest moment, and at that the lowest code."""
    return nw.col("moment") * (_OTHER + 1) + (nw.lit(_OTHER) - code)


def _code(key: nw.Expr) -> nw.Expr:
    return nw.lit(_OTHER) - key % (_OTHER + 1)


MEASURES = (
    Measure(
        name="satisfaction",
        unit="1 to 5",
        type="integer",
        inputs=("surveys.day", "surveys.moment", "surveys.question", "surveys.answer"),
        ages="window",
        compute=satisfaction,
    ),
    Measure(
        name="recommend",
        unit="category",
        type="text",
        inputs=("surveys.moment", "surveys.question", "surveys.answer"),
        ages="steady",
        compute=recommend,
    ),
    Measure(
        name="profile_completeness",
        unit="0 to 1",
        type="number",
        inputs=("surveys.question", "surveys.answer"),
        no_data=0,
        ages="steady",
        parameters=schemas.Profile,
        compute=profile_completeness,
    ),
)
