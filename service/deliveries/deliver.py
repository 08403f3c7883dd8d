"""The worker's part: what waits for each destination is sent, and again where that fails.

Whoever sends to a destination holds its lock, which goes away with her process, so two processes
never send to one at a time. A process that dies after a request and before it wrote down what came
of it leaves the messages waiting: the next one sends them again, by the same keys.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from custrata import __version__
from custrata.service.audit import note
from custrata.service.deliveries.destinations import destination, destinations
from custrata.service.deliveries.outbox import DEAD, SENT, WAITING, Batch, claim, is_due, settle
from custrata.service.deliveries.posting import Answer, post
from custrata.service.deliveries.signing import HEADER, key_of, new_salt, secret_of, signature
from custrata.service.desk import Desk
from custrata.service.patience import patiently
from custrata.store.models import Destination

ATTEMPTS = 30
"""So often a message is tried, over about a day, before it is dead."""
SECONDS = 10.0
"""For so long the worker stays with one destination at a time."""
_FIRST, _LONGEST = 30, 3600
"""Seconds until the second try, and at most between two."""
_SPREAD = 0.2
_PATIENCE = 120.0
"""Seconds for which a busy database is waited for."""
_GONE = 410
_REFUSED = frozenset({400, 413, 415, 422})
"""Answers that speak of a message and not of the receiver: the same again would be refused too."""
Post = Callable[..., Answer]


@dataclass(frozen=True)
class Delivered:
    """What came of a look at all destinations: how many messages."""

    sent: int = 0
    again: int = 0
    dead: int = 0

    def __add__(self, other: Delivered) -> Delivered:
        return Delivered(self.sent + other.sent, self.again + other.again, self.dead + other.dead)


@dataclass(frozen=True)
class _Target:
    """A destination as it is sent to."""

    name: str
    url: str
    allow_private: bool
    batch: int
    secrets: tuple[str, ...]


def deliver(desk: Desk, send: Post = post, seconds: float = SECONDS) -> Delivered:
    """Send what is due, destination after destination.

    Args:
        send: posts, as `posting.post` does. seconds: how long to stay with each at most.

    Raises:
        StoreError: the database does not answer; what was sent meanwhile may be sent again.
    """
    with desk.database.read() as session:
        active = [one.name for one in destinations(session) if one.active]
        names = [one for one in active if is_due(session, one, desk.now())]
    found = Delivered()
    for name in names:
        with desk.database.lock(f"deliver:{name}") as held:
            if held:
                found += _deliver(desk, name, send, time.monotonic() + seconds)
    return found


def send_test(desk: Desk, name: str, send: Post = post) -> Answer:
    """Send a signed message without any customer at once; what came of it.

    Raises:
        StoreError: there is no such destination.
    """
    key = key_of(desk)
    with desk.database.read() as session:
        target = _target(destination(session, name), key, desk.now())
    return _send(desk, target, Batch((), 1, ()), send, kind="test")


def pause(attempt: int, chance: float, asked: int | None = None) -> timedelta:
    """How long to wait after so many tries: twice as long each time, and not all at once.

    Args:
        chance: from 0 to 1. asked: seconds for which the receiver wants to be left alone.
    """
    seconds = min(_LONGEST, _FIRST * 2 ** min(attempt - 1, 10))
    spread = seconds * (1 + _SPREAD * (2 * chance - 1))
    return timedelta(seconds=max(spread, min(asked or 0, _LONGEST)))


def _deliver(desk: Desk, name: str, send: Post, until: float) -> Delivered:
    """Go on until nothing is due, one try failed, the time is up, or a person switched it off."""
    found, key = Delivered(), key_of(desk)
    while time.monotonic() < until and not found.again:
        with desk.database.read() as session:
            row = session.get(Destination, name)
            target = _target(row, key, desk.now()) if row is not None and row.active else None
        batch = claim(desk, name, target.batch) if target else None
        if target is None or batch is None:
            break
        found += _try(desk, target, batch, send)
    return found


def _target(row: Destination, key: str, now: datetime) -> _Target:
    salts = [row.salt]
    if row.old_salt and row.old_until and row.old_until > now:
        salts.append(row.old_salt)
    secrets = tuple(secret_of(key, row.name, salt) for salt in salts)
    return _Target(row.name, row.url, row.allow_private, row.batch, secrets)


def _try(desk: Desk, target: _Target, batch: Batch, send: Post) -> Delivered:
    """Send messages once, and where they are refused as a whole, each by itself."""
    answer, count = _send(desk, target, batch, send), len(batch.ids)
    if answer.status in _REFUSED and count > 1:
        return _singly(desk, target, batch, send)
    state, due_at = _next(desk, batch, answer)
    # also while a run lands: else the same would be sent again
    patiently(partial(settle, desk, batch, state, due_at, answer.fault), _PATIENCE)
    patiently(partial(_remember, desk, target.name, answer), _PATIENCE)
    return {
        SENT: Delivered(sent=count),
        WAITING: Delivered(again=count),
        DEAD: Delivered(dead=count),
    }[state]


def _next(desk: Desk, batch: Batch, answer: Answer) -> tuple[str, datetime]:
    """What becomes of messages after an answer, and when they are tried again, if they are."""
    if answer.fault is None:
        return SENT, desk.now()
    if answer.status in _REFUSED or (batch.attempt >= ATTEMPTS and answer.status != _GONE):
        return DEAD, desk.now()
    wait = pause(batch.attempt, random.random(), answer.after)  # noqa: S311 - no secret
    return WAITING, desk.now() + wait


def _singly(desk: Desk, target: _Target, batch: Batch, send: Post) -> Delivered:
    found = Delivered()
    for one in batch.each():
        found += _try(desk, target, one, send)
        if found.again:
            break
    return found


def _send(
    desk: Desk, target: _Target, batch: Batch, send: Post, kind: str = "transitions"
) -> Answer:
    now = desk.now()
    told = {"type": kind, "sent_at": now.isoformat(), "messages": list(batch.messages)}
    body = json.dumps(told, ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": f"custrata/{__version__}",
        "Idempotency-Key": batch.key if batch.ids else new_salt(),
        HEADER: signature(target.secrets, int(now.timestamp()), body),
    }
    return send(target.url, body, headers, allow_private=target.allow_private)


def _remember(desk: Desk, name: str, answer: Answer) -> None:
    """What the panel shows of a destination; one that is gone is switched off."""
    with desk.database.write() as session:
        row = session.get(Destination, name)
        if row is None:
            return
        row.tried_at, row.fault = desk.now(), answer.fault
        if answer.status == _GONE:
            row.active = False
            note(session, desk.of("system"), "webhook.gone", "webhook", name)
