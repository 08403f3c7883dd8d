"""How long work tells how far it has come."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with a step's name, how many of its parts are done, and how many there are."""


def silent(step: str, done: int, total: int) -> None:
    """Progress that nobody watches."""
