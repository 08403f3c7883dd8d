"""The morning page: of one's own customers, of a team's, of everyone's."""

import re
from datetime import date

import pytest

from custrata.admin.morning_words import SHOWN
from custrata.service.registers.staff import add_staff
from custrata.service.settings import settings
from custrata.service.work.jobs import FAILED
from custrata.store.models import Customer, Feedback, Job, Staff, Target
from tests.service.runs.putting import at, fresh


@pytest.fixture
def sold(panel):
    """`admin` leads the north, of which `hanh` is; she has a late complaint and a target."""
    desk = panel.desk
    with desk.database.write() as session:
        for code in ("hanh", "lan"):
            row = session.get(Staff, code) or Staff(code=code, morning_mail=False, everyone=False)
            row.team = "north" if code == "hanh" else "south"
            session.add(row)
        session.merge(Target(owner="hanh", month=date(2026, 11, 1), amount=10**9, scale=0))
        whose = {"hanh": "Late Complainer", "lan": "Not Hers"}
        for owner, name in whose.items():
            session.add(Customer(customer_id=name.replace(" ", "/"), name=name, owner=owner))
            session.flush()
            about = {"kind": "complaint", "state": "open", "opened_at": at("2026-10-01")}
            row = Feedback(
                customer_id=name.replace(" ", "/"), due_at=at("2026-10-02"), **about, **fresh()
            )
            session.add(row)
    return panel


def test_it_has_every_section(seen):
    page = seen.client().get("/morning/").text
    for text in (
        "Revenue in November 2026",
        "New leads not called or not assigned",
        "Opportunities that stand still",
        "Opportunities to close this week",
        "Key customers who fell",
        "Overdue complaints",
        "Calls, Nov 20, 2026",
        "Birthdays of the week",
        "Records that lack something",
        "Without a salesperson",
        "Salesperson by salesperson",
    ):
        assert text in page, text
    assert "as of the run of Nov 21, 2026" in page


def test_a_team_sees_its_own_and_the_page_links_to_customers(sold):
    client = sold.client()
    everyone = client.get("/morning/?whose=everyone").text
    north = client.get("/morning/?whose=team:north").text
    assert "Late Complainer" in everyone
    assert "Not Hers" in everyone
    assert "Late Complainer" in north
    assert "Not Hers" not in north
    assert 'href="/customers/Late%2FComplainer"' in north
    assert "1,000,000,000" in north


def test_there_is_no_such_team(seen):
    answer = seen.client().get("/morning/?whose=team:nowhere")
    assert answer.status_code == 404
    assert "There is no team" in answer.text


def test_who_sells_sees_her_own_first(panel):
    with panel.desk.database.write() as session:
        session.add(Customer(customer_id="mine", name="Only Mine", stage="new", owner="editor"))
    page = panel.client("editor").get("/morning/").text
    assert re.search(r'value="mine" selected', page)
    assert "Salesperson by salesperson" not in page


def test_before_the_first_run_it_says_so(bare):
    page = bare.client().get("/morning/").text
    assert "no run has landed yet" in page
    assert "Everyone" in page


def test_the_time_of_the_mail_is_chosen_and_cleared(panel):
    client = panel.client()
    form = {"nightly_at": "02:00", "alert_percent": "20", "largest_percent": "5"}
    answer = client.post("/settings/change", {**form, "morning_at": "25:00"})
    assert answer.status_code == 422
    assert "such as 07:30, or nothing" in answer.text
    for given in ("07:30", ""):
        assert client.post("/settings/change", {**form, "morning_at": given}).status_code == 302
        with panel.desk.database.read() as session:
            assert settings(session).morning_at == given


def test_mails_that_could_not_be_sent_are_told(panel):
    values = {"arguments": {"to": "hanh"}, "state": FAILED, "due_at": panel.desk.now()}
    with panel.desk.database.write() as session:
        fault = "the mail server refused it with code 550"
        session.add(Job(kind="morning_mail", slot="x", by="system", fault=fault, **values))
    page = panel.client().get("/settings/").text
    assert "hanh: the mail server refused it with code 550" in page


def test_a_name_is_no_markup(panel):
    add_staff(panel.desk, "zz", name="<i>Zed</i>", team="<b>north</b>")
    with panel.desk.database.write() as session:
        session.merge(Target(owner="zz", month=date(2026, 11, 1), amount=1, scale=0))
    page = panel.client().get("/morning/?whose=everyone").text
    assert "<i>Zed" not in page
    assert "<b>north" not in page
    assert "&lt;i&gt;Zed" in page


def test_the_first_few_lead_to_all_of_them(sold):
    about = {"kind": "complaint", "state": "open", "opened_at": at("2026-10-01")}
    with sold.desk.database.write() as session:
        for _ in range(SHOWN):
            late = Feedback(
                customer_id="Late/Complainer", due_at=at("2026-10-03"), **about, **fresh()
            )
            session.add(late)
    client = sold.client()
    few = part(client.get("/morning/?whose=team:north").text)
    assert (few.count("Late Complainer"), "The first 8 of 9" in few) == (SHOWN, True)
    address = re.search(r'href="([^"]*all=1[^"]*#complaints)"', few)[1].replace("&amp;", "&")
    whole = part(client.get(address).text)
    assert (whole.count("Late Complainer"), "The first" in whole) == (SHOWN + 1, False)


def part(page):
    """The section of complaints."""
    return page.partition('id="complaints"')[2].partition("</section>")[0].partition('id="')[0]
