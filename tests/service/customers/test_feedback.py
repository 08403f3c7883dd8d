"""Feedback: given to somebody, due, brought on, closed with a word; none is dropped."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from custrata.engine.diagnostics import CustrataError
from custrata.service.customers import feedback
from custrata.service.customers.cases import NOBODY, Sought, cases, complaints
from custrata.service.customers.hand_over import hand_over
from custrata.service.runs import run
from custrata.store.models import AuditEvent, Feedback
from tests.service.runs.putting import at, customer, fresh, label, put, rules

RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
classifiers:
  mood:
    table:
      rules:
        - {open_complaints: ">= 1", label: complains}
      otherwise: fine
"""


@pytest.fixture
def desk(desk):
    rules(desk, RULES)
    put(desk, customer("a", owner="an"), customer("b", owner="binh"))
    return desk


def case(who="a", kind="complaint", state="open", due=None, **more):
    return Feedback(
        customer_id=who,
        kind=kind,
        state=state,
        opened_at=at("2026-11-01"),
        due_at=due and at(due),
        **more,
        **fresh(),
    )


def rows(desk):
    with desk.database.read() as session:
        return session.scalars(select(Feedback).order_by(Feedback.id)).all()


def listed(desk, sought=None, **page):
    with desk.database.read() as session:
        return [one.row.text for one in cases(session, desk.now(), sought or Sought(), **page)]


def refused(call, *args, **words):
    with pytest.raises(CustrataError) as error:
        call(*args, **words)
    return error.value.diagnostics[0].code


def steps(desk):
    with desk.database.read() as session:
        return [
            (one.what, one.was, one.now, one.by)
            for one in feedback.steps_of(session, rows(desk)[0])
        ]


def test_from_open_to_resolved_with_a_history_that_holds_no_text(desk, clock):
    feedback.report(desk, "a", "complaint", "The tea was late", "an", clock() + timedelta(days=2))
    number = rows(desk)[0].id
    feedback.change_feedback(desk, number, owner="binh", state="in_progress")
    clock.forward(hours=1)
    feedback.change_feedback(desk.of("binh"), number, state="resolved", done="Sent a new box")
    row = rows(desk)[0]
    assert (row.state, row.owner) == ("resolved", "binh")
    assert (row.text, row.done) == ("The tea was late", "[2026-11-21 binh] Sent a new box")
    assert steps(desk) == [
        ("state", "in_progress", "resolved", "binh"),
        ("owner", "an", "binh", "an"),
        ("state", "open", "in_progress", "an"),
    ]
    with desk.database.read() as session:
        told = session.scalars(select(AuditEvent).where(AuditEvent.action == "feedback.change"))
        assert "box" not in str([one.detail for one in told])


def test_a_complaint_is_closed_by_saying_what_was_done_other_feedback_without(desk):
    put(desk, case(text="late"), case(kind="praise", text="fine"))
    first, second = (one.id for one in rows(desk))
    for state in feedback.CLOSED_STATES:
        for done in (None, " "):
            told = refused(feedback.change_feedback, desk, first, state=state, done=done)
            assert told == "feedback-done"
    assert rows(desk)[0].state == "open"
    feedback.change_feedback(desk, first, state="closed_case", done="Talked")
    feedback.change_feedback(desk, first, state="resolved")  # it was closed already
    feedback.change_feedback(desk, first, state="open")  # and may come up again
    assert refused(feedback.change_feedback, desk, first, state="resolved") == "feedback-done"
    feedback.change_feedback(desk, second, state="resolved")
    assert [one.state for one in rows(desk)] == ["open", "resolved"]


def test_closing_a_complaint_classifies_its_customer_at_once(desk):
    put(desk, case(text="late"))
    run(desk)
    assert label(desk, "a", "mood") == "complains"
    moved = feedback.change_feedback(desk, rows(desk)[0].id, state="resolved", done="Talked")
    assert [(one.was, one.label) for one in moved] == [("complains", "fine")]


def test_who_changes_what_somebody_else_changed_is_told(desk):
    put(desk, case(text="late"))
    row = rows(desk)[0]
    seen = feedback.mark_of(row)
    feedback.change_feedback(desk, row.id, seen, owner="binh")
    told = refused(feedback.change_feedback, desk, row.id, seen, owner="chi")
    assert (told, rows(desk)[0].owner) == ("changed-meanwhile", "binh")


