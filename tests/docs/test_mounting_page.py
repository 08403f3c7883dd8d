"""The page on mounting: its blocks run, one after another."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def test_the_blocks_run() -> None:
    text = (ROOT / "docs/mounting.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    for block in blocks:
        exec(block, names)
    assert len(blocks) == 5
    with names["client"] as client:
        assert client.get("/segments/rules/").status_code == 200
    names["custrata"].close()
    assert names["panel"].engine().ruleset.classifiers
    names["panel"].close()


def test_the_examples_that_it_names_are_there() -> None:
    text = (ROOT / "docs/mounting.md").read_text(encoding="utf-8")
    named = re.findall(r"`(examples/[a-z_/.]+)`", text)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
