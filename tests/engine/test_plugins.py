"""How plugins are found, asked and refused."""

import importlib.metadata
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from custrata.engine.diagnostics import PluginError, Severity
from custrata.engine.hookspecs import Classifier, Measure, hookimpl
from custrata.engine.plugins import BUILT_IN, FailedPlugin, Plugins, load_plugins
from custrata.engine.rules import read_ruleset

DEFAULTS = "table: {rules: [{m: 1, label: a}]}\nlabels: {a: {rank: 1}}\n"


def measure(name: str, **more: Any) -> Measure:
    return Measure(
        name=name,
        unit="x",
        type="integer",
        inputs=("transactions.amount",),
        compute=lambda facts, parameters, context: facts,
        **more,
    )


def folder(path: Path, defaults: str = DEFAULTS, **strings: str) -> Path:
    (path / "strings").mkdir(parents=True)
    (path / "defaults.yaml").write_text(defaults, encoding="utf-8")
    for language, text in strings.items():
        (path / "strings" / f"{language}.yaml").write_text(text, encoding="utf-8")
    return path


def plugin(
    name: str = "stranger",
    measures: Iterable[Any] | None = None,
    classifiers: Iterable[Any] | None = None,
    **more: Any,
) -> ModuleType:
    module = ModuleType(name)

    @hookimpl
    def custrata_measures() -> Iterable[Any]:
        return measures or ()

    @hookimpl
    def custrata_classifiers() -> Iterable[Any]:
        return classifiers or ()

    vars(module).update(
        custrata_measures=custrata_measures, custrata_classifiers=custrata_classifiers, **more
    )
    return module


def only_failed(*extra: object) -> FailedPlugin:
    plugins = load_plugins(extra)
    (failed,) = plugins.failed
    return failed


def test_what_ships_is_there() -> None:
    plugins = load_plugins()
    assert plugins.failed == ()
    assert set(BUILT_IN) <= {one.name for one in plugins.loaded if one.classifiers}
    assert {"recency_days", "frequency", "monetary"} <= plugins.measures.keys()
    assert "custrata" in plugins.versions


def test_a_plugin_brings_measures_and_classifiers(tmp_path: Path) -> None:
    where = folder(
        tmp_path / "x", en="name: X\nlabels: {a: Ah}\nbands: {m: {low: Low}}", vi="name: Ích"
    )
    declared = Classifier(name="x", folder=where)
    plugins = load_plugins([plugin("mine", [measure("m")], [declared], __version__="1.2")])
    assert plugins.failed == ()
    assert plugins.measures["m"].name == "m"
    found = plugins.classifiers["x"]
    assert found.declaration is declared
    assert found.strings["en"] == {
        "name": "X",
        "labels": {"a": "Ah"},
        "bands": {"m": {"low": "Low"}},
    }
    assert found.strings["vi"] == {"name": "Ích"}
    assert (found.distribution, found.version) == ("mine", "1.2")
    assert plugins.versions["mine"] == "1.2"
    ruleset = read_ruleset("ruleset: 1\nclassifiers: {x: {}}", "f", plugins)
    assert ruleset.classifiers[0].labels["a"].names == {"en": "Ah"}


def test_an_object_may_be_a_plugin() -> None:
    class Mine:
        @hookimpl
        def custrata_measures(self) -> Iterable[Measure]:
            return [measure("m")]

    assert "m" in load_plugins([Mine()]).measures


def test_nothing_is_kept_between_calls() -> None:
    assert "m" in load_plugins([plugin(measures=[measure("m")])]).measures
    assert "m" not in load_plugins().measures


def test_a_hook_may_be_a_generator() -> None:
    assert "m" in load_plugins([plugin(measures=(measure(name) for name in ("m", "n")))]).measures


@pytest.mark.parametrize("kind", ["measure", "classifier"])
def test_two_plugins_may_not_bring_one_name(kind: str, tmp_path: Path) -> None:
    declared = [Classifier(name="x", folder=folder(tmp_path / "x"))]
    brings = {"measures": [measure("x")]} if kind == "measure" else {"classifiers": declared}
    with pytest.raises(PluginError) as caught:
        load_plugins([plugin("one", **brings), plugin("two", **brings)])  # type: ignore[arg-type]
    message = str(caught.value)
    assert f"both bring the {kind} 'x'" in message
    assert "one" in message
    assert "two" in message


def test_a_name_of_the_engine_may_not_be_brought_again() -> None:
    with pytest.raises(PluginError, match="recency_days"):
        load_plugins([plugin(measures=[measure("recency_days")])])


def test_another_api_is_refused_with_the_remedy() -> None:
    failed = only_failed(plugin("old", [measure("m")], CUSTRATA_API=0))
    assert failed.name == "old"
    assert "API 0" in failed.reason
    assert "API 1" in failed.remedy


def test_a_hook_that_raises_is_reported() -> None:
    module = ModuleType("broken")

    @hookimpl
    def custrata_measures() -> Iterable[Measure]:
        raise RuntimeError("no licence")

    vars(module)["custrata_measures"] = custrata_measures
    assert "RuntimeError: no licence" in only_failed(module).reason


