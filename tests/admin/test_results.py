"""Results of salespeople and marketers, and lists to work through."""

from datetime import date

import fastexcel
import pytest
from sqlalchemy import select

from custrata.service.people.users import add_user
from custrata.service.registers.staff import add_staff
from custrata.service.registers.targets import set_target
from custrata.service.runs import run
from custrata.store.models import AuditEvent
from tests.admin.conftest import PASSWORD, Client
from tests.service.runs.putting import contact, customer, put, rules, sale

RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
currency: VND
classifiers:
  sales_stage: {}
"""


@pytest.fixture
def panel(bare):
    desk = bare.desk
    rules(desk, RULES)
    add_staff(desk, "an", name="Nguyễn An", team="north")
    set_target(desk, "an", date(2026, 11, 1), 400)
    lan = customer("a", created="2026-11-02", owner="an", marketer="quynh")
    mai = customer("b", created="2026-10-02", owner="bao", referred_by="a")
    cuc = customer("c", owner="an", phone="0901 22", lost_to="Trà Ba")
    lan.name, mai.name, cuc.name = "=Lan", "Mai", "Cúc"
    put(desk, lan, mai, cuc)
    put(desk, contact("a", "2026-11-05"), sale("a", "2026-11-06", 100, product="Tea & co"))
    put(desk, sale("b", "2026-10-06", 7, product="Pot"), sale("c", "2025-01-01", 55))
    run(desk, as_of=date(2026, 11, 21))
    return bare


def test_before_the_first_run_there_is_nothing(bare):
    client = bare.client("viewer")
    assert "after the first run" in client.get("/results/").text
    for address in ("/lists/", "/lists/cross-selling?bought=a&lacking=b", "/lists/referrals"):
        assert "made by the first run" in client.get(address).text
    assert bare.client().get("/results/salespersons.xlsx").status_code == 404


def test_results_of_the_month_and_of_several(panel):
    page = panel.client("viewer").get("/results/").text
    for told in ("Nguyễn An", "north", ">3<", "₫100", "₫400", "25%", "quynh", 'owner=an"'):
        assert told in page, told
    assert "bao" not in page
    both = panel.client("viewer").get("/results/?since=2026-10&until=2026-11").text
    assert "bao" in both
    assert "₫107" in both
    assert "salespersons.xlsx" not in both


@pytest.mark.parametrize(
    "query", ["since=2026-11&until=2026-10", "since=1999-01", "until=soon", "since=2026-13"]
)
def test_months_that_are_none_are_told(panel, query):
    answer = panel.client().get(f"/results/?{query}")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def sheet(content):
    frame = fastexcel.read_excel(content).load_sheet(0).to_polars()
    return frame.to_dicts()


def test_results_as_a_workbook(panel):
    client = panel.client()
    (an,) = sheet(client.get("/results/salespersons.xlsx").data)
    assert (an["Salesperson"], an["Revenue"], an["Target reached"]) == ("Nguyễn An", 100, 0.25)
    people = sheet(client.get("/results/marketers.xlsx?since=2026-10&until=2026-11").data)
    assert [(one["Code"], one["Brought"], one["Reached"]) for one in people] == [
        ("quynh", 1, 1),
        (None, 1, 0),
    ]
    assert panel.client("publisher").get("/results/marketers.xlsx").status_code == 403
    assert client.get("/results/nobody.xlsx").status_code == 404


def test_whom_to_win_back(panel):
    page = panel.client("viewer").get("/lists/").text
    for told in ("Cúc", 'href="tel:090122"', "Former customer", "went to Trà Ba", "₫55"):
        assert told in page, told
    assert "win-back.xlsx" not in page
    assert "My customers" not in page


def test_ones_own_are_shown_first(panel):
    add_user(panel.desk, "bao", "editor", password=PASSWORD)
    client = Client(panel.app)
    client.sign_in("bao")
    own = client.get("/lists/").text
    assert "Cúc" not in own
    assert "My customers" in own
    assert "Cúc" in client.get("/lists/?whose=all").text


def test_who_sends_others(panel):
    page = panel.client("viewer").get("/lists/referrals").text
    assert "=Lan" in page
    assert "₫7" in page


def test_cross_selling(panel):
    client = panel.client("viewer")
    asked = {"bought": "Tea & co", "lacking": "Pot"}
    page = client.get("/lists/cross-selling", query_string=asked).text
    assert "=Lan" in page
    assert ">Mai<" not in page
    assert 'value="Tea &amp; co"' in page
    for wrong in ({"bought": "Pot", "lacking": "Pot"}, {"bought": "a\0", "lacking": "b"}):
        answer = client.get("/lists/cross-selling", query_string=wrong)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text


def test_a_list_as_a_file_is_harmless_and_leaves_an_event(panel):
    client = panel.client()
    asked = {"bought": "Tea & co", "lacking": "Pot"}
    answer = client.get("/lists/cross-selling.csv", query_string=asked)
    assert ",'=Lan," in answer.data.decode("utf-8")
    (lost,) = sheet(client.get("/lists/win-back.xlsx").data)
    assert (lost["Customer number"], lost["Worth in a year"]) == ("c", 55)
    assert sheet(client.get("/lists/referrals.xlsx").data)[0]["They brought"] == 7
    with panel.desk.database.read() as session:
        query = select(AuditEvent.detail).where(AuditEvent.action == "customers.export")
        told = [(one["list"], one["customers"]) for one in session.scalars(query)]
    assert told == [("cross-selling", 1), ("win-back", 1), ("referrals", 1)]
    assert client.get("/lists/nothing.xlsx").status_code == 404
    assert client.get("/lists/win-back.exe").status_code == 404
    assert panel.client("editor").get("/lists/win-back.xlsx").status_code == 403


@pytest.mark.parametrize(
    "address", ["/lists/?after=x", "/lists/referrals?after=99999999999999999999"]
)
def test_places_that_are_none_break_nothing(panel, address):
    assert panel.client().get(address).status_code == 200


def test_the_page_of_a_customer_tells_who_sent_whom(panel):
    page = panel.client("viewer").get("/customers/a?tab=data").text
    assert 'href="/customers/b"' in page
    other = panel.client("viewer").get("/customers/b?tab=data").text
    assert "=Lan" in other
    assert "has not changed hands" in other
