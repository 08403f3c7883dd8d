"""One customer from facts: all that a run says of her among others."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from custrata import Calibration, Engine
from custrata.engine import load_plugins
from custrata.engine.facts.records import DATED
from tests.engine.measures.measuring import AS_OF, ago
from tests.engine.measures.test_reference import CREATED, NAMES, RECORDS

PLUGINS = load_plugins()
OWN = {
    "basket": "{measure: monetary, statistic: mean}",
    "sale_days": "{measure: frequency, count: days}",
    "kinds": "{measure: frequency, count: product}",
    "quarter": "{measure: monetary, window: 90}",
    "first_tea": "{measure: adoption_days, product: tea, launch: 2024-01-01}",
    "told": "{measure: profile_completeness, questions: [satisfaction, recommend]}",
    "towns": "{measure: peer_count, attribute: town}",
    "per_sale": "{ratio: [monetary, frequency]}",
    "cost": "{difference: [monetary, profit]}",
    "age": "{days_since: born}",
}


def every_measure() -> str:
    """A ruleset that reads all measures there are, and has cut points found in each number."""
    text = ["ruleset: 1", "measures:", *(f"  {name}: {use}" for name, use in OWN.items())]
    text.append("classifiers:")
    for name in [*PLUGINS.measures, *OWN, "town", "groups.vip", "created_at"]:
        known = PLUGINS.measures.get(name)
        kind = known.type if known else "number" if name in OWN else "text"
        label = name.replace(".", "_")
        if kind in ("text", "boolean"):
            rules = f"[{{{name}: null, label: unknown}}, {{{name}: 'true', label: 'yes'}}]"
            text.append(f"  is_{label}: {{table: {{rules: {rules}, otherwise: other}}}}")
        else:
            cuts = "cuts: [{quantile: 0.3}, mean], names: [L, M, H]"
            rules = f"[{{{name}: L, label: low}}, {{{name}: H, label: high}}]"
            text.append(
                f"  by_{label}: {{bands: {{{name}: {{{cuts}, duplicates: keep}}}},"
                f" table: {{rules: {rules}, otherwise: rest}}}}"
            )
    listed = '{frequency: ">= 1", label: buys}, {monetary: ">= 5", label: "pays, well"}'
    text.append(f"  listed: {{table: {{hit_policy: collect, rules: [{listed}]}}}}")
    return "\n".join(text)


ENGINE = Engine.from_text(every_measure(), plugins=PLUGINS)
SCHEMAS = {
    "amount": pl.Decimal(18, 2),
    "profit": pl.Decimal(18, 2),
    "groups": pl.List(pl.String),
}
NAMED = [None, "o1", "o2", "tea", "milk"]
"""What orders, refunds and products are called: refunds find some of them."""


def column(name: str) -> Any:
    return SCHEMAS.get(name, pl.Date if name.endswith("_at") or name == "born" else pl.String)


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={name: column(name) for name in rows[0]})


def exact(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Money as decimals."""
    return [
        {
            key: Decimal(value.numerator) / value.denominator
            if key in ("amount", "profit") and value is not None
            else value
            for key, value in row.items()
        }
        for row in rows
    ]


