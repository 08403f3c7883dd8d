"""The CRM in Flask: labels with every order, the panel behind its own sign-in."""

from __future__ import annotations

import importlib.util
import re
import sys

import pytest

from custrata.service.rules.publish import import_text
from custrata.service.rules.versions import current
from tests.admin.conftest import Browser, serving


@pytest.fixture
def crm(examples, tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("flask_crm_app", examples / "flask_crm/app.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)  # where its tables look for names
    spec.loader.exec_module(module)
    app = module.create_app(tmp_path)
    yield app
    app.extensions["custrata"].close()


def sign_in(crm, login="an"):
    client = crm.test_client()
    client.post("/sign-in", data={"login": login, "password": "demo"})
    return client


def labels(client):
    rows = re.findall(r"<tr><td>(.*?)</td>.*?class=\"label\">(.*?)</td>", client.get("/").text)
    return dict(rows)


def test_an_order_labels_its_customer_at_once(crm):
    client = sign_in(crm)
    client.post("/customers", data={"name": "Quán Gió"})
    client.post("/customers", data={"name": "Trà Xanh"})
    assert labels(client) == {"Quán Gió": "–", "Trà Xanh": "–"}
    client.post("/customers/1/orders", data={"amount": "100000"})
    assert labels(client) == {"Quán Gió": "general develop", "Trà Xanh": "–"}
    for _ in range(2):
        client.post("/customers/1/orders", data={"amount": "4000000"})
    assert labels(client)["Quán Gió"] == "important value"


def test_rules_that_are_published_in_the_panel_decide_the_next_order(crm):
    client = sign_in(crm)
    client.post("/customers", data={"name": "Quán Gió"})
    client.post("/customers/1/orders", data={"amount": "4000000"})
    assert labels(client)["Quán Gió"] == "general develop"
    desk = crm.extensions["custrata"].desk
    with desk.database.read() as session:
        text = current(session).text
    lower = text.replace("5000000", "3000000")
    assert lower != text
    import_text(desk.of("an"), lower, "more are important")
    client.post("/customers/1/orders", data={"amount": "1"})
    assert labels(client)["Quán Gió"] == "important develop"


LIST = "[&#34;a&#34;, &#34;b&#34;]"
WITHOUT = """
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
classifiers:
"""


@pytest.mark.parametrize(
    ("rules", "label"),
    [
        ("  loyalty: {}", "–"),
        ("  rfm: {enabled: false}", "–"),
        ("  rfm: {table: {hit_policy: rule_order, rules: [{label: a}, {label: b}]}}", LIST),
        ("  rfm: {table: {hit_policy: {collect: sum}, rules: [{label: 5}]}}", "5"),
        ("  rfm: {bands: {monetary: {cuts: [{quantile: 0.8}]}}}", "general develop"),
    ],
    ids=["removed", "disabled", "a list", "a score", "to be found"],
)
def test_no_rules_that_are_published_lose_an_order(crm, rules, label):
    client = sign_in(crm)
    client.post("/customers", data={"name": "Quán Gió"})
    client.post("/customers/1/orders", data={"amount": "1000"})
    import_text(crm.extensions["custrata"].desk.of("an"), WITHOUT + rules, "others")
    assert client.post("/customers/1/orders", data={"amount": "1000"}).status_code == 302
    assert "<td>2</td>" in client.get("/").text
    assert labels(client)["Quán Gió"] == label


@pytest.mark.parametrize("amount", ["", "x", "0", "-5", "9" * 20])
def test_an_order_without_an_amount_is_refused(crm, amount):
    client = sign_in(crm)
    client.post("/customers", data={"name": "Quán Gió"})
    assert client.post("/customers/1/orders", data={"amount": amount}).status_code == 400
    assert client.post("/customers/9/orders", data={"amount": "5"}).status_code == 404
    assert labels(client) == {"Quán Gió": "–"}


@pytest.mark.parametrize("address", ["/", "/segments/", "/segments/rules/"])
def test_a_stranger_sees_nothing(crm, address):
    answer = crm.test_client().get(address)
    assert answer.status_code == 302
    assert answer.location.startswith("/sign-in?next=")


def test_a_wrong_password_opens_nothing(crm):
    client = crm.test_client()
    page = client.post("/sign-in", data={"login": "an", "password": "no"})
    assert "wrong" in page.text
    assert client.get("/segments/").status_code == 302


def test_a_viewer_of_the_crm_is_one_in_the_panel(crm):
    assert sign_in(crm).get("/segments/people/").status_code == 200
    assert sign_in(crm, "binh").get("/segments/people/").status_code == 403


def test_from_the_crm_to_the_panel_and_back(crm, driver):
    driver.delete_all_cookies()
    driver.get_log("browser")
    with serving(crm) as address:
        browser = Browser(driver, address)
        browser.allowed = ["favicon.ico"]
        browser.open("/segments/rules/")
        browser.fill("login", "an")
        browser.fill("password", "demo")
        browser.press("Sign in")
        browser.wait(lambda found: found.current_url == f"{address}/segments/rules/")
        browser.sees("An Nguyễn")
        browser.press("Back to the application")
        browser.sees("Customers")
        browser.press("Sign out")
        browser.find("input[name=password]")
        browser.quiet()
