"""The engine as its users hold it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custrata import Engine
from custrata.engine import Measure, hookimpl, load_plugins
from custrata.engine.calibration import Calibration
from custrata.engine.diagnostics import DataError, PluginError, RulesError, Severity

AS_OF = date(2026, 11, 21)
RULES = """
ruleset: 1
measures:
  sales_90: {measure: frequency, window: 90}
classifiers:
  value:
    bands:
      monetary: {cuts: [mean], names: [low, high]}
      frequency: {cuts: [{quantile: 0.5}], names: [low, high]}
    where: {recency_days: ">= 0"}
    outside: never
    table:
      rules:
        - {monetary: high, frequency: high, label: best}
        - {monetary: high, label: good}
        - {frequency: high, label: busy}
      otherwise: rest
    labels:
      best: {rank: 1}
      good: {rank: 2}
      busy: {rank: 3}
      rest: {rank: 4}
  points:
    table:
      hit_policy: {collect: sum}
      rules:
        - {label.value: [best, good], label: 20}
        - {sales_90: ">= 2", label: 7.5}
  alarm:
    table:
      rules:
        - {score.points: "> 20", label: call}
"""
ENGINES = ["polars", "duckdb"]


def sales(rows: list[tuple[str, int, float]]) -> pl.DataFrame:
    """Transactions of (customer, days ago, amount)."""
    return pl.DataFrame(
        {
            "customer_id": [row[0] for row in rows],
            "occurred_at": [AS_OF - timedelta(days=row[1]) for row in rows],
            "amount": [row[2] for row in rows],
        },
        schema={"customer_id": pl.String, "occurred_at": pl.Date, "amount": pl.Float64},
    )


ROWS = [("a", 5, 100.25), ("a", 50, 100.5), ("b", 400, 70.0), ("c", 10, 10.0), ("d", 80, 300.0)]
CUSTOMERS = pl.DataFrame({"customer_id": ["a", "b", "c", "d", "e"]})


def labels_of(frame: Any) -> dict[str, dict[str, Any]]:
    """Labels by customer, of any kind of frame."""
    if isinstance(frame, pd.DataFrame):
        frame = pl.from_pandas(frame)
    if isinstance(frame, pa.Table):
        frame = pl.from_arrow(frame)
    if isinstance(frame, duckdb.DuckDBPyRelation):
        frame = frame.pl()
    rows = frame.lazy().collect().to_dicts()
    return {row.pop("customer_id"): row for row in rows}


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    return Engine.from_text(RULES, engine=request.param)


def test_classifiers_read_one_another_whatever_their_order(engine: Engine) -> None:
    result = engine.run(as_of=AS_OF, transactions=sales(ROWS), customers=CUSTOMERS)
    found = labels_of(result.labels)
    assert found["a"] == {"value": "best", "points": 27.5, "alarm": "call"}
    assert found["d"] == {"value": "best", "points": 20.0, "alarm": None}
    assert found["e"] == {"value": "never", "points": None, "alarm": None}


def test_sizes_and_revenue_are_exact(engine: Engine) -> None:
    result = engine.run(as_of=AS_OF, transactions=sales(ROWS), customers=CUSTOMERS)
    best = result.sizes["value"]["best"]
    assert (best.customers, best.revenue) == (2, Decimal("500.75"))


@pytest.mark.parametrize("kind", ["polars", "lazy", "pandas", "pyarrow", "duckdb"])
def test_the_kind_that_comes_in_goes_out(engine: Engine, kind: str) -> None:
    frame = sales(ROWS)
    connection = duckdb.connect()
    given: Any = {
        "polars": lambda: frame,
        "lazy": frame.lazy,
        "pandas": frame.to_pandas,
        "pyarrow": frame.to_arrow,
        "duckdb": lambda: connection.from_arrow(frame.to_arrow()),
    }[kind]()
    result = engine.run(as_of=AS_OF, transactions=given)
    assert isinstance(result.labels, type(given))
    assert isinstance(result.measures, type(given))
    assert isinstance(result.bands, type(given))
    wanted = engine.run(as_of=AS_OF, transactions=frame)
    assert labels_of(result.labels) == labels_of(wanted.labels)


def test_single_records_answer_as_the_run_did(engine: Engine) -> None:
    result = engine.run(as_of=AS_OF, transactions=sales(ROWS), customers=CUSTOMERS)
    online = engine.calibrated(result.calibration)
    measures = labels_of(result.measures)
    for customer, labels in labels_of(result.labels).items():
        assert online.classify(measures[customer]) == labels
        told = online.explain(measures[customer])
        assert {name: one["label"] for name, one in told.items()} == labels


def test_an_explanation_says_what_met_what(engine: Engine) -> None:
    result = engine.run(as_of=AS_OF, transactions=sales(ROWS), customers=CUSTOMERS)
    told = engine.calibrated(result.calibration).explain(
        {"monetary": 300, "frequency": 1, "recency_days": 80}
    )["value"]
    assert told["label"] == "best"
    assert told["rows"] == [1]
    assert told["inputs"][1] == {
        "measure": "frequency",
        "value": 1,
        "band": "high",
        "cut_points": [1],
    }
    rest = next(one for one in result.explanations() if one["customer_id"] == "b")
    assert (rest["label"], rest["rows"]) == ("rest", [])
    assert rest["nearest"] == [
        {"label": "good", "change": {"monetary": {"to": 127.69, "by": 127.69}}},
        {"label": "busy", "change": {"frequency": {"to": 1, "by": 1}}},
        {
            "label": "best",
            "change": {"frequency": {"to": 1, "by": 1}, "monetary": {"to": 127.69, "by": 127.69}},
        },
    ]


def test_who_is_left_out_is_told_what_is_missing(engine: Engine) -> None:
    result = engine.run(as_of=AS_OF, transactions=sales(ROWS), customers=CUSTOMERS)
    told = next(one for one in result.explanations() if one["customer_id"] == "e")
    assert (told["label"], told["rows"], told["missing"]) == ("never", [], ["recency_days"])


def test_rules_without_calibration_say_so() -> None:
    with pytest.raises(RulesError, match=r"needs-calibration.*value\.monetary"):
        Engine.from_text(RULES).classify({"monetary": 3})


def test_a_calibration_is_saved_and_reused(engine: Engine, tmp_path: Path) -> None:
    frames = {"transactions": sales(ROWS), "customers": CUSTOMERS}
    result = engine.run(as_of=AS_OF, **frames)
    path = tmp_path / "calibration.json"
    result.calibration.save(path)
    again = engine.run(as_of=AS_OF, calibration=Calibration.load(path), **frames)
    assert again.calibration.id == result.calibration.id
    assert labels_of(again.labels) == labels_of(result.labels)
    late = engine.run(as_of=AS_OF + timedelta(days=60), calibration=result.calibration, **frames)
    assert "calibration-old" in {one.code for one in late.diagnostics}


def test_a_calibration_of_other_rules_is_refused(engine: Engine) -> None:
    result = engine.run(as_of=AS_OF, transactions=sales(ROWS))
    other = Engine.from_text(RULES.replace("[mean]", "[median]"))
    with pytest.raises(DataError, match="belongs to other rules"):
        other.calibrated(result.calibration)


def test_rows_that_must_not_meet_give_nobody_a_label_and_are_counted(engine: Engine) -> None:
    rules = """
