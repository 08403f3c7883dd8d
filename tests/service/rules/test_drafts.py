from dataclasses import replace

import pytest
from sqlalchemy import select

from custrata.engine.diagnostics import RulesError, Severity
from custrata.service.rules import drafts
from custrata.service.rules.publish import import_text, publish
from custrata.service.rules.review import submit
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


def test_a_draft_begins_with_the_rules_in_force_and_counts_its_saves(desk, clock):
    first = drafts.begin(desk, "  fewer   days ")
    assert (first.title, first.base, first.revision, first.state) == ("fewer days", 1, 1, "editing")
    assert first.text == text_in_force(desk)
    clock.forward(minutes=5)
    second = drafts.save(desk.of("binh"), first.id, changed(first.text), 1)
    assert second.revision == 2
    assert [(one.revision, one.by) for one in second.saves] == [(1, "an"), (2, "binh")]
    assert second.authors == {"an", "binh"}
    assert asked(desk, first.id) == second
    with desk.database.read() as session:
        assert drafts.drafts(session) == (second,)


def test_a_text_is_kept_to_the_character(desk):
    text = "\ufeff# Đừng quên 🙂\r\nruleset: 1\r\n\r\n \t# 重要\n\n"
    assert asked(desk, drafts.begin(desk, "d", text).id).text == text


def test_work_that_does_not_compile_is_kept_and_told_about(desk):
    first = begun(desk)
    saved = drafts.save(desk, first.id, WRONG, 1)
    assert {one.code for one in saved.diagnostics} >= {"unknown-key"}
    assert any(one.severity is Severity.ERROR for one in saved.diagnostics)
    assert asked(desk, first.id).text == WRONG
    with pytest.raises(RulesError, match="unknown-key"):
        submit(desk, first.id, 2)
    assert not drafts.save(desk, first.id, first.text, 2).diagnostics


def test_who_saves_over_another_is_refused_and_told_who_and_when(desk, clock):
    first = begun(desk)
    clock.forward(hours=1)
    drafts.save(desk.of("binh"), first.id, reminded(first.text), 1)
    told = refused("draft-changed", drafts.save, desk, first.id, "ruleset: 1\n", 1)
    assert "saved by binh at 2026-11-21 06:00 UTC" in told
    assert "revision 2" in told
    assert asked(desk, first.id).text == reminded(first.text)
    refused("draft-changed", submit, desk, first.id, 1)
    refused("draft-changed", drafts.discard, desk, first.id, 1)


def test_of_two_editors_who_save_at_once_one_lands(desk):
    first = begun(desk)
    texts = [changed(text_in_force(desk), days) for days in (10, 20)]
    found = at_once(
        desk,
        lambda own: drafts.save(own, first.id, texts[0], 1),
        lambda own: drafts.save(own, first.id, texts[1], 1),
    )
    assert found.count("draft-changed") == 1
    (landed,) = [one for one in found if one != "draft-changed"]
    assert asked(desk, first.id) == landed
    assert landed.text == texts[found.index(landed)]


def test_a_discarded_draft_is_closed(desk):
    first = begun(desk)
    assert drafts.discard(desk, first.id, 1).state == "discarded"
    for act in (drafts.save, submit, publish, drafts.discard):
        words = ("ruleset: 1\n", 1) if act is drafts.save else (1,)
        assert "was discarded" in refused("draft-closed", act, desk, first.id, *words)
    with desk.database.read() as session:
        assert drafts.drafts(session) == ()
        assert [one.id for one in drafts.drafts(session, closed=True)] == [first.id]


def test_titles_and_texts_that_are_none(desk):
    for title in ("", " \n", "x" * 300, "a\0b", "a\ud800"):
        refused("draft-title", drafts.begin, desk, title)
    for text in ("a\0b", "a\ud800", "#" * 1_000_001):
        refused("rules-text", drafts.begin, desk, "d", text)


def test_what_is_not_there(desk):
    refused("no-version", drafts.begin, desk, "d", base=9)
    for number in (0, -1, 7, 2**70):
        refused("no-draft", drafts.save, desk, number, "ruleset: 1\n", 1)


# --- brought up to another version --------------------------------------------------------


def test_changes_of_different_parts_are_brought_together(desk):
    text = text_in_force(desk)
    first = begun(desk, changed(text))
    import_text(desk.of("binh"), reminded(text))
    assert asked(desk, first.id).overtaken
    found = drafts.rebase(desk.of("chi"), first.id)
    assert (found.base, found.revision, found.overtaken) == (2, 2, False)
    assert found.text == changed(reminded(text))
    assert "chi" in found.authors
    assert drafts.rebase(desk, first.id) == found


def test_what_both_changed_takes_a_person(desk):
    text = text_in_force(desk)
    first = begun(desk, changed(text, 45))
    import_text(desk, changed(text, 50))
    refused("needs-merging", drafts.rebase, desk, first.id)
    assert asked(desk, first.id) == replace(first, overtaken=True)
    by_hand = drafts.save(desk, first.id, changed(text, 47), 1, onto=2)
    assert (by_hand.base, by_hand.overtaken) == (2, False)
    import_text(desk, reminded(text))
    refused("rules-moved", drafts.save, desk, first.id, text, 2, onto=2)


def test_lines_that_fit_but_rules_that_do_not_take_a_person(desk):
    text = text_in_force(desk)
    first = begun(desk, text.replace("window_days: 365", "currency: VND\nwindow_days: 365"))
    import_text(desk, text + "\ncurrency: USD\n")
    refused("needs-merging", drafts.rebase, desk, first.id)


def test_every_step_leaves_an_event_without_any_text(desk):
    first = begun(desk)
    drafts.save(desk.of("binh"), first.id, WRONG, 1)
    drafts.discard(desk, first.id, 2)
    with desk.database.read() as session:
        found = session.scalars(select(AuditEvent).where(AuditEvent.subject_kind == "draft"))
        events = [(one.action, one.by, one.subject, one.detail) for one in found]
    assert [one[:3] for one in events] == [
        ("draft.begin", "an", str(first.id)),
        ("draft.save", "binh", str(first.id)),
        ("draft.discard", "an", str(first.id)),
    ]
    assert "ruleset" not in str(events)


def test_a_title_changes_with_a_save_or_alone_and_then_no_revision_follows(desk):
    first = drafts.begin(desk, "fewer days")
    saved = drafts.save(desk, first.id, changed(first.text), 1, title="  more  days")
    assert (saved.title, saved.revision) == ("more days", 2)
    handed_in = submit(desk, first.id, 2)
    renamed = drafts.rename(desk, first.id, "days", 2)
    assert renamed == replace(handed_in, title="days")
    assert refused("draft-title", drafts.rename, desk, first.id, " ", 2)
    assert refused("draft-changed", drafts.rename, desk, first.id, "other", 1)
    assert asked(desk, first.id).title == "days"
