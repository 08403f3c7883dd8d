"""zen-engine: one compiled expression."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import zen

from benchmarks.peers.expressions import Cuts, expression


def prepare(cuts: Cuts) -> Callable[[dict[str, Any]], Any]:
    """A function from a record to its labels."""
    compiled = zen.compile_expression(expression(cuts, "and"))
    return compiled.evaluate
