"""The panel as WSGI: whatever a host says of who asks, and what it is mounted with."""

from __future__ import annotations

import threading
import time
from datetime import date

import pytest
from sqlalchemy import create_engine, inspect
from werkzeug.test import Client
from werkzeug.wrappers import Response

from custrata.service.people.users import add_user, users
from custrata.service.runs import run
from custrata.service.runs.basis import last_full
from custrata.service.work.jobs import ask
from custrata.store.database import Database
from custrata.wsgi import Visitor, application, mounted
from tests.service.runs.putting import customer, put, sale

HOST = Response("the host")


def panel(store, said, **options):
    made = application(store, person=lambda _environ: said, sign_in="/in", **options)
    return Client(mounted(HOST, "/rules", made))


@pytest.mark.parametrize("nobody", [None, "", {"login": ""}, Visitor("")])
def test_nobody_is_sent_to_the_hosts_sign_in(desk, nobody):
    client = panel(desk, nobody)
    assert client.get("/rules/sign-in").location == "/in"
    assert client.get("/rules/").status_code == 302
    with desk.database.read() as session:
        assert "" not in {one.login for one in users(session)}


def test_a_login_alone_has_the_role_that_the_store_knows(desk):
    add_user(desk, "lan", "admin")
    assert panel(desk, "Lan").get("/rules/people/").status_code == 200
    assert panel(desk, "hoa").get("/rules/people/").status_code == 403
    assert panel(desk, "hoa").get("/rules/customers/").status_code == 200


def test_a_host_may_answer_in_the_panels_stead(desk):
    client = panel(desk, Response("not today", 403))
    assert client.get("/rules/").text == "not today"
    assert client.get("/other").text == "the host"


def test_what_is_misspelt_is_the_programmers_to_see(desk):
    with pytest.raises(TypeError, match="rolle"):
        panel(desk, {"login": "lan", "rolle": "admin"}).get("/rules/")


@pytest.mark.parametrize(
    ("language", "read"),
    [("vi-VN", "vi"), ("zh-hant", "zh-Hant"), ("zh_Hans", "zh-Hans"), ("fr", "en"), (None, "en")],
)
def test_languages_are_understood_as_hosts_name_them(desk, language, read):
    page = panel(desk, Visitor("lan", language=language)).get("/rules/").text
    assert f'<html lang="{read}">' in page


def test_a_database_that_went_away_is_said_and_not_taken_for_a_refusal(desk, monkeypatch):
    client = panel(desk, "lan")
    client.get("/rules/")
    from custrata import wsgi
    from custrata.store.faults import refuse

    def away(*_args, **_options):
        raise refuse("database-away", "the database does not answer")

    monkeypatch.setattr(wsgi, "let_in", away)
    answer = client.get("/rules/")
    assert answer.status_code == 409
    assert "does not answer" in answer.text


def test_a_worker_of_the_host_does_jobs_until_the_end(full):
    made = application(full, person=lambda _: Visitor("an", "admin"), worker=True)
    with full.database.read() as session:
        before = last_full(session).id
    ask(full.of("an"), "run")
    Client(made).get("/")
    try:
        for _ in range(300):
            with full.database.read() as session:
                if last_full(session).id > before:
                    return
            time.sleep(0.1)
        pytest.fail("no run landed within half a minute")
    finally:
        made.close()
        assert "custrata-worker" not in {one.name for one in threading.enumerate()}


def test_a_panel_that_was_closed_opens_again(desk):
    made = application(desk, person=lambda _: "lan")
    made.close()
    assert Client(made).get("/").status_code == 200
    made.close()
    assert Client(made).get("/").status_code == 200


def test_a_firm_is_classified_beside_a_hosts_tables(empty_url):
    """Loading and reading in bulk find the place, too."""
    engine = create_engine(Database(empty_url).url)
    name = "custrata" if engine.dialect.name != "mariadb" else f"{engine.url.database}_3"
    made = application(engine, person=lambda _: Visitor("an", "admin"), schema=name)
    try:
        put(made.desk, customer("c1"), sale("c1", "2026-11-20", 5))
        assert run(made.desk, as_of=date(2026, 11, 21)).customers == 1
        assert "c1" in Client(made).get("/customers/").text
        assert inspect(engine).get_table_names() == []
    finally:
        made.close()
        if engine.dialect.name == "mariadb":
            with engine.begin() as connection:
                connection.exec_driver_sql(f"DROP DATABASE {name}")
        engine.dispose()
