"""The page about a customer: what is known, why, what comes, what can be done."""

import re
from datetime import date
from decimal import Decimal

import pytest

from custrata.service.customers.profile import profile
from custrata.service.registers.groups import add_group
from custrata.service.registers.treatments import set_treatment
from custrata.service.runs import run
from custrata.store.models import Opportunity
from tests.service.customers.firm import named, settle
from tests.service.runs.putting import at, contact, fresh, put, sale

WHO = "KH/1"
HERE = "/customers/KH%2F1"


@pytest.fixture
def firm(bare):
    """One customer of whom something is known, classified."""
    settle(
        bare.desk,
        named(WHO, "Đặng <b>Ánh</b>", stage="hot", owner="an", created_at=at("2026-01-05")),
    )
    put(bare.desk, contact(WHO, "2026-11-01", channel="zalo", note="<i>hi</i>"))
    put(bare.desk, *(sale(WHO, f"2026-{month:02}-15", 1_500_000) for month in (9, 10)))
    put(
        bare.desk,
        Opportunity(customer_id=WHO, step="quotation", changed_at=at("2026-11-02"), **fresh()),
    )
    add_group(bare.desk, "VIP")
    add_group(bare.desk, "Hot ones", rule="{stage: hot}")
    set_treatment(bare.desk, "rfm", "important_develop", offer="a box of tea")
    run(bare.desk, as_of=date(2026, 11, 21))
    return bare


def known(panel):
    with panel.desk.database.read() as session:
        return profile(session, WHO)


def test_the_first_screen_says_who_she_is_and_what_to_do(firm):
    page = firm.client("viewer").get(HERE).text
    for told in ("Đặng &lt;b&gt;Ánh&lt;/b&gt;", "Hot", "a box of tea", "Hot ones", "by rule"):
        assert told in page, told
    assert "<b>Ánh" not in page
    assert "Record a contact" not in page
    assert "Record a contact" in firm.client("editor").get(HERE).text


@pytest.mark.parametrize(
    ("tab", "told"),
    [
        ("time", "first label"),
        ("sales", "1,500,000"),
        ("contacts", "&lt;i&gt;hi&lt;/i&gt;"),
        ("deals", "Quotation"),
        ("answers", "Nothing was answered yet."),
        ("feedback", "There is no feedback yet."),
        ("data", "Known since"),
        ("nonsense", "Why these labels"),
    ],
)
def test_all_that_is_known_stands_in_tabs(firm, tab, told):
    page = firm.client("viewer").get(f"{HERE}?tab={tab}").text
    assert told in page
    assert "<i>hi" not in page


def test_why_and_what_comes_in_her_language(firm):
    client = firm.client("viewer", "vi")
    why = client.get("/customer/why", query_string={"customer": WHO}).text
    assert "Số ngày từ lần mua cuối" in why
    assert "<html" not in why
    ahead = client.get("/customer/ahead", query_string={"customer": WHO}).text
    assert 'datetime="2026-12-01"' in ahead
    assert "Đừng quên" in ahead


def test_before_the_first_run_nothing_is_explained(bare):
    settle(bare.desk, named("a", "An"))
    client = bare.client("viewer")
    assert "there is no run" in client.get("/customer/why?customer=a").text
    assert "No label changes" in client.get("/customer/ahead?customer=a").text


@pytest.mark.parametrize("address", ["/customers/z", "/customer/why?customer=z", "/customer/ahead"])
def test_nobody_of_that_number(bare, address):
    answer = bare.client("viewer").get(address)
    assert answer.status_code == 404
    assert "no customer" in answer.text


def test_set_stage_contact_sale_and_group(firm):
    client = firm.client("editor")
    who = {"customer": WHO}
    for address, data in {
        "stage": {"stage": "closed", "why": "paid"},
        "contact": {
            "channel": "phone",
            "outcome": "reached",
            "at": "2026-11-20T09:30",
            "note": "x",
        },
        "sale": {"amount": "2,000,000.50", "at": "2026-11-20T10:00", "product": "tea"},
        "join": {"group": "vip"},
    }.items():
        assert client.post(f"/customer/{address}", who | data).location == HERE, address
    found = known(firm)
    assert (found.known.stage, found.events[0].by, found.events[0].why) == (
        "closed",
        "editor",
        "paid",
    )
    assert (found.contacts[0].note, found.contacts[0].owner) == ("x", "editor")
    assert found.contacts[0].occurred_at == at("2026-11-20").replace(minute=30)
    assert found.sales[0].amount == Decimal("2000000.50")
    assert "vip" in [one.code for one in found.groups]
    client.post("/customer/sale", who | {"amount": "90000000", "at": "2026-11-20T11:00"})
    told = client.get(HERE).text
    assert "The sale is recorded." in told
    assert re.search(r"is now .* \(before: ", told)
    client.post("/customer/leave", who | {"group": "vip"})
    assert "vip" not in [one.code for one in known(firm).groups]


