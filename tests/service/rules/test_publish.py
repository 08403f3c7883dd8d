import pytest
from sqlalchemy import select

from custrata.engine.diagnostics import RulesError
from custrata.service.rules import drafts
from custrata.service.rules.publish import export_text, import_text, publish, roll_back
from custrata.service.rules.versions import current, engine_of, versions
from custrata.store.models import AuditEvent
from tests.service.rules.writing import (
    MEETING,
    WRONG,
    asked,
    at_once,
    begun,
    changed,
    refused,
    reminded,
    text_in_force,
)


def published(desk):
    with desk.database.read() as session:
        return versions(session)


def test_a_draft_becomes_a_version(desk, clock):
    first = begun(desk)
    clock.forward(hours=2)
    found = publish(desk.of("binh"), first.id, 1, " sooner ", fires=True)
    assert (found.number, found.by, found.published_at) == (2, "binh", clock())
    assert (found.comment, found.kind, found.fires) == ("sooner", "publish", True)
    assert (found.text, found.draft_id) == (first.text, first.id)
    assert published(desk)[0] == found
    assert asked(desk, first.id).state == "published"
    with desk.database.read() as session:
        rfm = engine_of(current(session)).ruleset.classifiers[0]
        event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert rfm.bands["recency_days"].cuts[0].value == 45
    assert (event.action, event.by, event.subject) == ("rules.publish", "binh", "2")
    assert event.detail == {"kind": "publish", "draft": first.id, "revision": 1}


def test_what_is_published_never_changes(desk):
    seen = {1: published(desk)[0]}
    text = text_in_force(desk)
    for act in (
        lambda: publish(desk, begun(desk).id, 1),
        lambda: import_text(desk, reminded(text)),
        lambda: roll_back(desk, 2),
        lambda: drafts.discard(desk, begun(desk, "ruleset: 1\n").id, 1),
        lambda: roll_back(desk, 1),
    ):
        act()
        now = {one.number: one for one in published(desk)}
        assert {number: now[number] for number in seen} == seen
        seen = now
    assert sorted(seen) == [1, 2, 3, 4, 5]


def test_a_draft_of_a_version_that_is_overtaken_is_refused(desk, clock):
    text = text_in_force(desk)
    first, second = begun(desk, changed(text)), begun(desk, reminded(text))
    clock.forward(minutes=5)
    publish(desk.of("binh"), first.id, 1)
    told = refused("rules-moved", publish, desk, second.id, 1)
    assert "version 2 of the rules was published by binh at 2026-11-21 05:05 UTC" in told
    assert "version 1" in told
    drafts.rebase(desk, second.id)
    assert publish(desk, second.id, 2).text == changed(reminded(text))


def test_what_is_published_is_closed_and_says_by_whom(desk):
    first = begun(desk)
    publish(desk.of("binh"), first.id, 1)
    told = refused("draft-closed", publish, desk, first.id, 1)
    assert "was published as version 2 by binh at 2026-11-21 05:00 UTC" in told
    assert len(published(desk)) == 2


def test_rules_with_errors_never_come_into_force(desk):
    for text in (WRONG, MEETING):
        first = begun(desk, text)
        with pytest.raises(RulesError):
            publish(desk, first.id, 1)
        with pytest.raises(RulesError) as caught:
            import_text(desk, text)
        assert all(one.mark.file == "rules" for one in caught.value.diagnostics if one.mark)
        assert asked(desk, first.id).state == "editing"
    assert len(published(desk)) == 1


@pytest.mark.parametrize("same", [True, False], ids=["one draft", "two drafts"])
def test_of_two_who_publish_at_once_one_lands(desk, same):
    text = text_in_force(desk)
    first = begun(desk, changed(text))
    second = first if same else begun(desk, reminded(text))
    found = at_once(
        desk, lambda own: publish(own, first.id, 1), lambda own: publish(own, second.id, 1)
    )
    (landed,) = [one for one in found if not isinstance(one, str)]
    (code,) = [one for one in found if isinstance(one, str)]
    assert code == ("draft-closed" if same else "rules-moved")
    assert [one.number for one in published(desk)] == [2, 1]
    assert published(desk)[0] == landed
    loser = (second, first)[found.index(landed)]
    assert asked(desk, loser.id).state == ("published" if same else "editing")


def test_of_many_ways_to_publish_at_once_one_lands(desk):
    text = text_in_force(desk)
    import_text(desk, changed(text, 10))
    first = begun(desk, reminded(text))
    found = at_once(
        desk,
        lambda own: publish(own, first.id, 1),
        lambda own: import_text(own, changed(text, 20)),
        lambda own: roll_back(own, 1),
    )
    assert found.count("rules-moved") == 2
    assert [one.number for one in published(desk)] == [3, 2, 1]


def test_a_save_while_it_is_published_is_lost_to_nobody(desk):
    first = begun(desk)
    newer = reminded(text_in_force(desk))
    found = at_once(
        desk,
        lambda own: publish(own, first.id, 1),
        lambda own: drafts.save(own, first.id, newer, 1),
    )
    now = asked(desk, first.id)
    if found[0] == "draft-changed":
        assert (now.state, now.text, len(published(desk))) == ("editing", newer, 1)
    else:
        assert found[1] == "draft-closed"
        assert (now.state, now.text, published(desk)[0].text) == ("published",) + (first.text,) * 2


# --- back, in and out ---------------------------------------------------------------------


def test_a_roll_back_is_a_new_version_with_the_old_text(desk):
    text = text_in_force(desk)
    publish(desk, begun(desk).id, 1)
    found = roll_back(desk.of("binh"), 1, "too soon")
    assert (found.number, found.text, found.kind) == (3, text, "roll_back")
    assert (found.by, found.comment, found.fires, found.draft_id) == (
        "binh",
        "too soon",
        False,
        None,
    )
    refused("same-rules", roll_back, desk, 1)
    refused("same-rules", roll_back, desk, 3)
    refused("no-version", roll_back, desk, 4)
    refused("rules-moved", roll_back, desk, 2, expected=2)


def test_rules_go_out_and_come_in_to_the_character(desk):
    text = "\ufeff# chú thích\r\n" + text_in_force(desk) + "\r\n# 完\n"
    found = import_text(desk, text, "from git", fires=True)
    assert (found.number, found.kind, found.comment, found.fires) == (2, "import", "from git", True)
    assert import_text(desk.of("binh"), text) is None
    with desk.database.read() as session:
        assert export_text(session) == export_text(session, 2) == text
        assert export_text(session, 1) != text
        refused("no-version", export_text, session, 3)
        refused("no-version", export_text, session, 2**70)


def test_an_import_may_say_what_it_takes_the_place_of(desk):
    text = text_in_force(desk)
    assert import_text(desk, changed(text), expected=1).number == 2
    told = refused("rules-moved", import_text, desk, reminded(text), expected=1)
    assert "version 2" in told
    refused("rules-moved", import_text, desk, changed(text), expected=1)
