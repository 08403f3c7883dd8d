"""The purchase model: its fit, its probabilities, and what is given instead."""

from __future__ import annotations

import random
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from custrata.engine.backends import Backend
from custrata.engine.measures.mbg_nbd import maximum_likelihood
from tests.engine.measures.measuring import AS_OF, people, run, sale, use

CDNOW = Path(__file__).parents[3] / "data" / "cdnow.parquet"
STATE = {"r": 0.6, "alpha": 60.0, "a": 0.5, "b": 1.0}
NAME = "repurchase_probability"


def probability(x: int, t: int, age: int, horizon: int, state: dict[str, float]) -> float:
    """The domain's formula."""
    r, alpha, a, b = (state[name] for name in ("r", "alpha", "a", "b"))
    alive = 1 / (1 + a / (b + x) * ((alpha + age) / (alpha + t)) ** (r + x))
    return alive * (1 - ((alpha + age) / (alpha + age + horizon)) ** (r + x))


def buyers(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Customers who buy at their own pace and may stop."""
    chance = random.Random(seed)
    rows = []
    for number in range(count):
        first, pace = chance.randrange(400, 700), chance.gammavariate(0.8, 1 / 40)
        day = first
        while day >= 0:
            rows.append(sale(f"c{number}", int(day)))
            day -= max(1, int(chance.expovariate(pace)))
            if chance.random() < 0.15:
                break
    return rows


def test_probabilities_follow_the_formula(engine: Backend) -> None:
    rows = [sale("a", 400), sale("a", 300), sale("a", 300), sale("a", 100), sale("b", 0)]
    rows += [sale("busy", days) for days in range(1700, 2000)]
    uses = [use("half_year", NAME, horizon=180)]
    states = {NAME: STATE, "half_year": STATE}
    customers = people("a", "b", "busy", "none")
    found = run(
        engine, NAME, "half_year", uses=uses, states=states, customers=customers, transactions=rows
    )
    assert found.told == []
    assert found.states == states
    for name, horizon in ((NAME, 90), ("half_year", 180)):
        values = found[name]
        assert values["a"] == pytest.approx(probability(2, 300, 400, horizon, STATE), abs=1e-9)
        assert values["b"] == pytest.approx(probability(0, 0, 0, horizon, STATE), abs=1e-9)
        assert values["busy"] == 0.0
        assert values["none"] is None
        assert all(value == round(value, 9) for value in values.values() if value is not None)


def test_the_fit_is_the_same_in_any_order_on_any_engine() -> None:
    from custrata.engine.backends import backend

    rows = buyers(400)
    shuffled = random.Random(2).sample(rows, len(rows))
    first = run(backend("polars"), NAME, transactions=rows)
    second = run(backend("duckdb"), NAME, transactions=shuffled)
    assert first.states == second.states
    assert first.rows == second.rows
    assert set(first.states[NAME]) == {"r", "alpha", "a", "b"}
    assert first.told == second.told == []


def test_too_few_repeat_buyers_make_null(engine: Backend) -> None:
    rows = [sale(f"c{number}", day) for number in range(49) for day in (5, 50)]
    rows += [sale(f"d{number}", 5) for number in range(9)]
    found = run(engine, NAME, transactions=rows)
    assert set(found[NAME].values()) == {None}
    assert found.states == {NAME: None}
    assert found.told == [f"{NAME} is null for everyone: 49 repeat buyers are too few, it takes 50"]
    again = run(engine, NAME, transactions=rows, states=found.states)
    assert set(again[NAME].values()) == {None}
    assert "could not be fitted" in again.told[0]


def test_fifty_repeat_buyers_are_enough(engine: Backend) -> None:
    rows = [sale(f"c{number}", day) for number in range(50) for day in (5, 50)]
    found = run(engine, NAME, transactions=rows)
    assert found.told == []
    assert all(0 < value < 1 for value in found[NAME].values())


def test_no_sales_at_all(engine: Backend) -> None:
    found = run(engine, NAME, transactions=[sale("a", 3, -1)])
    assert found[NAME] == {"a": None}


@pytest.mark.parametrize("record", ["customers", "measures"])
def test_what_is_given_wins_where_it_is_not_null(engine: Backend, record: str) -> None:
    rows = [sale("a", 400), sale("b", 400)]
    given = people("a", "b", **{NAME: ["0.25", None]})
    found = run(engine, NAME, states={NAME: STATE}, transactions=rows, **{record: given})
    model = run(engine, NAME, states={NAME: STATE}, transactions=rows)
    assert found[NAME] == {"a": 0.25, "b": model[NAME]["b"]}
    assert found.told == []


def test_what_is_given_needs_no_transactions(engine: Backend) -> None:
    found = run(engine, NAME, customers=people("a", "b", **{NAME: [0.7, None]}))
    assert found[NAME] == {"a": pytest.approx(0.7), "b": None}
    assert found.told == []


def test_without_scipy_it_is_null(engine: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    monkeypatch.delitem(sys.modules, "custrata.engine.measures.mbg_nbd", raising=False)
    found = run(engine, NAME, transactions=buyers(60))
    assert set(found[NAME].values()) == {None}
    assert "pip install 'custrata[fit]'" in found.told[0]


def test_the_fit_finds_the_maximum() -> None:
    """At the parameters found, no small step gives a higher likelihood."""
    from custrata.engine.measures.mbg_nbd import _Histories

    days: dict[str, set[int]] = {}
    for row in buyers(3000):
        days.setdefault(row["customer_id"], set()).add((AS_OF - row["occurred_at"]).days)
    rows = np.array([(len(own) - 1, max(own) - min(own), max(own), 1) for own in days.values()])
    chance = np.random.default_rng(5)
    found = maximum_likelihood(rows.tolist())
    assert maximum_likelihood(chance.permutation(rows).tolist()) == found
    here = np.log([found["r"], found["alpha"], found["a"], found["b"]])
    histories = _Histories.of(*rows.T)
    best, slope = histories.cost(here, 1.0)
    assert np.abs(slope).max() < 1e-6
    for step in np.eye(4) * 1e-2:
        assert histories.cost(here + step, 1.0)[0] > best
        assert histories.cost(here - step, 1.0)[0] > best


def cdnow() -> pl.DataFrame:
    return pl.read_parquet(CDNOW)


def test_cdnow_ninety_days_held_back() -> None:
    """The model's Brier score, against 0.136 for the base rate."""
    from custrata.engine.backends import backend

    sales, as_of = cdnow(), date(1997, 12, 31)
    columns = sales.select("customer_id", "occurred_at", "amount")
    found = run(backend("polars"), NAME, transactions=columns, as_of=as_of)[NAME]
    last = as_of + timedelta(days=90)
    later = set(
        sales.filter(pl.col("occurred_at").is_between(as_of, last, closed="right"))["customer_id"]
    )
    errors = [
        (chance - (customer in later)) ** 2
        for customer, chance in found.items()
        if chance is not None
    ]
    assert sum(errors) / len(errors) < 0.106