@pytest.mark.parametrize("tab", ["sales", "contacts"])
def test_what_was_entered_wrong_is_deleted_after_a_question(firm, tab):
    client, who = firm.client("editor"), {"customer": WHO, "at": "2026-11-20T10:00"}
    client.post("/customer/sale", who | {"amount": "90000000"})
    client.post("/customer/contact", who | {"channel": "phone", "note": "slip"})
    page = client.get(f"{HERE}?tab={tab}").text
    assert page.count("by editor") == 1
    address = re.search(r'href="(/customer/delete/[^"]+)"', page)[1]
    told = client.get(address).text
    assert "by editor" in told
    assert ("90,000,000" in told) == (tab == "sales")
    before = len(getattr(known(firm), tab))
    assert client.post(address).location == f"{HERE}?tab={tab}#more"
    assert len(getattr(known(firm), tab)) == before - 1
    assert "It was deleted." in client.get(HERE).text
    assert client.post(address).status_code == client.get(address).status_code == 404
    assert "A sale was recorded" in firm.client("admin").get("/audit/").text


def test_without_her_sales_a_customer_is_another_one_at_once(firm):
    client = firm.client("editor")
    for sold in known(firm).sales:
        client.post(f"/customer/delete/transaction/{sold.number}")
    assert re.search(r"is now .* \(before: ", client.get(HERE).text)


def test_who_may_not_record_may_not_delete(firm):
    address = f"/customer/delete/transaction/{known(firm).sales[0].number}"
    client = firm.client("viewer")
    assert "/customer/delete/" not in client.get(f"{HERE}?tab=sales").text
    assert client.get(address).status_code == client.post(address).status_code == 403
    editor = firm.client("editor")
    for wrong in ("visit/1", "contact/0", "contact/-1", f"contact/{'9' * 30}"):
        assert editor.get(f"/customer/delete/{wrong}").status_code == 404, wrong
    assert len(known(firm).sales) == 2


@pytest.mark.parametrize(
    ("address", "data", "told"),
    [
        ("stage", {"stage": "closed", "why": "x" * 501}, "up to 500"),
        ("contact", {"at": "2026-11-20T10:00", "note": "x" * 2_001}, "up to 2,000"),
        ("sale", {"amount": "12.500", "at": "2026-11-20T10:00"}, "12,500 / 12.5"),
        ("sale", {"amount": "12,34", "at": "2026-11-20T10:00"}, "12,34"),
        ("sale", {"amount": "", "at": "2026-11-20T10:00"}, "mount is empty"),
        ("sale", {"amount": "5", "at": "2036-11-20T10:00"}, "still to come"),
        ("contact", {"channel": "phone", "at": "soon", "note": "keep me"}, "keep me"),
        ("stage", {"stage": "dont_forget"}, "rules alone"),
        ("stage", {"stage": "nonsense"}, "nonsense"),
        ("join", {"group": "hot-ones"}, "follows from its rule"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_nothing_changes(firm, address, data, told):
    before = known(firm)
    answer = firm.client("editor").post(f"/customer/{address}", {"customer": WHO} | data)
    assert answer.status_code == 422
    assert told in answer.text
    after = known(firm)
    assert (after.known.stage, after.sales, len(after.contacts), after.groups) == (
        *(before.known.stage, before.sales),
        *(len(before.contacts), before.groups),
    )


def test_a_viewer_changes_nothing(firm):
    client = firm.client("viewer")
    for address in ("stage", "contact", "sale", "join", "leave"):
        answer = client.post(f"/customer/{address}", {"customer": WHO, "stage": "closed"})
        assert answer.status_code == 403
    assert known(firm).known.stage == "hot"
