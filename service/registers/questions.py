"""What to ask customers, by the phase that they are in: the firm's own checklists.

Answers name a question by its code. One that has answers is retired, never deleted: what was
answered stays, and new answers are refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypedDict, Unpack

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from custrata.service.audit import note
from custrata.service.customers.touched import touching
from custrata.service.desk import Desk
from custrata.service.figures.asked import LIFECYCLE
from custrata.service.registers.entries import entry, insert, new_code, unknown
from custrata.service.registers.spoken import kept_names, name_in
from custrata.service.registers.treatments import labels_of
from custrata.service.rules.versions import current, engine_of
from custrata.service.values import wrong
from custrata.store.faults import refuse
from custrata.store.models import Question, SurveyAnswer

BEFORE = "before"
"""The phase without customers: the firm's notebook has it, no checklist does."""
PHASES = ("approach", "first_deal", "established", "quiet", "ended")
"""Phases in the order in which customers go through them; rules may have others after these."""


class QuestionChanges(TypedDict, total=False):
    """What may be changed of a question; what is left out stays as it is."""

    names: Mapping[str, str]
    phase: str


def phases(session: Session) -> tuple[str, ...]:
    """The phases that have a checklist: of the rules in force, else of the rules that ship.

    A phase that the rules know no longer comes last, as long as questions stand in it.
    """
    rules = engine_of(current(session)).ruleset.classifiers
    given = [label for one in rules if one.name == LIFECYCLE for label in labels_of(one)]
    known = [one for one in PHASES if not given or one in given]
    left = sorted(set(session.scalars(select(Question.phase).distinct())))
    return tuple(one for one in dict.fromkeys((*known, *given, *left)) if one != BEFORE)


def questions(session: Session) -> list[Question]:
    """All questions, retired ones too, in the order of their checklists."""
    return list(session.scalars(select(Question).order_by(Question.position, Question.code)))


def checklist(session: Session, phase: str) -> list[Question]:
    """What is asked in a phase, in order."""
    return [one for one in questions(session) if one.phase == phase and one.retired_at is None]


def question_name(question: Question, language: str) -> str:
    """How a question is asked in a language."""
    return name_in(question.names, language, question.code)


def need_asked(session: Session, code: str) -> None:
    """Make sure that a question may be answered; hosts may ask others than the register has.

    Raises:
        StoreError: it is asked no longer (`question-retired`).
    """
    row = session.get(Question, code)
    if row is not None and row.retired_at is not None:
        asked = [one.code for one in checklist(session, row.phase)]
        fault = f"the question {code} is asked no longer"
        raise refuse("question-retired", fault, ", ".join(asked) or None)


def add_question(desk: Desk, phase: str, names: Mapping[str, str], code: str | None = None) -> str:
    """A question more, at the end of a phase's checklist; its code.

    Args:
        names: by language; the first one makes the code where none is given.

    Raises:
        DataError: a value that cannot be.
        StoreError: no such phase, or the code is taken.
    """
    named = kept_names("question", names)
    with touching(desk) as here:
        session = here.session
        _need_phase(session, phase)
        row = Question(
            code=new_code(session, Question, next(iter(named.values())), code),
            phase=phase,
            position=_end(session),
            names=named,
        )
        insert(session, row)
        note(session, desk, "question.add", "question", row.code, phase=phase)
        return row.code


def change_question(desk: Desk, code: str, **changes: Unpack[QuestionChanges]) -> None:
    """Ask otherwise, or in another phase, where it comes last; its answers stay.

    Raises:
        DataError: a value that cannot be.
        StoreError: no such question or phase.
    """
    with touching(desk) as here:
        session = here.session
        row = entry(session, Question, code)
        if "names" in changes:
            row.names = kept_names("question", changes["names"])
        if changes.get("phase", row.phase) != row.phase:
            _need_phase(session, changes["phase"])
            row.phase, row.position = changes["phase"], _end(session)
        note(session, desk, "question.change", "question", code, changed=sorted(changes))


def move_question(desk: Desk, code: str, way: str) -> None:
    """Ask a question sooner (`up`) or later (`down`) in its checklist; at its ends it stays.

    Raises:
        DataError: another way.
        StoreError: no such question, or it is asked no longer.
    """
    if way not in ("up", "down"):
        raise wrong("wrong-choice", f"{way!r} is no way to move", "up, down")
    with touching(desk) as here:
        session = here.session
        row = entry(session, Question, code)
        need_asked(session, code)
        order = checklist(session, row.phase)
        place = order.index(row)
        other = place + (-1 if way == "up" else 1)
        if 0 <= other < len(order):
            order[place], order[other] = order[other], order[place]
            _number(order)
            note(session, desk, "question.move", "question", code, way=way)


def retire_question(desk: Desk, code: str) -> None:
    """Ask a question no longer; what was answered stays.

    Raises:
        StoreError: no such question.
    """
    with touching(desk) as here:
        row = entry(here.session, Question, code)
        if row.retired_at is None:
            row.retired_at = desk.now()
            note(here.session, desk, "question.retire", "question", code)


def bring_back(desk: Desk, code: str) -> None:
    """Ask a retired question again, at the end of its checklist.

    Raises:
        StoreError: no such question.
    """
    with touching(desk) as here:
        row = entry(here.session, Question, code)
        if row.retired_at is not None:
            row.retired_at, row.position = None, _end(here.session)
            note(here.session, desk, "question.bring_back", "question", code)


def delete_question(desk: Desk, code: str) -> None:
    """Do away with a question that nobody ever answered.

    Raises:
        StoreError: no such question, or it has answers (`question-answered`).
    """
    with touching(desk) as here:
        session = here.session
        row = entry(session, Question, code)
        if is_answered(session, code):
            fault = f"the question {code} has answers"
            raise refuse("question-answered", fault, "to retire it: its answers stay")
        session.delete(row)
        note(session, desk, "question.delete", "question", code, phase=row.phase)


def is_answered(session: Session, code: str) -> bool:
    """Whether anybody ever answered a question; no index has it, so it is asked seldom."""
    there = select(SurveyAnswer.id).where(SurveyAnswer.question == code).limit(1)
    return session.scalar(there) is not None


def _need_phase(session: Session, phase: str) -> None:
    known = phases(session)
    if phase not in known:
        raise unknown("phase", phase, known)


def _end(session: Session) -> int:
    last = session.scalar(select(func.max(Question.position)))
    return 0 if last is None else last + 1


def _number(order: Iterable[Question]) -> None:
    """Give questions of one phase the places that they have, in another order."""
    rows = list(order)
    for row, place in zip(rows, sorted(one.position for one in rows), strict=True):
        row.position = place
