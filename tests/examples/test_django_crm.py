"""The CRM in Django: a signal labels with every order, the panel stands before Django."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

from custrata.service.rules.publish import import_text
from custrata.service.rules.versions import current
from custrata.service.setup import open_store
from tests.admin.conftest import Browser

RULES = "ruleset: 1\ntime_zone: Asia/Ho_Chi_Minh\nclassifiers: {%s}"
WITHOUT = RULES % "loyalty: {}"
LONG = "x" * 200
LIST = (
    RULES % f"rfm: {{table: {{hit_policy: rule_order, rules: [{{label: {LONG}}}, {{label: b}}]}}}}"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the CRM's data are."""
    return tmp_path_factory.mktemp("crm")


@pytest.fixture(scope="module")
def site(folder):
    """The address of the CRM, in a process of its own since Django is one a process."""
    command = [sys.executable, "-W", "error", str(Path(__file__).with_name("django_site.py"))]
    inherited = {name: text for name, text in os.environ.items() if name != "PYTHONWARNINGS"}
    with (folder / "log").open("w+") as log:
        process = subprocess.Popen(
            command,
            env={**inherited, "CRM_FOLDER": str(folder), "CRM_SECRET": "of tests"},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        port = process.stdout.readline().strip()
        log.seek(0)
        assert port, log.read()
        yield f"http://127.0.0.1:{port}"
        process.terminate()
        process.wait()
        process.stdout.close()


class Client:
    """A browser without a window, which fills in Django's forms."""

    def __init__(self, site: str):
        self.site = site
        self.cookies = CookieJar()
        self._open = build_opener(HTTPCookieProcessor(self.cookies)).open

    def ask(self, path: str, **form: str) -> tuple[int, str, str]:
        """The status, where one is in the end, and the page."""
        token = next((one.value for one in self.cookies if one.name == "csrftoken"), "")
        data = urlencode({**form, "csrfmiddlewaretoken": token}).encode() if form else None
        try:
            with self._open(self.site + path, data) as answer:
                return answer.status, answer.url.removeprefix(self.site), answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.url.removeprefix(self.site), error.read().decode()

    def sign_in(self, login: str) -> Client:
        self.ask("/sign-in/")
        _, where, _ = self.ask("/sign-in/", username=login, password="demo", next="/")
        assert where == "/"
        return self

    def labels(self) -> dict[str, str]:
        row = r"<tr><td>(.*?)</td>.*?class=\"label\">(.*?)</td>"
        return dict(re.findall(row, self.ask("/")[2]))


def test_an_order_labels_its_customer_at_once(site):
    client = Client(site).sign_in("an")
    client.ask("/customers/", name="Quán Gió")
    assert client.labels()["Quán Gió"] == "–"
    status, where, _ = client.ask("/customers/1/orders/", amount="100000")
    assert (status, where) == (200, "/")
    assert client.labels()["Quán Gió"] == "general_develop"
    for _ in range(2):
        client.ask("/customers/1/orders/", amount="4000000")
    assert client.labels()["Quán Gió"] == "important_value"
    for wrong in ("0", "x", "-5", "9" * 20, "9" * 5_000):
        assert client.ask("/customers/1/orders/", amount=wrong)[0] == 400


def test_a_stranger_is_sent_to_djangos_sign_in_and_comes_back_into_the_panel(site):
    client = Client(site)
    _, where, page = client.ask("/segments/rules/")
    assert where == "/sign-in/?next=%2Fsegments%2Frules%2F"
    going = re.search(r'name="next" value="([^"]+)"', page)[1]
    status, where, page = client.ask("/sign-in/", username="an", password="demo", next=going)
    assert (status, where) == (200, "/segments/rules/")
    assert "An Nguyễn" in page


def test_superusers_administer_the_panel_and_others_look(site):
    assert Client(site).sign_in("an").ask("/segments/people/")[0] == 200
    other = Client(site).sign_in("binh")
    assert other.ask("/segments/")[0] == 200
    assert other.ask("/segments/people/")[0] == 403


def test_who_signs_out_of_django_is_out_of_the_panel(site):
    client = Client(site).sign_in("an")
    assert client.ask("/segments/")[1] == "/segments/"
    client.ask("/sign-out/", go="now")
    assert client.ask("/segments/")[1].startswith("/sign-in/")


def test_cookies_of_both_stand_side_by_side(site):
    client = Client(site).sign_in("an")
    client.ask("/segments/")
    paths = {one.name.partition("_")[0]: one.path for one in client.cookies}
    assert paths == {"csrftoken": "/", "sessionid": "/", "custrata": "/segments"}


def test_no_rules_that_are_published_lose_an_order(site, folder):
    client = Client(site).sign_in("an")
    client.ask("/customers/", name="Trà Xanh")
    number = len(client.labels())
    client.ask(f"/customers/{number}/orders/", amount="1000")
    label = client.labels()["Trà Xanh"]
    assert label == "general_develop"
    desk = open_store(f"sqlite:///{folder / 'custrata.db'}")
    with desk.database.read() as session:
        before = current(session).text
    changed = before.replace("{cuts: [5000000]}", "{cuts: [{quantile: 0.8}]}")
    assert changed != before
    try:
        listed = f"[&quot;{LONG}&quot;, &quot;b&quot;]"
        for rules, expected in ((changed, label), (WITHOUT, "–"), (LIST, listed)):
            import_text(desk.of("an"), rules, "others")
            asked = client.ask(f"/customers/{number}/orders/", amount="1000")
            assert asked[:2] == (200, "/")
            assert client.labels()["Trà Xanh"] == expected
    finally:
        import_text(desk.of("an"), before, "as they were")
        desk.database.close()


def test_from_the_crm_to_the_panel_in_a_browser(site, driver):
    driver.delete_all_cookies()
    driver.get_log("browser")
    browser = Browser(driver, site)
    browser.allowed = ["favicon.ico"]
    browser.open("/sign-in/")
    browser.fill("username", "an")
    browser.fill("password", "demo")
    browser.press("Sign in")
    browser.press("Segments")
    browser.sees("An Nguyễn")
    browser.open("/segments/rules/")
    browser.sees("Rules")
    browser.quiet()
