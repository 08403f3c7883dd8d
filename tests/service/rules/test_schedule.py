from datetime import timedelta

import pytest
from sqlalchemy import select

from custrata.engine.diagnostics import RulesError
from custrata.service.rules import drafts, publish, texts
from custrata.service.rules.publish import Due, import_text, publish_due, schedule, unschedule
from custrata.service.rules.review import approve, send_back, submit
from custrata.service.rules.versions import versions
from custrata.service.settings import change_settings
from custrata.store.faults import refuse
from custrata.store.models import AuditEvent
from tests.service.rules.writing import (
    WRONG,
    asked,
    at_once,
    begun,
    changed,
    refused,
    reminded,
    text_in_force,
)


def later(desk, hours=1):
    return desk.now() + timedelta(hours=hours)


def published(desk):
    with desk.database.read() as session:
        return versions(session)


def test_a_draft_is_published_when_its_time_has_come(desk, clock):
    first = begun(desk)
    waiting = schedule(desk.of("binh"), first.id, 1, later(desk), " in time ", fires=True)
    assert (waiting.publish_at, waiting.publish_by) == (later(desk), "binh")
    clock.forward(minutes=59)
    assert publish_due(desk.of("system")) == ()
    clock.forward(minutes=1)
    assert publish_due(desk.of("system")) == (Due(first.id, 2),)
    found = published(desk)[0]
    assert (found.by, found.comment, found.fires) == ("binh", "in time", True)
    assert (found.kind, found.published_at) == ("publish", clock())
    assert publish_due(desk) == ()
    assert asked(desk, first.id).publish_at is None


def test_only_a_time_to_come_can_be_named(desk):
    first = begun(desk)
    refused("publish-time", schedule, desk, first.id, 1, desk.now())
    with pytest.raises(ValueError, match="zone"):
        schedule(desk, first.id, 1, desk.now().replace(year=2027, tzinfo=None))


def test_a_draft_that_is_changed_loses_its_time(desk, clock):
    steps = (
        lambda one: drafts.save(desk, one.id, one.text, 1),
        lambda one: send_back(desk, one.id, 1),
        lambda one: unschedule(desk, one.id),
        lambda one: drafts.discard(desk, one.id, 1),
    )
    for step in steps:
        first = submit(desk, begun(desk).id, 1)
        schedule(desk, first.id, 1, later(desk))
        step(first)
        clock.forward(hours=2)
        assert asked(desk, first.id).publish_at is None
        assert publish_due(desk) == ()
    assert len(published(desk)) == 1


def test_what_cannot_be_published_is_not_put_off(desk):
    wrong = begun(desk, WRONG)
    with pytest.raises(RulesError):
        schedule(desk, wrong.id, 1, later(desk))
    first = begun(desk)
    import_text(desk, reminded(text_in_force(desk)))
    refused("rules-moved", schedule, desk, first.id, 1, later(desk))
    change_settings(desk, four_eyes=True)
    refused("own-draft", schedule, desk, first.id, 1, later(desk))
    refused("not-approved", schedule, desk.of("binh"), first.id, 1, later(desk))


def test_one_that_fails_tells_why_and_holds_up_no_other(desk, clock):
    text = text_in_force(desk)
    names = [begun(desk, changed(text, days)).id for days in (10, 20)]
    for hours, one in zip((2, 1), names, strict=True):
        schedule(desk, one, 1, later(desk, hours))
    clock.forward(hours=3)
    found = publish_due(desk.of("system"))
    assert [one.draft_id for one in found] == [names[1], names[0]]
    assert (found[0].version, found[1].version) == (2, None)
    failed = asked(desk, names[0])
    assert (failed.state, failed.publish_at) == ("editing", None)
    assert "version 2 of the rules was published by an" in failed.fault
    assert found[1].fault == failed.fault
    with desk.database.read() as session:
        event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert (event.action, event.by) == ("draft.fault", "system")
    assert publish_due(desk) == ()
    assert drafts.save(desk, failed.id, text, 1, onto=2).fault is None


def test_an_approval_that_four_eyes_ask_for_meanwhile(desk, clock):
    first = begun(desk)
    schedule(desk, first.id, 1, later(desk))
    change_settings(desk, four_eyes=True)
    clock.forward(hours=1)
    (found,) = publish_due(desk)
    assert "four eyes are required" in found.fault
    submit(desk, first.id, 1)
    approve(desk.of("binh"), first.id, 1)
    schedule(desk.of("binh"), first.id, 1, later(desk))
    clock.forward(hours=1)
    assert publish_due(desk) == (Due(first.id, 2),)


def test_whatever_breaks_off_is_a_drafts_own_fault(desk, clock, monkeypatch):
    first = begun(desk)
    schedule(desk, first.id, 1, later(desk))
    clock.forward(hours=1)

    def breaks(_text):
        raise ZeroDivisionError("of a customer's")

    monkeypatch.setattr(texts, "need_sound", breaks)
    assert publish_due(desk) == (Due(first.id, None, "broke off: ZeroDivisionError"),)


def test_a_database_that_is_away_is_no_drafts_fault(desk, clock, monkeypatch):
    first = begun(desk)
    schedule(desk, first.id, 1, later(desk))
    clock.forward(hours=1)

    def busy(*_words):
        raise refuse("database-busy", "busy")

    with monkeypatch.context() as patch:
        patch.setattr(publish, "need_approval", busy)
        refused("database-busy", publish_due, desk)
    assert asked(desk, first.id).publish_at
    assert publish_due(desk) == (Due(first.id, 2),)


def test_of_two_workers_one_publishes(desk, clock):
    first = begun(desk)
    schedule(desk, first.id, 1, later(desk))
    clock.forward(hours=1)
    found = at_once(desk, publish_due, publish_due)
    assert sorted(found) == [(), (Due(first.id, 2),)]
    assert len(published(desk)) == 2
    assert asked(desk, first.id).fault is None


def test_a_time_that_is_taken_back_while_a_worker_looks(desk, clock):
    first = begun(desk)
    schedule(desk, first.id, 1, later(desk))
    clock.forward(hours=1)
    seen = asked(desk, first.id)
    unschedule(desk, first.id)
    assert publish._publish_due(desk, seen) is None
    assert len(published(desk)) == 1
    assert asked(desk, first.id).fault is None
