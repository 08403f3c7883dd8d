"""Webhooks in the panel: destinations, secrets, messages that were not taken."""

import html
import re

import pytest

from custrata.admin.pages.webhook_words import fault_words
from custrata.service.audit import events
from custrata.service.deliveries.deliver import deliver
from custrata.service.deliveries.destinations import destinations
from tests.service.deliveries.receiving import put_out, receiving, states


@pytest.fixture
def inbox():
    with receiving() as found:
        yield found


def given(inbox, **more):
    return {"url": inbox.url, "batch": "10", "active": "1", "allow_private": "1", **more}


def kept(panel):
    with panel.desk.database.read() as session:
        return {one.name: one for one in destinations(session)}


def text_of(answer):
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)))


def test_a_destination_is_added_and_its_secret_shown_once(panel, inbox):
    client = panel.client()
    answer = client.post("/webhooks/add", given(inbox, name="crm"))
    secret = re.search(r'id="secret">(whsec_[\w-]+)<', answer.text)[1]
    for page in ("/webhooks/", "/webhooks/one?name=crm", "/audit/"):
        assert secret not in client.get(page).text
    assert kept(panel)["crm"].batch == 10
    assert "not tried yet" in client.get("/webhooks/").text
    again = client.post("/webhooks/secret", {"name": "crm"})
    assert re.search(r'id="secret">(whsec_[\w-]+)<', again.text)[1] != secret


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": ""}, "Name is empty"),
        ({"name": "a b"}, "not written as names of destinations are"),
        ({"name": "new", "url": "javascript:alert(1)"}, "no address of a receiver"),
        ({"name": "new", "allow_private": ""}, "without TLS"),
        ({"name": "new", "batch": "many"}, "cannot go at once"),
        ({"name": "new", "batch": "501"}, "cannot go at once"),
    ],
)
def test_what_cannot_be_is_told_and_what_was_typed_stays(panel, inbox, change, told):
    answer = panel.client().post("/webhooks/add", given(inbox, **change))
    assert answer.status_code == 422
    assert told in text_of(answer)
    assert html.escape(change["name"]) in answer.text
    assert kept(panel) == {}


def test_a_test_says_what_came_of_it(panel, inbox):
    client = panel.client()
    client.post("/webhooks/add", given(inbox, name="crm"))
    inbox.answers = [204, 503]
    said = [
        text_of(client.post("/webhooks/test", {"name": "crm"}, follow_redirects=True))
        for _ in range(2)
    ]
    assert "crm took the test." in said[0]
    assert "crm did not take the test. It answered 503." in said[1]
    assert len(inbox.requests) == 2


def test_a_destination_is_changed_and_deleted_after_a_question(panel, inbox):
    client = panel.client()
    client.post("/webhooks/add", given(inbox, name="crm"))
    client.post("/webhooks/one?name=crm", given(inbox, active=""))
    assert kept(panel)["crm"].active is False
    wrong = client.post("/webhooks/one?name=crm", given(inbox, url="crm"))
    assert wrong.status_code == 422
    put_out(panel.desk, "a", "b")
    asked = client.get("/webhooks/delete?name=crm")
    assert "2 messages wait for it" in asked.text
    assert kept(panel) != {}
    client.post("/webhooks/delete?name=crm")
    assert kept(panel) == {}
    assert states(panel.desk) == {"m0": "waiting", "m1": "waiting"}
    assert "Named by rules or messages, and not here" in client.get("/webhooks/").text


def test_dead_messages_are_listed_sent_again_and_dropped(panel, inbox):
    desk, client = panel.desk, panel.client()
    client.post("/webhooks/add", given(inbox, name="crm"))
    put_out(desk, "a", "<b>", "c")
    inbox.answers = [422] * 4  # together, then each by itself
    deliver(desk)
    desk.clock.forward(days=1)
    shown = client.get("/webhooks/messages?name=crm&state=dead").text
    assert "It answered 422." in shown
    assert "&lt;b&gt;" in shown
    numbers = re.findall(r'name="number" value="(\d+)"', shown)
    client.post("/webhooks/replay", {"name": "crm", "number": numbers[1]})
    asked = client.get(f"/webhooks/drop?name=crm&state=dead&number={numbers[0]}")
    assert "Drop message" in asked.text
    assert states(desk) == {"m0": "dead", "m1": "waiting", "m2": "dead"}
    client.post(f"/webhooks/drop?name=crm&state=dead&number={numbers[0]}")
    answer = client.post("/webhooks/replay", {"name": "crm"}, follow_redirects=True)
    assert "1 message is sent again." in answer.text
    assert states(desk) == {"m1": "waiting", "m2": "waiting"}
    assert deliver(desk).sent == 2
    gone = client.post(
        "/webhooks/replay", {"name": "crm", "number": numbers[0]}, follow_redirects=True
    )
    assert "There is no such message any more" in gone.text
    with desk.database.read() as session:
        told = [(one.action, one.detail.get("messages")) for one in events(session)[:3]]
    assert told == [("webhook.replay", 1), ("webhook.drop", 1), ("webhook.replay", 1)]


@pytest.mark.parametrize("number", ["abc", "-1", "1.5", "", "٣"])
def test_what_is_no_number_of_a_message_does_not_mean_all_of_them(panel, number):
    client = panel.client()
    put_out(panel.desk, "a", "b", "c")
    with panel.desk.database.write() as session:
        session.connection().exec_driver_sql("UPDATE outbox SET state = 'dead' WHERE id = 1")
    before = states(panel.desk)
    asked = {"name": "crm", "state": "waiting", "number": number}
    assert client.get("/webhooks/drop", query_string=asked).status_code == 404
    for answer in (
        client.post("/webhooks/drop", query_string=asked),
        client.post("/webhooks/drop?name=crm&state=waiting", {"number": number}),
        client.post("/webhooks/replay", {"name": "crm", "number": number}),
        client.post("/webhooks/drop?name=crm&state=waitin"),
    ):
        assert answer.status_code == 404
    assert states(panel.desk) == before


def test_all_that_wait_are_dropped_after_a_question(panel):
    client = panel.client()
    put_out(panel.desk, "a", "b")
    assert "all waiting messages" in client.get("/webhooks/drop?name=crm&state=waiting").text
    client.post("/webhooks/drop?name=crm&state=waiting")
    assert states(panel.desk) == {}


def test_a_long_list_has_further_pages(panel):
    put_out(panel.desk, *("a" * 60))
    client = panel.client()
    page = client.get("/webhooks/messages?name=crm&state=waiting").text
    following = html.unescape(re.search(r'rel="next" href="([^"]+)"', page)[1])
    assert client.get(following).text.count("/customers/a") < page.count("/customers/a")


def test_each_fault_has_words(seen):
    with seen.app.test_request_context():
        for one in ("private", "address", "name", "tls", "late", "away", "answered:404"):
            assert fault_words(one) != one


def test_somebody_adds_a_destination_in_a_browser(panel, browser, inbox):
    browser.sign_in("admin")
    browser.open("/webhooks/")
    browser.fill("name", "crm")
    browser.fill("url", inbox.url)
    browser.run("document.getElementById('allow-private').click()")
    browser.press("Add")
    assert browser.find("#secret").text.startswith("whsec_")
    browser.press("I have kept it")
    browser.press("Send a test")
    browser.sees("crm took the test.")
    browser.press("Delete")
    browser.sees("Delete the destination crm?")
    assert list(kept(panel)) == ["crm"]
    browser.press("Delete")
    browser.sees("There is no destination yet.")
