"""What waits is sent: in order, again where it fails, and by however many processes only once."""

import json
import os
import signal
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from threading import Event
from types import SimpleNamespace

import pytest
from sqlalchemy import update

from custrata.service.audit import events
from custrata.service.deliveries.deliver import ATTEMPTS, deliver, pause, send_test
from custrata.service.deliveries.destinations import (
    Said,
    add_destination,
    change_destination,
    destination,
    remove_destination,
)
from custrata.service.deliveries.letters import KEPT, Letters, drop, letters, listed, prune, replay
from custrata.service.deliveries.outbox import DOUBTS, LATELY, TOGETHER
from custrata.service.deliveries.posting import Answer, post
from custrata.service.desk import Desk
from custrata.service.runs import run
from custrata.service.work.jobs import ask
from custrata.service.work.worker import work
from custrata.store.database import Database
from custrata.store.faults import StoreError
from custrata.store.models import Outgoing
from tests.service.deliveries.receiving import destined, first, put_out, receiving, states
from tests.service.runs.putting import contact, customer, put, rules

QUICK = partial(post, patience=0.5)
RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
classifiers:
  reach:
    bands: {days_since_contact: {cuts: [30], names: [fresh, stale]}}
    table:
      rules:
        - {days_since_contact: stale, label: stale}
      otherwise: fresh
    effects: {stale: {enter: [{webhook: crm}], leave: [{webhook: crm}]}}
