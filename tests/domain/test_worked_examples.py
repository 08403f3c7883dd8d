"""The worked examples by which the domain is defined."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from custrata.engine.cases import Case, read_cases, run_case
from custrata.engine.plugins import Plugins, load_plugins

CASES = [case for path in sorted(Path(__file__).parent.glob("*.yaml")) for case in read_cases(path)]
ENGINES = ["polars", "duckdb"]


@pytest.fixture(scope="module")
def plugins() -> Plugins:
    return load_plugins()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_worked_example(case: Case, engine: str, plugins: Plugins) -> None:
    mismatches = run_case(case if engine == "polars" else _brief(case), engine, plugins)
    assert not mismatches, "\n".join(map(str, mismatches))


def _brief(case: Case) -> Case:
    """The days on which something changes and those before them: a second engine needs no more."""
    told = [value for one in case.expect.values() for value in one.values()]
    changes = {day for value in told if isinstance(value, dict) for day in value}
    near = {date.fromisoformat(day) - timedelta(days=back) for day in changes for back in (0, 1)}
    return replace(case, days=tuple(day for day in case.days if not changes or day in near))


@pytest.mark.parametrize("engine", ENGINES)
def test_pyramid_of_a_thousand(engine: str, plugins: Plugins) -> None:
    """10 super, 40 large, 150 medium, 800 small."""
    places = ["super"] * 10 + ["large"] * 40 + ["medium"] * 150 + ["small"] * 800
    records = [
        {"customer_id": f"c{place}", "is_existing": True, "profit": 5_000_000 - 37 * place}
        for place in range(1_000)
    ]
    case = Case(
        name="a thousand existing customers",
        days=(date(2026, 11, 21),),
        rules={"ruleset": 1},
        given={"measures": records[::-1]},
        expect={f"c{place}": {"pyramid": label} for place, label in enumerate(places)},
    )
    assert not run_case(case, engine, plugins)
