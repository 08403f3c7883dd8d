"""Data of one customer, as her page hands them out and erases them."""

import json
import re

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from custrata.admin.pages.privacy import RECORDS
from custrata.cli.faults import Commands
from custrata.cli.privacy import export
from custrata.service.customers.consent import set_consent
from custrata.service.customers.erase import erase, tables_of_customers
from custrata.service.customers.master import add_customer
from custrata.service.runs.work import LOCK
from custrata.store.models import AuditEvent, Customer, Receipt
from tests.admin.test_pages import complaints
from tests.service.customers.lan import LAN, PERSONAL, settle_in
from tests.service.customers.test_erase import OTHER_SUBJECT, places
from tests.service.runs.putting import put

HERE = f"/customers/{LAN}"
ASKING = f"/privacy/erase?customer={LAN}"
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def panel(bare):
    settle_in(bare.desk)
    return bare


def typed(who=LAN, typed=LAN):
    return {"customer": who, "typed": typed}


def rows(panel, model):
    with panel.desk.database.read() as session:
        return session.scalars(select(model).order_by(model.id)).all()


def outside(panel, out):
    """What the command line writes of her."""
    commands = Commands(commands=[export])
    database = str(panel.desk.database.url)
    words = ["export", "--customer", LAN, "--out", str(out), "--database", database]
    assert CliRunner().invoke(commands, words).exit_code == 0
    return json.loads(out.read_text("utf-8"))


@pytest.mark.parametrize("role", ["viewer", "editor", "publisher"])
def test_who_may_not_sees_nothing_of_it_and_is_refused(panel, role):
    client = panel.client(role)
    page = client.get(HERE)
    assert page.status_code == 200
    assert "/privacy" not in page.text
    for address in (ASKING, f"/privacy/known.json?customer={LAN}", "/privacy/", "/privacy/1"):
        assert client.get(address).status_code == 403, address
    assert client.post("/privacy/erase", typed()).status_code == 403
    with panel.desk.database.read() as session:
        assert session.get(Customer, LAN) is not None
    assert rows(panel, AuditEvent)[-1].action == "access.refuse"


def test_nobody_is_erased_by_a_look_or_by_another_number(panel):
    client = panel.client()
    page = client.get(HERE).text
    assert f'href="/privacy/erase?customer={LAN}"' in page
    asking = client.get(ASKING)
    assert asking.status_code == 200
    assert f"Erase {PERSONAL['name']} · {LAN} for good?" in asking.text
    for other in ("", "KH-0418", LAN.lower(), PERSONAL["name"], EVIL):
        answer = client.post("/privacy/erase", typed(typed=other))
        assert answer.status_code == 422
        assert "not this customer&#39;s number" in answer.text
        assert EVIL not in answer.text
    assert client.post("/privacy/erase", typed("nobody", "nobody")).status_code == 404
    assert rows(panel, Receipt) == []
    assert places(panel.desk) > OTHER_SUBJECT


def test_erasing_leaves_a_receipt_and_nothing_else(panel, logged):
    client = panel.client()
    answer = client.post("/privacy/erase", typed(typed=f" {LAN} "))
    (receipt,) = rows(panel, Receipt)
    assert (answer.status_code, answer.location) == (302, f"/privacy/{receipt.id}")
    told = client.get(answer.location).text
    assert client.get(HERE).status_code == 404
    assert places(panel.desk) == OTHER_SUBJECT
    last = rows(panel, AuditEvent)[-1]
    assert (last.action, last.by, last.subject, last.detail) == (
        "customer.erase",
        "admin",
        None,
        {"receipt": receipt.id},
    )
    assert "The customer was erased." in told
    assert "a customer was erased by admin, Nov 21, 2026" in told
    counted = dict(re.findall(r'<tr><td>([^<]+)</td><td class="number">(\d+)</td></tr>', told))
    assert counted == {str(RECORDS[name]): str(one) for name, one in receipt.counts.items()}
    assert (receipt.by, counted["Contacts"]) == ("admin", "2")
    listed = client.get("/privacy/").text
    assert 'href="/privacy/1"' in listed
    assert LAN not in told + listed
    shown = told + listed + client.get("/audit/").text + logged.text
    assert [one for one in PERSONAL.values() if one in shown] == []
    assert client.get("/privacy/2").status_code == 404
    assert client.get(f"/privacy/{'9' * 25}").status_code == 404


def test_while_a_run_is_under_way_nobody_is_erased_and_that_is_said(panel, monkeypatch):
    monkeypatch.setattr("custrata.service.customers.erase._WAIT", 0)
    with panel.desk.database.lock(LOCK):
        answer = panel.client().post("/privacy/erase", typed())
        foreign = panel.client("admin", "vi").post("/privacy/erase", typed())
    assert (answer.status_code, foreign.status_code) == (409, 409)
    assert "A run is under way, which has read of this customer." in answer.text
    assert "Đang có một lần chạy khác." in foreign.text
    assert rows(panel, Receipt) == []
    assert panel.client().post("/privacy/erase", typed()).status_code == 302


