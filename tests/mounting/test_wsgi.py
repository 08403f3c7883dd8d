"""The panel as WSGI: whatever a host says of who asks, and what it is mounted with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import create_engine, inspect
from werkzeug.test import Client
from werkzeug.wrappers import Response

from custrata.engine.diagnostics import CustrataError, DataError, Diagnostic
from custrata.flask import Custrata
from custrata.service.people.tokens import make_token
from custrata.service.people.users import add_user, users
from custrata.service.runs import run
from custrata.service.runs.basis import last_full
from custrata.service.setup import open_store
from custrata.service.work.jobs import ask
from custrata.store.database import Database
from custrata.store.faults import refuse
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


@pytest.mark.parametrize("wrong", ["login", "role", "name", "language"])
def test_what_is_no_text_is_the_programmers_to_see(desk, wrong):
    with pytest.raises(TypeError, match=f"person gave a {wrong} of type int; allowed: text"):
        panel(desk, {"login": "lan", wrong: 7}).get("/rules/")


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

    def away(*_args, **_options):
        raise refuse("database-away", "the database does not answer")

    monkeypatch.setattr(wsgi, "let_in", away)
    answer = client.get("/rules/")
    assert answer.status_code == 409
    assert "does not answer" in answer.text


class Asked:
    """A store that is away, with how often it was asked, until it is `there`."""

    def __init__(self, desk):
        self.desk = desk
        self.times = 0
        self.there = False
        self.begun, self.going_on = threading.Event(), threading.Event()
        self.going_on.set()

    def __call__(self, *_args):
        self.times += 1
        self.begun.set()
        self.going_on.wait(60)
        if not self.there:
            raise refuse("database-away", "the database does not answer")
        return self.desk


def told(made) -> str:
    """What an order hears of the engine."""
    try:
        made.engine()
    except CustrataError as error:
        return error.diagnostics[0].code
    return "labelled"


def test_orders_do_not_queue_for_a_store_that_cannot_be_opened(desk, monkeypatch):
    store = Asked(desk)
    made = application(store, person=lambda _: "an")
    store.going_on.clear()
    with ThreadPoolExecutor(8) as orders:
        found = [orders.submit(told, made) for _ in range(8)]
        assert store.begun.wait(60)
        store.going_on.set()
        assert [one.result() for one in found] == ["database-away"] * 8
    assert store.times == 1
    assert Client(made).get("/").status_code == 503
    assert store.times == 1

    monkeypatch.setattr("custrata.away.monotonic", lambda: 10**9)
    store.begun.clear()
    store.going_on.clear()
    store.there = True
    with ThreadPoolExecutor(1) as orders:
        first = orders.submit(told, made)
        assert store.begun.wait(60)
        assert told(made) == "database-away"  # who asks anew is not waited for
        store.going_on.set()
        assert first.result() == "labelled"
    assert told(made) == "labelled"
    assert store.times == 2


def test_a_store_that_went_away_is_not_asked_for_each_order(desk, monkeypatch):
    made = application(desk, person=lambda _: "an")
    assert told(made) == "labelled"
    store = Asked(desk)
    monkeypatch.setattr("custrata.hosting.engine_in_force", store)
    assert [told(made) for _ in range(5)] == ["database-away"] * 5
    assert store.times == 1
    store.there = True
    monkeypatch.setattr("custrata.away.monotonic", lambda: 10**9)
    assert [told(made) for _ in range(5)] == ["labelled"] * 5
    assert store.times == 6


def test_no_order_waits_for_a_store_that_says_nothing(desk, monkeypatch):
    made = application(desk, person=lambda _: "an")
    store = Asked(desk)
    store.going_on.clear()
    monkeypatch.setattr("custrata.hosting.engine_in_force", store)
    with ThreadPoolExecutor(1) as orders:
        first = orders.submit(told, made)
        try:
            assert store.begun.wait(60)
            begun = time.monotonic()
            monkeypatch.setattr("custrata.away.monotonic", lambda: begun + 4)
            assert [told(made) for _ in range(3)] == ["database-away"] * 3
            assert store.times == 1

            monkeypatch.setattr("custrata.away.monotonic", lambda: begun + 6)
            monkeypatch.setattr("custrata.hosting.engine_in_force", lambda desk: desk)
            assert [told(made) for _ in range(3)] == ["labelled"] * 3  # the first still waits
            assert not first.done()
        finally:
            store.going_on.set()
        assert first.result() == "database-away"


@pytest.mark.parametrize(
    "passing", [refuse("database-busy", "another change"), DataError(Diagnostic("other", "its"))]
)
def test_what_is_not_away_is_told_to_nobody_else(desk, monkeypatch, passing):
    made = application(desk, person=lambda _: "an")
    store = Asked(desk)
    monkeypatch.setattr("custrata.hosting.engine_in_force", store)
    assert told(made) == "database-away"
    monkeypatch.setattr("custrata.away.monotonic", lambda: 10**9)

    def refused(_desk):
        raise passing

    monkeypatch.setattr("custrata.hosting.engine_in_force", refused)
    assert told(made) == passing.diagnostics[0].code
    store.there = True
    monkeypatch.setattr("custrata.hosting.engine_in_force", store)
    assert told(made) == "labelled"


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


def test_what_another_process_closes_leaves_the_connections_of_its_parent(tmp_path, monkeypatch):
    made = application(f"sqlite:///{tmp_path / 'own.db'}", person=lambda _: "lan")
    engine = made.desk.database.engine
    with engine.connect() as connection:
        parents = connection.connection.dbapi_connection
    with monkeypatch.context() as child:
        child.setattr(os, "getpid", lambda: -1)
        made.close()
    assert parents.execute("SELECT 1").fetchone() == (1,)
    parents.close()


def test_a_store_on_which_no_panel_can_be_made_is_closed(tmp_path, monkeypatch):
    closed = []
    monkeypatch.setattr(Database, "close", lambda self: closed.append(self.url.database))
    made = application(f"sqlite:///{tmp_path / 'own.db'}", person=lambda _: "lan")
    monkeypatch.delattr("custrata.hosting.create_app")
    with pytest.raises(NameError):
        made.desk  # noqa: B018 - opens it
    assert closed == [str(tmp_path / "own.db")]


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


def test_where_rest_is_there_its_tokens_are_offered(desk):
    client = panel(desk, Visitor("an", "admin"))
    assert client.get("/rules/api/v1/token").status_code == 401
    assert "Tokens of programs" in client.get("/rules/people/").text


WITHOUT = """
import json, sys
from pathlib import Path
from werkzeug.test import Client
from custrata.wsgi import Visitor, application

