"""Decision tables of other systems, written in the rules format, with their published answers.

Each file names its source. `rules` is a rules file; `answers` are the published ones, one customer
each, and `differs` says where the other system means something else and how that was written.
"""

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from custrata import Engine
from custrata.engine.diagnostics import Severity
from custrata.engine.plugins import load_plugins

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*/*.yaml"))
FAMILIES = {"dmn", "scorecards", "rfm"}
KEYS = {"source", "about", "rules", "answers"}
OPTIONAL = {"differs", "errors", "batch_only"}
PLUGINS = load_plugins()


@cache
def read(path: Path) -> dict[str, Any]:
    """A published table."""
    table: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return table


def name_of(path: Path) -> str:
    return f"{path.parent.name}-{path.stem}"


# where `ties: rank` parts equal values, a single record has no rank
ONE_BY_ONE = [path for path in FILES if not read(path).get("batch_only")]


@cache
def engine_of(path: Path, engine: str = "polars") -> Engine:
    return Engine.from_text(read(path)["rules"], path.name, engine=engine, plugins=PLUGINS)


@cache
def run(path: Path, engine: str = "polars") -> Any:
    """All customers of a table classified at once."""
    frame = frame_of(read(path)["answers"])
    return engine_of(path, engine).run(as_of=date(2026, 11, 21), measures=frame)


def frame_of(answers: list[dict[str, Any]]) -> pl.DataFrame:
    """A row of measures per answer; what an answer does not give is null."""
    names = list(dict.fromkeys(name for answer in answers for name in answer["given"]))
    rows = [
        {"customer_id": customer(place), **{name: answer["given"].get(name) for name in names}}
        for place, answer in enumerate(answers)
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


def customer(place: int) -> str:
    return f"c{place:03}"


def batch(result: Any) -> dict[str, dict[str, Any]]:
    """Labels by customer, as the run gave them."""
    return {row.pop("customer_id"): row for row in result.labels.to_dicts()}


def listed(label: Any) -> Any:
    """A list of labels from the JSON that a frame holds."""
    return json.loads(label) if isinstance(label, str) and label.startswith("[") else label


def explained(result: Any) -> dict[str, dict[str, Any]]:
    """Labels by customer, as the run's explanations give them."""
    found: dict[str, dict[str, Any]] = {}
    for one in result.explanations():
        found.setdefault(one["customer_id"], {})[one["classifier"]] = one["label"]
    return found


def mismatches(answers: list[dict[str, Any]], found: list[dict[str, Any]]) -> list[str]:
    """What the source and the engine tell apart."""
    return [
        f"{answer['given']} is {label!r} by the source, {labels[name]!r} here ({name})"
        for answer, labels in zip(answers, found, strict=True)
        for name, label in answer["expect"].items()
        if not same(label, labels[name])
    ]


def same(wanted: Any, found: Any) -> bool:
    """Numbers by value; a boolean and its text are one label, but 1 is not true."""
    if isinstance(wanted, bool) or isinstance(found, bool):
        return str(wanted).lower() == str(found).lower()
    return bool(wanted == (listed(found) if isinstance(wanted, list) else found))


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_run_gives_the_published_answers(path: Path, engine: str) -> None:
    answers = read(path)["answers"]
    labels = batch(run(path, engine))
    wrong = mismatches(answers, [labels[customer(place)] for place in range(len(answers))])
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_explanations_give_the_published_answers(path: Path) -> None:
    answers = read(path)["answers"]
    labels = explained(run(path))
    wrong = mismatches(answers, [labels[customer(place)] for place in range(len(answers))])
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", ONE_BY_ONE, ids=name_of)
def test_single_records_give_the_published_answers(path: Path) -> None:
    answers = read(path)["answers"]
    online = engine_of(path).calibrated(run(path).calibration)
    told = [online.explain(answer["given"]) for answer in answers]
    why = [{name: one["label"] for name, one in each.items()} for each in told]
    wrong = mismatches(answers, [online.classify(answer["given"]) for answer in answers])
    wrong += mismatches(answers, why)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_rules_are_without_error(path: Path) -> None:
    """Only the tables that their own system calls invalid have errors, the ones named."""
    found = engine_of(path).check()
    codes = {one.code for one in found if one.severity is Severity.ERROR}
    assert codes == set(read(path).get("errors", ())), found


def test_every_table_names_its_source() -> None:
    tables = [read(path) for path in FILES]
    assert {path.parent.name for path in FILES} == FAMILIES
    for path, table in zip(FILES, tables, strict=True):
        assert set(table) - OPTIONAL == KEYS, path
        assert "http" in table["source"], path
    assert len(FILES) >= 25
    assert sum(len(one["expect"]) for table in tables for one in table["answers"]) >= 150
