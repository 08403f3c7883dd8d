"""Workers are woken through Redis, and do without it."""

import json
import threading
from threading import Event

import pytest

from custrata.service.desk import Desk
from custrata.service.work.jobs import ask
from custrata.service.work.queue import Queue
from custrata.store.database import Database
from custrata.store.faults import StoreError

FOREVER = 120
NOBODY = "redis://127.0.0.1:1/0"


@pytest.fixture
def store(tmp_path):
    return Database(f"sqlite:///{tmp_path}/store.db")


@pytest.fixture
def queue(redis_url, store):
    made = Queue(redis_url, store)
    yield made
    made._huey.storage.flush_queue()


def waiting(queue):
    thread = threading.Thread(target=queue.wait, args=(Event(), FOREVER), daemon=True)
    thread.start()
    return thread


def test_a_job_that_is_asked_for_wakes_one_worker(url, redis_url):
    queue = Queue(redis_url, Database(url))
    desk = Desk(queue_database := Database(url), bell=queue.ring)
    sleeper = waiting(Queue(redis_url, queue_database))
    assert sleeper.is_alive()
    ask(desk, "a")
    sleeper.join(FOREVER / 2)
    assert not sleeper.is_alive()
    assert queue._huey.storage.queue_size() == 0
    desk.database.close()


def test_a_store_does_not_hear_the_bell_of_another(queue, redis_url, tmp_path):
    other = Queue(redis_url, Database(f"sqlite:///{tmp_path}/other.db"))
    queue.ring(1)
    other.wait(Event(), 0.01)
    assert queue._huey.storage.queue_size() == 1


def test_messages_are_json_and_what_is_no_message_only_wakes(queue):
    queue.ring(7)
    (message,) = queue._huey.storage.enqueued_items()
    assert [7] in json.loads(message)
    queue._huey.storage.enqueue(b"\x80\x04cos\nsystem\n")
    for _ in range(2):
        queue.wait(Event(), FOREVER)
    assert queue._huey.storage.queue_size() == 0


def test_without_redis_one_goes_on_and_it_is_said_once(store, caplog):
    queue = Queue(NOBODY, store)
    for _ in range(2):
        queue.ring(1)
        queue.wait(Event(), 0.01)
    assert len(caplog.messages) == 1
    assert "Redis does not answer" in caplog.messages[0]


def test_a_redis_that_comes_back_is_heard_again(queue, redis_url, caplog):
    there, queue._huey = queue._huey, Queue(NOBODY, Database("sqlite:///x"))._huey
    queue.wait(Event(), 0.01)
    queue._huey = there
    queue.wait(Event(), 0.01)
    assert [text.split("; ")[0] for text in caplog.messages] == [
        "Redis does not answer",
        "Redis answers again",
    ]


def test_an_address_that_is_none(store):
    with pytest.raises(StoreError, match="no address of a Redis"):
        Queue("127.0.0.1:6379", store)