@pytest.mark.parametrize("returned", [[3], 3, None, ["m"]])
def test_a_hook_that_returns_something_else_is_reported(returned: Any) -> None:
    module = ModuleType("broken")

    @hookimpl
    def custrata_measures() -> Any:
        return returned

    vars(module)["custrata_measures"] = custrata_measures
    plugins = load_plugins([module])
    assert [one.name for one in plugins.failed] == ([] if returned is None else ["broken"])


def test_a_hook_with_unknown_arguments_is_reported() -> None:
    module = ModuleType("broken")

    @hookimpl
    def custrata_measures(facts: Any) -> Iterable[Measure]:
        return ()

    vars(module)["custrata_measures"] = custrata_measures
    assert "facts" in only_failed(module).reason


def test_parameters_must_be_a_schema() -> None:
    assert "parameters of m" in only_failed(plugin(measures=[measure("m", parameters=dict)])).reason


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"type": "numbr"}, "measure odd has the type 'numbr'"),
        ({"inputs": ("transaction.amount",)}, "measure odd reads 'transaction.amount'"),
        ({"inputs": ()}, "measure odd reads nothing"),
        ({"scope": "population"}, "measure odd has the scope 'population'"),
    ],
)
def test_a_declaration_that_could_only_break_later(more: Any, told: str) -> None:
    odd = replace(measure("odd"), **more)
    assert told in only_failed(plugin(measures=[odd])).reason


@pytest.mark.parametrize(
    ("defaults", "told"),
    [
        ("tabel: {}", "defaults.yaml:1:1 error[unknown-key] unknown key 'tabel'"),
        ("a: [", "yaml-syntax"),
        ("bands: {m: {cuts: [2, 1], names: [a, b, c]}}", "cuts must rise, got 1 after 2"),
        ("", "is empty"),
    ],
)
def test_defaults_that_are_wrong_are_reported(defaults: str, told: str, tmp_path: Path) -> None:
    where = folder(tmp_path / "x", defaults)
    assert told in only_failed(plugin(classifiers=[Classifier(name="x", folder=where)])).reason


def test_a_folder_that_is_missing_is_reported(tmp_path: Path) -> None:
    declared = Classifier(name="x", folder=tmp_path / "nowhere")
    assert "defaults.yaml" in only_failed(plugin(classifiers=[declared])).reason


def test_a_hook_that_nobody_knows_is_reported() -> None:
    plugins = load_plugins([plugin(custrata_mesures=lambda: (), custrata_readers=lambda: ())])
    found = {one.message.split("'")[1]: one for one in plugins.diagnostics}
    assert found.keys() == {"custrata_mesures", "custrata_readers"}
    assert found["custrata_mesures"].nearest == "custrata_measures"
    assert {one.severity for one in found.values()} == {Severity.WARNING}


def test_a_hook_without_its_mark_is_reported() -> None:
    module = ModuleType("forgetful")
    vars(module)["custrata_measures"] = lambda: [measure("m")]
    (found,) = load_plugins([module]).diagnostics
    assert found.code == "unmarked-hook"


# --- entry points -------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path, where distributions can be put."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def distribute(site: Path, name: str, module: str, version: str = "2.0") -> None:
    (site / f"{name}.py").write_text(module, encoding="utf-8")
    info = site / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(f"[custrata.plugins]\n{name} = {name}\n")


def test_strangers_come_by_their_entry_point(site: Path) -> None:
    text = """
from custrata.engine.hookspecs import Measure, hookimpl

@hookimpl
def custrata_measures():
    yield Measure(name="visits_90", unit="visits", type="integer", inputs=("contacts.channel",),
                  compute=lambda facts, parameters, context: facts)
"""
    distribute(site, "stranger_visits", text)
    plugins = load_plugins()
    assert "visits_90" in plugins.measures
    assert plugins.versions["stranger_visits"] == "2.0"


def test_a_stranger_that_cannot_be_imported_fails_alone(site: Path) -> None:
    distribute(site, "stranger_churn", "import a_module_that_is_not_there")
    plugins = load_plugins()
    (failed,) = plugins.failed
    assert (failed.name, failed.version) == ("stranger_churn", "2.0")
    assert "a_module_that_is_not_there" in failed.reason
    assert "stranger_churn" in failed.remedy
    assert set(BUILT_IN) <= {one.name for one in plugins.loaded if one.classifiers}


def test_a_stranger_that_cannot_be_parsed_fails_alone(site: Path) -> None:
    distribute(site, "stranger_typo", "def (")
    assert "SyntaxError" in load_plugins().failed[0].reason


def test_a_source_tree_without_metadata_has_the_built_in_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nothing(**named: Any) -> tuple[()]:
        return ()

    monkeypatch.setattr(importlib.metadata, "entry_points", nothing)
    plugins = load_plugins()
    assert plugins.failed == ()
    assert set(BUILT_IN) <= {one.name for one in plugins.loaded if one.classifiers}


def test_nobody_is_loaded_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [
        importlib.metadata.EntryPoint(name, f"custrata.plugins.{name}", "custrata.plugins")
        for name in (*BUILT_IN, *BUILT_IN)
    ]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda **named: entries)
    assert load_plugins().failed == ()


def test_loading_imports_no_engine() -> None:
    code = (
        "import sys; from custrata.engine.plugins import load_plugins; load_plugins();"
        "print([one for one in ('polars', 'duckdb', 'pandas', 'pyarrow') if one in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_plugins_are_empty_by_default() -> None:
    assert read_ruleset("ruleset: 1", "f", Plugins()).classifiers == ()
