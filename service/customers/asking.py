"""What to ask a customer next: the checklist of her phase, and what of it is known."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from custrata.service.customers.profile import each_label
from custrata.service.customers.record import record_answer
from custrata.service.customers.touched import id_of
from custrata.service.desk import Desk
from custrata.service.figures.asked import LIFECYCLE
from custrata.service.registers.entries import codes, unknown
from custrata.service.registers.questions import checklist
from custrata.service.runs import Transition
from custrata.store.models import LabelNow, Question, SurveyAnswer


@dataclass(frozen=True)
class Asked:
    """A question of a checklist, and the latest answer to it; None was never answered."""

    question: Question
    answer: SurveyAnswer | None


@dataclass(frozen=True)
class Asking:
    """What is asked of a customer.

    Attributes:
        phase: the one she is in; None where no run has told it.
        checklist: its questions, in order; retired ones are none of them.
    """

    phase: str | None
    checklist: tuple[Asked, ...]

    @property
    def open(self) -> tuple[Question, ...]:
        """What was not answered yet, in the order in which to ask."""
        return tuple(one.question for one in self.checklist if one.answer is None)

    @property
    def answered(self) -> int:
        """How many questions have an answer."""
        return len(self.checklist) - len(self.open)

    @property
    def completeness(self) -> Fraction | None:
        """The share of questions that have an answer; None where there is nothing to ask."""
        return Fraction(self.answered, len(self.checklist)) if self.checklist else None


def asking(session: Session, customer_id: str) -> Asking:
    """What to ask a customer, as of now."""
    who = id_of(customer_id)
    phase = _phase(session, who)
    asked = checklist(session, phase) if phase is not None else []
    answers = latest_answers(session, who, [one.code for one in asked])
    return Asking(phase, tuple(Asked(one, answers.get(one.code)) for one in asked))


def answer_question(
    desk: Desk, customer_id: str, question: str, answer: str, answered_at: datetime | None = None
) -> tuple[Transition, ...]:
    """Record what a customer answered to a question of the register; see `record_answer`.

    Raises:
        DataError: a value that cannot be.
        StoreError: no such customer; no such question, or one that is asked no longer.
    """
    with desk.database.read() as session:
        if session.get(Question, question) is None:
            raise unknown("question", question, codes(session, Question))
    return record_answer(desk, customer_id, question, answer, answered_at or desk.now())


def latest_answers(
    session: Session, who: str, questions: Collection[str]
) -> Mapping[str, SurveyAnswer]:
    """The latest answer of a customer to each of some questions, however many she gave."""
    newest = (SurveyAnswer.answered_at.desc(), SurveyAnswer.id.desc())
    place = func.row_number().over(partition_by=SurveyAnswer.question, order_by=newest)
    hers = select(SurveyAnswer, place.label("place")).where(
        SurveyAnswer.customer_id == who, SurveyAnswer.question.in_(questions)
    )
    found = hers.subquery()
    row = aliased(SurveyAnswer, found)
    rows = session.scalars(select(row).where(found.c.place == 1))
    return {one.question: one for one in rows}


def _phase(session: Session, who: str) -> str | None:
    row = session.get(LabelNow, (LIFECYCLE, who))
    return next(iter(each_label(row.label)), None) if row else None
