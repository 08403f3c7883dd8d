from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from custrata.cli import main

RULES = """\
ruleset: 1
classifiers:
  value:
    bands:
      recency_days: {cuts: [30], names: [recent, old], closed: right}
      monetary: {cuts: [{top_share: 0.8}], names: [small, big]}
    table:
      rules:
        - {recency_days: recent, monetary: big, label: star}
        - {monetary: big, label: sleeping}
      otherwise: rest
  hints:
    bands:
      frequency: {cuts: [2], names: [once, again]}
    table:
      hit_policy: collect
      rules:
        - {frequency: again, label: comes_back}
        - {monetary: "> 100", label: "pays, well"}
"""
SALES = """\
customer_id,occurred_at,amount
007,2026-11-01,500.10
007,2026-11-11,99.90
0010,2026-01-05,300.00
011,2026-10-30,20.00
011,2026-11-20,5.50
12,2026-03-03,1.00
"""
LABELS = [
    ("0010", "sleeping", ["pays, well"]),
    ("007", "star", ["comes_back", "pays, well"]),
    ("011", "rest", ["comes_back"]),
    ("12", "rest", []),
]


class Place:
    """A folder with rules and sales, and the command line in it."""

    RULES = RULES
    SALES = SALES
    LABELS = LABELS

    def __init__(self, folder: Path):
        self.folder = folder
        self.write("rules.yaml", RULES)
        self.write("sales.csv", SALES)

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def write(self, name: str, text: str | bytes) -> Path:
        data = text if isinstance(text, bytes) else text.encode()
        (self.folder / name).write_bytes(data)
        return self.folder / name

    def run(self, *words: str) -> Result:
        """`custrata` with these words."""
        return CliRunner().invoke(main, list(words))

    def classify(self, *more: str, rules: str = "rules.yaml", sales: str = "sales.csv") -> Result:
        """`custrata classify` on the sales, into labels.csv."""
        words = ["classify", "--rules", rules, "--as-of", "2026-11-21"]
        out = () if "--out" in more else ("--out", "labels.csv")
        return self.run(*words, "--transactions", sales, *out, *more)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.chdir(tmp_path)
    return Place(tmp_path)
