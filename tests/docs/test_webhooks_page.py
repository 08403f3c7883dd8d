"""The page on webhooks: its receiver takes real deliveries."""

import json
import re
import sqlite3
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from custrata.service.deliveries.deliver import deliver
from custrata.service.deliveries.destinations import Said, add_destination, new_secret
from custrata.service.deliveries.letters import replay
from custrata.service.deliveries.signing import signature
from custrata.service.desk import wall_clock
from tests.service.deliveries.receiving import put_out, states

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def names():
    text = (ROOT / "docs/webhooks.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    found = {"__name__": "receiver"}
    exec(block, found)
    return found


@pytest.fixture
def receiver(names, tmp_path):
    class Here(names["Receiver"]):
        path_of_database = str(tmp_path / "labels.db")
        log_message = lambda *_: None  # noqa: E731

    server = ThreadingHTTPServer(("127.0.0.1", 0), Here)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    Here.url = f"http://127.0.0.1:{server.server_port}/"
    yield Here
    server.shutdown()
    server.server_close()


def known(receiver):
    with sqlite3.connect(receiver.path_of_database) as database:
        return dict(database.execute("SELECT customer_id, label FROM labels"))


@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
def test_it_takes_what_is_sent_once_and_in_order(desk, clock, receiver):
    clock.moment = wall_clock()
    receiver.secret = add_destination(desk, "crm", Said(receiver.url, allow_private=True))
    keys = put_out(desk, "a", "b", "a")
    assert deliver(desk).sent == 3
    assert known(receiver) == {"a": keys[2], "b": keys[1]}
    with desk.database.write() as session:
        session.connection().exec_driver_sql("UPDATE outbox SET state = 'dead' WHERE id = 1")
    replay(desk, "crm")
    assert deliver(desk).sent == 1
    assert known(receiver) == {"a": keys[2], "b": keys[1]}
    new_secret(desk, "crm")  # the receiver still has the old one
    put_out(desk, "c", first=3)
    assert deliver(desk).sent == 1
    assert known(receiver)["c"] == "m3"


@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
def test_it_takes_nothing_from_others(desk, clock, receiver):
    clock.moment = wall_clock()
    add_destination(desk, "crm", Said(receiver.url, allow_private=True))
    receiver.secret = "whsec_other"
    put_out(desk, "a")
    assert deliver(desk).again == 1
    assert set(states(desk).values()) == {"waiting"}


def test_what_older_messages_say_changes_nothing(names):
    database = sqlite3.connect(":memory:")
    database.executescript(names["TABLES"])
    one = {"customer_id": "a", "classifier": "rfm"}
    for key, to, sequence in (("1", "x", 5), ("2", "y", 4), ("1", "z", 6)):
        names["take_in"](database, [{**one, "key": key, "to": to, "sequence": sequence}])
    assert database.execute("SELECT label FROM labels").fetchall() == [("x",)]


def test_it_knows_a_signature(names):
    body, now = json.dumps({"messages": []}).encode(), 1795238400
    good = signature(["new", "old"], now, body)
    is_ours = names["is_ours"]
    assert is_ours("new", good, body, now)
    assert is_ours("old", good, body, now + 300)
    wrong = [
        ("other", good, body, now),
        ("new", good, body + b" ", now),
        ("new", good, body, now + 301),
        ("new", good.replace("t=17", "t=18"), body, now + 10**8),
        ("new", "", body, now),
        ("new", "t=,v1=", body, now),
        ("new", "t=²,v1=é", body, now),
    ]
    assert not any(is_ours(*one) for one in wrong)
