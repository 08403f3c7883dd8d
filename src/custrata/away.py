"""A store that is away, and those who ask meanwhile: a host's orders must not queue for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from custrata.engine.diagnostics import Diagnostic
from custrata.store.faults import StoreError

AGAIN = 5.0
"""Seconds after which a store that refused is asked again."""


class Away:
    """What a store refused, told to whoever asks in the next seconds."""

    def __init__(self) -> None:
        """Nothing was refused yet."""
        self._faults: tuple[Diagnostic, ...] = ()
        self._until = 0.0

    @contextmanager
    def told(self) -> Iterator[None]:
        """Ask the store, or be told what it has just refused.

        Once the seconds are over, one asks it anew; the others are told the same until it answers.
        """
        if monotonic() < self._until:
            self.tell()
        self._until = monotonic() + AGAIN
        try:
            yield
        except StoreError as refused:
            self._faults, self._until = refused.diagnostics, monotonic() + AGAIN
            raise
        self._faults = ()

    def tell(self) -> None:
        """Raise what the store refused last, if it did."""
        if self._faults:
            raise StoreError(self._faults)