ruleset: 1
classifiers:
  once:
    table:
      hit_policy: unique
      rules:
        - {frequency: ">= 1", label: some}
        - {frequency: ">= 2", label: many}
"""
    clashing = Engine.from_text(rules, engine=engine.engine)
    result = clashing.run(as_of=AS_OF, transactions=sales(ROWS))
    assert labels_of(result.labels)["a"] == {"once": None}
    assert any(
        one.code == "rows-meet" and "1 customers" in one.message for one in result.diagnostics
    )
    (found,) = [one for one in clashing.check() if one.severity is Severity.ERROR]
    assert "rows 1 (some) and 2 (many) meet at frequency: >= 2" in found.message
    weighed = clashing.check(as_of=AS_OF, transactions=sales(ROWS))
    assert any("(1 customers)" in one.message for one in weighed)


def test_nothing_to_classify() -> None:
    with pytest.raises(TypeError, match="nothing to classify"):
        Engine.from_text(RULES).run(as_of=AS_OF)
    with pytest.raises(TypeError, match="unknown frame 'sales'"):
        Engine.from_text(RULES).run(as_of=AS_OF, sales=sales(ROWS))


def test_nobody_and_one_customer(engine: Engine) -> None:
    nobody = engine.run(as_of=AS_OF, transactions=sales([]))
    assert labels_of(nobody.labels) == {}
    assert nobody.sizes["value"] == {}
    one = engine.run(as_of=AS_OF, transactions=sales(ROWS[:1]))
    assert labels_of(one.labels)["a"]["value"] == "best"


def test_progress_is_told() -> None:
    steps: list[str] = []
    Engine.from_text(RULES).run(
        as_of=AS_OF, transactions=sales(ROWS), progress=lambda step, *_: steps.append(step)
    )
    assert list(dict.fromkeys(steps)) == ["read", "measure", "calibrate", "decide"]


# --- what-if ------------------------------------------------------------------------------

_facts = st.lists(
    st.tuples(
        st.sampled_from("abcdefgh"), st.integers(0, 500), st.integers(0, 40).map(lambda n: n / 4)
    ),
    min_size=1,
    max_size=30,
)
DRAFTS = {
    "a cut": RULES.replace("cuts: [mean]", "cuts: [5]"),
    "a population": RULES.replace('">= 0"', '">= 30"'),
    "a window": RULES.replace("window: 90", "window: 200"),
    "a head": "window_days: 90\n" + RULES,
    "a classifier more": RULES + "  more: {table: {rules: [{profit: null, label: x}]}}\n",
    "a row": RULES.replace("label: busy}", "label: best}"),
    "nothing": RULES,
}


def moves_of(frame: Any) -> set[tuple[Any, ...]]:
    rows = frame.lazy().collect().rows() if not isinstance(frame, pa.Table) else []
    return set(rows)


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[tuple[Any, ...]]:
    """Who moves, told by two full runs."""
    moved = set()
    for customer, labels in after.items():
        for classifier in {**before[customer], **labels}:
            pair = (before[customer].get(classifier), labels.get(classifier))
            if pair[0] != pair[1]:
                moved.add((customer, classifier, *pair))
    return moved


@pytest.mark.parametrize("changed", sorted(DRAFTS))
def test_a_swap_set_is_the_difference_of_two_runs(engine: Engine, changed: str) -> None:
    draft = Engine.from_text(DRAFTS[changed], "draft", engine=engine.engine)

    @given(rows=_facts)
    @settings(max_examples=8 if engine.engine == "polars" else 2, deadline=None)
    def same(rows: list[tuple[str, int, float]]) -> None:
        frame = sales(rows).cast({"customer_id": pl.String})
        result = engine.run(as_of=AS_OF, transactions=frame)
        swaps = engine.what_if(draft, result)
        after = labels_of(draft.run(as_of=AS_OF, transactions=frame).labels)
        wanted = {
            (customer, name, _text(old), _text(new))
            for customer, name, old, new in difference(labels_of(result.labels), after)
        }
        found = {(row[0], row[1], _text(row[2]), _text(row[3])) for row in moves_of(swaps.moves)}
        assert found == wanted
        assert sum(moved.customers for moved in swaps.moved.values()) == len(wanted)
        for name, sizes in swaps.sizes.items():
            assert sum(now for now, _ in sizes.values()) == len(after), name

    same()


def _text(label: Any) -> Any:
    if label is None:
        return None
    try:
        return float(label)
    except ValueError:
        return label


def test_a_draft_may_be_a_path(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "draft.yaml"
    path.write_text(DRAFTS["a cut"], encoding="utf-8")
    result = engine.run(as_of=AS_OF, transactions=sales(ROWS))
    assert set(engine.what_if(path, result).matrix) == {"value", "points", "alarm"}


PAIRS = {
    "points that bands cut": (
        """
