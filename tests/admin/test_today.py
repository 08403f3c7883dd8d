"""The list of the day, as pages: whom to contact, seen to, put off, taken out as a file."""

from datetime import date
from io import BytesIO

import fastexcel
import pytest
from sqlalchemy import select

from custrata.service.registers.closed_days import add_closed_days
from custrata.service.registers.treatments import set_treatment
from custrata.service.runs import run
from custrata.store.models import AuditEvent, Contact, Reminded
from tests.admin.conftest import LAST
from tests.service.runs.putting import contact, customer, put, rules, shown
from tests.service.sales.test_reminders import RULES


@pytest.fixture
def panel(bare):
    """Two customers of the editor wait, one of somebody else, and one does not."""
    rules(bare.desk, RULES)
    put(
        bare.desk,
        customer("hot", "hot", "2026-01-01", owner="editor", phone="0901 234"),
        customer("cold", "new", "2026-11-01", owner="editor"),
        customer("never", "new", "2026-01-01", owner="editor", region="local"),
        customer("others", "hot", "2026-01-01", owner="binh"),
    )
    put(bare.desk, contact("hot", "2026-10-12", channel="phone", owner="editor"))
    set_treatment(bare.desk, "stale_contact", "dont_forget", offer="A sample of oolong")
    run(bare.desk, as_of=LAST)
    return bare


def rows(panel, model):
    with panel.desk.database.read() as session:
        return session.scalars(select(model).order_by(model.id)).all()


def test_each_sees_her_own_list_with_the_reason(panel):
    page = panel.client("editor").get("/today/").text
    for told in (
        "Don&#39;t forget",
        "40 days ago",
        "Telephone, Oct 12, 2026, editor",
        "never contacted, entered 324 days ago",
        "A sample of oolong",
        'href="tel:0901234"',
        'href="/customers/hot"',
    ):
        assert told in page, told
    assert page.index("/customers/hot") < page.index("/customers/never")
    assert "/customers/others" not in page
    assert "/customers/cold" not in page
    assert "/customers/others" in panel.client("editor").get("/today/?whose=-all").text
    only = panel.client("editor").get("/today/?whose=binh").text
    assert "/customers/others" in only
    assert "/customers/hot" not in only


def test_who_has_no_customers_sees_everyones_and_may_change_nothing(panel):
    page = panel.client("viewer").get("/today/").text
    assert "/customers/others" in page
    assert "Record the contact" not in page


def test_done_is_a_contact_and_empties_the_list(panel):
    client = panel.client("editor")
    data = {"customer": "hot", "channel": "zalo", "outcome": "reached", "note": "wants an offer"}
    assert client.post("/today/done", data).status_code == 302
    page = client.get("/today/").text
    assert "The contact is recorded." in page
    assert "seen to" in page
    assert (rows(panel, Contact)[-1].channel, shown(panel.desk, "hot")) == ("zalo", "hot")
    assert page.count('class="panel-card daily-one"') == 1
    told = client.get("/customers/hot?tab=time").text
    assert "Reminder seen to" in told


def test_a_try_keeps_her_on_the_list(panel):
    client = panel.client("editor")
    client.post("/today/done", {"customer": "hot", "channel": "phone", "outcome": "missed"})
    page = client.get("/today/").text
    assert "The try is recorded; the customer stays on the list." in page
    assert page.count('class="panel-card daily-one"') == 2


def test_put_off_she_is_gone_until_then_and_closed_days_move(panel):

    add_closed_days(panel.desk, "Tết", date(2027, 2, 4), date(2027, 2, 10))
    client = panel.client("editor")
    data = {"customer": "hot", "until": "2027-02-05", "why": "on holiday"}
    assert client.post("/today/postpone", data).status_code == 302
    page = client.get("/today/").text
    assert "The reminder comes back on Feb 11, 2027." in page
    assert page.count('class="panel-card daily-one"') == 1
    assert "on holiday" in page
    assert rows(panel, Reminded)[0].until == date(2027, 2, 11)
    assert "Reminder put off until Feb 11, 2027" in client.get("/customers/hot?tab=time").text


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"customer": "hot", "until": "2026-11-21"}, "2026-11-21 has come already"),
        ({"customer": "hot", "until": "2030-01-01"}, "2030-01-01 is far away"),
        ({"customer": "hot", "until": "soon"}, "is no date. Allowed: 2026-11-21"),
        ({"customer": "nobody", "until": "2026-12-01"}, "There is no customer with this id"),
        ({"customer": "cold", "until": "2026-12-01"}, "Nothing reminds of this customer. Allowed"),
    ],
)
def test_what_cannot_be_is_told_and_changes_nothing(panel, data, told):
    answer = panel.client("editor").post("/today/postpone", {**data, "why": "kept as typed"})
    assert answer.status_code == 422
    assert told in answer.text
    assert rows(panel, Reminded) == []
    if data["customer"] == "hot":
        assert "kept as typed" in answer.text


def test_ones_own_list_is_a_file_that_everyone_may_take(panel):
    answer = panel.client("editor").get("/today/file.xlsx")
    sheet = fastexcel.read_excel(BytesIO(answer.data).getvalue()).load_sheet(0).to_polars()
    assert sheet["Customer number"].to_list() == ["hot", "never"]
    assert sheet["What to do"].to_list() == ["A sample of oolong"] * 2
    assert panel.client("editor").get("/today/everyone.xlsx").status_code == 403
    everyones = panel.client("admin").get("/today/everyone.csv").text
    assert "others" in everyones
    taken = [(one.by, one.detail) for one in rows(panel, AuditEvent) if "export" in one.action]
    assert taken == [
        ("editor", {"customers": 2, "list": "today"}),
        ("admin", {"customers": 3, "list": "today"}),
    ]


def test_in_a_store_without_anything_nobody_waits(bare):
    assert "Nobody waits for a call today." in bare.client().get("/today/").text
