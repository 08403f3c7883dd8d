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


def test_who_refuses_has_no_label_and_her_page_says_so(firm):
    client = firm.client("editor")
    answer = client.post(
        "/customer/consent", {"customer": WHO, "consent": "no"}, follow_redirects=True
    )
    assert "refused to be classified" in answer.text
    assert "with the next run" not in answer.text
    assert "a box of tea" not in answer.text
    assert "Hot ones" not in answer.text
    assert "nothing to explain" in client.get(f"/customer/why?customer={WHO}").text
    assert client.get(f"/customer/ahead?customer={WHO}").status_code == 200
    assert {one.label for one in known(firm).labels} == {None}
    assert "consent withdrawn" in client.get(f"{HERE}?tab=time").text
    client.post("/customer/consent", {"customer": WHO, "consent": ""})
    page = client.get(HERE).text
    assert "refused to be classified" not in page
    assert "a box of tea" in page
    assert firm.client("viewer").post("/customer/consent", {"customer": WHO}).status_code == 403


def test_only_a_word_that_the_form_has_takes_a_refusal_back(firm):
    client = firm.client("editor")
    client.post("/customer/consent", {"customer": WHO, "consent": "no"})
    for said in ({}, {"consent": "perhaps"}, {"consent": " "}, {"consent": "YES"}):
        assert client.post("/customer/consent", {"customer": WHO} | said).status_code == 400
    assert client.post("/customer/correct", fields(consent="perhaps")).status_code == 400
    assert known(firm).known.consent is False


def test_a_sale_with_its_profit_leaves_labels_that_read_profit_known(firm):
    put(firm.desk, sale(WHO, "2026-10-20", 900, profit=300))
    client = firm.client("editor")
    page = client.get(HERE).text
    assert "Left empty, it is not known, and labels that read profit" in page
    assert "other sales have a profit" in page
    sold = {"customer": WHO, "amount": "1,000.50", "profit": "250.25", "at": "2026-11-20T10:00"}
    assert client.post("/customer/sale", sold).status_code == 302
    assert known(firm).sales[0].profit == Decimal("250.25")
    sold |= {"profit": "", "at": "2026-11-20T11:00"}
    assert client.post("/customer/sale", sold).status_code == 302
    assert known(firm).sales[0].profit is None
    wrong = client.post("/customer/sale", sold | {"profit": "much"})
    assert wrong.status_code == 422
    assert 'value="much"' in wrong.text


def test_without_profits_nothing_is_said_of_other_sales(firm):
    assert "other sales have a profit" not in firm.client("editor").get(HERE).text


def test_a_lost_stage_keeps_why_and_to_whom(firm):
    client = firm.client("editor")
    page = client.get(HERE).text
    assert '<option value="Service or quality">' in page
    assert "For Left us only" in page
    lost = {"customer": WHO, "stage": "lost", "lost_reason": "competitor", "lost_to": "Sao Mai"}
    assert client.post("/customer/stage", lost).status_code == 302
    row = known(firm).known
    assert (row.stage, row.lost_reason, row.lost_to) == ("lost", "competitor", "Sao Mai")
    assert "defectors" in {one for each in known(firm).labels for one in each.labels}
    assert "Competitor" in client.get(f"{HERE}?tab=data").text
    client.post("/customer/stage", lost | {"lost_reason": "Service or QUALITY", "lost_to": ""})
    row = known(firm).known
    assert (row.lost_reason, row.lost_to) == ("service", "Sao Mai")
    client.post("/customer/stage", lost | {"lost_reason": "never said <b>"})
    assert known(firm).known.lost_reason == "never said <b>"


def test_nobody_is_lost_in_the_funnel(firm):
    lost = {"customer": WHO, "stage": "closed", "lost_reason": "Price"}
    answer = firm.client("editor").post("/customer/stage", lost)
    assert answer.status_code == 422
    assert "Nobody is lost in the stage closed" in answer.text
    assert known(firm).known.stage == "hot"


def fields(**more):
    return {"customer": WHO, "master-name": "Đặng Ánh", "master-owner": "an"} | {
        f"master-{name}": value for name, value in more.items()
    }


def seen_on(page):
    return re.search(r'name="seen" value="(\w+)"', page)[1]


def test_master_data_are_corrected_by_who_may_record(firm):
    data = f"{HERE}?tab=data"
    assert 'id="correct"' not in firm.client("viewer").get(data).text
    client = firm.client("editor")
    seen = seen_on(client.get(data).text)
    said = fields(region="north", birth_date="1990-02-03", consent="yes", seen="x") | {"seen": seen}
    assert client.post("/customer/correct?tab=data", said).status_code == 302
    row = known(firm).known
    assert (row.name, row.region, row.birth_date) == ("Đặng Ánh", "north", date(1990, 2, 3))
    assert (row.consent, row.owner, row.stage) == (True, "an", "hot")
    late = client.post("/customer/correct?tab=data", said | {"master-region": "west"})
    assert late.status_code == 422
    assert "The customer was changed meanwhile" in late.text
    assert 'value="west"' in late.text
    wrong = said | {"master-birth_date": "soon", "seen": ""}
    assert client.post("/customer/correct?tab=data", wrong).status_code == 422
    assert firm.client("viewer").post("/customer/correct", said).status_code == 403


def test_a_customer_is_added_from_the_list(firm):
    assert "/customer/add" not in firm.client("viewer").get("/customers/").text
    client = firm.client("editor")
    assert 'href="/customer/add"' in client.get("/customers/").text
    assert 'value="editor"' in client.get("/customer/add").text  # her own, unless she says so
    new = {"master-customer_id": "", "master-name": "Trà Mới", "master-stage": "new"}
    new |= {"master-created_at": "2026-11-20T09:00", "master-source": "nowhere"}
    wrong = client.post("/customer/add", new)
    assert (wrong.status_code, 'value="Trà Mới"' in wrong.text) == (422, True)
    made = client.post("/customer/add", new | {"master-source": ""})
    assert made.location.startswith("/customers/C-")
    assert "Trà Mới" in client.get(made.location).text
    assert "Trà Mới" in client.get("/customers/?q=tra+moi").text
    taken = client.post("/customer/add", new | {"master-source": "", "master-customer_id": WHO})
    assert "There is a customer with this id" in taken.text


def test_a_lead_is_taken_by_one_click(firm):
    put(firm.desk, named("lead", "Lead", stage="new"))
    assert "I take her" not in firm.client("viewer").get("/customers/lead").text
    client = firm.client("editor")
    assert "I take her" in client.get("/customers/lead").text
    assert client.post("/customer/take", {"customer": "lead"}).status_code == 302
    page = client.get("/customers/lead").text
    assert "I take her" not in page
    assert "Salesperson: – → editor" in client.get("/customers/lead?tab=time").text
    late = firm.client("admin").post("/customer/take", {"customer": "lead"})
    assert late.status_code == 422