ruleset: 1
classifiers:
  lead:
    table:
      hit_policy: {collect: sum}
      rules: [{frequency: ">= 1", label: 10}, {frequency: ">= 2", label: 20}]
  top:
    bands: {score.lead: {cuts: [mean], names: [L, H]}}
    table: {rules: [{score.lead: H, label: H}], otherwise: L}
""",
        ("label: 10}", "label: 100}"),
    ),
    "a parameter of what is fitted": (
        """
ruleset: 1
measures: {peers: {measure: peer_count, attribute: sector}}
classifiers: {p: {table: {rules: [{peers: ">= 2", label: many}], otherwise: few}}}
""",
        ("attribute: sector", "attribute: city"),
    ),
    "a part of a derived measure": (
        """
ruleset: 1
measures: {monetary: {measure: monetary, window: 365}}
classifiers: {m: {table: {rules: [{margin_rate: ">= 0.5", label: good}], otherwise: bad}}}
""",
        ("window: 365", "window: 10"),
    ),
    "a part of what a population is made of": (
        """
ruleset: 1
measures: {monetary: {measure: monetary, window: 365}}
classifiers: {m: {where: {margin_rate: ">= 0.5"}, table: {rules: [{frequency: ">= 1", label: A}]}}}
""",
        ("window: 365", "window: 10"),
    ),
    "whole points to broken ones": (
        """