@st.composite
def populations(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    """Facts of a dozen customers, some of whom have none."""
    found = {name: exact(rows) for name, rows in draw(RECORDS).items()}
    some = st.sampled_from(NAMED)
    found["transactions"] = [
        {**row, "order_id": draw(some), "refund_of": draw(some), "product": draw(some)}
        for row in found["transactions"][:25]
    ]
    found["opportunities"] = [
        {
            "customer_id": draw(st.sampled_from(NAMES)),
            "step": draw(st.sampled_from(["offer", "won"])),
            "changed_at": ago(draw(st.integers(0, 40))),
            "outcome": draw(st.sampled_from([None, "won"])),
        }
        for _ in range(5)
    ]
    found["customers"] = [
        {
            "customer_id": name,
            "created_at": day,
            "stage": draw(st.sampled_from([None, "lost", "customer"])),
            "sector": draw(st.sampled_from([None, "tea", "retail"])),
            "province": draw(st.sampled_from([None, "Lâm Đồng", "Hà Nội", "?"])),
            "town": draw(st.sampled_from(["Huế", "Da Lat"])),
            "born": date(1990, 1, 1) + timedelta(days=draw(st.integers(0, 9000))),
            "groups": draw(st.sampled_from([None, [], ["vip"], ["vip", "x"]])),
        }
        for name, day in zip(NAMES, draw(CREATED), strict=True)
    ]
    return found


def own(records: dict[str, list[dict[str, Any]]], name: str) -> dict[str, Any]:
    """What the facts say of one customer, as a host would hand it over."""
    mine = {
        record: [
            {key: value for key, value in row.items() if key != "customer_id"}
            for row in rows
            if row["customer_id"] == name
        ]
        for record, rows in records.items()
    }
    (mine["customer"],) = mine.pop("customers")
    return mine


def plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(records=populations())
def test_every_measure_and_label_is_that_of_a_run(records: dict[str, Any]) -> None:
    frames = {name: frame(rows) for name, rows in records.items()}
    calibration = ENGINE.run(as_of=AS_OF, **frames).calibration
    calibration = Calibration.from_json(calibration.to_json())
    run = ENGINE.run(as_of=AS_OF, calibration=calibration, **frames)
    labels = {row.pop("customer_id"): row for row in run.labels.to_dicts()}
    measures = {row.pop("customer_id"): row for row in run.measures.to_dicts()}
    online = ENGINE.calibrated(calibration)
    for name in NAMES:
        found = online.customer(as_of=AS_OF, **own(records, name))
        told = {key: plain(value) for key, value in found.measures.items()}
        days = {"born", "created_at"} & set(told)
        wanted = measures[name] | {key: _iso(measures[name][key]) for key in days}
        assert told == wanted
        listed = json.loads(labels[name]["listed"] or "null")
        assert found.labels == {**labels[name], "listed": listed}


def test_the_chance_of_buying_again_is_that_of_the_calibration() -> None:
    rules = (
        "ruleset: 1\nclassifiers: {c: {bands: {repurchase_probability:"
        " {cuts: [{quantile: 0.5}], names: [low, high]}},"
        " table: {rules: [{repurchase_probability: high, label: soon}], otherwise: late}}}"
    )
    engine = Engine.from_text(rules, plugins=PLUGINS)
    sales = [
        {
            "customer_id": f"c{one}",
            "occurred_at": ago((one * 37 + step * step * 53) % 700),
            "amount": 1,
        }
        for one in range(60)
        for step in range(2 + one % 4)
    ]
    run = engine.run(as_of=AS_OF, transactions=pl.DataFrame(sales))
    labels = {row.pop("customer_id"): row for row in run.labels.to_dicts()}
    measures = {row.pop("customer_id"): row for row in run.measures.to_dicts()}
    online = engine.calibrated(run.calibration)
    for name in ("c0", "c7", "c30", "c59"):
        mine = [row for row in sales if row["customer_id"] == name]
        found = online.customer(as_of=AS_OF, transactions=mine)
        assert (found.measures, found.labels) == (measures[name], labels[name])
        assert 0 < found.measures["repurchase_probability"] < 1


def _iso(day: int | None) -> str | None:
    return None if day is None else (date(1970, 1, 1) + timedelta(days=day)).isoformat()


@pytest.mark.parametrize("record", DATED, ids=lambda one: one.name)
def test_no_rows_have_every_column_of_their_record(record: Any) -> None:
    found = ENGINE.calibrated(_calibration()).customer(as_of=AS_OF, **{record.name: []})
    assert not [one for one in found.diagnostics if "no column" in one.message]


def _calibration() -> Calibration:
    sales = pl.DataFrame({"customer_id": ["a"], "occurred_at": [AS_OF], "amount": [1]})
    return ENGINE.run(as_of=AS_OF, transactions=sales).calibration