def test_what_is_handed_out_is_what_the_command_line_writes(panel, tmp_path):
    written = outside(panel, tmp_path / "lan.json")
    answer = panel.client().get(f"/privacy/known.json?customer={LAN}")
    assert answer.headers["Content-Disposition"] == f"attachment; filename=customer-{LAN}.json"
    assert answer.mimetype == "application/json"
    found = json.loads(answer.text)
    assert found["customer"]["name"] == PERSONAL["name"]
    done = found.pop("audit_events")
    assert done[:-1] == written.pop("audit_events")
    assert [(one["action"], one["detail"]) for one in done[-2:]] == [("customer.export", None)] * 2
    assert done[-1]["by"] == "admin"
    assert {**found, "exported_at": None} == {**written, "exported_at": None}
    last = rows(panel, AuditEvent)[-1]
    assert (last.action, last.subject, last.detail) == ("customer.export", LAN, None)
    assert panel.client().get("/privacy/known.json?customer=nobody").status_code == 404


def test_consent_is_told_with_who_recorded_it_and_when(panel):
    client = panel.client()

    def told(who=LAN):
        page = client.get(f"/customers/{who}").text.partition("panel-card privacy")[2]
        text = re.sub(r"<[^>]*>", " ", page.partition("</section>")[0])
        return " ".join(text.split())

    assert "Consent: not known Record consent" in told()
    client.post("/customer/consent", {"customer": LAN, "consent": "yes"})
    assert "Consent: yes recorded by admin, Nov 21, 2026" in told()
    with panel.desk.database.write() as session:
        session.get(Customer, LAN).consent = False
    assert "Consent: no from a file or another program" in told()
    set_consent(panel.desk.of("binh"), LAN, None)
    assert "Consent: not known recorded by binh" in told()
    new = add_customer(panel.desk.of("chi"), None, None, None, name="Mai", consent=True)
    assert "Consent: yes recorded by chi" in told(new)


def test_receipts_are_paged_and_whatever_they_count_has_words(panel):
    assert {one.name for one in tables_of_customers()} <= set(RECORDS)
    with panel.desk.database.write() as session:
        for number in range(51):
            counts = {"contacts": number, "table-of-a-plugin": 1}
            session.add(Receipt(at=panel.desk.now(), by=EVIL, counts=counts))
    client = panel.client()
    latest = client.get("/privacy/").text
    assert latest.count("<tr><td>") == 50
    assert 'href="/privacy/1"' not in latest
    (older,) = re.findall(r'rel="next" href="([^"]+)"', latest)
    assert 'href="/privacy/1"' in client.get(older).text
    one = client.get("/privacy/51").text
    assert one.index("Contacts") < one.index("table-of-a-plugin")
    assert EVIL not in latest + one


def test_a_number_that_is_a_program_stays_a_number(panel):
    evil = f"a/../{EVIL}?&#é"
    put(panel.desk, Customer(customer_id=evil, name=EVIL, fact_seq=0))
    client = panel.client()
    asked = {"customer": evil}
    assert EVIL not in client.get("/privacy/erase", query_string=asked).text
    answer = client.get("/privacy/known.json", query_string=asked)
    assert json.loads(answer.text)["customer_id"] == evil
    name = "attachment; filename=customer-a_.._script_alert_1_script_.json"
    assert answer.headers["Content-Disposition"] == name
    assert client.post("/privacy/erase", typed(evil, evil)).status_code == 302
    assert client.get("/privacy/erase", query_string=asked).status_code == 404


@pytest.mark.parametrize("width", [1280, 390])
def test_its_pages_are_fit_for_readers_and_telephones(panel, browser, root, width):
    done = erase(panel.desk, "KH-0418")
    browser.sign_in("admin")
    with browser.wide(width):
        for address in (HERE, ASKING, f"/privacy/{done.number}", "/privacy/"):
            browser.open(address)
            browser.settle()
            assert complaints(browser, root) == []
            assert browser.run("return document.documentElement.scrollWidth <= window.innerWidth")


def test_in_a_browser_from_her_page_to_the_receipt(panel, browser):
    browser.sign_in("admin")
    browser.open(HERE)
    browser.settle()
    browser.press("Record consent")
    assert browser.find("#consent").is_displayed()
    browser.press("Erase…")
    browser.sees("What stays")
    browser.fill("typed", "KH-0418")
    browser.allowed.append("422")
    browser.press("Erase for good")
    browser.sees("Nothing was erased.")
    browser.fill("typed", LAN)
    browser.press("Erase for good")
    browser.sees("Receipt 1: a customer was erased by admin")
    with pytest.raises(Exception, match="there is no customer"):
        erase(panel.desk, LAN)
