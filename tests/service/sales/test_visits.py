"""Visits: planned, held, put off, dropped; and as a file for calendars."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from custrata.engine.diagnostics import CustrataError
from custrata.service.customers.profile import profile
from custrata.service.imports import import_file
from custrata.service.registers.closed_days import add_closed_days
from custrata.service.runs import run
from custrata.service.sales import settling
from custrata.service.sales import visits as visits_module
from custrata.service.sales.calendar_file import calendar_file
from custrata.service.sales.planning import change_visit, plan_visit
from custrata.service.sales.settling import drop_visit, finish_visit, postpone_visit
from custrata.service.sales.visits import suggested, visit, visits, visits_to
from custrata.store.models import AuditEvent
from tests.service.runs.putting import contact, customer, put, rules, shown
from tests.service.runs.test_stages import ONLY

TODAY = date(2026, 11, 21)
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
WORDS = {"visit": "Visit", "phone": "Telephone", "matter": "Matter", "purpose": "Purpose"}


@pytest.fixture
def desk(desk):
    rules(desk, ONLY)
    ha = customer("a", "hot", "2026-01-01", owner="an", region="local")
    ha.name = "Hà; Ltd, x"
    put(
        desk,
        ha,
        customer("b", "new", "2026-01-01", owner="an", attributes={"province": "Lâm Đồng"}),
        customer("c", "new", "2026-01-01", owner="an", attributes={"province": "Lâm Đồng"}),
    )
    put(desk, contact("a", "2026-09-01"))
    run(desk)
    return desk


def refused(act, *words, **more):
    with pytest.raises(CustrataError) as error:
        act(*words, **more)
    return error.value.diagnostics[0]


def seen(desk, **those):
    with desk.database.read() as session:
        return visits(session, TODAY, TODAY + timedelta(days=30), **those)


def one(desk, number):
    with desk.database.read() as session:
        return visit(session, number).row


def test_a_plan_knows_who_where_when_and_why(desk):
    plan_visit(desk, "a", date(2026, 11, 24), starts_at="14:00", matter="tasting", purpose="sell")
    plan_visit(desk, "b", date(2026, 11, 23), owner="binh")
    plan_visit(desk, "c", date(2026, 11, 24), starts_at="09:00", region="local")
    found = [(each.row.customer_id, each.row.region, each.row.owner) for each in seen(desk)]
    assert found == [("b", "Lâm Đồng", "binh"), ("c", "local", "an"), ("a", "local", "an")]
    assert [each.row.customer_id for each in seen(desk, owner="binh")] == ["b"]
    assert [each.row.customer_id for each in seen(desk, region="local")] == ["c", "a"]
    told = seen(desk)[2]
    assert (told.name, told.row.matter, told.row.purpose) == ("Hà; Ltd, x", "tasting", "sell")


def test_a_visit_that_was_held_is_a_contact_that_counts(desk, clock):
    number = plan_visit(desk, "a", date(2026, 11, 23), starts_at="09:30")
    assert refused(finish_visit, desk, number).code == "time-in-future"
    assert shown(desk, "a") == "dont_forget"
    clock.forward(days=2)
    finish_visit(desk, number, "liked the oolong")
    row = one(desk, number)
    assert (row.state, row.settled_by, row.settled_at) == ("done", "an", clock())
    assert shown(desk, "a") == "hot"
    with desk.database.read() as session:
        held = profile(session, "a").contacts[0]
    assert (held.channel, held.occurred_at, held.owner, held.note) == (
        "visit",
        datetime(2026, 11, 23, 9, 30, tzinfo=ZONE),
        "an",
        "liked the oolong",
    )
    assert refused(finish_visit, desk, number).code == "visit-settled"


def test_a_visit_whose_time_is_still_to_come_today_was_held_now(desk, clock):
    number = plan_visit(desk, "a", TODAY, starts_at="23:30")
    finish_visit(desk, number)
    with desk.database.read() as session:
        assert profile(session, "a").contacts[0].occurred_at == clock()


def test_put_off_it_follows_the_one_before(desk):
    number = plan_visit(desk, "a", date(2026, 11, 23), starts_at="09:30", matter="tasting")
    later = postpone_visit(desk, number, date(2026, 11, 30), "is away")
    old, new = one(desk, number), one(desk, later)
    assert (old.state, old.day, old.why) == ("postponed", date(2026, 11, 23), "is away")
    assert (new.state, new.day, new.follows) == ("planned", date(2026, 11, 30), number)
    assert (new.starts_at, new.matter, new.region) == ("09:30", "tasting", "local")
    assert refused(postpone_visit, desk, number, date(2026, 12, 1)).code == "visit-settled"
    assert refused(postpone_visit, desk, later, date(2026, 11, 30)).code == "visit-same-day"
    with desk.database.read() as session:
        assert [each.id for each in visits_to(session, "a")] == [later, number]


def test_dropped_it_says_why(desk):
    number = plan_visit(desk, "a", date(2026, 11, 23))
    assert refused(drop_visit, desk, number, " ").code == "text-missing"
    drop_visit(desk, number, "moved away")
    assert (one(desk, number).state, one(desk, number).why) == ("dropped", "moved away")
    with desk.database.read() as session:
        actions = [each.action for each in session.query(AuditEvent).order_by(AuditEvent.id)]
    assert actions[-2:] == ["visit.plan", "visit.drop"]


def test_what_a_plan_says_can_be_changed_while_it_is_one(desk):
    number = plan_visit(desk, "a", date(2026, 11, 23), starts_at="09:30")
    change_visit(desk, number, starts_at=None, purpose="collect")
    assert (one(desk, number).starts_at, one(desk, number).purpose) == (None, "collect")
    drop_visit(desk, number, "no")
    assert refused(change_visit, desk, number, purpose="x").code == "visit-settled"


def test_closed_days_are_refused_with_the_next_open_one(desk):
    add_closed_days(desk, "Tết", date(2027, 2, 4), date(2027, 2, 10))
    told = refused(plan_visit, desk, "a", date(2027, 2, 6))
    assert (told.code, told.allowed) == ("day-closed", "an open one: 2027-02-11")


@pytest.mark.parametrize(
    ("day", "said", "code"),
    [
        (date(2026, 11, 20), {}, "time-past"),
        (date(2028, 1, 1), {}, "time-far"),
        (TODAY, {"starts_at": "25:00"}, "visit-time"),
        (TODAY, {"starts_at": "9 o'clock"}, "visit-time"),
        (TODAY, {"matter": "x" * 501}, "text-too-long"),
    ],
)
def test_what_cannot_be_planned(desk, day, said, code):
    assert refused(plan_visit, desk, "a", day, **said).code == code
    assert refused(plan_visit, desk, "nobody", TODAY).code == "no-customer"
    assert refused(finish_visit, desk, 99).code == "no-visit"
    assert seen(desk) == []


def test_who_is_near_and_waits_is_suggested(desk):
    with desk.database.read() as session:
        near = suggested(session, TODAY, "an", ["Lâm Đồng"])
        assert [each.who.customer_id for each in near] == ["b", "c"]
        assert suggested(session, TODAY, "binh", ["Lâm Đồng"]) == []
    plan_visit(desk, "b", date(2026, 11, 23))
    with desk.database.read() as session:
        near = suggested(session, TODAY, "an", ["Lâm Đồng"])
    assert [each.who.customer_id for each in near] == ["c"]


def test_a_calendar_reads_what_was_planned(desk):
    number = plan_visit(
        desk, "a", date(2026, 11, 24), starts_at="14:00", matter="tasting; two, three\nfour"
    )
    plan_visit(desk, "b", date(2026, 11, 25))
    content = calendar_file(seen(desk), ZONE, desk.now(), WORDS)
    assert b"\r\n" in content
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    timed, whole = Calendar.from_ical(content).walk("VEVENT")
    assert str(timed["SUMMARY"]) == "Visit: Hà; Ltd, x"
    assert timed.decoded("DTSTART") == datetime(2026, 11, 24, 14, tzinfo=ZONE)
    assert timed["DTSTART"].params["TZID"] == "Asia/Ho_Chi_Minh"
    assert str(timed["DESCRIPTION"]) == "Matter: tasting; two, three\nfour"
    assert str(timed["LOCATION"]) == "local"
    assert (whole.decoded("DTSTART"), whole.decoded("DTEND")) == (
        date(2026, 11, 25),
        date(2026, 11, 26),
    )
    before = timed["UID"]
    drop_visit(desk, number, "moved away")
    again = Calendar.from_ical(calendar_file(seen(desk), ZONE, desk.now(), WORDS))
    dropped = again.walk("VEVENT")[0]
    assert (dropped["UID"], dropped["STATUS"]) == (before, "CANCELLED")


def test_visits_of_a_file_are_there_too(desk, tmp_path):
    path = tmp_path / "visits.csv"
    path.write_text("customer_id,day,region,owner,matter\na,2026-11-22,local,an,tea\n", "utf-8")
    import_file(desk, path, "visits")
    (found,) = seen(desk)
    assert (found.row.state, found.row.by, found.row.matter) == ("planned", None, "tea")


def test_a_visit_is_held_with_its_contact_or_not_at_all(desk, clock, monkeypatch):
    number = plan_visit(desk, "a", TODAY)

    def fails(*_words, **_more):
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(settling, "note", fails)
        with pytest.raises(RuntimeError):
            finish_visit(desk, number)
    with desk.database.read() as session:
        assert [each.channel for each in profile(session, "a").contacts] == [None]
    drop_visit(desk, number, "moved away")
    assert refused(finish_visit, desk, number).code == "visit-settled"


@pytest.mark.parametrize("first", ["postpone", "finish", "drop", "change"])
def test_of_two_at_once_one_settles_a_visit(desk, monkeypatch, server, first):
    if server == "sqlite":
        pytest.skip("writers of SQLite take turns")
    number = plan_visit(desk, "a", TODAY)
    look, others = visits_module.planned_visit, [number]

    def meanwhile(session, which):
        row = look(session, which)
        if others:
            others.pop()
            postpone_visit(desk, number, date(2026, 11, 30))
        return row

    monkeypatch.setattr(visits_module, "planned_visit", meanwhile)
    monkeypatch.setattr(settling, "planned_visit", meanwhile)
    acts = {
        "postpone": lambda: postpone_visit(desk, number, date(2026, 12, 1)),
        "finish": lambda: finish_visit(desk, number),
        "drop": lambda: drop_visit(desk, number, "no"),
        "change": lambda: change_visit(desk, number, purpose="late"),
    }
    assert refused(acts[first]).code == "visit-settled"
    assert [(each.row.state, each.row.day.day) for each in seen(desk)] == [
        ("postponed", 21),
        ("planned", 30),
    ]
    with desk.database.read() as session:
        assert [each.channel for each in profile(session, "a").contacts] == [None]
