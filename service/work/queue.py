"""Waking a worker at once, through Redis; what there is to do stands in the database alone.

A message carries a job's id for whoever looks into the queue. It is not read here: that one came is
enough, so a queue that others can write to makes nobody do anything but look.
"""

from __future__ import annotations

import json
import logging
import time
from hashlib import blake2b
from threading import Event
from typing import Any

from custrata.store.database import Database
from custrata.store.faults import refuse

_ALLOWED = "redis://host:port/number"
_PATIENCE = 3.0
_log = logging.getLogger(__name__)


class Queue:
    """The jobs of a store on a Redis, as messages of huey.

    Redis may lose them, or be away: then workers find jobs by looking, some seconds later.
    """

    def __init__(self, url: str, database: Database):
        """Prepare; nothing is connected yet.

        Args:
            url: `redis://host:port/number`.
            database: whose jobs these are. Its name tells stores on one Redis apart.

        Raises:
            StoreError: the address is none, or huey is not installed.
        """
        self._away = False
        self._huey = _huey(url, database)
        self._task = self._huey.task(name="job")(lambda job: job)

    def ring(self, job: int) -> None:
        """Say that a job waits."""
        from redis import RedisError

        try:
            self._task(job)
        except RedisError:
            self._say(away=True)
        else:
            self._say(away=False)

    def wait(self, stop: Event, seconds: float) -> None:
        """Return when somebody rings, `stop` is set, or time is up."""
        from redis import RedisError

        until = time.monotonic() + seconds
        while not stop.is_set() and (left := until - time.monotonic()) > 0:
            try:
                rung = self._huey.storage.dequeue() is not None
            except RedisError:
                self._say(away=True)
                stop.wait(left)
            else:
                self._say(away=False)
                if rung:
                    return

    def _say(self, *, away: bool) -> None:
        """Once when it goes, once when it is back."""
        if away and not self._away:
            _log.warning("Redis does not answer; jobs are found by looking, some seconds later")
        if self._away and not away:
            _log.warning("Redis answers again")
        self._away = away


def _huey(url: str, database: Database) -> Any:
    try:
        from huey import RedisHuey  # type: ignore[import-untyped]
        from redis import ConnectionPool
    except ModuleNotFoundError as error:
        fault = "huey is not installed, through which jobs go to Redis"
        raise refuse("queue-driver", fault, "pip install 'custrata[queue]'") from error
    try:
        pool = ConnectionPool.from_url(
            url, socket_connect_timeout=_PATIENCE, socket_timeout=_PATIENCE
        )
    except ValueError:
        raise refuse("queue-address", "this is no address of a Redis", _ALLOWED) from None
    return RedisHuey(
        _name(database), connection_pool=pool, results=False, serializer=_json_serializer()
    )


def _name(database: Database) -> str:
    digest = blake2b((database.url.database or "").encode(), digest_size=6).hexdigest()
    return f"custrata{digest}"


def _json_serializer() -> Any:
    """Messages as JSON: huey's own are pickles, which run whatever who writes them likes."""
    from huey.registry import Message  # type: ignore[import-untyped]
    from huey.serializer import Serializer  # type: ignore[import-untyped]

    class Json(Serializer):  # type: ignore[misc]
        def _serialize(self, data: Any) -> bytes:
            return json.dumps(data).encode()

        def _deserialize(self, data: bytes) -> Any:
            return Message(*json.loads(data))

    return Json()
