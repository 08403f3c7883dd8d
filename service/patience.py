"""Writing while others write: what is worth the wait is tried again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from custrata.store.faults import StoreError, is_busy

Written = TypeVar("Written")
_PAUSE = 1.0
"""Seconds between two tries, besides those that the database itself waits."""


def patiently(
    write: Callable[[], Written], seconds: float, waits: Callable[[], None] = lambda: None
) -> Written:
    """Write, and where the database stays busy with another change, again.

    Args:
        seconds: after which no further try is made. waits: called before each further try.

    Raises:
        StoreError: it is busy for too long, or something else.
    """
    until = time.monotonic() + seconds
    while True:
        try:
            return write()
        except StoreError as error:
            if not is_busy(error) or time.monotonic() >= until:
                raise
        time.sleep(_PAUSE)
        waits()
