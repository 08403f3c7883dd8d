"""The panel as WSGI: whatever a host says of who asks, and what it is mounted with."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from datetime import date

import pytest
from sqlalchemy import create_engine, inspect
from werkzeug.test import Client
from werkzeug.wrappers import Response

from custrata.service.people.tokens import make_token
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


@pytest.mark.parametrize("said", [("no", 403), ["lan"], 5])
def test_what_says_nobody_is_the_programmers_to_see(desk, said):
    with pytest.raises(TypeError, match=r"person gave a \w+; allowed: None, a login, a dict"):
        panel(desk, said).get("/rules/")


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


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_store_that_the_host_opened_stays_open(desk, wrapped):
    made = application((lambda: desk) if wrapped else desk, person=lambda _: "lan")
    assert Client(made).get("/").status_code == 200
    pool = desk.database.engine.pool
    made.close()
    assert desk.database.engine.pool is pool


def test_a_store_that_was_opened_here_is_closed(tmp_path):
    made = application(f"sqlite:///{tmp_path / 'own.db'}", person=lambda _: "lan")
    engine = made.desk.database.engine
    pool = engine.pool
    made.close()
    assert engine.pool is not pool


def test_settings_reach_rest_and_its_limit_leaves_the_panel_alone(desk):
    made = application(
        desk,
        person=lambda _: Visitor("an", "admin"),
        RATELIMIT_APPLICATION="2 per minute",
        MAX_CONTENT_LENGTH=100,
    )
    client, key = Client(made), make_token(desk, "x", "editor").text
    headers = {"Authorization": f"Bearer {key}"}
    large = client.post("/api/v1/classify", json={"customers": ["c" * 200]}, headers=headers)
    assert large.status_code == 413
    asked = [client.get("/api/v1/token", headers=headers).status_code for _ in range(2)]
    assert asked == [200, 429]
    assert [client.get("/me/").status_code for _ in range(4)] == [200] * 4


WITHOUT = """
import sys
sys.modules[sys.argv[1]] = None
from werkzeug.test import Client
from custrata.wsgi import Visitor, application

made = application(sys.argv[2], person=lambda _: Visitor("an", "admin"))
client = Client(made)
print(client.get("/api/v1/token").status_code, "Tokens of programs" in client.get("/people/").text)
made.close()
"""


def without(module, folder):
    """A host in whose process a module is missing."""
    command = [sys.executable, "-W", "ignore", "-c", WITHOUT, module]
    store = f"sqlite:///{folder / 'own.db'}"
    return subprocess.run([*command, store], capture_output=True, text=True)


def test_where_rest_is_not_installed_there_is_the_panel_alone(tmp_path):
    assert without("flask_smorest", tmp_path).stdout == "404 False\n"


def test_where_rest_is_there_its_tokens_are_offered(tmp_path):
    assert without("no_such_module", tmp_path).stdout == "401 True\n"


def test_rest_that_is_broken_is_not_taken_for_one_that_is_not_installed(tmp_path):
    found = without("custrata.api.problems", tmp_path)
    assert found.returncode == 1
    assert "ModuleNotFoundError: import of custrata.api.problems" in found.stderr
    assert list(tmp_path.iterdir()) == []


FORKED = """
import os, signal, sys
from werkzeug.test import Client
from custrata.wsgi import application

made = application(sys.argv[1], person=lambda _: "lan")
before = made.desk
if child := os.fork():
    raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
signal.alarm(60)
answered = Client(made).get("/").status_code
os._exit(0 if answered == 200 and made.desk is not before and made.desk is made.desk else 1)
"""


def test_a_store_that_was_opened_before_a_fork_is_opened_anew(tmp_path):
    """A connection that two processes use gives each the other's answers."""
    command = [sys.executable, "-W", "ignore", "-c", FORKED, f"sqlite:///{tmp_path / 'own.db'}"]
    assert subprocess.run(command).returncode == 0


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
