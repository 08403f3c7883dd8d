"""The funnel of a period, a team, a person; the sales team; the steps; a customer's deals."""

from datetime import date
from decimal import Decimal

import fastexcel
import pytest
from sqlalchemy import select

from custrata.service.customers.opportunities import opportunities
from custrata.service.registers.staff import add_staff, staff
from custrata.service.registers.steps import steps
from custrata.service.registers.targets import Goal, goals
from custrata.store.models import Opportunity
from tests.service.runs.putting import at, customer, fresh, put

NOVEMBER = date(2026, 11, 1)


def row(who, step, day, deal, **more):
    return Opportunity(
        customer_id=who, opportunity_id=deal, step=step, changed_at=at(day), **more, **fresh()
    )


@pytest.fixture
def panel(bare):
    """Two sell; one won, one has an open opportunity, and one was lost in spring."""
    add_staff(bare.desk, "an", name="Trần An", team="south")
    put(bare.desk, customer("a", "hot", owner="an"), customer("b", "hot", owner="gone"))
    put(
        bare.desk,
        row("a", "lead", "2026-10-02", "a1", amount=1500, scale=0, owner="an"),
        row("a", "contract", "2026-10-12", "a1", outcome="won", owner="an"),
        row("b", "quotation", "2026-11-11", "b1", owner="gone"),
        row("b", "lead", "2026-04-01", "b2", owner="gone"),
        row("b", "lead", "2026-04-05", "b2", outcome="lost", owner="gone"),
    )
    return bare


def table(answer, tmp_path):
    path = tmp_path / "file.xlsx"
    path.write_bytes(answer.data)
    return fastexcel.read_excel(path).load_sheet(0).to_polars()


# --- the funnel ---------------------------------------------------------------------------


def test_the_quarter_of_the_firm_is_what_the_menu_leads_to(panel):
    client = panel.client("viewer")
    assert 'href="/funnel/"' in client.get("/customers/").text
    page = client.get("/funnel/").text
    assert "from Oct 1, 2026 to Dec 31, 2026" in page
    for told in ("Trần An", "gone", "1,500", "100%", "Negotiation"):
        assert told in page, told
    assert "amount" in page
    assert "not known; it counts" in page  # that of b1


def test_of_another_period_a_team_and_a_person(panel):
    client = panel.client("viewer")
    year = client.get("/funnel/?period=this_year").text
    assert "<dt>Lost</dt><dd>1</dd>" in year
    spring = client.get("/funnel/?period=days&since=2026-04-01&until=2026-04-30").text
    assert "<dt>Came up</dt><dd>1</dd>" in spring
    assert "<dt>Win rate</dt><dd>0%</dd>" in spring
    team = client.get("/funnel/?who=team:south").text
    assert ("Trần An" in team, 'id="people"' in team) == (True, True)
    assert "<dt>Came up</dt><dd>1</dd>" in team
    assert "<dt>Win rate</dt><dd>–</dd>" in client.get("/funnel/?who=owner:gone").text
    assert "No opportunity came up" in client.get("/funnel/?period=last_month&who=owner:x").text


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("period=soon", "no period"),
        ("period=days&since=&until=", "Fill in a date"),
        ("period=days&since=2026-11-02&until=2026-11-01", "lies before"),
        ("period=days&since=0001-01-01&until=9999-12-31", "too long"),
    ],
)
def test_a_period_that_cannot_be_is_told(panel, query, told):
    answer = panel.client("viewer").get(f"/funnel/?{query}")
    assert (answer.status_code, told in answer.text) == (422, True)
    assert panel.client("viewer").get(f"/funnel/steps.xlsx?{query}").status_code in (404, 409)


def test_numbers_of_the_files_are_numbers(panel, tmp_path):
    client = panel.client("viewer")
    found = table(client.get("/funnel/people.xlsx?period=this_year"), tmp_path)
    assert found["Won"].to_list() == [0, 1]
    assert found["Amount won"].to_list() == [0.0, 1500.0]
    found = table(client.get("/funnel/steps.xlsx"), tmp_path)
    assert found["Came this far"].to_list() == [2, 2, 2, 1, 1, 0, 0]
    assert found["Go on to the next"].to_list()[:3] == [1.0, 1.0, 0.5]
    assert client.get("/funnel/other.xlsx").status_code == 404


