"""`import custrata` stays light: what computes is imported when it is used."""

import json
import subprocess
import sys

import pytest

COMPUTES = {"duckdb", "narwhals", "numpy", "pandas", "polars", "pyarrow", "scipy"}
WEB_AND_STORE = {"alembic", "flask", "sqlalchemy", "wtforms"}
BUILD = {name for name in sys.modules if name.startswith("_sysconfigdata")}
"""What `sysconfig` brings, under another name on each platform."""
CORE = (
    "custrata",
    "custrata.engine.columns",
    "custrata.engine.compiled",
    "custrata.engine.diagnostics",
    "custrata.engine.hookspecs",
    "custrata.engine.model",
    "custrata.engine.record",
    "custrata.engine.rules",
    "custrata.engine.values",
)


def modules_after(statement: str) -> set[str]:
    """Top-level modules that a fresh interpreter holds after `statement`."""
    program = f"import json, sys; {statement}; print(json.dumps([*sys.modules]))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in json.loads(done.stdout)}


@pytest.mark.parametrize("module", CORE)
def test_importing_it_imports_no_engine_web_or_store(module):
    assert modules_after(f"import {module}").isdisjoint(COMPUTES | WEB_AND_STORE)


def test_custrata_alone_imports_no_other_library():
    assert modules_after("import custrata").isdisjoint({"click", "marshmallow", "pluggy", "yaml"})


@pytest.mark.parametrize("name", ["Engine", "Calibration", "RulesError", "RulesFile"])
def test_a_public_name_brings_no_library_at_all(name):
    """An import of the standard library alone is quick, whatever the machine."""
    found = modules_after(f"from custrata import {name}")
    ours = {"custrata", "__main__", "_distutils_hack", "sitecustomize"}
    assert found - set(sys.stdlib_module_names) - ours - BUILD == set()


def test_an_engine_is_made_without_what_computes():
    rules = "ruleset: 1\\nclassifiers: {v: {table: {rules: [{monetary: 1, label: x}]}}}"
    statement = f"from custrata import Engine; Engine.from_text('{rules}').classify({{}})"
    found = modules_after(statement)
    assert "marshmallow" in found
    assert found.isdisjoint({"duckdb", "numpy", "pandas", "polars", "pyarrow", "scipy"})
    assert found.isdisjoint(WEB_AND_STORE)


def test_the_public_names_are_there_when_asked_for():
    import custrata

    assert custrata.Engine.__module__ == "custrata.engine.engine"
    assert issubclass(custrata.RulesError, custrata.CustrataError)
    assert [name for name in custrata.__all__ if not hasattr(custrata, name)] == []
    assert set(custrata.__all__) <= set(dir(custrata))


def test_the_version_is_that_of_the_distribution():
    from importlib.metadata import version

    import custrata

    assert custrata.__version__ == version("custrata")


def test_an_unknown_name_is_an_attribute_error():
    import custrata

    with pytest.raises(AttributeError, match="no attribute 'engin'"):
        _ = custrata.engin
