"""The worker's part: what waits for each destination is sent, and again where that fails.

Whoever sends to a destination holds its lock, which goes away with her process, so two processes
never send to one at a time. A process that dies after a request and before it wrote down what came
of it leaves the messages waiting: the next one sends them again, by the same keys.
"""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from threading import Event

from custrata import __version__
from custrata.engine.diagnostics import CustrataError
from custrata.service.audit import note
from custrata.service.deliveries.destinations import destination, destinations
from custrata.service.deliveries.outbox import DEAD, SENT, WAITING, Batch, claim, is_due, settle
from custrata.service.deliveries.posting import BUSY, REFUSED, Answer, post
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
Post = Callable[..., Answer]
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Delivered:
    """What came of a look at all destinations: how many messages.

    Attributes:
        again: those that were not taken, and are sent once more, perhaps in the same look.
    """

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


def deliver(
    desk: Desk, send: Post = post, seconds: float = SECONDS, stop: Event | None = None
) -> Delivered:
    """Send what is due, destination after destination.

    Args:
        send: posts, as `posting.post` does.
        seconds: after which none is begun for a destination any more; the others have their turn.
        stop: once it is set, none is begun at all.

    Raises:
        StoreError: the database does not answer; what was sent meanwhile may be sent again.
    """
    with desk.database.read() as session:
        now = desk.now()
        takes = [one.name for one in destinations(session) if _takes(one, now)]
        names = [one for one in takes if is_due(session, one, now)]
    found = Delivered()
    for name in names:
        with desk.database.lock(f"deliver:{name}") as held:
            if held:
                over = partial(_is_over, stop, time.monotonic() + seconds)
                found += _deliver(desk, name, send, over)
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


def _is_over(stop: Event | None, until: float) -> bool:
    return time.monotonic() >= until or (stop is not None and stop.is_set())


def _deliver(desk: Desk, name: str, send: Post, over: Callable[[], bool]) -> Delivered:
    """Go on until nothing is due, or it is over; what is left waits."""
    found = Delivered()
    try:
        key = key_of(desk)
        while not over() and (one := _step(desk, name, key, send)):
            found += one
    except CustrataError:
        raise
    except Exception as error:  # noqa: BLE001 - what nobody thought of must not hold up the others
        _log.error("sending to %s broke off: %s", name, type(error).__name__)
    return found


def _step(desk: Desk, name: str, key: str, send: Post) -> Delivered | None:
    """One request; None where nothing is due, or the destination takes nothing now."""
    with desk.database.read() as session:
        row, now = session.get(Destination, name), desk.now()
        target = _target(row, key, now) if row is not None and _takes(row, now) else None
    batch = claim(desk, name, target.batch) if target else None
    return _try(desk, target, batch, send) if target and batch else None


def _takes(row: Destination, now: datetime) -> bool:
    """Whether it is switched on, and has not asked to be left alone."""
    return row.active and not (row.left_alone_until and row.left_alone_until > now)


def _target(row: Destination, key: str, now: datetime) -> _Target:
    salts = [row.salt]
    if row.old_salt and row.old_until and row.old_until > now:
        salts.append(row.old_salt)
    secrets = tuple(secret_of(key, row.name, salt) for salt in salts)
    return _Target(row.name, row.url, row.allow_private, row.batch, secrets)


def _try(desk: Desk, target: _Target, batch: Batch, send: Post) -> Delivered:
    """Send messages once, and write down what came of it."""
    answer, count = _send(desk, target, batch, send), len(batch.ids)
    state, due_at = _next(desk, batch, answer)
    # also while a run lands: else the same would be sent again
    patiently(partial(settle, desk, batch, state, due_at, answer.fault), _PATIENCE)
    left_alone = due_at if answer.after is not None or answer.status == BUSY else None
    patiently(partial(_remember, desk, target.name, answer, left_alone), _PATIENCE)
    return {
        SENT: Delivered(sent=count),
        WAITING: Delivered(again=count),
        DEAD: Delivered(dead=count),
    }[state]


def _next(desk: Desk, batch: Batch, answer: Answer) -> tuple[str, datetime]:
    """What becomes of messages after an answer, and when they are tried again, if they are."""
    if answer.fault is None:
        return SENT, desk.now()
    if answer.fault in REFUSED:  # of several, one may be at fault: each goes by itself
        return (WAITING if len(batch.ids) > 1 else DEAD), desk.now()
    if batch.attempt >= ATTEMPTS and answer.status != _GONE:
        return DEAD, desk.now()
    wait = pause(batch.attempt, random.random(), answer.after)  # noqa: S311 - no secret
    return WAITING, desk.now() + wait


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


def _remember(desk: Desk, name: str, answer: Answer, left_alone: datetime | None) -> None:
    """What the panel shows of a destination; one that is gone is switched off."""
    with desk.database.write() as session:
        row = session.get(Destination, name)
        if row is None:
            return
        row.tried_at, row.fault, row.left_alone_until = desk.now(), answer.fault, left_alone
        if answer.status == _GONE:
            row.active = False
            note(session, desk.of("system"), "webhook.gone", "webhook", name)
