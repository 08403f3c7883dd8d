"""A plugin's folder is whole, and what it says of itself is true."""

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from custrata.engine.cases import Case, cases_of, read_cases, run_case
from custrata.engine.diagnostics import Severity
from custrata.engine.engine import Engine
from custrata.engine.plugins import BUILT_IN, Plugins, load_plugins

ROOT = Path(__file__).parents[2]
FOLDERS = sorted(path.parent for path in ROOT.glob("plugins/*/__init__.py"))
TABLES = sorted(path.parent for path in ROOT.glob("plugins/**/defaults.yaml"))
LANGUAGES = ("en", "vi", "zh_Hant", "zh_Hans")
each_plugin = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
each_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)


@pytest.fixture(scope="module")
def plugins() -> Plugins:
    return load_plugins()


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def plugin_of(table: Path) -> Path:
    """The plugin's folder; a plugin of several classifiers has a folder for each table."""
    return table if table in FOLDERS else table.parent


def classifier_of(table: Path) -> str:
    return table.name if table in FOLDERS else f"{table.parent.name}_{table.name}"


def cases_in(folder: Path) -> list[Case]:
    return [case for path in folder.glob("cases/*.yaml") for case in read_cases(path)]


def snippets(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    return re.findall(r"^```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def labels_of(defaults: dict[str, Any]) -> set[str]:
    """Every label that a classifier can give."""
    table = defaults["table"]
    rows = (row["label"] for row in table["rules"])
    given = [*rows, table.get("otherwise"), defaults.get("outside")]
    return {label for label in given if label is not None}


def leaves(strings: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(strings, dict):
        for key, inner in strings.items():
            yield from leaves(inner, (*path, key))
    else:
        yield path


def labels_told(case: Case, classifier: str) -> Iterator[Any]:
    """Every label that a case expects of a classifier, on whatever day; a list's items each."""
    for one in case.expect.values():
        told = one.get(classifier)
        for label in told.values() if isinstance(told, dict) else [told]:
            yield from label if isinstance(label, list) else [label]


def test_there_are_thirteen() -> None:
    assert {folder.name for folder in FOLDERS} == set(BUILT_IN)
    assert len(FOLDERS) == 13


@each_plugin
def test_files_are_there(folder: Path) -> None:
    assert (folder / "README.md").exists()
    assert list(folder.glob("cases/*.yaml"))
    assert [table for table in TABLES if plugin_of(table) == folder]


@each_table
def test_a_table_speaks_four_languages(table: Path) -> None:
    assert {path.stem for path in table.glob("strings/*.yaml")} == set(LANGUAGES)


@each_plugin
def test_init_holds_hooks_only(folder: Path) -> None:
    module = ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))
    functions = [node for node in module.body if isinstance(node, ast.FunctionDef)]
    hooks = [ast.unparse(one) for function in functions for one in function.decorator_list]
    assert not [node for node in module.body if isinstance(node, ast.ClassDef)]
    assert hooks == ["hookimpl"] * len(functions)
    assert all(function.name.startswith("custrata_") for function in functions)


@each_table
def test_loads_as_a_plugin(table: Path, plugins: Plugins) -> None:
    brought = plugins.classifiers[classifier_of(table)]
    assert brought.declaration.folder.resolve() == table
    assert not plugins.failed


@each_plugin
def test_measures_have_a_name_in_every_language(folder: Path, plugins: Plugins) -> None:
    (brought,) = (one.measures for one in plugins.loaded if one.name == folder.name)
    strings = {
        path for table in TABLES if plugin_of(table) == folder for path in table.glob("s*/*")
    }
    named = [(path.stem, name) for path in strings for name in load(path).get("measures", {})]
    assert sorted(named) == sorted(itertools.product(LANGUAGES, brought))


@each_table
def test_languages_name_the_same(table: Path) -> None:
    named = {
        one: sorted(
            path for path in leaves(load(table / f"strings/{one}.yaml")) if path[0] != "notes"
        )
        for one in LANGUAGES
    }
    assert named["en"] == named["vi"] == named["zh_Hant"] == named["zh_Hans"]


@each_table
@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_every_note_has_its_translations(table: Path, language: str) -> None:
    rows = load(table / "defaults.yaml")["table"]["rules"]
    told = {row["note"] for row in rows if row.get("note")}
    notes = load(table / f"strings/{language}.yaml").get("notes", {})
    assert set(notes) == told
    assert not [note for note, text in notes.items() if not text or text == note]


@each_table
def test_every_label_and_band_has_a_name(table: Path) -> None:
    defaults, strings = load(table / "defaults.yaml"), load(table / "strings/en.yaml")
    bands = {
        (name, band) for name, one in defaults.get("bands", {}).items() for band in one["names"]
    }
    named = {(name, band) for name, one in strings.get("bands", {}).items() for band in one}
    assert labels_of(defaults) <= strings["labels"].keys()
    assert bands <= named
    assert strings["name"]


@each_table
def test_cases_reach_every_label(table: Path) -> None:
    cases = cases_in(plugin_of(table))
    told = {label for case in cases for label in labels_told(case, classifier_of(table))}
    named = load(table / "strings/en.yaml")["labels"].keys()
    assert labels_of(load(table / "defaults.yaml")) <= told
    assert set(named) <= told


@each_table
def test_readme_names_every_measure_and_label(table: Path) -> None:
    readme = (plugin_of(table) / "README.md").read_text(encoding="utf-8")
    defaults = load(table / "defaults.yaml")
    labels = load(table / "strings/en.yaml")["labels"].keys() | labels_of(defaults)
    read = {name for row in defaults["table"]["rules"] for name in row} - {"label", "note"}
    named = labels | read | defaults.get("bands", {}).keys()
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
