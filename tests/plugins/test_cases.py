"""Every case of every plugin, on both engines and as single records."""

from pathlib import Path

import pytest

from custrata.engine.cases import Case, read_cases, run_case
from custrata.engine.plugins import Plugins, load_plugins

ROOT = Path(__file__).parents[2]
CASES = [case for path in sorted(ROOT.glob("plugins/*/cases/*.yaml")) for case in read_cases(path)]


@pytest.fixture(scope="module")
def plugins() -> Plugins:
    return load_plugins()


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Case, engine: str, plugins: Plugins) -> None:
    mismatches = run_case(case, engine, plugins)
    assert not mismatches, "\n".join(map(str, mismatches))
