"""What each installation can do: the engine with the base alone, the rest with its extra."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.packaging.base_only import PROJECT, installed_with

BASE_ONLY = Path(__file__).with_name("base_only.py")
EXTRAS = PROJECT["project"]["optional-dependencies"]

ENGINE = """
import sys
from datetime import date
import polars
from custrata import Engine
engine = Engine.from_text(
    "ruleset: 1\\nclassifiers:\\n  v: {bands: {monetary: {cuts: [mean], names: [low, high]}},"
    " table: {rules: [{monetary: high, label: key}], otherwise: rest}}"
)
day = date(2026, 11, 21)
sales = polars.DataFrame({"customer_id": ["a", "b"], "occurred_at": [day] * 2, "amount": [1, 9]})
result = engine.run(as_of=day, transactions=sales)
assert dict(result.labels.rows()) == {"a": "rest", "b": "key"}
online = engine.calibrated(result.calibration)
assert online.classify({"monetary": 7}) == {"v": "key"}
assert online.customer(as_of=day, transactions=[(day, 4)]).labels == {"v": "rest"}
assert not {"duckdb", "flask", "numpy", "pandas", "pyarrow", "scipy", "sqlalchemy"} & {*sys.modules}
"""
COMMAND = "import sys; sys.argv = ['custrata', *{words!r}]; from custrata.cli import main; main()"


def run(program: str, folder: Path, *extra: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BASE_ONLY), program, *extra]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_base_is_all_that_the_engine_needs(tmp_path):
    done = run(ENGINE, tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_base_is_small():
    wanted = {"click", "marshmallow", "narwhals", "pluggy", "polars", "pyyaml", "tzdata"}
    assert installed_with() - {"polars-runtime-32", "typing-extensions"} == wanted | {"custrata"}


@pytest.mark.parametrize(
    ("words", "extra"),
    [
        (["serve"], "panel"),
        (["demo", "--no-serve", "--dir", "demo"], "panel"),
        (["run"], "store"),
        (["openapi"], "api"),
        (["worker"], "store"),
        (["user", "list"], "store"),
    ],
    ids=lambda given: given if isinstance(given, str) else given[0],
)
def test_a_command_names_the_extra_that_it_lacks(words, extra, tmp_path):
    done = run(COMMAND.format(words=words), tmp_path)
    assert done.returncode == 1
    assert re.fullmatch(
        rf"custrata {words[0]} needs \w+, which is not installed: "
        rf"pip install 'custrata\[{extra}\]'\n",
        done.stderr,
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("extras", [(), ("api",)], ids=["base", "api"])
@pytest.mark.parametrize("module", ["custrata.flask", "custrata.wsgi"])
def test_a_host_is_told_what_the_panel_lacks(module, extras, tmp_path):
    done = run(f"import {module}", tmp_path, *extras)
    assert re.search(
        r"ModuleNotFoundError: custrata\.\w+ needs \w+, which is not installed: "
        r"pip install 'custrata\[panel\]'\n$",
        done.stderr,
    )


def test_the_panel_of_a_store_without_it_is_named(tmp_path):
    done = run(COMMAND.format(words=["serve", "--port", "0"]), tmp_path, "store")
    assert done.returncode == 1
    assert "pip install 'custrata[panel]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_store_works_without_the_panel(tmp_path):
    done = run(COMMAND.format(words=["user", "list"]), tmp_path, "store")
    assert done.returncode == 0, done.stderr


def test_a_frame_or_engine_that_is_not_installed_names_its_extra(tmp_path):
    program = """
from custrata import DataError, Engine
engine = Engine.from_text("ruleset: 1\\nclassifiers: {}", engine="duckdb")
try:
    engine.run(as_of=__import__("datetime").date(2026, 1, 1), customers=object())
except DataError as error:
    print(error)
"""
    done = run(program, tmp_path)
    assert "pip install 'custrata[duckdb]'" in done.stdout, done.stderr


def test_every_extra_that_a_text_names_is_there(root):
    sources = [*(root / "docs").rglob("*.md"), root / "README.md"]
    for folder in ("admin", "api", "engine", "plugins", "service", "store", "src/custrata/cli"):
        sources += (root / folder).rglob("*.py")
    named = set()
    for path in sources:
        for listed in re.findall(r"custrata\[([a-z0-9,]+)\]", path.read_text("utf-8")):
            named |= set(listed.split(","))
    assert {"duckdb", "fit", "pandas", "xlsx"} & named
    assert named <= set(EXTRAS)


def test_all_has_every_extra():
    (everything,) = EXTRAS["all"]
    large = {"spark"}  # and needs Java
    assert set(re.findall(r"[a-z]+", everything.partition("[")[2])) == {*EXTRAS} - {"all"} - large


@pytest.mark.parametrize("package", ["flask", "sqlalchemy", "psycopg", "pymysql", "duckdb"])
def test_a_host_without_extras_gets_none_of_it(package):
    assert package not in installed_with()
