"""What brings a name, and what is said where something does not."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import narwhals.stable.v2 as nw
import pytest

from custrata.engine.backends import Backend
from custrata.engine.diagnostics import DataError, RulesError
from custrata.engine.facts import Facts
from custrata.engine.hookspecs import Measure
from custrata.engine.model import MeasureUse, Window
from tests.engine.measures.measuring import ago, change, contact, people, run, sale, use

ONE = [sale("a", 10, 100, profit=40)]


def test_a_measures_file_alone_brings_the_customers(engine: Backend) -> None:
    found = run(
        engine,
        "monetary",
        "rank",
        "recency_days",
        measures=people("a", "b", monetary=[1.5, None], rank=["x", "y"]),
    )
    assert found["monetary"] == {"a": 1.5, "b": None}
    assert found["rank"] == {"a": "x", "b": "y"}
    assert found["recency_days"] == {"a": None, "b": None}
    assert found.told == ["recency_days is null for everyone: no transactions were given"]


def test_the_order_is_file_ruleset_plugins_attributes(engine: Backend) -> None:
    records: dict[str, Any] = {
        "customers": people("a", monetary=[1], tenure_days=[2], mine=[3]),
        "transactions": ONE,
        "measures": people("a", monetary=[4], theirs=[5]),
    }
    uses = [
        use("monetary", "frequency"),
        use("mine", "frequency"),
        use("recency_days", "frequency"),
        use("theirs", "tenure_days"),
    ]
    names = ("monetary", "theirs", "mine", "recency_days", "tenure_days")
    found = run(engine, *names, uses=uses, **records)
    assert found.rows["a"] == {
        "monetary": 4,
        "theirs": 5,
        "mine": 1,
        "recency_days": 1,
        "tenure_days": 10,
    }
    assert found.told == [
        "monetary is read from the measures file, not from the measure or the customers",
        "theirs is read from the measures file, not from the measure",
        "mine is read from the measure, not from the customers",
        "tenure_days is read from the measure, not from the customers",
    ]
    assert {one.code for one in found.diagnostics} == {"measure-shadowed"}


def test_an_attribute_stands_in_for_a_record_that_was_not_given(engine: Backend) -> None:
    found = run(engine, "satisfaction", customers=people("a", "b", satisfaction=[5, None]))
    assert found["satisfaction"] == {"a": 5, "b": None}
    assert found.told == []


def test_attributes_are_read_as_they_are(engine: Backend) -> None:
    customers = people(
        "a",
        "b",
        stage=["hot", None],
        size=[1.5, 2],
        vip=[True, False],
        groups=["vip;new", ""],
        born=[ago(3), None],
    )
    found = run(engine, "stage", "size", "vip", "groups.vip", "born", customers=customers)
    assert found["stage"] == {"a": "hot", "b": None}
    assert found["vip"] == {"a": "true", "b": "false"}
    assert found["groups.vip"]["a"] == "true"
    assert found.columns["born"].kind == "day"
    assert list(found.columns) == ["stage", "size", "vip", "groups.vip", "born"]


def test_a_name_that_nothing_brings_is_null_and_may_be_misspelt(engine: Backend) -> None:
    found = run(engine, "recency_day", "zzz", customers=people("a", stage=["x"]))
    assert found.rows["a"] == {"recency_day": None, "zzz": None}
    first, second = found.diagnostics
    assert (first.code, first.nearest) == ("unknown-measure", "recency_days")
    assert second.nearest is None
    assert found.columns["zzz"].kind == "text"


def test_customers_decide_who_is_measured(engine: Backend) -> None:
    found = run(engine, "frequency", customers=people("a", "b"), transactions=[*ONE, sale("x", 1)])
    assert found["frequency"] == {"a": 1, "b": 0}


def test_customers_are_those_of_all_records(engine: Backend) -> None:
    later = sale("later", -1)
    found = run(engine, "frequency", transactions=[*ONE, later], contacts=[contact("c", 1)])
    assert found["frequency"] == {"a": 1, "c": 0, "later": 0}


# --- measures made of others --------------------------------------------------------------------


def test_ratio_and_difference(engine: Backend) -> None:
    rows = [sale("a", 10, "1.10"), sale("a", 20, "2.20"), sale("b", 400, 5), sale("c", 1, -3)]
    uses = [
        MeasureUse("basket", ratio=("monetary", "frequency")),
        MeasureUse("less", difference=("monetary", "frequency")),
        MeasureUse("nested", ratio=("less", "basket")),
        MeasureUse("rest", difference=("nested", "frequency")),
    ]
    found = run(engine, uses=uses, transactions=rows)
    assert found["basket"] == {"a": 330 / 200, "b": None, "c": None}
    assert found["less"] == {"a": Fraction(13, 10), "b": 0, "c": -3}
    assert found.columns["less"].scale == 1
    assert found["nested"] == {"a": 1.3 / (33 / 20), "b": None, "c": None}
    assert found["rest"] == {"a": 1.3 / (33 / 20) - 2, "b": None, "c": None}


def test_a_difference_of_two_scales_is_exact(engine: Backend) -> None:
    rows = people("a", "b", one=["0.1", "123456789012.5"], two=["0.003", None])
    uses = [MeasureUse("rest", difference=("one", "two"))]
    found = run(engine, uses=uses, measures=rows)
    assert found.columns["rest"].scale == 3
    assert str(found["rest"]["a"]) == "97/1000"
    assert found["rest"]["b"] is None


def test_days_since_a_date(engine: Backend) -> None:
    uses = [MeasureUse("age", days_since="created_at"), MeasureUse("wrong", days_since="stage")]
    customers = people("a", "b", created_at=[ago(7), None], stage=["x", "y"])
    found = run(engine, uses=uses, customers=customers)
    assert found["age"] == {"a": 7, "b": None}
    assert found["wrong"] == {"a": None, "b": None}
    assert found.told == ["wrong is null for everyone: stage is no date"]


def test_text_has_no_ratio(engine: Backend) -> None:
    uses = [MeasureUse("odd", ratio=("stage", "frequency"))]
    found = run(engine, uses=uses, customers=people("a", stage=["x"]), transactions=ONE)
    assert found["odd"] == {"a": None}
    assert found.told == ["odd is null for everyone: stage is no number"]


def test_a_missing_part_is_named(engine: Backend) -> None:
    uses = [MeasureUse("odd", ratio=("monetry", "frequency"))]
    found = run(engine, uses=uses, transactions=ONE)
    assert found["odd"] == {"a": None}
    assert found.diagnostics[0].nearest == "monetary"


def test_a_circle_is_refused(engine: Backend) -> None:
    uses = [
        MeasureUse("x", ratio=("y", "frequency")),
        MeasureUse("y", difference=("x", "frequency")),
    ]
    with pytest.raises(RulesError, match="made of each other: x → y → x"):
        run(engine, uses=uses, transactions=ONE)


def test_derived_measures_use_the_columns_of_a_measures_file(engine: Backend) -> None:
    measures = people(
        "a",
        "b",
        recency_days=[90, None],
        mean_gap_days=[30.0, 5],
        profit=["0.35", 1],
        monetary=[1, 0],
    )
    found = run(engine, "silence_ratio", "margin_rate", measures=measures)
    assert found["silence_ratio"] == {"a": 3.0, "b": None}
    assert found["margin_rate"] == {"a": 0.35, "b": None}


def test_a_null_in_a_measures_file_stays_null(engine: Backend) -> None:
    rows = [sale("a", days, profit=1) for days in (10, 20, 30)]
    measures = people("a", recency_days=[None], profit=[None])
    found = run(engine, "silence_ratio", "margin_rate", transactions=rows, measures=measures)
    assert found.rows["a"] == {"silence_ratio": None, "margin_rate": None}


def test_one_column_of_a_measures_file_joins_the_facts(engine: Backend) -> None:
    rows = [sale("a", days, 10, profit=1) for days in (10, 20, 30)]
    measures = people("a", recency_days=[25], monetary=["2.50"])
    found = run(engine, "silence_ratio", "margin_rate", transactions=rows, measures=measures)
    assert found.rows["a"] == {"silence_ratio": 2.5, "margin_rate": 1.2}


def test_touch_uses_a_given_days_since_contact(engine: Backend) -> None:
    measures = people("a", "b", "c", days_since_contact=[40, 40, None])
    changes = [change("a", 10), change("c", 3)]
    found = run(engine, "days_since_touch", measures=measures, stage_changes=changes)
    assert found["days_since_touch"] == {"a": 10, "b": 40, "c": 3}


def test_a_window_of_its_own_reads_facts_not_the_file(engine: Backend) -> None:
    rows = [sale("a", 10, 100, profit=40), sale("a", 100, 100, profit=0)]
    uses = [use("margin_30", "margin_rate", Window(30))]
    measures = people("a", monetary=[1], profit=[1])
    found = run(engine, "margin_30", "margin_rate", uses=uses, transactions=rows, measures=measures)
    assert found.rows["a"] == {"margin_30": 0.4, "margin_rate": 1.0}


# --- plugins' measures --------------------------------------------------------------------------


def plugin(name: str, kind: Any, inputs: tuple[str, ...], compute: Any, **more: Any) -> Measure:
    return Measure(name=name, unit="", type=kind, inputs=inputs, compute=compute, **more)


def test_plugins_bring_aggregates_rows_and_frames(engine: Backend) -> None:
    brought = [
        plugin(
            "top", "money", ("transactions.amount",), lambda *_: nw.col("amount").max(), no_data=0
        ),
        plugin(
            "often",
            "boolean",
            ("measures.frequency",),
            lambda *_: nw.col("frequency") > 1,
        ),
        plugin(
            "twice",
            "number",
            ("customers.size",),
            lambda *_: nw.col("size") * 2,
        ),
        plugin(
            "calls",
            "integer",
            ("contacts.day",),
            lambda facts, *_: facts.contacts.group_by("customer_id").agg(nw.len().alias("calls")),
        ),
        plugin(
            "visits",
            "integer",
            ("contacts.day",),
            lambda facts, *_: facts.contacts.group_by("customer_id").agg(nw.len().alias("visits")),
            no_data=0,
        ),
        plugin("loyal", "boolean", ("transactions.day",), lambda *_: nw.len() > 1, no_data=False),
        plugin("often_twice", "number", ("measures.twice", "measures.often"), _often_twice),
    ]
    found = run(
        engine,
        *(one.name for one in brought),
        brought=brought,
        customers=people("a", "b", size=[1.5, 2]),
        transactions=[sale("a", 1, "2.5"), sale("a", 2, 1)],
        contacts=[contact("b", 3)],
    )
    assert found.rows["a"] == {
        "top": 2.5,
        "often": "true",
        "twice": 3.0,
        "calls": None,
        "visits": 0,
        "loyal": "true",
        "often_twice": 3.0,
    }
    assert found.rows["b"] == {
        "top": 0,
        "often": "false",
        "twice": 4.0,
        "calls": 1,
        "visits": 1,
        "loyal": "false",
        "often_twice": None,
    }


def _often_twice(*_: Any) -> nw.Expr:
    return nw.when(nw.col("often")).then(nw.col("twice"))


def test_a_plugin_is_fitted_to_other_measures(engine: Backend) -> None:
    def fit(facts: Any, parameters: Any, context: Any) -> int:
        rows = facts.backend.rows(facts.measures.select(nw.col("monetary").max()))
        return int(rows[0][0])

    def of_best(facts: Any, parameters: Any, context: Any) -> nw.Expr:
        return nw.col("monetary").cast(nw.Float64) / (nw.col("monetary") * 0 + context.state)

    def rank(facts: Any, parameters: Any, context: Any) -> nw.LazyFrame[Any]:
        known = facts.customers.filter(nw.col("customer_id") != "b")
        return known.select("customer_id", nw.lit(context.state).alias("best"))

    brought = [
        plugin("of_best", "number", ("measures.monetary",), of_best, fit=fit, scope="population"),
        plugin("best", "integer", ("measures.monetary",), rank, fit=fit, no_data=0),
        plugin("twice", "number", ("measures.of_best",), lambda *_: nw.col("of_best") * 2),
    ]
    rows = [sale("a", 1, 10), sale("a", 2, 30), sale("b", 1, 10)]
    found = run(engine, "of_best", "best", "twice", brought=brought, transactions=rows)
    assert found.rows["a"] == {"of_best": 1.0, "best": 40, "twice": 2.0}
    assert found.rows["b"] == {"of_best": 0.25, "best": 0, "twice": 0.5}
    assert found.states == {"of_best": 40, "best": 40}
    again = run(engine, "of_best", brought=brought, transactions=rows, states={"of_best": 80})
    assert again["of_best"] == {"a": 0.5, "b": 0.125}


def test_a_plugin_sees_money_in_one_scale(engine: Backend) -> None:
    seen = []

    def compute(facts: Any, parameters: Any, context: Any) -> nw.Expr:
        seen.append(context.scale)
        return nw.col("monetary") - nw.col("profit")

    brought = [plugin("cost", "money", ("measures.monetary", "measures.profit"), compute)]
    measures = people("a", monetary=[10], profit=["2.25"])
    found = run(engine, "cost", brought=brought, measures=measures)
    assert seen == [2]
    assert found["cost"] == {"a": 7.75}


def test_text_where_a_number_is_due_is_null(engine: Backend) -> None:
    found = run(engine, "margin_rate", measures=people("a", monetary=["much"], profit=[1]))
    assert found["margin_rate"] == {"a": None}
    assert found.told == ["margin_rate is null for everyone: monetary is no number"]


def test_a_plugin_may_miss_a_column(engine: Backend) -> None:
    brought = [plugin("x", "integer", ("transactions.shop",), lambda *_: nw.col("shop").n_unique())]
    brought += [plugin("y", "integer", ("customers.size",), lambda *_: nw.col("size"))]
    found = run(engine, "x", "y", brought=brought, customers=people("a"), transactions=ONE)
    assert found.rows["a"] == {"x": None, "y": None}
    assert found.told == [
        "x is null for everyone: transactions have no column 'shop'",
        "y is null for everyone: customers have no attribute 'size'",
    ]


@pytest.mark.parametrize("inputs", [("transactions.amount",), ("measures.frequency",)])
def test_nan_of_a_measure_is_null_and_infinity_is_refused(
    engine: Backend, inputs: tuple[str, ...]
) -> None:
    grouped = inputs[0] == "transactions.amount"
    frequency = nw.col("amount").sum() if grouped else nw.col("frequency")

    def nan(facts: Facts, parameters: Any, context: Any) -> nw.Expr:
        number = frequency.cast(nw.Float64)
        return nw.when(number == 1).then(nw.lit(float("nan"))).otherwise(number)

    def infinite(facts: Facts, parameters: Any, context: Any) -> nw.Expr:
        return frequency.cast(nw.Float64) * float("-inf")

    brought = [plugin("nan", "number", inputs, nan), plugin("far", "number", inputs, infinite)]
    rows = [sale("a", 1), sale("b", 1), sale("b", 2)]
    found = run(engine, "nan", brought=brought, transactions=rows)
    assert found["nan"] == {"a": None, "b": 2.0}
    for wanted, uses in (("far", ()), ("x", (MeasureUse("x", ratio=("nan", "far")),))):
        with pytest.raises(DataError, match="far is infinite for 2 customers; allowed: finite"):
            run(engine, wanted, uses=uses, brought=brought, transactions=rows)
