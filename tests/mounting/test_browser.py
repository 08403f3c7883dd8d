"""The mounted panel in a browser: from the host's sign-in to a change; two hosts side by side."""

from __future__ import annotations

import pytest

from custrata.service.rules.drafts import drafts
from tests.admin.conftest import Browser, serving
from tests.mounting.conftest import host


@pytest.fixture
def clean(driver):
    """The browser without cookies of tests before."""
    driver.get("about:blank")
    driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
    driver.get_log("browser")
    return driver


def come_in(browser: Browser, login: str) -> None:
    browser.open("/sign-in")
    browser.fill("login", login)
    browser.press("Come in")
    browser.sees(f"{login} at the host")


def test_a_cut_point_is_dragged_below_the_prefix_and_the_swap_set_follows(clean, full, tmp_path):
    from selenium.webdriver import ActionChains

    with serving(host(full)) as address:
        browser = Browser(clean, address)
        browser.allowed = ["/favicon.ico"]
        browser.open("/segments/rules/classifier?name=rfm")
        browser.fill("login", "an")
        browser.press("Come in")
        handle = browser.find("#bands-0 [data-handle]")
        assert browser.driver.current_url == f"{address}/segments/rules/classifier?name=rfm"
        amount = browser.find("#bands-0-amount-0")
        before = float(amount.get_attribute("value"))
        browser.settle()
        drag = ActionChains(browser.driver).move_to_element(handle).click_and_hold()
        drag.move_by_offset(60, 0).move_by_offset(60, 0).release().perform()
        assert float(amount.get_attribute("value")) > before
        browser.wait(lambda _: browser.find(".rules-moved strong").text != "0")
        browser.fill("title", "dragged below a prefix")
        browser.press("Save draft")
        browser.sees("Draft, revision 1")
        assert browser.driver.current_url.startswith(f"{address}/segments/")
        browser.picture(tmp_path / "mounted.png")
        browser.quiet()
    with full.database.read() as session:
        assert "dragged below a prefix" in [one.title for one in drafts(session)]


def test_a_language_is_chosen_and_the_page_stays(clean, desk):
    with serving(host(desk)) as address:
        browser = Browser(clean, address)
        browser.allowed = ["/favicon.ico"]
        come_in(browser, "an")
        browser.open("/segments/sources/?page=1")
        browser.run(
            "const picker = document.getElementById('language'); picker.value = 'vi';"
            "picker.form.requestSubmit();"
        )
        browser.find("html[lang=vi]")
        assert browser.driver.current_url == f"{address}/segments/sources/?page=1"
        browser.quiet()


def test_two_hosts_on_one_machine_leave_each_others_sessions_alone(clean, desk, full):
    first, second = host(desk), host(full)
    second.config.update(SESSION_COOKIE_NAME="the_second_hosts")
    with serving(first) as one, serving(second) as other:
        at_one, at_other = Browser(clean, one), Browser(clean, other)
        at_one.allowed = at_other.allowed = ["/favicon.ico"]
        come_in(at_one, "an")
        come_in(at_other, "binh")
        for _ in range(2):
            at_one.open("/segments/me/")
            at_one.sees("An Nguyễn")
            at_other.open("/segments/me/")
            at_other.find("html[lang=vi]")
        names = {cookie["name"] for cookie in clean.get_cookies()}
        assert {"session", "the_second_hosts"} <= names
        assert len([name for name in names if name.startswith("custrata_")]) == 2
        at_one.open("/segments/me/")
        at_one.run("document.getElementById('my-zh_Hant').checked = true")
        at_one.press("Read on in this language")  # its token is still good
        at_one.find("html[lang=zh-Hant]")
        at_one.quiet()