def test_a_step_that_no_register_knows_is_told(panel):
    put(panel.desk, row("a", "<tasting>", "2026-11-12", "a2", owner="an"))
    page = panel.client("viewer").get("/funnel/").text
    assert "“&lt;tasting&gt;”" in page
    assert "at no step of the register" in page


def test_a_person_looks_at_her_own_funnel(panel, browser):
    browser.sign_in("viewer")
    browser.press("Funnel")
    assert browser.sees("By salesperson")
    assert [one.text for one in browser.all("#people tbody th")] == ["Trần An", "gone"]
    browser.press("Trần An")
    browser.wait(lambda driver: "owner" in driver.current_url)
    assert [one.text for one in browser.all("#people tbody th")] == ["Trần An"]
    reached = [one.text for one in browser.all(".chart-funnel tbody td.number")]
    assert reached[::2][:6] == ["1", "1", "1", "1", "1", "0"]
    widths = [one.get_attribute("points") for one in browser.all(".chart-funnel polygon")]
    assert widths[0] == "0,0 100,0 100,30 0,30"
    browser.run("document.getElementById('field-who').value = ''")
    browser.press("Show")
    browser.wait(lambda _: len(browser.all("#people tbody th")) == 2)


# --- the sales team -----------------------------------------------------------------------


def test_the_sales_team_and_whom_records_alone_know(panel):
    page = panel.client("viewer").get("/staff/").text
    assert "Trần An" in page
    assert "nobody listed here" in page
    assert 'href="/customers/?owner=gone"' in page
    assert "Add a person" not in page


def test_a_person_is_added_changed_and_removed(panel):
    client = panel.client()
    typed = {"code": "Moses Frase", "name": "Moses", "team": "east", "email": "m@example.com"}
    assert client.post("/staff/add", typed).status_code == 302
    assert client.post("/staff/add", typed).status_code == 422
    said = {"name": "Moses F.", "email": "m@example.com", "morning_mail": "1", "language": "vi"}
    client.post("/staff/one?code=Moses Frase", said)
    with panel.desk.database.read() as session:
        moses = next(one for one in staff(session) if one.code == "Moses Frase")
    assert (moses.name, moses.team, moses.morning_mail, moses.everyone) == (
        *("Moses F.", None, True, False),
    )
    wrong = client.post("/staff/one?code=an", {"email": "nowhere"})
    assert (wrong.status_code, 'value="nowhere"' in wrong.text) == (422, True)
    assert "Remove Moses F." in client.get("/staff/delete?code=Moses Frase").text
    client.post("/staff/delete?code=Moses Frase")
    assert client.get("/staff/one?code=Moses Frase").status_code == 404


def test_who_gets_the_morning_page_an_admin_says(panel):
    """Names of customers leave with it; whoever keeps the register may say all else."""
    add_staff(panel.desk, "moses", name="Moses", email="m@example.com")
    mail = {"email": "out@example.org", "morning_mail": "1", "everyone": "1"}
    client = panel.client("publisher")
    assert client.post("/staff/one?code=moses", {"name": "Mo", "team": "east", **mail})
    assert client.post("/staff/add", {"code": "zed", "name": "Zed", **mail}).status_code == 302
    with panel.desk.database.read() as session:
        told = {
            one.code: (one.name, one.email, one.morning_mail, one.everyone)
            for one in staff(session)
        }
    assert told["moses"] == ("Mo", "m@example.com", False, False)
    assert told["zed"] == ("Zed", None, False, False)
    assert 'name="email"' not in client.get("/staff/one?code=moses").text
    assert panel.client().post("/staff/one?code=moses", {"name": "Mo", **mail})
    with panel.desk.database.read() as session:
        moses = next(one for one in staff(session) if one.code == "moses")
    assert (moses.email, moses.everyone) == ("out@example.org", True)


