"""Common Expression Language (Rust): one compiled program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cel

from benchmarks.peers.expressions import Cuts, expression


def prepare(cuts: Cuts) -> Callable[[dict[str, Any]], Any]:
    """A function from a record to its labels."""
    return cel.compile(expression(cuts, "&&")).execute