ruleset: 1
classifiers: {s: {table: {hit_policy: {collect: sum}, rules: [{frequency: ">= 1", label: 10}]}}}
""",
        ("label: 10}]", "label: 10}, {frequency: 99, label: 0.5}]"),
    ),
}


@pytest.mark.parametrize("changed", sorted(PAIRS))
def test_a_swap_set_knows_what_a_change_reaches(changed: str) -> None:
    text, (old, new) = PAIRS[changed]
    rules, draft = Engine.from_text(text), Engine.from_text(text.replace(old, new))
    frames = {
        "transactions": sales(ROWS).with_columns(profit=pl.col("amount") / 4),
        "customers": CUSTOMERS.with_columns(
            sector=pl.Series(["x", "y", "z", "w", "v"]), city=pl.Series(["h", "h", "s", "s", "s"])
        ),
    }
    result = rules.run(as_of=AS_OF, **frames)
    after = labels_of(draft.run(as_of=AS_OF, **frames).labels)
    swaps = rules.what_if(draft, result)
    wanted = {
        (row[0], row[1], _text(row[2]), _text(row[3]))
        for row in difference(labels_of(result.labels), after)
    }
    assert {
        (row[0], row[1], _text(row[2]), _text(row[3])) for row in moves_of(swaps.moves)
    } == wanted
    revenue = [moved.revenue for pairs in swaps.matrix.values() for moved in pairs.values()]
    assert sum(filter(None, revenue), Decimal()) == Decimal("510.75") * len(swaps.matrix)


def test_a_draft_tells_what_it_misses() -> None:
    result = Engine.from_text(RULES).run(as_of=AS_OF, transactions=sales(ROWS))
    text = 'ruleset: 1\nclassifiers: {v: {table: {rules: [{zzz: ">= 1", label: a}]}}}'
    swaps = Engine.from_text(RULES).what_if(Engine.from_text(text), result)
    assert "unknown-measure" in {one.code for one in swaps.diagnostics}
    assert swaps.moved["value"].customers == 4


def test_a_measure_that_breaks_is_named() -> None:
    def broken(facts: Any, parameters: Any, context: Any) -> Any:
        raise ZeroDivisionError("division by zero")

    class Plugin:
        @hookimpl
        def custrata_measures(self) -> Any:
            inputs = ("transactions.amount",)
            return [Measure(name="odd", unit="x", type="number", inputs=inputs, compute=broken)]

    rules = "ruleset: 1\nclassifiers: {c: {table: {rules: [{odd: 1, label: a}]}}}"
    engine = Engine.from_text(rules, plugins=load_plugins([Plugin()]))
    with pytest.raises(PluginError, match="measure odd broke: ZeroDivisionError"):
        engine.run(as_of=AS_OF, transactions=sales(ROWS))


@pytest.mark.parametrize("name", ["no-such", "Polars", "", "polar"])
def test_an_engine_that_does_not_exist_is_refused_before_it_is_needed(name: str) -> None:
    with pytest.raises(DataError, match=r"unknown-engine.*allowed: polars, duckdb, spark"):
        Engine.from_text(RULES, engine=name)


ONLINE = """
ruleset: 1
classifiers:
  value: {bands: {monetary: {cuts: [5], names: [low, high]}}, table: {rules: [
    {monetary: high, label: good}], otherwise: rest}}
  gone: {table: {rules: [{silence_ratio: "> 3", label: gone}]}}
