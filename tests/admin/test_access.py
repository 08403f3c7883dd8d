"""Every address of the panel, as everybody and as nobody."""

import pytest
from flask import url_for
from sqlalchemy import select

from custrata.admin.access import NEEDS
from custrata.admin.app import SETTINGS
from custrata.admin.page import Page
from custrata.service.people.roles import ROLES, allows
from custrata.store.models import AuditEvent

OPEN = {"account", "panel", "dashboard.static"}
"""For everybody: the door, and files that hold nothing of the firm."""


def rules(app):
    """Each address, method and what it takes; made-up words where it has parts."""
    for rule in app.url_map.iter_rules():
        family = rule.endpoint.partition(".")[0]
        if family in OPEN or rule.endpoint in OPEN:
            continue
        view = app.view_functions[rule.endpoint]
        page = view.__self__
        assert isinstance(page, Page), rule
        parts = {name: made_up(rule, name) for name in rule.arguments}
        with app.test_request_context():
            address = url_for(rule.endpoint, **parts)
        for method in sorted(rule.methods & {"GET", "POST"}):
            yield (
                rule.endpoint,
                method,
                address,
                getattr(view, NEEDS, page.needs),
                hasattr(view, NEEDS),
            )


def made_up(rule, name):
    return 1 if type(rule._converters[name]).__name__ == "IntegerConverter" else "made-up"


def ask(client, method, address):
    return client.get(address) if method == "GET" else client.post(address)


def test_there_are_pages(seen):
    assert len(list(rules(seen.app))) > 40


def test_whatever_changes_something_says_what_it_takes(seen):
    silent = [one for one, method, _, _, said in rules(seen.app) if method == "POST" and not said]
    assert silent == []


def test_nobody_gets_in(seen):
    stranger = seen.stranger()
    for endpoint, method, address, _, _ in rules(seen.app):
        with ask(stranger, method, address) as answer:
            assert answer.status_code == 302, endpoint
            assert answer.location.startswith("/sign-in"), endpoint


@pytest.mark.parametrize("role", ROLES)
def test_everybody_may_just_what_the_role_may(panel, role):
    client = panel.client(role)
    refused = 0
    for endpoint, method, address, action, _ in rules(panel.app):
        if method == "POST" and allows(role, action):
            continue  # what it does is the page's own test
        with ask(client, method, address) as answer:
            if allows(role, action):
                assert answer.status_code < 500, endpoint
                assert answer.status_code != 403, endpoint
            else:
                assert answer.status_code == 403, endpoint
                refused += method == "POST"
    with panel.desk.database.read() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.action == "access.refuse"))
        assert len(events.all()) == refused


@pytest.mark.parametrize("role", ["admin"])
def test_a_form_without_anything_in_it_breaks_nothing(panel, role):
    client = panel.client(role)
    for endpoint, method, address, _, _ in rules(panel.app):
        if method == "POST":
            with client.post(address) as answer:
                assert answer.status_code < 500, endpoint


def test_more_than_a_page_takes_is_refused(panel):
    largest = SETTINGS["MAX_CONTENT_LENGTH"]
    answer = panel.client().post("/language", {"language": "v" * largest})
    assert answer.status_code == 413
    assert "more than can be taken in" in answer.text


BIG = "9" * 25


@pytest.mark.parametrize(
    "address",
    [
        "/audit/?until=9999-12-31",
        "/audit/?since=0001-01-01",
        "/sign-in?next=//[",
        *(f"/{family}/?before={BIG}" for family in ("audit", "imports", "runs")),
        *(f"/publishing/{place}{BIG}" for place in ("?page=", "draft/", "version/", "compare?a=")),
        f"/imports/job/{BIG}",
        f"/map/{BIG}/0",
        f"/rules/?draft={BIG}",
        f"/runs/{BIG}",
    ],
)
def test_numbers_and_days_that_nothing_holds_break_no_page(seen, address):
    with seen.client().get(address) as answer:
        assert answer.status_code < 500


@pytest.mark.parametrize(
    ("address", "data"),
    [
        (f"/filters/{BIG}", {"name": "mine"}),
        (f"/filters/{BIG}/delete", {}),
        (
            "/rules/treatment",
            {"classifier": "rfm", "label": "important_value", "points": BIG * 200},
        ),
        ("/groups/count", {"rule": "{a: " * 500}),
    ],
)
def test_forms_with_what_nothing_holds_are_refused(panel, address, data):
    assert panel.client().post(address, data).status_code < 500
