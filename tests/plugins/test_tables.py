"""The two large tables, cell by cell, against what was written down apart from any rules."""

import csv
import itertools
import random
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from custrata.engine.cases import Case, run_case
from custrata.engine.engine import Engine

TABLES = Path(__file__).parent / "tables"
PRESETS = Path(__file__).parents[2] / "config/presets"
TODAY = date(2026, 11, 21)
PROBABILITY = {"high": 0.7, "medium": 0.3, "low": 0.29, "": None}


def loyalty_cells() -> list[dict[str, str]]:
    with (TABLES / "loyalty.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def eleven_scores() -> dict[str, str]:
    """Segment by score, `"555": "champions"`."""
    table = yaml.safe_load((TABLES / "rfm_eleven.yaml").read_text(encoding="utf-8"))
    return {str(score): segment for segment, scores in table.items() for score in scores}


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_all_cells_of_the_ladder(engine: str) -> None:
    cells = loyalty_cells()
    records = [
        {
            "customer_id": f"c{number}",
            "satisfaction": int(cell["satisfaction"]) if cell["satisfaction"] else None,
            "repurchase_probability": PROBABILITY[cell["repurchase"]],
            "recommend": cell["recommend"] or None,
        }
        for number, cell in enumerate(cells)
    ]
    expect = {f"c{number}": {"loyalty": cell["label"]} for number, cell in enumerate(cells)}
    case = Case("the ladder", (TODAY,), {"ruleset": 1}, {"measures": records}, expect)
    assert len({tuple(cell.values())[:3] for cell in cells}) == 6 * 4 * 4
    assert not run_case(case, engine)


def test_what_the_ladder_promises() -> None:
    cells = loyalty_cells()
    answers = ("satisfaction", "repurchase", "recommend")
    assert {cell["label"] for cell in cells if cell["satisfaction"] in ("1", "2")} == {"at_risk"}
    assert all(all(cell[name] for name in answers) for cell in cells if cell["label"] == "loyal")


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_all_scores_of_the_eleven(engine: str) -> None:
    segments = eleven_scores()
    rules = yaml.safe_load((PRESETS / "marketers.yaml").read_text(encoding="utf-8"))
    for bands in rules["classifiers"]["rfm"]["bands"].values():
        bands["cuts"] = [1, 2, 3, 4]
    records = [
        {"customer_id": score, "recency_days": 6 - r, "frequency": f, "monetary": m}
        for score in segments
        for r, f, m in [map(int, score)]
    ]
    expect = {score: {"rfm": segment} for score, segment in segments.items()}
    every = {"".join(map(str, one)) for one in itertools.product(range(1, 6), repeat=3)}
    assert set(segments) == every
    assert not run_case(Case("the eleven", (TODAY,), rules, {"measures": records}, expect), engine)


def test_quintiles_are_those_of_pandas() -> None:
    """Scores are what marketers get from `pandas.qcut` where it splits no equals."""
    draw = random.Random(17)
    table = pd.DataFrame(
        {
            "customer_id": [f"c{number}" for number in range(503)],
            "recency_days": [draw.randrange(1_000) for _ in range(503)],
            "frequency": [draw.randrange(1, 40) for _ in range(503)],
            "monetary": [draw.randrange(10_000_000) for _ in range(503)],
        }
    )
    result = Engine.from_file(PRESETS / "marketers.yaml").run(as_of=TODAY, measures=table)
    labels = dict(zip(result.labels["customer_id"], result.labels["rfm"], strict=True))
    assert labels == dict(zip(table["customer_id"], _by_pandas(table), strict=True))


def _by_pandas(table: Any) -> list[str]:
    segments = eleven_scores()
    r = pd.qcut(table["recency_days"], 5, labels=list("54321"))
    f = pd.qcut(table["frequency"], 5, labels=list("12345"))
    m = pd.qcut(table["monetary"], 5, labels=list("12345"))
    return [segments["".join(score)] for score in zip(r, f, m, strict=True)]