"""
"""The second reads what is made of other values, where a record lacks it."""


@pytest.mark.parametrize("name", ["monetary", "silence_ratio", "recency_days"])
@pytest.mark.parametrize(
    ("value", "kind", "told"),
    [
        (float("inf"), ValueError, "infinity is not allowed"),
        ("1e999", ValueError, "out of range"),
        ([1], TypeError, "a value must be null, a number, text or true/false, got list"),
    ],
)
def test_a_value_that_is_none_is_named(
    name: str, value: Any, kind: type[Exception], told: str
) -> None:
    online = Engine.from_text(ONLINE)
    for ask in (online.classify, online.explain):
        with pytest.raises(kind, match=f"^{name}: .*{told}"):
            ask({name: value, "mean_gap_days": 2})


@pytest.mark.parametrize("record", [[1], None, "monetary", ("monetary", 1), 5])
@pytest.mark.parametrize("rules", [ONLINE, ONLINE[: ONLINE.index("  gone")]])
def test_what_is_no_record_is_refused(rules: str, record: Any) -> None:
    online = Engine.from_text(rules)
    told = f"a record must be a mapping of measures by name, got {type(record).__name__}"
    for ask in (online.classify, online.explain):
        with pytest.raises(TypeError, match=told):
            ask(record)


def test_a_fault_of_a_records_own_is_not_taken_for_another() -> None:
    class Broken(dict[str, Any]):
        def get(self, *_: Any) -> Any:
            raise AttributeError("of its own")

    with pytest.raises(AttributeError, match="of its own"):
        Engine.from_text(ONLINE).classify(Broken(silence_ratio=1))


def test_an_as_of_that_is_no_date() -> None:
    with pytest.raises(TypeError, match="as_of must be a date, got str"):
        Engine.from_text(RULES).run(as_of="2026-11-21", transactions=sales(ROWS))  # type: ignore[arg-type]


def test_a_counterfactual_does_not_promise_what_its_own_change_undoes() -> None:
    rules = """
ruleset: 1
classifiers:
  a: {table: {rules: [{frequency: ">= 5", label: often}], otherwise: seldom}}
  b:
    table:
      rules:
        - {monetary: ">= 200", margin_rate: ">= 0.1", label: gold}
        - {frequency: ">= 5", label.a: seldom, label: odd}
      otherwise: plain
"""
    engine = Engine.from_text(rules)
    record = {"monetary": 100, "profit": 10, "frequency": 1}
    for better in engine.explain(record)["b"]["nearest"]:
        steps = {name: step["to"] for name, step in better["change"].items()}
        assert engine.classify({**record, **steps})["b"] == better["label"]


def test_ranks_of_numbers_and_truths() -> None:
    rules = """
ruleset: 1
classifiers:
  t:
    table: {rules: [{frequency: ">= 5", label: true}], otherwise: false}
    labels: {true: {rank: 1}, false: {rank: 2}}
  n:
    table: {rules: [{frequency: ">= 5", label: 1.5}], otherwise: 0.5}
    labels: {1.5: {rank: 1}, 0.5: {rank: 2}}
"""
    told = Engine.from_text(rules).explain({"frequency": 1})
    change = {"frequency": {"to": 5, "by": 4}}
    assert told["t"]["nearest"] == [{"label": True, "change": change}]
    assert told["n"]["nearest"] == [{"label": 1.5, "change": change}]
