"""A change of the rules from the first sign-in to its undoing, as three people live it."""

from contextlib import contextmanager
from threading import Event, Thread

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from sqlalchemy import select

from custrata.service.people.users import add_user
from custrata.service.settings import change_settings
from custrata.service.work.worker import work
from custrata.store.models import AuditEvent

OWN = "a word of my own"


@contextmanager
def worker(panel):
    """Somebody who does what is asked for, as `custrata serve` does."""
    stop = Event()
    options = {"stop": stop, "every": 0.1}
    thread = Thread(target=work, args=(panel.desk.of("system"),), kwargs=options)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.fixture
def newcomer(panel):
    """The one-time password of somebody who never signed in."""
    change_settings(panel.desk, four_eyes=True)
    return add_user(panel.desk, "lan", "editor")


def drag(browser, selector, by):
    handle = browser.find(selector)
    browser.run("arguments[0].scrollIntoView({block: 'center'})", handle)
    hold = ActionChains(browser.driver).move_to_element(handle).click_and_hold()
    hold.move_by_offset(by // 2, 0).move_by_offset(by - by // 2, 0).release().perform()


def test_a_change_of_the_rules_is_tried_reviewed_published_run_and_rolled_back(
    browser, panel, newcomer
):
    first_sign_in(browser, newcomer)
    try_and_hand_in(browser)
    review_and_publish(browser)
    with worker(panel):
        see_who_moved(browser)
        roll_back(browser)
    with panel.desk.database.read() as session:
        events = session.execute(select(AuditEvent.by, AuditEvent.action)).all()
    told = [tuple(one) for one in events if one.action.startswith(("draft.", "rules."))]
    assert told == [
        ("system", "rules.publish"),
        ("lan", "draft.begin"),
        ("lan", "draft.submit"),
        ("publisher", "draft.approve"),
        ("publisher", "rules.publish"),
        ("publisher", "rules.publish"),
    ]


def first_sign_in(browser, one_time):
    browser.sign_in("lan", one_time)
    browser.sees("Choose your own to go on.")
    for name, value in (("old", one_time), ("new", OWN), ("again", OWN)):
        browser.fill(name, value)
    browser.press("Change password")
    browser.sees("Your password was changed.")


def try_and_hand_in(browser):
    browser.open("/rules/classifier?name=rfm")
    drag(browser, "#bands-0 [data-handle]", -60)
    browser.wait(lambda _: int(browser.find(".rules-moved strong").text) > 0)
    browser.fill("title", "Recent means sooner")
    browser.press("Save draft")
    browser.sees("Draft, revision 1")
    browser.press("Send to review")
    browser.sees("The draft was handed in for review.")


def review_and_publish(browser):
    browser.sign_in("publisher")
    browser.open("/publishing/")
    browser.press("Recent means sooner")
    browser.sees("RFM value: Days since last purchase")
    browser.sees("→")
    browser.press("Approve")
    browser.sees("publisher, revision 1")
    browser.press("Publish now")
    browser.sees("The rules are in force.")


def see_who_moved(browser):
    """The worker classifies everybody by the new rules without being asked."""
    browser.wait(lambda driver: opened(browser, driver), 60)
    browser.sees("Ordinary: win back")


def opened(browser, driver):
    """Whether the run by the new rules is done, and its page open; the list is asked for anew."""
    browser.open("/runs/")
    for row in driver.find_elements("css selector", "#runs tbody tr"):
        cells = row.find_elements("css selector", "td")
        told = [one.text for one in cells]
        if told[1].startswith("done") and told[5] != "0" and told[6] == "2":
            cells[0].find_element("css selector", "a").click()
            return True
    return False


def roll_back(browser):
    browser.open("/publishing/roll-back/1")
    browser.sees("25 → 60 days")
    browser.press("Roll back")
    browser.sees("are in force again, as version 3")
    browser.open("/rules/")
    browser.sees("Version 3")
