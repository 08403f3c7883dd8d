"""Visits as pages: a week, one of them, files."""

from datetime import date

import pytest
from icalendar import Calendar
from sqlalchemy import select

from custrata.service.registers.closed_days import add_closed_days
from custrata.service.sales.planning import plan_visit
from custrata.store.models import AuditEvent, Contact, Visit
from tests.service.runs.putting import customer, put


@pytest.fixture
def panel(bare):
    put(
        bare.desk,
        customer("a", "hot", "2026-01-01", owner="editor", region="Đà Lạt", phone="0901 234"),
        customer("b", "new", "2026-01-01", owner="editor", region="Đà Lạt"),
    )
    return bare


def rows(panel, model=Visit):
    with panel.desk.database.read() as session:
        return session.scalars(select(model).order_by(model.id)).all()


def planned(panel, who="a", day=date(2026, 11, 21), login="editor", **said):
    return plan_visit(panel.desk.of(login), who, day, **said)


def test_a_visit_is_planned_and_stands_in_its_week_and_region(panel):
    client = panel.client("editor")
    data = {
        "customer": "a",
        "day": "2026-11-24",
        "starts_at": "14:00",
        "matter": "=new harvest",
        "purpose": "an order",
        "region": "",
    }
    answer = client.post("/visits/plan", data)
    assert answer.status_code == 302
    page = client.get(answer.location).text
    for told in ("Nov 24, 2026 14:00", "Đà Lạt", "1 visit", "=new harvest · an order", "planned"):
        assert told in page, told
    assert "No visit is planned for this week." in client.get("/visits/?week=2026-11-21").text
    everyones = panel.client("admin").get("/visits/?week=2026-11-24").text
    assert "=new harvest" in everyones  # she has no customers of her own
    others = panel.client("admin").get("/visits/?week=2026-11-24&whose=admin").text
    assert "No visit is planned" in others


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"day": "2026-11-20"}, "2026-11-20 has passed"),
        ({"day": "2027-02-05"}, "2027-02-05 is a closed day. Allowed: an open one: 2027-02-11."),
        ({"day": "x"}, "is no date. Allowed: 2026-11-21"),
        ({"customer": "nobody"}, "There is no customer with this id"),
        ({"starts_at": "26:00"}, "is no time of day. Allowed: such as 09:30"),
    ],
)
def test_what_cannot_be_planned_is_told(panel, data, told):
    add_closed_days(panel.desk, "Tết", date(2027, 2, 4), date(2027, 2, 10))
    whole = {"customer": "a", "day": "2026-11-24", "matter": "kept as typed", **data}
    answer = panel.client("editor").post("/visits/plan", whole)
    assert answer.status_code == 422
    assert told in answer.text.replace("&#39;", "'")
    assert "kept as typed" in answer.text
    assert rows(panel) == []


def test_held_it_is_a_contact(panel):
    number = planned(panel)
    client = panel.client("editor")
    assert client.post(f"/visits/{number}/done", {"note": "liked it"}).status_code == 302
    page = client.get(f"/visits/{number}").text
    assert ("held" in page, "Record the visit" in page) == (True, False)
    (held,) = rows(panel, Contact)
    assert (held.channel, held.note) == ("visit", "liked it")
    again = client.post(f"/visits/{number}/done", {})
    assert again.status_code == 422
    assert "The visit is done" in again.text
    assert len(rows(panel, Contact)) == 1


def test_put_off_dropped_and_changed(panel):
    number, client = planned(panel, matter="tea"), panel.client("editor")
    answer = client.post(f"/visits/{number}/postpone", {"day": "2026-11-30", "why": "is away"})
    later = int(answer.location.rsplit("/", 1)[1])
    page = client.get(f"/visits/{later}").text
    for told in ("the visit that was put off to this one", "is away", "put off", "Nov 30, 2026"):
        assert told in page, told
    assert client.post(f"/visits/{later}/change", {"matter": "coffee"}).status_code == 302
    assert client.post(f"/visits/{later}/drop", {"why": ""}).status_code == 422
    assert client.post(f"/visits/{later}/drop", {"why": "closed down"}).status_code == 302
    assert [(one.state, one.matter, one.why) for one in rows(panel)] == [
        ("postponed", "tea", "is away"),
        ("dropped", "coffee", "closed down"),
    ]


def test_a_visit_of_another_day_cannot_have_been_held(panel):
    number = planned(panel, day=date(2026, 11, 24))
    client = panel.client("editor")
    assert "Its day is still to come." in client.get(f"/visits/{number}").text
    assert client.post(f"/visits/{number}/done", {}).status_code == 422


def test_who_may_only_look_changes_nothing(panel):
    number = planned(panel)
    client = panel.client("viewer")
    assert "Put it off" not in client.get(f"/visits/{number}").text
    assert client.post(f"/visits/{number}/drop", {"why": "x"}).status_code == 403
    assert rows(panel)[0].state == "planned"


def test_there_is_no_such_visit(panel):
    assert panel.client().get("/visits/99").status_code == 404
    assert panel.client().get(f"/visits/{'9' * 25}").status_code == 404


def test_files_of_ones_own_visits_and_of_all(panel):
    planned(panel, starts_at="09:30", matter="=1+1")
    planned(panel, "b", login="binh")
    client = panel.client("editor")
    answer = client.get("/visits/file.ics")
    assert answer.mimetype == "text/calendar"
    (event,) = Calendar.from_ical(answer.data).walk("VEVENT")
    assert str(event["DESCRIPTION"]) == "Telephone: 0901 234\nMatter: =1+1"
    table = client.get("/visits/file.csv?week=2026-11-21").text
    assert "'=1+1" in table
    assert "planned" in table
    assert client.get("/visits/everyone.ics").status_code == 403
    whole = panel.client("admin").get("/visits/everyone.ics").data
    assert len(Calendar.from_ical(whole).walk("VEVENT")) == 2
    with panel.desk.database.read() as session:
        query = select(AuditEvent).where(AuditEvent.action == "customers.export")
        taken = [(one.by, one.detail) for one in session.scalars(query.order_by(AuditEvent.id))]
    assert taken == [
        ("editor", {"customers": 1, "list": "visits"}),
        ("editor", {"customers": 1, "list": "visits"}),
        ("admin", {"customers": 2, "list": "visits"}),
    ]