"""


@pytest.fixture
def inbox():
    with receiving() as found:
        yield found


def test_the_worker_sends_what_a_run_changed_and_nothing_else(desk, clock, inbox):
    rules(desk, RULES)
    destined(desk, inbox)
    put(desk, customer("a", "hot", "2026-01-01"), customer("b", "hot", "2026-01-01"))
    put(desk, contact("a", "2026-11-01"), contact("b", "2026-11-20"))
    look = partial(work, desk, stop=Event(), once=True, kinds={"run": lambda *_: None})
    run(desk)
    look()
    assert inbox.requests == []  # a first run tells nobody
    clock.forward(days=10)
    run(desk)
    look()
    run(desk)
    look()
    assert len(inbox.requests) == 1
    (one,) = inbox.taken
    assert (one["customer_id"], one["from"], one["to"], one["why"]) == (
        "a",
        "fresh",
        "stale",
        "day",
    )
    assert set(states(desk).values()) == {"sent"}


def test_many_go_in_batches_and_in_order(desk, inbox):
    destined(desk, inbox, batch=3)
    keys = put_out(desk, *"abcabca")
    assert deliver(desk).sent == 7
    assert inbox.keys == keys
    assert len(inbox.requests) == 3
    marks = {headers["Idempotency-Key"] for headers, _ in inbox.requests}
    assert len(marks) == 3


def test_one_that_fails_hangs_and_comes_back_loses_nothing(desk, clock, inbox):
    destined(desk, inbox, batch=2)
    keys = put_out(desk, "a", "b", "a", "c", "a")
    inbox.answers = [500, "hang", 503]
    faults = []
    for _ in range(3):
        found = deliver(desk, QUICK)
        assert (found.sent, found.again) == (0, 2)
        faults.append(first(desk).fault)
        put_out(desk, "a", first=len(states(desk)))  # what comes meanwhile waits its turn
        assert deliver(desk, QUICK).again == 0, "the pause is kept"
        clock.forward(seconds=first(desk).due_at.timestamp() - clock().timestamp())
    assert faults == ["answered:500", "late", "answered:503"]
    assert deliver(desk, QUICK).sent == 8
    assert inbox.keys == [*keys, "m5", "m6", "m7"]
    assert len({headers["Idempotency-Key"] for headers, _ in inbox.requests[:4]}) == 1
    assert set(states(desk).values()) == {"sent"}


def test_webhooks_do_not_wait_for_a_long_job(desk, inbox):
    destined(desk, inbox)
    ask(desk, "long", due_at=desk.now() - timedelta(days=1))
    stop = Event()

    def long(desk, _arguments):
        put_out(desk, "a")
        end = time.monotonic() + 20
        while not inbox.taken and time.monotonic() < end:
            time.sleep(0.02)
        stop.set()
        return {"taken": len(inbox.taken)}

    told = []
    work(desk, stop=stop, every=0.05, kinds={"long": long}, told=told.append)
    assert [one.state for one in told] == ["done"]
    assert inbox.keys == ["m0"]
    assert states(desk) == {"m0": "sent"}, "the request at hand was written down before the end"


def test_one_that_is_away_does_not_hold_up_others(desk, inbox):
    destined(desk, inbox)
    with receiving() as gone:
        destined(desk, gone, "away")
    put_out(desk, "a", target="away")
    keys = put_out(desk, "a", first=1)
    found = deliver(desk)
    assert (found.sent, found.again, inbox.keys) == (1, 1, keys)
    assert first(desk).fault == "away"


def test_the_receiver_is_left_alone_for_as_long_as_it_asks(desk, clock, inbox):
    destined(desk, inbox)
    put_out(desk, "a")
    inbox.answers, inbox.headers = [429], {"Retry-After": "900"}
    deliver(desk)
    assert first(desk).due_at == clock() + timedelta(seconds=900)
    inbox.answers, inbox.headers = [503], {"Retry-After": "9" * 400}
    clock.forward(minutes=15)
    deliver(desk)
    assert first(desk).due_at < clock() + timedelta(hours=2)


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [(timedelta(minutes=50), (2900, 3000)), (timedelta(days=-1), (60, 60)), (None, (60, 60))],
)
def test_the_moment_until_which_it_wants_to_be_left_alone_is_heeded(
    desk, clock, inbox, monkeypatch, asked, seconds
):
    monkeypatch.setattr("custrata.service.deliveries.deliver._SPREAD", 0)
    destined(desk, inbox)
    put_out(desk, "a")
    until = "soon" if asked is None else format_datetime(datetime.now(UTC) + asked, usegmt=True)
    inbox.answers, inbox.headers = [500, 503], {"Retry-After": until}
    deliver(desk)
    clock.forward(hours=1)
    deliver(desk)
    least, most = seconds
    assert least <= (first(desk).due_at - clock()).total_seconds() <= most


def test_pauses_double_up_to_an_hour_and_are_spread(clock):
    assert [pause(n, 0.5).total_seconds() for n in (1, 2, 3, 7, 8, 30)] == [
        30, 60, 120, 1920, 3600, 3600,
    ]  # fmt: skip
    assert (pause(1, 0).total_seconds(), pause(1, 1).total_seconds()) == (24, 36)
    total = sum((pause(n, 0.5) for n in range(1, ATTEMPTS)), timedelta())
    assert timedelta(hours=20) < total < timedelta(hours=28)


def test_after_many_tries_messages_are_dead_and_can_be_sent_again(desk, clock, inbox):
    destined(desk, inbox)
    keys = put_out(desk, "a", "b")
    alone = ATTEMPTS - TOGETHER
    inbox.answers = [500] * (TOGETHER + 2 * alone)
    while "waiting" in states(desk).values():
        deliver(desk)
        clock.forward(hours=2)
    assert set(states(desk).values()) == {"dead"}
    assert len(inbox.requests) == TOGETHER + 2 * alone
    later = put_out(desk, "a", first=2)
    assert deliver(desk).sent == 1
    with desk.database.read() as session:
        assert letters(session) == {"crm": Letters(waiting=0, dead=2)}
        numbers = [one.id for one in listed(session, "crm", "dead")]
    assert replay(desk, "crm", numbers[1]) == 1
    assert deliver(desk).sent == 1
    assert replay(desk, "crm") == 1
    assert deliver(desk).sent == 1
    assert inbox.keys == [*later, keys[1], keys[0]]
    assert inbox.taken[1]["sequence"] < inbox.taken[0]["sequence"]
    with pytest.raises(StoreError, match="no-message"):
        replay(desk, "crm", numbers[1])


def test_a_message_that_is_refused_does_not_take_others_with_it(desk, inbox):
    destined(desk, inbox)
    keys = put_out(desk, "a", "b", "c")
    inbox.refuses = {keys[1]}
    found = deliver(desk)
    assert (found.sent, found.dead) == (2, 1)
    assert inbox.keys == [keys[0], keys[2]]
    assert states(desk) == {keys[0]: "sent", keys[1]: "dead", keys[2]: "sent"}


def test_one_that_makes_the_receiver_fail_holds_up_its_own_customer_alone(desk, clock, inbox):
    destined(desk, inbox)
    keys = put_out(desk, *"abcab")
    inbox.breaks = {keys[1]}
    for _ in range(TOGETHER + 1):
        deliver(desk)
        clock.forward(hours=2)
    others = [keys[0], keys[2], keys[3]]
    assert inbox.keys == others
    newer = put_out(desk, *"bd", first=5)
    for _ in range(ATTEMPTS):
        deliver(desk)
        clock.forward(hours=2)
    rest = [*others, newer[1], keys[4], newer[0]]
    assert inbox.keys == rest
    assert states(desk) == dict.fromkeys([*keys, *newer], "sent") | {keys[1]: "dead"}
    asked = Counter(
        (headers["Idempotency-Key"], tuple(one["key"] for one in json.loads(body)["messages"]))
        for headers, body in inbox.requests
    )
    assert {sent: count for (_key, sent), count in asked.items()} == {
        tuple(keys): TOGETHER,
        (keys[1],): ATTEMPTS - TOGETHER,
        **{(one,): 1 for one in [*others, keys[4], *newer]},
    }
    assert len({key for key, _sent in asked}) == len(asked), "a key of its own for each"


def test_where_many_customers_fail_lately_it_is_the_receiver(desk, clock, inbox):
    destined(desk, inbox)
    keys = put_out(desk, *(f"c{number}" for number in range(DOUBTS + 20)))
    inbox.breaks = set(keys)
    for _ in range(TOGETHER):
        assert deliver(desk).again == len(keys)
        clock.forward(minutes=30)
    assert deliver(desk).again == DOUBTS
    assert deliver(desk).again == 0, "the rest wait for the receiver"
    inbox.breaks = set()
    clock.forward(hours=2)
    assert deliver(desk).sent == len(keys)
    assert inbox.keys == keys


def test_many_that_fail_for_hours_do_not_hold_up_the_others(desk, clock, inbox):
    destined(desk, inbox)
    keys = put_out(desk, *(f"c{number}" for number in range(DOUBTS + 20)))
    inbox.breaks = set(keys[:DOUBTS])
    for _ in range(LATELY + 2):
        deliver(desk)
        clock.forward(hours=1)
    assert inbox.keys == keys[DOUBTS:]


@pytest.mark.parametrize("status", [429, 503])
def test_one_that_asks_for_it_is_left_alone_whatever_waits_for_it(desk, clock, inbox, status):
    destined(desk, inbox)
    put_out(desk, *"abc")
    inbox.headers = {"Retry-After": "900"}
    inbox.answers = [status] * (TOGETHER + 2)
    for count in range(1, TOGETHER + 3):
        deliver(desk)
        put_out(desk, "d", first=3 * count)
        deliver(desk)
        assert len(inbox.requests) == count
        clock.forward(hours=2)
    assert deliver(desk).sent == 3 + TOGETHER + 2


def refusing(after):
    """Refuses what is sent together; calls `after` with every message that is sent alone."""

    def send(_url, body, _headers, **_more):
        count = len(json.loads(body)["messages"])
        if count > 1:
            return Answer(422, "answered:422")
        after()
        return Answer(204, None)

    return send


def test_one_by_one_ends_when_its_time_is_up_and_goes_on_the_next_time(desk, inbox, monkeypatch):
    moment = [0.0]

    def later():
        moment[0] += 6

    clock = SimpleNamespace(monotonic=lambda: moment[0])
    monkeypatch.setattr("custrata.service.deliveries.deliver.time", clock)
    destined(desk, inbox)
    put_out(desk, *"abcde")
    assert [deliver(desk, refusing(later), seconds=10).sent for _ in range(4)] == [2, 2, 1, 0]


@pytest.mark.parametrize(
    "end",
    [
        lambda desk, inbox: remove_destination(desk, "crm"),
        lambda desk, inbox: change_destination(
            desk, "crm", Said(inbox.url, allow_private=True, active=False)
        ),
    ],
)
def test_one_by_one_ends_where_a_person_ends_it(desk, inbox, end):
    destined(desk, inbox)
    keys = put_out(desk, *"abc")
    assert deliver(desk, refusing(partial(end, desk, inbox))).sent == 1
    assert states(desk) == dict.fromkeys(keys, "waiting") | {keys[0]: "sent"}


def test_who_is_to_stop_begins_no_other_request(desk, inbox):
    destined(desk, inbox, batch=1)
    destined(desk, inbox, "other")
    put_out(desk, *"abc")
    put_out(desk, "a", target="other", first=3)
    stop = Event()

    def send(*words, **more):
        stop.set()
        return Answer(204, None)

    assert deliver(desk, send, stop=stop).sent == 1


def test_every_destination_has_its_turn_though_the_first_has_no_end(desk, inbox, monkeypatch):
    moment = [0.0]
    clock = SimpleNamespace(monotonic=lambda: moment[0])
    monkeypatch.setattr("custrata.service.deliveries.deliver.time", clock)
    sent = []

    def slow(url, *_words, **_more):
        sent.append(url[-1])
        moment[0] += 9
        return Answer(204, None)

    for name in "abc":
        add_destination(desk, name, Said(f"https://crm.example/{name}", batch=1))
        put_out(desk, *"xxxxx", target=name, first=len(states(desk)))
    for _ in range(2):
        deliver(desk, slow)
    assert "".join(sent) == "aabbccaabbcc"


def test_one_that_breaks_does_not_hold_up_others(desk, inbox, caplog):
    destined(desk, inbox, "broken")
    destined(desk, inbox)
    put_out(desk, "a", target="broken")
    keys = put_out(desk, "a", first=1)

    def send(*words, **more):
        if not inbox.over.is_set():
            inbox.over.set()
            raise ValueError("Lan 0912345678")
        return post(*words, **more)

    assert deliver(desk, send).sent == 1
    assert inbox.keys == keys
    assert caplog.messages == ["sending to broken broke off: ValueError"]


def test_a_receiver_that_is_gone_is_switched_off_and_its_messages_wait(desk, clock, inbox):
    destined(desk, inbox)
    put_out(desk, "a")
    inbox.answers = [410]
    deliver(desk)
    clock.forward(days=1)
    assert deliver(desk).sent == 0
    with desk.database.read() as session:
        row = destination(session, "crm")
        assert (row.active, row.fault) == (False, "answered:410")
        assert events(session)[0].action == "webhook.gone"
    change_destination(desk, "crm", Said(inbox.url, allow_private=True))
    assert deliver(desk).sent == 1


def test_a_redirect_is_not_followed(desk, inbox):
    destined(desk, inbox)
    put_out(desk, "a")
    inbox.answers, inbox.headers = [307], {"Location": inbox.url}
    assert deliver(desk).again == 1
    assert len(inbox.requests) == 1
    assert first(desk).fault == "answered:307"


def test_what_nobody_is_there_for_waits(desk, inbox):
    put_out(desk, "a", target="nobody")
    assert deliver(desk).sent == 0
    with desk.database.read() as session:
        assert letters(session) == {"nobody": Letters(waiting=1, dead=0)}
    assert drop(desk, "nobody", "waiting") == 1
    assert states(desk) == {}


def test_what_was_sent_is_forgotten_after_a_week(desk, clock, inbox):
    destined(desk, inbox)
    put_out(desk, "a")
    deliver(desk)
    put_out(desk, "b", first=1)
    clock.forward(days=6)
    assert prune(desk) == 0
    clock.forward(seconds=KEPT.total_seconds())
    assert prune(desk) == 1
    assert list(states(desk)) == ["m1"]


def test_a_test_message_tells_of_nobody(desk, inbox):
    destined(desk, inbox)
    put_out(desk, "a")
    assert send_test(desk, "crm") == Answer(204, None)
    ((headers, body),) = inbox.requests
    assert b'"test"' in body
    assert b'"messages": []' in body
    assert headers["Custrata-Signature"].startswith("t=")
    assert states(desk) == {"m0": "waiting"}


def test_what_was_sent_is_written_down_though_somebody_else_has_taken_it_up(desk, inbox):
    """The late word of a process that was given up changes nothing."""
    destined(desk, inbox)
    put_out(desk, "a")

    def slow(*words, **more):
        with desk.database.write() as session:
            session.execute(update(Outgoing).values(attempts=7))
        return Answer(503, "answered:503")

    deliver(desk, slow)
    row = first(desk)
    assert (row.attempts, row.fault, row.state) == (7, None, "waiting")


def test_messages_of_different_moments_stay_together_when_a_process_dies(desk, clock, inbox):
    """So the key of the request is the same when it comes again."""
    destined(desk, inbox)
    for number in range(3):
        put_out(desk, "a", first=number)
        clock.forward(seconds=1)
    sent = []

    def dies(url, body, headers, **more):
        sent.append(headers["Idempotency-Key"])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deliver(desk, dies)
    put_out(desk, "a", first=3)
    assert deliver(desk).sent == 4
    keys = [headers["Idempotency-Key"] for headers, _ in inbox.requests]
    assert (keys[:1], len(keys)) == (sent, 2)


def start(url: str, clock, work) -> int:
    """A process of its own that works at the store."""
    child = os.fork()
    if child == 0:
        try:
            work(Desk(Database(url), clock=clock))
        finally:
            os._exit(0)
    return child


def emptying(desk):
    end = time.monotonic() + 30
    while "waiting" in states(desk).values() and time.monotonic() < end:
        deliver(desk, seconds=0.02)


def test_two_processes_send_nothing_twice(desk, url, clock, inbox):
    destined(desk, inbox, batch=3)
    keys = put_out(desk, *("abcdefg"[number % 7] for number in range(120)))
    desk.database.close()
    children = [start(url, clock, emptying) for _ in range(2)]
    assert [os.waitpid(one, 0)[1] for one in children] == [0, 0]
    assert inbox.keys == keys
    assert set(states(desk).values()) == {"sent"}


def test_a_process_that_is_killed_in_the_middle_loses_nothing(desk, url, clock, inbox):
    destined(desk, inbox, batch=2)
    keys = put_out(desk, "a", "b", "a")
    inbox.answers = ["hang"]
    desk.database.close()
    child = start(url, clock, deliver)
    end = time.monotonic() + 20
    while not inbox.requests:
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)
    assert deliver(desk).sent == 0, "nobody else sends there meanwhile"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    end = time.monotonic() + 20
    while not deliver(desk).sent:
        assert time.monotonic() < end, "its lock never went away"
        time.sleep(0.05)
    assert inbox.keys == keys
    before, after = (headers["Idempotency-Key"] for headers, _ in inbox.requests[:2])
    assert before == after
