from custrata.service.rules import drafts
from custrata.service.rules.publish import import_text, publish, roll_back, schedule
from custrata.service.rules.review import approve, send_back, submit
from custrata.service.settings import change_settings
from custrata.store.faults import StoreError
from tests.service.rules.writing import asked, begun, changed, refused, reminded, text_in_force


def handed_in(desk):
    """A draft that an wrote and handed in."""
    return submit(desk, begun(desk).id, 1)


def test_a_draft_is_handed_in_and_approved(desk, clock):
    first = handed_in(desk)
    assert (first.state, first.approved) == ("review", False)
    assert submit(desk, first.id, 1) == first
    clock.forward(minutes=1)
    found = approve(desk.of("binh"), first.id, 1, " fine ")
    assert found.approved
    (given,) = found.approvals
    assert (given.revision, given.by, given.at, given.comment) == (1, "binh", clock(), "fine")
    assert approve(desk.of("binh"), first.id, 1).approved


def test_only_what_is_in_review_is_approved_or_sent_back(desk):
    first = begun(desk)
    refused("not-in-review", approve, desk.of("binh"), first.id, 1)
    refused("not-in-review", send_back, desk.of("binh"), first.id, 1)
    submit(desk, first.id, 1)
    back = send_back(desk.of("binh"), first.id, 1, "45 is too few")
    assert (back.state, back.comment) == ("editing", "45 is too few")
    assert submit(desk, first.id, 1).comment is None


def test_nobody_approves_what_she_has_not_read(desk):
    first = handed_in(desk)
    drafts.save(desk, first.id, reminded(first.text), 1)
    refused("draft-changed", approve, desk.of("binh"), first.id, 1)


def test_a_save_takes_a_draft_out_of_review_and_needs_an_approval_anew(desk):
    first = handed_in(desk)
    approve(desk.of("binh"), first.id, 1)
    saved = drafts.save(desk, first.id, reminded(first.text), 1)
    assert (saved.state, saved.approved) == ("editing", False)
    told = refused("not-approved", publish, desk, first.id, 2)
    assert "as revision 1 was by binh" in told
    submit(desk, first.id, 2)
    refused("not-approved", publish, desk, first.id, 2)
    refused("not-approved", schedule, desk, first.id, 2, desk.now().replace(year=2027))
    approve(desk.of("binh"), first.id, 2)
    assert publish(desk, first.id, 2).number == 2


def test_what_was_sent_back_in_spite_of_an_approval_needs_another(desk):
    first = handed_in(desk)
    approve(desk.of("binh"), first.id, 1)
    send_back(desk.of("chi"), first.id, 1)
    refused("not-approved", publish, desk, first.id, 1)
    again = submit(desk, first.id, 1)
    assert (again.revision, again.state, again.approved) == (2, "review", False)
    refused("not-approved", publish, desk, first.id, 2)


def test_without_four_eyes_an_approval_is_optional(desk):
    assert publish(desk, begun(desk).id, 1).number == 2


FOUR_EYES = [
    ("an", None, "an", "own-draft"),
    ("an", None, "binh", "not-approved"),
    ("an", "an", "binh", "own-draft"),
    ("an", "binh", "an", "own-draft"),
    ("an", "binh", "binh", None),
    ("an", "binh", "chi", None),
    ("an binh", "binh", "chi", "own-draft"),
    ("an binh", "chi", "binh", "own-draft"),
    ("an binh", "chi", "chi", None),
    ("an binh", "chi", "dung", None),
]
"""Who wrote, approves, publishes; and the code of the first refusal."""


def test_four_eyes(desk):
    change_settings(desk, four_eyes=True)
    text = text_in_force(desk)
    for days, (writers, approver, publisher, code) in enumerate(FOUR_EYES, 10):
        first = begun(desk, changed(text, days))
        for revision, writer in enumerate(writers.split()[1:], 1):
            first = drafts.save(desk.of(writer), first.id, first.text, revision)
        submit(desk, first.id, first.revision)
        acts = [(approve, approver), (publish, publisher)]
        found = [_code(act, desk.of(by), first) for act, by in acts if by]
        assert next(filter(None, found), None) == code, (writers, approver, publisher)
        assert asked(desk, first.id).state == ("review" if code else "published")


def _code(act, desk, draft):
    try:
        act(desk, draft.id, draft.revision)
    except StoreError as error:
        return error.diagnostics[0].code


def test_an_approver_who_writes_on_is_an_author(desk):
    change_settings(desk, four_eyes=True)
    first = handed_in(desk)
    approve(desk.of("binh"), first.id, 1)
    drafts.save(desk.of("binh"), first.id, reminded(first.text), 1)
    submit(desk, first.id, 2)
    refused("own-draft", approve, desk.of("binh"), first.id, 2)
    refused("own-draft", publish, desk.of("binh"), first.id, 2)


def test_an_own_approval_of_before_counts_no_more_under_four_eyes(desk):
    first = handed_in(desk)
    assert approve(desk, first.id, 1).approved
    change_settings(desk, four_eyes=True)
    refused("not-approved", publish, desk.of("binh"), first.id, 1)


def test_under_four_eyes_nobody_imports_alone_but_the_way_back_is_open(desk):
    text = text_in_force(desk)
    import_text(desk, changed(text))
    change_settings(desk, four_eyes=True)
    refused("four-eyes", import_text, desk, reminded(text))
    assert import_text(desk, changed(text)) is None
    assert roll_back(desk, 1).number == 3
