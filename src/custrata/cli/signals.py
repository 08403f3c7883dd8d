"""Being asked to stop: once kindly, twice at once."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SLICE = 0.25


class _Stop(Event):
    """Set by signal handlers, which must not take a lock that the thread they interrupt holds."""

    def __init__(self) -> None:
        super().__init__()
        self._asked = False

    def set(self) -> None:
        self._asked = True

    def is_set(self) -> bool:
        return self._asked

    def wait(self, timeout: float | None = None) -> bool:
        until = float("inf") if timeout is None else time.monotonic() + timeout
        while not self._asked and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _SLICE))
        return self._asked


@contextmanager
def stopping() -> Iterator[Event]:
    """What a first signal sets; a second one does what it always does."""
    stop = _Stop()
    before: dict[int, Any] = {one: signal.getsignal(one) for one in _SIGNALS}

    def ask(number: int, _frame: object) -> None:
        stop.set()
        signal.signal(number, before[number])

    for number in before:
        signal.signal(number, ask)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
