"""The list of customers: searched, filtered, kept, taken out."""

import csv
import io
import re

import pytest

from custrata.service.customers.filters import filters, save_filter
from custrata.service.customers.question import Question
from tests.service.customers.firm import named, settle


def named_in(text):
    """Who stands in a list, by number."""
    return re.findall(r'<th scope="row"><a href="/customers/([^"]+)"', text)


@pytest.fixture
def firm(bare):
    """A few customers whose names are what names can be."""
    settle(
        bare.desk,
        named("KH-1", "Đặng Thị Ánh", stage="hot", owner="an", phone="0912 345 678"),
        named("KH-2", "<script>alert(1)</script>", stage="new", owner='"><b>x'),
        named("KH-3", "王小明", stage="closed"),
        named("a/b?c#d", "=1+1", owner="an"),
    )
    return bare


def test_found_without_accents_and_by_part_of_a_name(firm):
    client = firm.client("viewer")
    for text, who in {
        "dang": ["KH-1"],
        "anh": ["KH-1"],
        "小明": ["KH-3"],
        "09123": ["KH-1"],
    }.items():
        assert named_in(client.get("/customers/", query_string={"q": text}).text) == who
    assert "Nobody is like that." in client.get("/customers/?q=zz").text


def test_filters_show_as_chips_that_can_be_taken_away(firm):
    page = firm.client("viewer").get("/customers/?owner=an&stage=hot").text
    assert named_in(page) == ["KH-1"]
    assert "Salesperson: an" in page
    assert 'href="/customers/?owner=an"' in page
    assert 'href="/customers/?stage=hot"' in page
    assert 'name="stage" value="hot" form="customers-search"' in page


def test_names_of_the_store_are_shown_as_text(firm):
    page = firm.client("viewer").get("/customers/").text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert '"><b>x' not in page


def test_an_id_of_any_signs_leads_to_its_page(firm):
    client = firm.client("viewer")
    page = client.get("/customers/?q=a%2Fb").text
    assert named_in(page) == ["a%2Fb%3Fc%23d"]
    assert "=1+1" in client.get("/customers/a%2Fb%3Fc%23d").text


def test_htmx_gets_the_part_that_changes_and_a_clean_address(firm):
    client = firm.client("viewer").http
    answer = client.get("/customers/?q=dang&owner=&stage=", headers={"HX-Request": "true"})
    assert answer.headers["HX-Push-Url"] == "/customers/?q=dang"
    assert "<html" not in answer.text
    assert named_in(answer.text) == ["KH-1"]
    again = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<html" in client.get("/customers/?q=dang", headers=again).text


def test_more_than_anybody_asks_is_refused_in_words(firm):
    answer = firm.client("viewer").get("/customers/?q=" + "x" * 300)
    assert answer.status_code == 422
    assert "300" in answer.text


def test_pages_go_on_by_name(seen):
    client = seen.client("viewer")
    first = client.get("/customers/").text
    following = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
    second = client.get(following).text
    assert len(named_in(first)) == 50
    assert not set(named_in(first)) & set(named_in(second))
    back = re.search(r'rel="prev" href="([^"]+)"', second)[1].replace("&amp;", "&")
    assert named_in(client.get(back).text) == named_in(first)


def test_labels_are_named_in_the_readers_language(seen):
    page = seen.client("viewer", "vi").get("/customers/?label=stale_contact:dont_forget").text
    assert "Nhắc liên hệ: Đừng quên" in page
    assert named_in(page)


def test_an_empty_store_says_what_to_do(bare):
    assert "Import customers" in bare.client("admin").get("/customers/").text
    page = bare.client("viewer").get("/customers/").text
    assert "Import customers" not in page
    assert "A publisher or an admin can import" in page


# --- files --------------------------------------------------------------------------------


def test_a_file_holds_what_is_asked_for_and_nothing_that_runs(firm):
    answer = firm.client("admin").get("/customers/file.csv?owner=an")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [one["Name"] for one in rows] == ["'=1+1", "Đặng Thị Ánh"]
    assert answer.headers["Content-Disposition"] == "attachment; filename=customers.csv"
    assert firm.client("admin").get("/customers/file.xlsx?owner=an").data[:2] == b"PK"


def test_only_who_may_export_gets_a_file(firm):
    assert firm.client("publisher").get("/customers/file.csv").status_code == 403
    assert "file.csv" not in firm.client("publisher").get("/customers/").text


# --- kept filters -------------------------------------------------------------------------


def kept(panel, login):
    with panel.desk.database.read() as session:
        return [(one.name, one.shared, one.question) for one in filters(session, login)]


def test_a_filter_is_kept_used_renamed_and_deleted(firm):
    client = firm.client("viewer")
    data = {"name": "Mine", "owner": "an", "q": "dang"}
    assert client.post("/filters/save", data).location == "/customers/?q=dang&owner=an"
    ((name, shared, question),) = kept(firm, "viewer")
    assert (name, shared, question) == ("Mine", False, Question("dang", owners=("an",)))
    assert 'href="/customers/?q=dang&amp;owner=an">Mine' in client.get("/customers/").text
    number = re.search(r"/filters/(\d+)/delete", client.get("/filters/").text)[1]
    client.post(f"/filters/{number}", {"name": "Ours", "shared": "on"})
    assert "Ours" in firm.client("editor").get("/customers/").text
    assert firm.client("editor").post(f"/filters/{number}/delete").status_code == 404
    client.post(f"/filters/{number}/delete")
    assert kept(firm, "viewer") == []


def test_a_filter_that_cannot_be_kept_is_refused_in_words(firm):
    client = firm.client("viewer")
    client.post("/filters/save", {"name": "All"})
    assert "asks for nothing" in client.get("/customers/").text
    for name in ("One", "Two"):
        number = save_filter(firm.desk.of("viewer"), name, Question(text="a"))
    answer = client.post(f"/filters/{number}", {"name": "One"})
    assert answer.status_code == 422
    assert [one for one, *_ in kept(firm, "viewer")] == ["One", "Two"]


def test_searching_while_typing(browser):
    browser.sign_in("admin")
    browser.find(".panel-side")
    browser.open("/customers/")
    browser.find("#customers-found")
    assert len(browser.all(".customers-list tbody tr")) == 50
    browser.run(
        "var s = document.querySelector('#customers-stage'); s.value = 'closed';"
        "s.dispatchEvent(new Event('change', {bubbles: true}))"
    )
    browser.sees("Stage: Won")
    browser.wait(lambda driver: driver.current_url.endswith("/customers/?stage=closed"))
    browser.find("#customers-text").send_keys("ng")
    browser.wait(
        lambda driver: "q=ng" in driver.current_url and "stage=closed" in driver.current_url
    )
    assert browser.run("return document.activeElement.id") == "customers-text"
    assert browser.run("return document.querySelector('#customers-stage').value") == ""
    browser.find(".customers-chips a").click()
    browser.wait(lambda driver: driver.current_url.endswith("/customers/?stage=closed"))
