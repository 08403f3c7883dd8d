"""What to ask a customer next, and how much of it is known."""

from fractions import Fraction

import pytest

from custrata.engine.diagnostics import CustrataError
from custrata.service.customers.asking import answer_question, asking
from custrata.service.customers.record import record_answer
from custrata.service.registers.questions import checklist, retire_question
from custrata.service.runs import run
from custrata.store.models import SurveyAnswer
from tests.service.runs.putting import at, customer, fresh, put, rules

RULES = """\
ruleset: 1
classifiers:
  lifecycle:
    table:
      rules:
        - {stage: lost, label: quiet}
        - {stage: new, label: approach}
"""


@pytest.fixture
def desk(desk):
    rules(desk, RULES)
    put(desk, customer("a", "lost"), customer("b", "new"), customer("d", "hot"))
    run(desk)
    put(desk, customer("c", "new"))
    return desk


def of(desk, who):
    with desk.database.read() as session:
        return asking(session, who)


def next_of(desk, who):
    return [one.code for one in of(desk, who).open]


def refused(call, *args):
    with pytest.raises(CustrataError) as error:
        call(*args)
    return error.value.diagnostics[0]


def answered(who, question, day, text, **more):
    return SurveyAnswer(
        customer_id=who, question=question, answered_at=at(day), answer=text, **more, **fresh()
    )


def test_an_answer_moves_on_what_is_asked_next(desk, clock):
    assert next_of(desk, "a") == ["why_quiet", "liked_all_along", "disliked_all_along"]
    assert of(desk, "a").completeness == 0
    answer_question(desk, "a", "why_quiet", " moved\naway ")
    found = of(desk, "a")
    assert [one.code for one in found.open] == ["liked_all_along", "disliked_all_along"]
    assert (found.phase, found.answered, found.completeness) == ("quiet", 1, Fraction(1, 3))
    given = found.checklist[0].answer
    assert (given.answer, given.by, given.answered_at) == ("moved\naway", "an", clock())


def test_the_latest_answer_counts_and_others_of_hers_do_not(desk):
    put(
        desk,
        answered("a", "why_quiet", "2026-11-01", "new"),
        answered("a", "why_quiet", "2026-05-01", "old"),
        answered("a", "how_heard", "2026-05-01", "of another phase"),
        answered("a", "satisfaction", "2026-05-01", "4"),
        answered("b", "liked_all_along", "2026-05-01", "somebody else's"),
    )
    found = of(desk, "a")
    assert found.checklist[0].answer.answer == "new"
    assert (found.answered, len(found.checklist)) == (1, 3)


def test_who_has_no_phase_is_asked_nothing_and_nothing_is_divided_by(desk):
    for who in ("c", "d"):
        found = of(desk, who)
        assert (found.phase, found.checklist, found.completeness) == (None, (), None)


def test_an_emptied_checklist_asks_nothing(desk):
    with desk.database.read() as session:
        codes = [one.code for one in checklist(session, "quiet")]
    for code in codes:
        retire_question(desk, code)
    found = of(desk, "a")
    assert (found.phase, found.checklist, found.open, found.completeness) == ("quiet", (), (), None)


def test_a_retired_question_takes_no_answer_and_counts_for_nothing(desk):
    answer_question(desk, "a", "why_quiet", "moved away")
    retire_question(desk, "why_quiet")
    for record in (answer_question, record_answer):
        told = refused(record, desk, "a", "why_quiet", "again", desk.now())
        assert told.code == "question-retired"
        assert told.allowed == "liked_all_along, disliked_all_along"
    put(desk, answered("a", "why_quiet", "2026-11-20", "by a file"))  # files may bring it
    found = of(desk, "a")
    assert (found.answered, len(found.checklist)) == (0, 2)


def test_what_cannot_be_an_answer(desk):
    faults = [
        (("a", "why_quit", "x"), "no-question"),
        (("a", "satisfaction", "5"), "no-question"),
        (("a", "why_quiet", "  "), "text-missing"),
        (("a", "why_quiet", "x" * 2_001), "text-too-long"),
        (("a", "why_quiet", "a\0b"), "text-unreadable"),
        (("z", "why_quiet", "x"), "no-customer"),
        (("a", "why_quiet", "x", at("2026-11-22")), "time-in-future"),
    ]
    assert [refused(answer_question, desk, *given).code for given, _ in faults] == [
        code for _, code in faults
    ]
    assert refused(answer_question, desk, "a", "why_quit", "x").nearest == "why_quiet"
    record_answer(desk, "a", "satisfaction", 5, desk.now())  # a host asks what it likes
    assert of(desk, "a").answered == 0
