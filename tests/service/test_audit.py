"""The audit is asked: by whom, about what, from when to when, page by page."""

from datetime import timedelta

from custrata.service.audit import ALL, Sought, each_event, events, note


def fill(desk, clock, count=5):
    for number in range(count):
        clock.forward(hours=1)
        with desk.of("an" if number % 2 else "bình").database.write() as session:
            who = desk.of("an" if number % 2 else "bình")
            note(session, who, "draft.save", "draft", number, revision=number)
            note(session, who, "user.add", "user", f"u{number}")


def asked(desk, *args, **words):
    with desk.database.read() as session:
        return events(session, *args, **words)


def told(found):
    return [(one.action, one.subject) for one in found]


def test_the_latest_come_first_and_a_page_goes_on_where_the_last_ended(desk, clock):
    fill(desk, clock)
    whole = asked(desk)
    assert told(whole)[:3] == [("user.add", "u4"), ("draft.save", "4"), ("user.add", "u3")]
    assert told(whole)[-1] == ("rules.publish", "1")
    pages = [asked(desk, limit=4)]
    while pages[-1]:
        pages.append(asked(desk, before=pages[-1][-1].id, limit=4))
    assert [one for page in pages for one in page] == list(whole)
    assert asked(desk, before=10**6) == ()


def test_filters_narrow_it_down(desk, clock):
    begin = clock()
    fill(desk, clock)
    assert {one.by for one in asked(desk, Sought(by="bình"))} == {"bình"}
    assert told(asked(desk, Sought(subject_kind="draft", subject="3"))) == [("draft.save", "3")]
    assert told(asked(desk, Sought(action="user."))) == [
        ("user.add", f"u{number}") for number in (4, 3, 2, 1, 0)
    ]
    assert asked(desk, Sought(action="user")) == ()
    hour = timedelta(hours=1)
    span = Sought(since=begin + 2 * hour, until=begin + 4 * hour, action="draft.save")
    assert told(asked(desk, span)) == [("draft.save", "2"), ("draft.save", "1")]
    assert asked(desk, span)[0].detail == {"revision": 2}


def test_a_percent_sign_is_no_pattern(desk, clock):
    fill(desk, clock)
    assert asked(desk, Sought(action="%.")) == ()


def test_all_of_them_one_after_another(desk, clock):
    fill(desk, clock)
    with desk.database.read() as session:
        assert [one.id for one in each_event(session, ALL, 100, page=3)] == [
            one.id for one in asked(desk)
        ]
        assert len(list(each_event(session, ALL, 7, page=3))) == 7
