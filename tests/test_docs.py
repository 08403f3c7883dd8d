"""The documentation says what the code does: hooks, fields, and examples that run."""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
from datetime import date
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from custrata import Engine
from custrata.engine import hookspecs, load_plugins

ROOT = Path(__file__).parent.parent
PLUGINS = (ROOT / "docs/plugins.md").read_text(encoding="utf-8")
HOOKS = [
    name
    for name, _ in inspect.getmembers(hookspecs, inspect.isfunction)
    if name.startswith("custrata_")
]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("hook", HOOKS)
def test_each_hook_is_documented_with_its_arguments(hook: str) -> None:
    signature = inspect.signature(getattr(hookspecs, hook))
    (heading,) = re.findall(rf"^### `{hook}\((.*?)\)", PLUGINS, re.MULTILINE)
    assert heading == ", ".join(signature.parameters)


@pytest.mark.parametrize("declared", [hookspecs.Measure, hookspecs.Classifier])
def test_each_field_is_documented(declared: type) -> None:
    (table,) = re.findall(rf"\| field of `{declared.__name__}` .*?\n\n", PLUGINS, re.DOTALL)
    fields = {field.name for field in dataclasses.fields(declared)}
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == fields


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_the_plugin_of_the_documentation_runs(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "custrata_weekend"
    folder.mkdir()
    (folder / "__init__.py").write_text(blocks(PLUGINS, "python")[0], encoding="utf-8")
    (folder / "defaults.yaml").write_text(blocks(PLUGINS, "yaml")[0], encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "custrata_weekend", raising=False)
    plugin = __import__("custrata_weekend")
    rules = "ruleset: 1\nclassifiers:\n  weekend: {}\n"
    loaded = Engine.from_text(rules, engine=engine, plugins=load_plugins([plugin]))
    sales = pl.DataFrame(
        {
            "customer_id": ["a", "a", "b"],
            "occurred_at": [date(2026, 11, 21), date(2026, 11, 16), date(2026, 11, 17)],
            "amount": [1, 1, 1],
        }
    )
    result = loaded.run(as_of=date(2026, 11, 21), transactions=sales)
    assert dict(result.labels.rows()) == {"a": "weekend_buyer", "b": "weekday_buyer"}


README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_embedding_as_the_readme_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    exec(blocks(README, "python")[0], {})
    assert capsys.readouterr().out.rstrip().endswith("important_value [1]")


def test_the_plugin_of_the_readme_runs() -> None:
    plugin = ModuleType("readme_plugin")
    exec(blocks(README, "python")[1], plugin.__dict__)
    rules = 'ruleset: 1\nclassifiers: {w: {table: {rules: [{weekend_share: ">= 0.5", label: w}]}}}'
    engine = Engine.from_text(rules, plugins=load_plugins([plugin]))
    sales = pl.DataFrame({"customer_id": ["a"], "occurred_at": [date(2026, 11, 21)], "amount": [1]})
    assert engine.run(as_of=date(2026, 11, 22), transactions=sales).labels["w"].to_list() == ["w"]


@pytest.mark.parametrize("page", ["README.md", "docs/plugins.md"])
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    links = re.findall(r"\]\((?!http)([^)#]+)", path.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_the_rules_of_the_rules_page_load() -> None:
    small, example = blocks((ROOT / "docs/rules.md").read_text(encoding="utf-8"), "yaml")
    engine = Engine.from_text(small)
    assert {one.severity for one in engine.check()} == {"info"}
    old = {"recency_days": 61, "monetary": 500}
    assert engine.classify(old) == {"freshness": "win_back"}
    assert engine.classify({**old, "recency_days": 60}) == {"freshness": "active"}
    names = [one.name for one in Engine.from_text(example).ruleset.classifiers]
    assert names == ["rfm", "stale_contact", "lead_score"]
