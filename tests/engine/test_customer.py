"""One customer from facts: what a host may hand over, and what she is told."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sqlalchemy

from custrata import DataError, Engine, RulesError
from custrata.engine import Measure, hookimpl, load_plugins, nw
from tests.engine.measures.measuring import AS_OF, ago
from tests.engine.test_customer_as_in_a_run import PLUGINS

RULES = """
ruleset: 1
window_days: 365
time_zone: Asia/Ho_Chi_Minh
currency: VND
classifiers:
  value:
    bands: {monetary: {cuts: [100], names: [low, high]}}
    table:
      rules:
        - {monetary: high, days_since_contact: "<= 30", label: best}
        - {monetary: high, label: silent}
      otherwise: rest
  again: {table: {rules: [{recency_days: null, label: never}], otherwise: bought}}
"""


@pytest.fixture(scope="module")
def small() -> Engine:
    return Engine.from_text(RULES, plugins=PLUGINS)


@dataclass(frozen=True)
class Sale:
    occurred_at: Any
    amount: Any


Named = namedtuple("Named", ["amount", "occurred_at"])


class Word(StrEnum):
    PAID = "90.10"


NAIVE = datetime(2026, 11, 18, 9, tzinfo=UTC).replace(tzinfo=None)


def rows_of_a_database() -> Any:
    """As SQLAlchemy gives them: they are no tuples."""
    found = "SELECT '2026-11-18' AS occurred_at, 90.1 AS amount UNION ALL SELECT '2026-11-20', 10"
    engine = sqlalchemy.create_engine("sqlite://")
    with engine.connect() as connection:
        rows = connection.execute(sqlalchemy.text(found)).all()
    engine.dispose()
    return rows


@pytest.mark.parametrize(
    "sales",
    [
        [
            {"occurred_at": ago(3), "amount": Decimal("90.10")},
            {"occurred_at": "2026-11-20", "amount": 10},
        ],
        [{"occurred_at": ago(3), "amount": 90.1}, {"occurred_at": ago(1), "amount": 10.0}],
        [Sale(NAIVE, 90.1), Sale(datetime(2026, 11, 20, 9, tzinfo=UTC), 10)],
        [Named("90.1", ago(3)), Named(Decimal(10), ago(1))],
        [(ago(3), Word.PAID), (ago(1), np.int64(10))],
        iter([(pd.Timestamp("2026-11-18"), np.float64(90.1)), (pd.Timestamp("2026-11-20"), 10.0)]),
        [(np.datetime64("2026-11-18", "ns"), np.float32(90.1)), (np.datetime64(ago(1)), "10")],
        rows_of_a_database(),
        {1: (ago(3), 90.1), 2: (ago(1), 10)}.values(),
        pl.DataFrame({"occurred_at": [ago(3), ago(1)], "amount": [90.1, 10.0]}),
        pd.DataFrame({"occurred_at": ["2026-11-18", "2026-11-20"], "amount": [90.1, 10.0]}),
    ],
    ids=[
        *("dicts", "floats", "dataclasses", "named", "tuples", "iterator", "numpy", "sqlalchemy"),
        *("values", "polars", "pandas"),
    ],
)  # fmt: skip
def test_records_come_as_a_host_holds_them(small: Engine, sales: Any) -> None:
    found = small.customer(as_of=AS_OF, transactions=sales, contacts=[(ago(30),)])
    assert found.measures["monetary"] == Decimal("100.1")
    assert found.measures["recency_days"] == 1
    assert found.labels == {"value": "best", "again": "bought"}
    assert found.explain()["value"]["rows"] == [1]
    assert found.diagnostics == ()


def test_money_is_added_exactly(small: Engine) -> None:
    sales = [(ago(1), 0.1)] * 3 + [(ago(1), Decimal("1e-9"))]
    assert small.customer(as_of=AS_OF, transactions=sales).measures["monetary"] == Decimal(
        "0.300000001"
    )


def test_a_time_counts_on_its_day_in_the_rules_zone(small: Engine) -> None:
    late = datetime(2026, 11, 20, 17, 30, tzinfo=UTC)  # half past midnight in Viet Nam
    west = datetime(2026, 11, 20, 10, 30, tzinfo=timezone(timedelta(hours=-7)))
    local = late.astimezone(timezone(timedelta(hours=7)))
    for when in (late, west, local, local.replace(tzinfo=None)):
        found = small.customer(as_of=AS_OF, transactions=[(when, 1)])
        assert found.measures["recency_days"] == 0


def test_none_at_all_is_not_the_same_as_unknown(small: Engine) -> None:
    nothing = small.customer(as_of=AS_OF, transactions=[], contacts=[])
    assert nothing.measures == {"monetary": 0, "days_since_contact": None, "recency_days": None}
    assert nothing.labels == {"value": "rest", "again": "never"}
    unknown = small.customer(as_of=AS_OF)
    assert unknown.measures["monetary"] is None
    assert {one.code for one in unknown.diagnostics} == {"record-missing"}


def test_what_comes_after_the_day_is_left_out_and_said(small: Engine) -> None:
    found = small.customer(as_of=AS_OF, transactions=[(ago(-1), 500), (ago(1), 1)])
    assert found.measures["monetary"] == 1
    assert [one.code for one in found.diagnostics if one.code == "later-facts"] == ["later-facts"]


def test_measures_and_attributes_may_be_brought(small: Engine) -> None:
    @dataclass
    class Account:
        created_at: date

    found = small.customer(
        as_of=AS_OF, customer=Account(ago(7)), measures={"monetary": 400}, contacts=[]
    )
    assert found.measures["days_since_contact"] == 7
    assert found.labels["value"] == "best"


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        (
            "{hit_policy: rule_order, rules: [{frequency: '>= 1', label: a}, {label: 'é'}]}",
            '["a", "é"]',
        ),
        ("{hit_policy: rule_order, rules: [{frequency: 9, label: a}]}", "[]"),
        ("{hit_policy: {collect: sum}, rules: [{label: 2.5}, {label: 1.5}]}", "4"),
        ("{hit_policy: {collect: sum}, rules: [{label: 2.5}]}", "2.5"),
        ("{rules: [{label: true}]}", "true"),
        ("{rules: [{frequency: 9, label: a}]}", None),
    ],
)
def test_a_label_is_a_text_that_a_run_gives_too(rules: str, text: str | None) -> None:
    engine = Engine.from_text(f"ruleset: 1\nclassifiers: {{c: {{table: {rules}}}}}")
    sales = [(AS_OF, 5)]
    found = engine.customer(as_of=AS_OF, transactions=sales)
    assert found.text("c") == text
    assert found.text("of others") is None
    frame = pl.DataFrame({"customer_id": ["a"], "occurred_at": [AS_OF], "amount": [5]})
    (label,) = engine.run(transactions=frame, as_of=AS_OF).labels["c"]
    assert label == (text if isinstance(label, str | None) else json.loads(text or ""))


def test_found_cut_points_need_a_calibration_for_labels_alone() -> None:
    found = Engine.from_text(RULES.replace("[100]", "[mean]"), plugins=PLUGINS).customer(
        as_of=AS_OF, transactions=[(ago(1), 5)]
    )
    assert found.measures["monetary"] == 5
    with pytest.raises(RulesError, match="needs-calibration"):
        _ = found.labels


def test_what_only_the_population_knows_is_null_without_one() -> None:
    rules = "ruleset: 1\nclassifiers: {p: {table: {rules: [{peer_count: null, label: unknown}]}}}"
    found = Engine.from_text(rules, plugins=PLUGINS).customer(
        as_of=AS_OF, customer={"sector": "tea"}
    )
    assert found.labels == {"p": "unknown"}
    assert "peer_count is null for everyone: it could not be fitted when calibrated" in [
        one.message for one in found.diagnostics
    ]


WEST = timezone(timedelta(hours=-7))
EARLY = datetime.min.replace(tzinfo=timezone(timedelta(hours=7)))


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"transactions": [(ago(1), "1,000")]}, "amount is no number in row 1"),
        ({"transactions": [(ago(1), None)]}, "amount is missing in row 1"),
        ({"transactions": [("21/11/2026", 1)]}, "occurred_at is missing or no date in row 1"),
        ({"transactions": [(ago(1), float("inf"))]}, "amount is infinite"),
        ({"transactions": [{"occurred_at": ago(1)}]}, "has no column 'amount'"),
        ({"transactions": [(ago(1),)]}, "hold a tuple of 1 where occurred_at, amount are needed"),
        ({"transactions": [5]}, "transactions hold a int"),
        ({"transactions": [(ago(1), object())]}, "transactions.amount is of type object"),
        ({"transactions": [(ago(1), [1]), (ago(1), 1)]}, "amount is of type list beside other"),
        ({"customer": {"groups": [object()]}}, "customers.groups is of type list of object"),
        ({"customer": 5}, "customers hold a int"),
        ({"customer": {"name": "\ud800"}}, "customers hold text that is no Unicode"),
        ({"transactions": np.array([[1, 2]])}, "transactions hold a ndarray"),
        ({"customer": pd.Series({"stage": "lost"})}, "customers hold a Series"),
        ({"customer": pl.DataFrame({"stage": ["lost"]})}, "customers hold a DataFrame"),
        ({"contacts": [{"occurred_at": ago(1), 7: "x"}]}, "contacts hold a column named 7"),
        ({"contacts": [(datetime.max.replace(tzinfo=WEST),)]}, "contacts.occurred_at is out of"),
        ({"contacts": [(ago(1),)], "customer": {"born": EARLY}}, "customers.born is out of range"),
        ({"transactions": 5}, "transactions: cannot read a builtins.int; allowed: a list of dicts"),
        ({"transactions": [(ago(1), 1)], "contacts": "x"}, "contacts: cannot read a builtins.str"),
        ({"transactions": {ago(1): 1}}, "transactions: cannot read a builtins.dict"),
        (
            {"transactions": [{"occurred_at": ago(1), "amount": 1, "currency": "USD"}]},
            "amounts in USD",
        ),
        (
            {
                "customer": {"customer_id": "a"},
                "contacts": pl.DataFrame({"customer_id": ["b"], "occurred_at": [ago(1)]}),
            },
            "the facts are of 2 customers",
        ),
    ],
)
def test_faults_are_named(small: Engine, given: dict[str, Any], fault: str) -> None:
    with pytest.raises(DataError, match=re.escape(fault)):
        small.customer(as_of=AS_OF, **given)


@pytest.mark.parametrize("nothing", [None, float("nan"), Decimal("NaN"), pd.NaT, pd.NA])
def test_nothing_is_nothing_in_whatever_words(small: Engine, nothing: Any) -> None:
    found = small.customer(
        as_of=AS_OF,
        customer={"consent": nothing, "created_at": nothing},
        transactions=[{"occurred_at": ago(1), "amount": 1, "profit": nothing}],
        contacts=[],
    )
    assert (found.left_out, found.measures["days_since_contact"]) == (False, None)
    with pytest.raises(DataError, match="amount is missing in row 1"):
        small.customer(as_of=AS_OF, transactions=[(ago(1), nothing)])


def test_columns_that_nobody_asks_for_do_no_harm(small: Engine) -> None:
    beside = {"customer": object(), "lines": {"tea": 2}, "price": 1 + 2j}
    sale = {"occurred_at": ago(1), "amount": 5}
    found = small.customer(as_of=AS_OF, customer=beside, transactions=[sale | beside, sale])
    assert found.measures["monetary"] == 10
    rules = "ruleset: 1\nclassifiers: {p: {table: {rules: [{lines: null, label: unknown}]}}}"
    asking = Engine.from_text(rules, plugins=PLUGINS).customer(as_of=AS_OF, customer=beside)
    assert asking.labels == {"p": "unknown"}
    assert [one.code for one in asking.diagnostics] == ["unknown-measure"]


@pytest.mark.parametrize("same", [[1, "1", 1.0, Decimal(1)], ["é", " e\u0301"], [UUID(int=7)] * 2])
def test_an_id_is_that_of_a_run(small: Engine, same: list[Any]) -> None:
    rows = [{"customer_id": one, "occurred_at": ago(1)} for one in [*same, None, float("nan")]]
    assert small.customer(as_of=AS_OF, contacts=rows).measures["days_since_contact"] == 1
    with pytest.raises(DataError, match="the facts are of 2 customers"):
        small.customer(as_of=AS_OF, contacts=rows, customer={"customer_id": "01"})


def test_who_runs_on_duckdb_has_the_same_customers(small: Engine) -> None:
    other = Engine.from_text(RULES, engine="duckdb", plugins=PLUGINS)
    sales = [(ago(3), 90.1), (ago(1), 10.0)]
    found = other.customer(as_of=AS_OF, transactions=sales)
    assert found.measures == small.customer(as_of=AS_OF, transactions=sales).measures


@pytest.mark.parametrize("day", ["2026-11-21", None, pd.NaT, 5])
def test_a_day_is_needed(small: Engine, day: Any) -> None:
    with pytest.raises(TypeError, match=f"as_of must be a date, got {type(day).__name__}"):
        small.customer(as_of=day, transactions=[])


HANOI = """
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
measures: {days_since_contact: {measure: days_since_contact, closed_days: skip}}
classifiers: {c: {table: {rules: [{days_since_contact: ">= 1", label: waits}], otherwise: seen}}}
"""


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 6, 30, 20, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 6, 30, 16, 59, tzinfo=UTC), date(2026, 6, 30)),
        (datetime(2026, 7, 1, 0, 30, tzinfo=timezone(timedelta(hours=12))), date(2026, 6, 30)),
        (datetime(2026, 6, 30, 20), date(2026, 6, 30)),  # noqa: DTZ001 - local already
    ],
)
def test_a_moment_is_read_as_of_its_day_in_the_rules_time_zone(moment: datetime, day: date) -> None:
    """By whatever way it comes in, closed days too."""
    engine = Engine.from_text(HANOI, plugins=PLUGINS)
    sent = {"contacts": pl.DataFrame({"customer_id": ["a"], "occurred_at": [date(2026, 6, 29)]})}
    result = engine.run(as_of=moment, closed_days=[moment], **sent)
    alone = engine.customer(as_of=moment, closed_days=[moment], contacts=sent["contacts"])
    open_days = (day - date(2026, 6, 29)).days - 1  # the day itself is closed
    assert (result.as_of, alone.as_of) == (day, day)
    assert result.measures["days_since_contact"].to_list() == [open_days]
    assert alone.measures["days_since_contact"] == open_days


# --- plans that are made once ---------------------------------------------------------------


class _Reading:
    """A measure that looks at rows while its plan is made, and one that gives infinity."""

    @hookimpl
    def custrata_measures(self) -> Any:
        def largest(facts: Any, *_: Any) -> Any:
            ((found,),) = facts.backend.rows(facts.transactions.select(nw.col("amount").max()))
            return nw.lit(int(found), nw.Int64) + nw.col("amount").sum() * 0

        def endless(*_: Any) -> Any:
            amounts = nw.col("amount").sum().cast(nw.Float64)
            return nw.when(amounts > 99).then(amounts * float("inf")).otherwise(amounts)

        inputs = ("transactions.amount",)
        return [
            Measure(name="largest", unit="x", type="integer", inputs=inputs, compute=largest),
            Measure(name="endless", unit="x", type="number", inputs=inputs, compute=endless),
        ]


def test_a_plan_made_of_rows_is_good_for_these_alone() -> None:
    rules = 'ruleset: 1\nclassifiers: {c: {table: {rules: [{largest: ">= 5", label: a}]}}}'
    engine = Engine.from_text(rules, plugins=load_plugins([_Reading()]))
    for amount in (3, 9, 4, 7):
        found = engine.customer(as_of=AS_OF, transactions=[(ago(1), amount), (ago(2), 1)])
        assert found.measures["largest"] == amount


def test_infinity_is_refused_however_the_plan_came() -> None:
    rules = 'ruleset: 1\nclassifiers: {c: {table: {rules: [{endless: ">= 5", label: a}]}}}'
    engine = Engine.from_text(rules, plugins=load_plugins([_Reading()]))
    for amount in (3, 100, 4, 100):
        if amount < 99:
            found = engine.customer(as_of=AS_OF, transactions=[(ago(1), amount)])
            assert found.measures["endless"] == amount
        else:
            with pytest.raises(DataError, match="endless is infinite for 1 customer"):
                engine.customer(as_of=AS_OF, transactions=[(ago(1), amount)])


def test_closed_days_are_left_out_as_in_a_run() -> None:
    rules = (
        "ruleset: 1\nmeasures: {days_since_contact: {measure: days_since_contact,"
        " closed_days: skip}}\nclassifiers:"
        ' {c: {table: {rules: [{days_since_contact: ">= 3", label: old}], otherwise: new}}}'
    )
    engine = Engine.from_text(rules, plugins=PLUGINS)
    told = [
        engine.customer(as_of=AS_OF, contacts=[(ago(4),)], closed_days=closed).labels["c"]
        for closed in (None, [ago(1), ago(2)], [], [ago(1), ago(2)], [ago(1)], [ago(0), ago(3)])
    ]
    assert told == ["old", "new", "old", "new", "old", "new"]


def test_a_closed_day_is_a_date(small: Engine) -> None:
    with pytest.raises(TypeError, match="each of closed_days must be a date, got str"):
        small.customer(as_of=AS_OF, closed_days=["2026-11-20"])


FORKED = """
import os, signal, sys
from datetime import date
from custrata import DataError, Engine
engine, day = Engine.from_text("ruleset: 1\\nclassifiers: {rfm: {}}"), date(2026, 11, 21)
if "host" in sys.argv:
    import polars
    polars.LazyFrame({"a": [2, 1]}).sort("a").collect()
