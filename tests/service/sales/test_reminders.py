"""Today's list: whom to contact and why; done, and put off."""

from datetime import date, timedelta

import pytest

from custrata.engine.diagnostics import CustrataError
from custrata.service.customers.profile import profile
from custrata.service.customers.record import record_contact, set_stage
from custrata.service.figures.morning import contacts
from custrata.service.registers.closed_days import add_closed_days
from custrata.service.registers.treatments import set_treatment
from custrata.service.runs import run
from custrata.service.sales import reminders
from custrata.service.sales.reminders import done, due, postpone, seen_to
from tests.service.runs.putting import at, contact, customer, put, rules, sale, shown

RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
classifiers:
  stale_contact: {}
  value:
    bands: {monetary: {cuts: [500], names: [small, big]}}
    table:
      rules:
        - {monetary: big, label: big}
      otherwise: small
    labels: {small: {rank: 2}, big: {rank: 1}}
"""
TODAY = date(2026, 11, 21)


@pytest.fixture
def desk(desk):
    rules(desk, RULES)
    here = {"owner": "an", "region": "local"}
    put(
        desk,
        customer("new", "new", "2026-01-01", **here),
        customer("hot", "hot", "2026-01-01", phone="0901", **here),
        customer("lost", "lost", "2026-01-01", **here),
        customer("rich", "approached", "2026-01-01", **here),
        customer("others", "hot", "2026-01-01", owner="binh"),
    )
    put(desk, sale("rich", "2026-11-01", 900))
    put(
        desk,
        contact("hot", "2026-10-12", channel="phone", owner="an"),
        contact("hot", "2026-11-12", channel="phone", outcome="No Answer"),
        contact("hot", "2026-11-13", channel="mass_mail", outcome="sent"),
    )
    run(desk)
    return desk


def listed(desk, owner="an", day=TODAY):
    with desk.database.read() as session:
        return [one.who.customer_id for one in due(session, day, owner)]


def refused(act, *words, **more):
    with pytest.raises(CustrataError) as error:
        act(*words, **more)
    return error.value.diagnostics[0].code


def test_importance_goes_first_then_how_near_a_sale_is(desk):
    assert listed(desk) == ["rich", "hot", "new"]
    assert listed(desk, "binh") == ["others"]
    assert listed(desk, None) == ["rich", "hot", "others", "new"]


def test_each_is_told_with_the_last_contact_that_reached_her_and_what_to_do(desk):
    set_treatment(desk, "stale_contact", "dont_forget", offer="A sample of the new harvest")
    set_treatment(desk, "value", "small", contact_every_days=30)
    with desk.database.read() as session:
        found = {one.who.customer_id: one for one in due(session, TODAY, "an")}
    hot, new = found["hot"], found["new"]
    assert (hot.last.channel, hot.last.occurred_at, hot.last.owner) == (
        "phone",
        at("2026-10-12"),
        "an",
    )
    assert (hot.days, hot.phone, hot.place) == (40, "0901", "local")
    assert (hot.who.reminder, hot.who.reminds, hot.who.label) == (
        "stale_contact",
        "dont_forget",
        "small",
    )
    assert [one.contact_every_days or one.offer for one in hot.treatments] == [
        30,
        "A sample of the new harvest",
    ]
    assert (new.last, new.days) == (None, 324)


def test_who_was_reached_leaves_the_list_and_the_contact_counts(desk):
    moved = done(desk, "hot", desk.now(), "phone", "reached", "wants an offer")
    assert [one.label for one in moved if one.classifier == "stale_contact"] == ["in_touch"]
    assert (listed(desk), shown(desk, "hot")) == (["rich", "new"], "hot")
    with desk.database.read() as session:
        seen = seen_to(session, "an")
        told = profile(session, "hot")
    assert [(one.row.customer_id, one.row.action, one.row.by) for one in seen] == [
        ("hot", "done", "an")
    ]
    assert (told.contacts[0].note, told.contacts[0].owner) == ("wants an offer", "an")
    assert [(one.kind, one.how) for one in told.events if one.kind == "reminder"] == [
        ("reminder", "done")
    ]


def test_a_try_that_reached_nobody_is_recorded_and_she_goes_on_waiting(desk):
    done(desk, "hot", desk.now(), "phone", "missed")
    assert "hot" in listed(desk)
    with desk.database.read() as session:
        assert seen_to(session) == []
        assert profile(session, "hot").contacts[0].outcome == "missed"


def test_postponed_customers_come_back_on_their_day(desk, clock):
    assert postpone(desk, "hot", date(2026, 11, 24), "on holiday") == date(2026, 11, 24)
    assert listed(desk) == ["rich", "new"]
    assert "hot" not in listed(desk, None)
    with desk.database.read() as session:
        on_dashboard = contacts(session, "an", everyone=False, limit=8, day=TODAY).found
        row = seen_to(session)[0].row
    assert "hot" not in [one.customer_id for one in on_dashboard]
    assert (row.action, row.until, row.why) == ("postponed", date(2026, 11, 24), "on holiday")
    assert listed(desk, day=date(2026, 11, 23)) == ["rich", "new"]
    assert listed(desk, day=date(2026, 11, 24)) == ["rich", "hot", "new"]


def test_a_reminder_that_comes_anew_is_not_the_one_that_was_put_off(desk, clock):
    postpone(desk, "hot", date(2027, 3, 1))
    record_contact(desk, "hot", clock())
    clock.forward(days=30)
    run(desk)
    assert "hot" in listed(desk, day=TODAY + timedelta(days=30))


def test_a_closed_day_moves_to_the_next_open_one(desk):
    add_closed_days(desk, "Tết", date(2027, 2, 4), date(2027, 2, 10))
    assert postpone(desk, "hot", date(2027, 2, 4)) == date(2027, 2, 11)


def test_what_cannot_be_is_refused(desk):
    assert refused(postpone, desk, "hot", TODAY) == "time-past"
    assert refused(postpone, desk, "hot", date(2028, 1, 1)) == "time-far"
    assert refused(postpone, desk, "lost", date(2026, 12, 1)) == "no-reminder"
    assert refused(postpone, desk, "nobody", date(2026, 12, 1)) == "no-customer"
    assert refused(postpone, desk, "hot", date(2026, 12, 1), "x" * 501) == "text-too-long"
    assert refused(done, desk, "lost", desk.now()) == "no-reminder"
    assert refused(done, desk, "hot", desk.now() + timedelta(days=1)) == "time-in-future"
    with desk.database.read() as session:
        assert seen_to(session) == []


def test_a_persons_choice_takes_her_off_the_list(desk):
    set_stage(desk, "hot", "hot")
    assert "hot" not in listed(desk)


def test_a_contact_that_is_still_to_come_is_not_the_last_one(desk):
    put(desk, contact("hot", "2026-12-24", channel="visit", outcome="reached"))
    with desk.database.read() as session:
        found = {one.who.customer_id: one for one in due(session, TODAY, "an")}
    assert (found["hot"].last.occurred_at, found["hot"].days) == (at("2026-10-12"), 40)


def test_a_contact_is_recorded_with_what_it_settles_or_not_at_all(desk, monkeypatch):
    def fails(*_words):
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(reminders, "_keep", fails)
        with pytest.raises(RuntimeError):
            done(desk, "hot", desk.now(), "phone", "reached")
    with desk.database.read() as session:
        assert profile(session, "hot").contacts[0].occurred_at == at("2026-11-13")
    assert "hot" in listed(desk)
