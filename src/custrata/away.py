"""A store that is away, and those who ask meanwhile: a host's orders must not queue for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from custrata.engine.diagnostics import Diagnostic
from custrata.store.faults import StoreError, is_busy, refuse

AGAIN = 5.0
"""Seconds after which a store that refused, or says nothing, is asked again."""
SILENT = 3.0
"""Seconds without an answer, after which others are told that the store is away."""


class Away:
    """What a store refused, or that it says nothing, told to whoever asks in the next seconds."""

    def __init__(self) -> None:
        """Nothing was asked yet."""
        self._faults: tuple[Diagnostic, ...] = ()
        self._until = 0.0
        self._unanswered: float | None = None

    @contextmanager
    def told(self) -> Iterator[None]:
        """Ask the store, or be told what it has just refused, or that it does not answer.

        Once the seconds are over, one asks it anew; the others are told the same until it answers.
        That it is busy passes, so nobody else is told so.
        """
        now = monotonic()
        if now < self._until:
            self.tell()
            self._tell_silence(now)
        self._until = now + AGAIN
        if self._unanswered is None:
            self._unanswered = now
        faults: tuple[Diagnostic, ...] = ()
        try:
            yield
        except StoreError as refused:
            if not is_busy(refused):
                faults, self._until = refused.diagnostics, monotonic() + AGAIN
            raise
        finally:
            self._faults, self._unanswered = faults, None

    def tell(self) -> None:
        """Raise what the store refused last, if it did."""
        if faults := self._faults:
            raise StoreError(faults)

    def _tell_silence(self, now: float) -> None:
        since = self._unanswered
        if since is not None and now - since > SILENT:
            raise refuse("database-away", "the database does not answer")
