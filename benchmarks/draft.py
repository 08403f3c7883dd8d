"""A run, then a draft of its rules on what the run measured."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from benchmarks.job import AS_OF, FILES
from custrata import Engine

CHANGES = (
    ("recency_days: {cuts: [60]", "recency_days: {cuts: [45]"),
    ("{top_fraction: 0.01}", "{top_fraction: 0.02}"),
    ("{top_share: 0.8}", "{top_share: 0.75}"),
)


def run_and_what_if(engine: str, folder: Path) -> dict[str, float]:
    """Seconds of the run with its labels at hand, of the what-if, and how many would move."""
    rules = folder / "rules.yaml"
    draft = folder / "draft.yaml"
    draft.write_text(changed(rules.read_text()))
    ready = Engine.from_file(rules, engine=engine)
    files = {name: folder / f"{name}.parquet" for name in FILES}
    start = time.perf_counter()
    result = ready.run(as_of=AS_OF, **files)
    _compute(result.labels)
    ran = time.perf_counter()
    swap = ready.what_if(draft, result)
    moved = _compute(swap.moves)
    return {"run": ran - start, "what_if": time.perf_counter() - ran, "moved": moved}


def changed(rules: str) -> str:
    """The rules with three cut points moved."""
    for old, new in CHANGES:
        assert rules.count(old) == 1, old
        rules = rules.replace(old, new)
    return rules


def _compute(frame: Any) -> int:
    """How many rows a native frame has, with all its columns computed."""
    if hasattr(frame, "collect"):
        return len(frame.collect())
    return len(frame) if hasattr(frame, "height") else int(frame.to_arrow_table().num_rows)
