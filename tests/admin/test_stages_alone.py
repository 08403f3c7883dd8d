"""A stage that turns by itself, and back once somebody is reached, in a browser."""

from threading import Event

import pytest

from custrata.service.work.worker import work
from tests.admin.conftest import LAST
from tests.service.runs.putting import contact, customer, put, rules
from tests.service.runs.test_stages import ONLY


@pytest.fixture
def panel(bare):
    rules(bare.desk, ONLY)
    put(bare.desk, customer("KH1", "hot", "2026-01-01", owner="editor"))
    put(bare.desk, contact("KH1", "2026-10-22"))
    return bare


def stage(browser):
    browser.open("/customers/KH1")
    return browser.find(".customer-stage").text


def test_a_run_turns_it_and_a_contact_turns_it_back(panel, browser):
    assert LAST.isoformat() == "2026-11-21"  # thirty days after the contact
    browser.sign_in("publisher")
    assert "Hot" in stage(browser)
    browser.open("/runs/")
    browser.press("Start a run")
    browser.find(".panel-card")
    work(panel.desk.of("system"), stop=Event(), once=True)
    told = stage(browser)
    assert "Don't forget" in told
    assert "set by a person: Hot" in told
    browser.open("/customers/KH1?tab=time")
    assert browser.sees("Shows as Don't forget")
    assert browser.sees("rule: Contact reminder")
    browser.sign_in("editor")
    browser.open("/today/")
    assert browser.sees("30 days ago")
    browser.find(".daily-do summary").click()
    browser.fill("note", "wants an offer")
    browser.press("Record the contact")
    assert browser.sees("The contact is recorded.")
    assert browser.sees("Nobody waits for a call today.")
    told = stage(browser)
    assert "Hot" in told
    assert "Don't forget" not in told
    browser.open("/customers/KH1?tab=time")
    assert browser.sees("No longer shows as Don't forget")
    assert browser.sees("Reminder seen to")