def test_what_cannot_be(desk):
    put(desk, case(text="late", state="new"))
    number = rows(desk)[0].id
    faults = [
        ((feedback.change_feedback, desk, number + 1), {}, "no-feedback"),
        ((feedback.change_feedback, desk, number), {"state": "gone"}, "feedback-state"),
        ((feedback.change_feedback, desk, number), {"owner": "x" * 256}, "text-too-long"),
        ((feedback.change_feedback, desk, number), {"done": "x" * 501}, "text-too-long"),
        (
            (feedback.change_feedback, desk, number),
            {"due_at": at("2026-12-01").replace(tzinfo=None)},
            "time-without-zone",
        ),
        ((feedback.report, desk, "a", "rant", "x"), {}, "wrong-choice"),
        ((feedback.report, desk, "a", "complaint", " "), {}, "text-missing"),
        ((feedback.report, desk, "z", "complaint", "x"), {}, "no-customer"),
    ]
    assert [refused(*call, **words) for call, words, _ in faults] == [code for *_, code in faults]
    feedback.change_feedback(desk, number, owner="an")  # a host's own state may stay
    assert [(one.state, one.owner) for one in rows(desk)] == [("new", "an")]


def test_open_ones_are_listed_overdue_first_page_after_page(desk):
    put(
        desk,
        case(due="2026-12-01", text="later", owner="an"),
        case(due="2026-11-01", text="late", owner="an", state="waiting"),
        case(text="whenever", owner="binh"),
        case(due="2026-11-10", text="late too", state="reopened", who="b"),
        case(text="sometime", kind="praise"),
        case(due="2026-10-01", text="settled", state="resolved"),
        case(due="2026-11-10", text="late as well", kind="return"),
    )
    everything = ["late", "late too", "late as well", "later", "whenever", "sometime"]
    assert listed(desk) == everything
    ids = {one.text: one.id for one in rows(desk)}
    for place, last in enumerate(everything, start=1):
        assert listed(desk, after=ids[last], limit=2) == everything[place : place + 2]
    assert listed(desk, limit=5) == everything[:5]
    assert listed(desk, Sought(owner="an")) == ["late", "later"]
    assert listed(desk, Sought(owner=NOBODY)) == ["late too", "late as well", "sometime"]
    assert listed(desk, Sought(assigned=True)) == ["late", "later", "whenever"]
    assert listed(desk, Sought(kind="praise")) == ["sometime"]
    assert listed(desk, Sought(overdue=True)) == ["late", "late too", "late as well"]
    with desk.database.read() as session:
        found = complaints(session, desk.now())
        names = [(one.name, one.overdue) for one in cases(session, desk.now(), Sought(), limit=1)]
    assert (found.open, found.overdue, found.unassigned, found.capped) == (4, 2, 1, False)
    assert names == [(None, True)]


def test_who_takes_customers_over_takes_their_open_feedback_too(desk):
    put(
        desk,
        case(text="hers", owner="an"),
        case(text="settled", owner="an", state="resolved"),
        case(text="a colleague's", owner="service"),
        case(text="nobody's"),
        case("b", text="another customer's", owner="an"),
    )
    hand_over(desk, "chi", "an")
    assert {one.text: one.owner for one in rows(desk)} == {
        "hers": "chi",
        "settled": "an",
        "a colleague's": "service",
        "nobody's": None,
        "another customer's": "an",
    }
    assert steps(desk) == [("owner", "an", "chi", "an")]
    with desk.database.read() as session:
        query = select(AuditEvent.detail).where(AuditEvent.action == "customers.hand_over")
        assert session.scalars(query).one() == {
            "customers": 1,
            "from_owner": "an",
            "to_owner": "chi",
            "feedback": 1,
        }


def test_who_takes_what_somebody_else_took_is_told(desk):
    put(desk, case(text="loose"))
    number = rows(desk)[0].id
    feedback.take_feedback(desk, number)
    feedback.take_feedback(desk, number)
    told = refused(feedback.take_feedback, desk.of("binh"), number)
    assert (told, rows(desk)[0].owner) == ("changed-meanwhile", "an")


def test_complaints_are_open_until_they_are_closed_and_nothing_else_is_one(desk):
    with desk.database.read() as session:
        before = complaints(session, desk.now()).open
    states = ("open", "resolved", "new")
    put(
        desk,
        customer("complains"),
        *(
            Feedback(
                customer_id="complains",
                opened_at=at("2026-11-01"),
                kind=kind,
                state=state,
                **fresh(),
            )
            for kind in ("complaint", "praise")
            for state in states
        ),
    )
    with desk.database.read() as session:
        assert complaints(session, desk.now()).open - before == 2