def test_targets_are_typed_in_the_way_of_the_language(panel):
    client = panel.client("publisher", "vi")
    typed = {"owner": "an", "month": "2026-11", "amount": "12.500.000", "calls": "60"}
    client.post("/staff/target", typed)
    client.post("/staff/target", {"owner": "gone", "month": "2026-11", "amount": "7"})
    client.post("/staff/target", {"owner": "gone", "month": "2026-11", "amount": ""})
    with panel.desk.database.read() as session:
        assert goals(session, [NOVEMBER]) == {("an", NOVEMBER): Goal(Decimal(12_500_000), 60)}
    page = panel.client("viewer").get("/staff/").text
    assert "12,500,000" in page
    assert "60 calls" in page


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"month": "soon"}, "no month"),
        ({"amount": "-1"}, "below 0"),
        ({"amount": "much"}, "no number"),
        ({"calls": "often"}, "no number of calls"),
        ({"owner": "nobody"}, "no salesperson"),
    ],
)
def test_a_target_that_cannot_be_is_told(panel, said, told):
    typed = {"owner": "an", "month": "2026-11", "amount": "5", "calls": "", **said}
    answer = panel.client("publisher").post("/staff/target", typed)
    assert (answer.status_code, told in answer.text) == (422, True)
    with panel.desk.database.read() as session:
        assert goals(session, [NOVEMBER]) == {}


# --- steps --------------------------------------------------------------------------------


def test_steps_are_added_named_moved_and_deleted(panel):
    client = panel.client("publisher")
    client.post("/steps/add", {"name-vi": "Dùng thử", "part": "during"})
    client.post("/steps/order", {"code": "dung-thu", "way": "up"})
    client.post("/steps/dung-thu", {"name-en": "Tasting", "part": "before"})
    with panel.desk.database.read() as session:
        codes = [(one.code, one.part) for one in steps(session)]
    assert codes[-2:] == [("dung-thu", "before"), ("invoice", "after")]
    assert "Tasting" in panel.client("viewer").get("/steps/").text
    assert client.post("/steps/add", {"part": "during"}).status_code == 422
    assert client.post("/steps/lead", {"name-en": "x", "part": "never"}).status_code == 422
    asked = client.get("/steps/lead/delete").text
    assert "2 opportunities were at it." in asked
    assert client.post("/steps/lead/delete").status_code == 409
    assert "Delete the step Tasting?" in client.get("/steps/dung-thu/delete").text
    client.post("/steps/dung-thu/delete")
    assert client.get("/steps/dung-thu").status_code == 404


# --- a customer's -------------------------------------------------------------------------


def deals(panel, who):
    with panel.desk.database.read() as session:
        return opportunities(session, who)


def test_an_opportunity_moves_on_from_the_customers_page(panel):
    client = panel.client("editor")
    page = client.get("/customers/b?tab=deals").text
    assert page.count('class="customer-deal"') == 2
    typed = {"customer": "b", "opportunity": "b1", "step": "contract", "outcome": "won"}
    said = {"deal_amount": "2,500.50", "expected_close": "", "at": "2026-11-20T10:00"}
    answer = client.post("/customer/step?tab=deals", {**typed, **said})
    assert answer.location == "/customers/b?tab=deals#more"
    won = next(one for one in deals(panel, "b") if one.id == "b1")
    assert (won.state, won.amount, won.rows[0].by) == ("won", Decimal("2500.50"), "editor")
    again = {**typed, "step": "negotiation", "outcome": "", "at": "2026-11-21T10:00"}
    assert (
        "open again" in client.post("/customer/step?tab=deals", again, follow_redirects=True).text
    )
    new = {"customer": "b", "opportunity": "new", "step": "lead", "at": "2026-11-20T10:00"}
    client.post("/customer/step?tab=deals", new)
    assert len(deals(panel, "b")) == 3


def test_a_step_that_cannot_be_keeps_what_was_typed(panel):
    client = panel.client("editor")
    typed = {"customer": "b", "opportunity": "b1", "step": "contract", "deal_amount": "much"}
    answer = client.post("/customer/step?tab=deals", {**typed, "at": "2026-11-20T10:00"})
    assert (answer.status_code, 'value="much"' in answer.text) == (422, True)
    assert client.post("/customer/step", {**typed, "at": "now"}).status_code == 422
    with panel.desk.database.read() as session:
        assert len(session.scalars(select(Opportunity.id)).all()) == 5
    page = panel.client("viewer").get("/customers/b?tab=deals").text
    assert "/customer/step" not in page
