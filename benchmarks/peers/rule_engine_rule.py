"""rule-engine: one rule whose value is a map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import rule_engine

from benchmarks.peers.expressions import Cuts, expression


def prepare(cuts: Cuts) -> Callable[[dict[str, Any]], Any]:
    """A function from a record to its labels."""
    context = rule_engine.Context(resolver=rule_engine.resolve_item)
    return rule_engine.Rule(expression(cuts, "and"), context=context).evaluate
