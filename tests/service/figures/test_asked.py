"""How far the checklists of each phase are answered, at the moment of a run."""

from datetime import date

from custrata.service.figures import latest
from custrata.service.registers.questions import checklist, retire_question
from custrata.service.runs import run
from custrata.store.models import SurveyAnswer
from tests.service.runs.putting import at, customer, fresh, put, rules, sale

RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
classifiers:
  lifecycle:
    table:
      rules:
        - {recency_days: ">= 100", label: quiet}
        - {recency_days: ">= 0", label: first_deal}
      otherwise: approach
"""


def answer(who, question, day="2026-11-01"):
    return SurveyAnswer(
        customer_id=who, question=question, answer="x", answered_at=at(day), **fresh()
    )


def asked(desk):
    with desk.database.read() as session:
        return {row["phase"]: row for row in latest(session).get("asked") or ()}


def test_each_phase_tells_its_customers_and_what_of_them_is_known(desk):
    rules(desk, RULES)
    put(desk, *(customer(one) for one in "abcd"))
    put(desk, *(sale(one, "2026-02-01") for one in "ab"))
    codes = ("why_quiet", "liked_all_along", "disliked_all_along")
    put(desk, *(answer("a", one) for one in codes), answer("a", "why_quiet", "2026-10-01"))
    put(desk, answer("b", "why_quiet"), answer("b", "how_heard"), answer("c", "how_heard"))
    put(desk, answer("d", "how_heard", "2026-11-22"), answer("c", "satisfaction"))
    run(desk, as_of=date(2026, 11, 21))
    found = asked(desk)
    assert found["quiet"] == {
        "phase": "quiet",
        "customers": 2,
        "questions": {"why_quiet": 2, "liked_all_along": 1, "disliked_all_along": 1},
        "answered": 4,
        "complete": 1,
    }
    assert (found["approach"]["customers"], found["approach"]["answered"]) == (2, 1)
    assert found["approach"]["questions"]["how_heard"] == 1
    assert "first_deal" not in found


def test_a_retired_question_counts_no_more_and_an_emptied_checklist_is_not_complete(desk):
    rules(desk, RULES)
    put(desk, customer("a"), sale("a", "2026-02-01"), answer("a", "why_quiet"))
    retire_question(desk, "why_quiet")
    run(desk, as_of=date(2026, 11, 20))
    assert asked(desk)["quiet"]["answered"] == 0
    with desk.database.read() as session:
        codes = [one.code for one in checklist(session, "quiet")]
    for code in codes:
        retire_question(desk, code)
    run(desk, as_of=date(2026, 11, 21))
    assert asked(desk)["quiet"] == {
        "phase": "quiet",
        "customers": 1,
        "questions": {},
        "answered": 0,
        "complete": None,
    }


def test_rules_without_phases_leave_no_figure(desk):
    rules(desk, "ruleset: 1\nclassifiers:\n  stale_contact: {}\n")
    put(desk, customer("a"))
    run(desk)
    assert asked(desk) == {}
