"""The JSON Schema says what the reader says, as far as shapes go."""

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from custrata.engine.plugins import load_plugins
from custrata.engine.rules import json_schema
from custrata.engine.rules.document import bare, read_document
from tests.engine.rules.reading import faults, plugins
from tests.engine.rules.test_ruleset import EXAMPLE

ROOT = Path(__file__).parents[3]
SHIPPED = [ROOT / "config" / "rules.yaml", *sorted((ROOT / "config" / "presets").glob("*.yaml"))]
DEFAULTS = sorted((ROOT / "plugins").glob("*/defaults.yaml"))


def tree(text: str) -> Any:
    document = read_document(text, "f")
    assert document.root is not None
    return bare(document.root)


@pytest.fixture(scope="module")
def installed() -> Draft202012Validator:
    schema = json_schema(load_plugins())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    return Draft202012Validator(json_schema(plugins()))


def test_it_takes_the_example(validator: Draft202012Validator) -> None:
    validator.validate(tree(f"ruleset: 1\n{EXAMPLE}"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_it_takes_shipped_rules(path: Path, installed: Draft202012Validator) -> None:
    installed.validate(tree(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", DEFAULTS, ids=lambda path: path.parent.name)
def test_it_takes_plugins_defaults(path: Path, installed: Draft202012Validator) -> None:
    defaults = tree(path.read_text(encoding="utf-8"))
    installed.validate({"ruleset": 1, "classifiers": {path.parent.name: defaults}})


GOOD = [
    "{}",
    "window_days: all",
    "time_zone:",
    "measures: {a: {measure: frequency, window: [all, 1], calendar: year, count: days}}",
    "measures: {a: {ratio: [b, c]}, b: {difference: [c, d]}, c: {days_since: created_at}}",
    "measures: {a: {measure: adoption_days, product: x, launch: 2026-01-01}}",
    "classifiers: {rfm: }",
    "classifiers: {rfm: {bands: {frequency: {cuts: [9]}}}}",
    "classifiers: {mine: {plugin: rfm, enabled: false}}",
    "classifiers: {a: {table: {hit_policy: {priority: [x, 1]}, rules: [{m: null, label: x}]}}}",
    "classifiers: {a: {table: {rules: [{m: [a, [1, null]], label: x, note: n}], otherwise: }}}",
    """
    classifiers:
      a:
        bands: {m: {cuts: [mean, {quantile: 0.5, method: step}], names: [1, 2, 3], closed: right}}
        table: {rules: [{m: '2', label: x}]}
    """,
    """
    classifiers:
      a:
        table: {rules: [{m: 1, label: x}]}
        labels: {x: {rank: 1, name: {en: X}}}
        effects: {x: {enter: [remind, {webhook: a}], leave: [restore_stage, {set_stage: a}]}}
    """,
    "classifiers: {rfm: {where: , outside: , parameters: {horizon: 3}}}",
]
BAD = [
    "ruleset: 2",
    "clasifiers: {}",
    "window_days: 0",
    "window_days: ever",
    "currency: vnd",
    "measures: {label: {days_since: a}}",
    "measures: {a: {measure: frequency, cuont: days}}",
    "measures: {a: {measure: freqency}}",
    "measures: {a: {measure: recency_days, window: 30}}",
    "measures: {a: {measure: adoption_days, product: x}}",
    "measures: {a: {measure: monetary, statistic: median}}",
    "measures: {a: {ratio: [b]}}",
    "measures: {'#a': {days_since: b}}",
    "measures: {'#a': {days_since: b}}",
    "measures: {a: {measure: frequency, window: [36501, 0]}}",
    "measures: {a: {measure: frequency, window: [all, 36501]}}",
    "window_days: 36501",
    "classifiers: {_a: {table: {rules: [{m: 1, label: x}]}}}",
    "measures: {a: {ratio: [b, c], days_since: d}}",
    "classifiers: {a.b: {table: {rules: []}}}",
    "classifiers: {a: {tabel: {rules: []}}}",
    "classifiers: {a: {table: {rules: [{m: 1}]}}}",
    "classifiers: {a: {table: {rules: [{m: {x: 1}, label: x}]}}}",
    "classifiers: {a: {table: {rules: [{m: [], label: x}]}}}",
    "classifiers: {a: {table: {rules: [{m: 1, label: [x]}]}}}",
    "classifiers: {a: {table: {hit_policy: frist, rules: []}}}",
    "classifiers: {a: {table: {hit_policy: {collect: avg}, rules: []}}}",
    "classifiers: {a: {table: {hit_policy: {priority: []}, rules: []}}}",
    "classifiers: {a: {table: {otherwise: x}}}",
    "classifiers: {a: {bands: {m: {cuts: [1]}}, table: {rules: [{m: 1, label: x}]}}}",
    "classifiers: {rfm: {bands: {frequency: {cuts: [meen]}}}}",
    "classifiers: {rfm: {bands: {frequency: {cuts: [{quantile: 2}]}}}}",
    "classifiers: {rfm: {bands: {frequency: {closed: leftt}}}}",
    "classifiers: {rfm: {labels: {best: {rank: 0}}}}",
    "classifiers: {rfm: {labels: {best: {treatment: call}}}}",
    "classifiers: {rfm: {effects: {best: {enter: [webhook]}}}}",
    "classifiers: {rfm: {effects: {best: {enter: [{webhook: 'https://a.b'}]}}}}",
    "classifiers: {rfm: {enabled: maybe}}",
]


def whole(text: str) -> Any:
    head = "" if text.startswith("ruleset") else "ruleset: 1\n"
    return tree(head + ("" if text == "{}" else dedent(text)))


@pytest.mark.parametrize("text", GOOD)
def test_it_takes_what_is_good(text: str, validator: Draft202012Validator) -> None:
    validator.validate(whole(text))
    found = faults("" if text == "{}" else dedent(text))
    assert not [one for one in found if one.severity == "error"]


@pytest.mark.parametrize("text", BAD)
def test_it_refuses_what_is_bad(text: str, validator: Draft202012Validator) -> None:
    assert not validator.is_valid(whole(text))
    assert faults(text) if not text.startswith("ruleset") else True


def test_the_version_is_needed(validator: Draft202012Validator) -> None:
    assert not validator.is_valid({})


def test_every_key_is_described() -> None:
    schema = json_schema(plugins())
    classifier = schema["$defs"]["classifier"]["properties"]
    for name, part in {**schema["properties"], **classifier}.items():
        assert part.get("description") or name == "table", name
    assert "rfm" in schema["properties"]["classifiers"]["anyOf"][0]["properties"]