folder = Path(sys.argv[1])
made = application(f"sqlite:///{folder / 'own.db'}", person=lambda _: Visitor("an", "admin"))
sys.modules["custrata.api.problems"] = None
try:
    made.desk
except ModuleNotFoundError as error:
    print(json.dumps([str(error), len(list(folder.iterdir()))]))
for name in [one for one in sys.modules if one.startswith("custrata.api")]:
    del sys.modules[name]
sys.modules["flask_smorest"] = None
client = Client(made)
answer, page = client.get("/api/v1/token"), client.get("/people/")
print(json.dumps([answer.status_code, "Tokens of programs" in page.text]))
made.close()
"""


@pytest.fixture(scope="module")
def without_rest(tmp_path_factory):
    """What a host saw in whose process parts of REST were missing."""
    command = [sys.executable, "-W", "ignore", "-c", WITHOUT, tmp_path_factory.mktemp("host")]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [json.loads(line) for line in told.splitlines()]


def test_rest_that_is_broken_is_not_taken_for_one_that_is_not_installed(without_rest):
    message, files = without_rest[0]
    assert message.startswith("import of custrata.api.problems halted")
    assert files == 0


def test_where_rest_is_not_installed_there_is_the_panel_alone(without_rest):
    assert without_rest[1] == [404, False]


FORKED = """
import os, signal, sys
from werkzeug.test import Client
from custrata.wsgi import application

def child_of(store):
    made = application(store, person=lambda _: "lan")
    before = made.desk
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    signal.alarm(60)  # ends a child that waits
    answered = Client(made).get("/").status_code
    if answered == 200 and made.desk is not before and made.desk is made.desk:
        answered = 0
    os._exit(answered // 100)

print(*map(child_of, sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def forked(tmp_path_factory):
    """What children answer whose parent opened a store, then made one: 0 is right."""
    folder = tmp_path_factory.mktemp("forked")
    there, new = (f"sqlite:///{folder / name}.db" for name in ("there", "new"))
    open_store(there).database.close()
    command = [sys.executable, "-W", "ignore", "-c", FORKED, there, new]
    return subprocess.run(command, capture_output=True, text=True)


def test_a_store_that_was_opened_before_a_fork_is_opened_anew(forked):
    """A connection that two processes use gives each the other's answers."""
    assert forked.stdout.split()[0] == "0"


def test_a_child_of_who_computed_says_so_and_does_not_hang(forked):
    """Making a store computes, without the engine: pages of the child would wait for ever."""
    assert forked.stdout.split()[1] == "5"
    assert "error[forked] this process was forked after Polars had computed" in forked.stderr


OPENING = """
import os, signal, sys, threading
from custrata.wsgi import application

parent, begun = os.getpid(), threading.Event()

def store():
    if os.getpid() == parent:
        begun.set()
        threading.Event().wait()
    return sys.argv[1]

made = application(store, person=lambda _: "lan")
threading.Thread(target=made.hosted.parts, daemon=True).start()
begun.wait(60)
if child := os.fork():
    os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0)
signal.alarm(60)  # ends a child that waits
made.desk
os._exit(0)
"""


def test_a_child_does_not_wait_for_what_its_parent_was_opening(tmp_path):
    store = f"sqlite:///{tmp_path / 'there.db'}"
    open_store(store).database.close()
    command = [sys.executable, "-W", "ignore", "-c", OPENING, store]
    assert subprocess.run(command, check=False).returncode == 0


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


@pytest.mark.parametrize("hold", [application, partial(Custrata, Flask("host"))])
def test_a_misspelt_option_is_no_setting(desk, hold):
    with pytest.raises(TypeError, match="'make_peple'; did you mean 'make_people'"):
        hold(store=desk, person=lambda *_: "an", make_peple=False)
