"""What to ask: checklists by phase, changed without losing an answer."""

import pytest
from sqlalchemy import select

from custrata.engine.diagnostics import CustrataError
from custrata.service.customers.record import record_answer
from custrata.service.registers.questions import (
    PHASES,
    add_question,
    bring_back,
    change_question,
    checklist,
    delete_question,
    move_question,
    phases,
    question_name,
    questions,
    retire_question,
)
from custrata.store.models import AuditEvent, Question
from tests.service.runs.putting import at, customer, put, rules

OWN = """\
ruleset: 1
classifiers:
  lifecycle:
    table:
      rules:
        - {frequency: ">= 1", label: first_deal}
        - {recency_days: ">= 900", label: asleep}
      otherwise: approach
"""


def refused(call, *args, **words):
    with pytest.raises(CustrataError) as error:
        call(*args, **words)
    return error.value.diagnostics[0]


def asked(desk, phase):
    with desk.database.read() as session:
        return [one.code for one in checklist(session, phase)]


def test_a_new_store_asks_in_every_phase(desk):
    with desk.database.read() as session:
        assert phases(session) == PHASES
    assert all(asked(desk, phase) for phase in PHASES)
    assert asked(desk, "quiet") == ["why_quiet", "liked_all_along", "disliked_all_along"]


def test_a_question_is_added_renamed_moved_and_deleted(desk):
    code = add_question(desk, "quiet", {"en": "What would bring you back?", "vi": " Vì sao? "})
    assert code == "what-would-bring-you-back"
    assert asked(desk, "quiet")[-1] == code
    move_question(desk, code, "up")
    move_question(desk, code, "up")
    assert asked(desk, "quiet") == ["why_quiet", code, "liked_all_along", "disliked_all_along"]
    move_question(desk, "why_quiet", "up")
    move_question(desk, "disliked_all_along", "down")
    assert asked(desk, "quiet")[0::3] == ["why_quiet", "disliked_all_along"]
    change_question(desk, code, names={"zh_Hant": "什麼能讓您回來？"}, phase="ended")
    assert code not in asked(desk, "quiet")
    assert asked(desk, "ended")[-1] == code
    with desk.database.read() as session:
        row = session.get(Question, code)
        assert question_name(row, "vi") == "什麼能讓您回來？"
    delete_question(desk, code)
    with desk.database.read() as session:
        assert code not in [one.code for one in questions(session)]
        query = select(AuditEvent.action).where(AuditEvent.subject == code)
        told = session.scalars(query.order_by(AuditEvent.id)).all()
    assert told == [
        "question.add",
        *["question.move"] * 2,
        "question.change",
        "question.delete",
    ]


def test_a_question_with_answers_is_retired_never_deleted(desk, clock):
    put(desk, customer("a"))
    record_answer(desk, "a", "why_quiet", "moved away", at("2026-11-20"))
    told = refused(delete_question, desk, "why_quiet")
    assert (told.code, "retire" in told.allowed) == ("question-answered", True)
    retire_question(desk, "why_quiet")
    retire_question(desk, "why_quiet")
    assert asked(desk, "quiet") == ["liked_all_along", "disliked_all_along"]
    with desk.database.read() as session:
        assert session.get(Question, "why_quiet").retired_at == clock()
    bring_back(desk, "why_quiet")
    assert asked(desk, "quiet") == ["liked_all_along", "disliked_all_along", "why_quiet"]
    record_answer(desk, "a", "why_quiet", "back again", at("2026-11-20"))


def test_a_checklist_may_be_emptied(desk):
    for code in asked(desk, "quiet"):
        retire_question(desk, code)
    assert asked(desk, "quiet") == []
    with desk.database.read() as session:
        assert "quiet" in phases(session)


def test_phases_are_those_of_the_rules_and_none_with_questions_is_lost(desk):
    rules(desk, OWN)
    with desk.database.read() as session:
        assert phases(session) == (
            *("approach", "first_deal", "asleep"),
            *("ended", "established", "quiet"),
        )
    assert add_question(desk, "asleep", {"en": "Still there?"}) == "still-there"


def test_what_cannot_be(desk):
    faults = [
        (add_question, ("quiett", {"en": "Why?"}), "no-phase"),
        (add_question, ("before", {"en": "Why?"}), "no-phase"),
        (add_question, ("quiet", {}), "text-missing"),
        (add_question, ("quiet", {"en": "x" * 256}), "text-too-long"),
        (add_question, ("quiet", {"fr": "Pourquoi ?"}), "language"),
        (add_question, ("quiet", {"en": "?"}), "code-missing"),
        (add_question, ("quiet", {"en": "Why?"}, "how_heard"), "question-code-taken"),
        (change_question, ("why_quiett",), "no-question"),
        (move_question, ("why_quiet", "sideways"), "wrong-choice"),
        (move_question, ("nope", "up"), "no-question"),
        (retire_question, ("nope",), "no-question"),
        (bring_back, ("nope",), "no-question"),
        (delete_question, ("nope",), "no-question"),
    ]
    assert [refused(call, desk, *args).code for call, args, _ in faults] == [
        code for *_, code in faults
    ]
    assert refused(change_question, desk, "why_quiet", phase="approch").nearest == "approach"
    retire_question(desk, "why_quiet")
    assert refused(move_question, desk, "why_quiet", "up").code == "question-retired"