else:
    engine.customer(as_of=day, transactions=[(day, 1)])
if child := os.fork():
    raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
signal.alarm(30)  # ends a child that waits
try:
    engine.customer(as_of=day, transactions=[(day, 1)])
except DataError as error:
    os._exit(7 if error.diagnostics[0].code == "forked" else 8)
os._exit(9)
"""


@pytest.mark.parametrize("who", ["engine", "host"])
def test_a_child_that_was_forked_too_late_says_so_and_does_not_hang(who: str) -> None:
    """Polars' threads stay behind, whoever used them: in the child, computing would never end."""
    command = [sys.executable, "-W", "ignore", "-c", FORKED, who]
    assert subprocess.run(command).returncode == 7


def test_attributes_of_another_kind_make_another_plan(small: Engine) -> None:
    rules = "ruleset: 1\nclassifiers: {c: {table: {rules: [{tier: '2', label: a}], otherwise: b}}}"
    engine = Engine.from_text(rules, plugins=PLUGINS)
    told = [
        engine.customer(as_of=AS_OF, customer={"tier": tier}).labels["c"]
        for tier in (2, "2", 3, "x", 2.0, None, True, "2.50", Decimal(2), "x", 2)
    ]
    assert told == ["a", "a", "b", "b", "a", "b", "b", "b", "a", "b", "a"]


def test_many_threads_measure_with_one_engine(small: Engine) -> None:
    def value(amount: int) -> Any:
        sales = [(ago(1), amount)] if amount % 3 else [{"occurred_at": ago(1), "amount": amount}]
        return small.customer(as_of=ago(amount % 2), transactions=sales, contacts=[]).measures

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(value, range(160)))
    assert [one["monetary"] for one in found] == list(range(160))
    assert [one["recency_days"] for one in found] == [1 - amount % 2 for amount in range(160)]
