"""What holds for every page: wide and narrow, in each language, for a screen reader."""

import pytest

from tests.admin.test_access import rules

AXE = "node_modules/axe-core/axe.min.js"
RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ["violations"]}).then(
  found => done(found.violations.map(one => [one.impact, one.id, one.nodes[0].html])),
  error => done([["critical", "axe", String(error)]]));
"""
SERIOUS = {"serious", "critical"}


def pages(panel):
    """Addresses that show a page to an admin."""
    client, found = panel.client(), []
    for _endpoint, method, address, _, _ in rules(panel.app):
        if method == "GET":
            with client.get(address) as answer:
                if answer.status_code == 200 and answer.mimetype == "text/html":
                    found.append((address, b"<html" in answer.data))
    return [address for address, whole in found if whole]


def complaints(browser, root):
    browser.run((root / AXE).read_text("utf-8"))
    browser.driver.set_script_timeout(30)
    return [one for one in browser.driver.execute_async_script(RUN) if one[0] in SERIOUS]


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_serious_and_nothing_sticks_out(panel, browser, root, width):
    addresses = pages(panel)
    assert len(addresses) > 12
    browser.sign_in("admin")
    faults = {}
    with browser.wide(width):
        for address in addresses:
            browser.open(address)
            found = complaints(browser, root)
            if browser.run("return document.documentElement.scrollWidth > window.innerWidth"):
                found.append("wider than the window")
            if found:
                faults[address] = found
    assert faults == {}
