"""A plugin's folder is whole, and what it says of itself is true."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from custrata.engine.cases import cases_of, read_cases, run_case
from custrata.engine.diagnostics import Severity
from custrata.engine.engine import Engine
from custrata.engine.plugins import Plugins, load_plugins

ROOT = Path(__file__).parents[2]
FOLDERS = sorted(path.parent for path in ROOT.glob("plugins/*/__init__.py"))
LANGUAGES = ("en", "vi", "zh_Hant", "zh_Hans")
each_plugin = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


@pytest.fixture(scope="module")
def plugins() -> Plugins:
    return load_plugins()


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def snippets(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    return re.findall(r"^```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def labels_of(defaults: dict[str, Any]) -> set[str]:
    """Every label that a classifier can give."""
    table = defaults["table"]
    given = [*(row["label"] for row in table["rules"]), table["otherwise"], defaults.get("outside")]
    return {label for label in given if label is not None}


def leaves(strings: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(strings, dict):
        for key, inner in strings.items():
            yield from leaves(inner, (*path, key))
    else:
        yield path


def test_there_are_four() -> None:
    assert {folder.name for folder in FOLDERS} == {"rfm", "pareto", "loyalty", "stale_contact"}


@each_plugin
def test_files_are_there(folder: Path) -> None:
    names = {str(path.relative_to(folder)) for path in folder.rglob("*.*")}
    strings = {f"strings/{language}.yaml" for language in LANGUAGES}
    assert {"__init__.py", "defaults.yaml", "README.md", *strings} <= names
    assert list(folder.glob("cases/*.yaml"))


@each_plugin
def test_init_holds_hooks_only(folder: Path) -> None:
    module = ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))
    functions = [node for node in module.body if isinstance(node, ast.FunctionDef)]
    hooks = [ast.unparse(one) for function in functions for one in function.decorator_list]
    assert not [node for node in module.body if isinstance(node, ast.ClassDef)]
    assert hooks == ["hookimpl"] * len(functions)
    assert all(function.name.startswith("custrata_") for function in functions)


@each_plugin
def test_loads_as_a_plugin(folder: Path, plugins: Plugins) -> None:
    assert folder.name in plugins.classifiers


@each_plugin
def test_languages_name_the_same(folder: Path) -> None:
    named = {one: sorted(leaves(load(folder / f"strings/{one}.yaml"))) for one in LANGUAGES}
    assert named["en"] == named["vi"] == named["zh_Hant"] == named["zh_Hans"]


@each_plugin
def test_every_label_and_band_has_a_name(folder: Path) -> None:
    defaults, strings = load(folder / "defaults.yaml"), load(folder / "strings/en.yaml")
    bands = {(name, band) for name, one in defaults["bands"].items() for band in one["names"]}
    named = {(name, band) for name, one in strings["bands"].items() for band in one}
    assert labels_of(defaults) <= strings["labels"].keys()
    assert bands <= named
    assert strings["name"]


@each_plugin
def test_cases_reach_every_label(folder: Path) -> None:
    cases = [case for path in folder.glob("cases/*.yaml") for case in read_cases(path)]
    told = [one.get(folder.name) for case in cases for one in case.expect.values()]
    named = load(folder / "strings/en.yaml")["labels"].keys()
    assert labels_of(load(folder / "defaults.yaml")) <= set(told)
    assert set(named) <= set(told)


@each_plugin
def test_readme_names_every_measure_and_label(folder: Path) -> None:
    readme = (folder / "README.md").read_text(encoding="utf-8")
    defaults = load(folder / "defaults.yaml")
    labels = load(folder / "strings/en.yaml")["labels"].keys() | labels_of(defaults)
    read = {name for row in defaults["table"]["rules"] for name in row} - {"label", "note"}
    named = labels | read | defaults["bands"].keys()
    assert not {name for name in named if f"`{name}`" not in readme}


@each_plugin
def test_readme_snippets_are_rules(folder: Path, plugins: Plugins) -> None:
    found = snippets(folder / "README.md")
    assert found
    for number, snippet in enumerate(found, start=1):
        place = f"{folder.name}/README.md, snippet {number}"
        engine = Engine.from_text(f"ruleset: 1\n{snippet}", place, plugins=plugins)
        faults = [one for one in engine.check() if one.severity is Severity.ERROR]
        assert not faults, "\n".join(map(str, faults))


def test_readme_cases_hold(plugins: Plugins) -> None:
    path = ROOT / "plugins/README.md"
    cases = [case for snippet in snippets(path) for case in cases_of(snippet, path)]
    assert len(cases) == 3
    assert not [mismatch for case in cases for mismatch in run_case(case, plugins=plugins)]
