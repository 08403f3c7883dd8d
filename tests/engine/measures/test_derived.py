"""What is made of a single record's values equals what frames make of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from custrata.engine.backends import Backend
from custrata.engine.measures import builtin_measures
from custrata.engine.measures.derived import FLOATS, FORMS, Record, derivation
from custrata.engine.model import MeasureUse, Window
from tests.engine.measures.measuring import run, sale, use

USES = {
    one.name: one
    for one in (
        MeasureUse("basket", ratio=("monetary", "frequency")),
        MeasureUse("cost", difference=("monetary", "profit")),
        MeasureUse("cost_share", ratio=("cost", "monetary")),
        MeasureUse("rest", difference=("cost_share", "frequency")),
        MeasureUse("quiet", ratio=("silence_ratio", "mean_gap_days")),
        MeasureUse("pace", ratio=("frequency", "mean_gap_days")),
        use("silence", "silence_ratio"),
        use("margin_30", "margin_rate", Window(30)),
    )
}
MADE = ("silence_ratio", "margin_rate", *(name for name in USES if name != "margin_30"))
MONEY = st.none() | st.integers(-(10**13), 10**13)


def derive(
    record: Record, uses: Mapping[str, MeasureUse], wanted: Iterable[str] = tuple(FORMS)
) -> Record:
    """The record with those of `wanted` that it lacks and that its other values make."""
    function = derivation(wanted, uses)
    return function(record) if function else record


def test_the_floats_are_those_that_measures_declare() -> None:
    assert {one.name for one in builtin_measures() if one.type == "number"} == FLOATS


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "recency_days": st.none() | st.integers(0, 2000),
                "mean_gap_days": st.none() | st.just(0.0) | st.floats(1e-9, 400),
                "frequency": st.integers(0, 40),
                "monetary": MONEY,
                "profit": MONEY,
            }
        ),
        min_size=1,
        max_size=60,
    ),
    cents=st.tuples(st.integers(0, 2), st.integers(0, 3)),
)
def test_a_record_gives_what_frames_give(
    engine: Backend, rows: list[dict[str, Any]], cents: tuple[int, int]
) -> None:
    scales = {"monetary": cents[0], "profit": cents[1]}
    records = [
        {
            name: value
            if name not in scales or value is None
            else Fraction(value, 10 ** scales[name])
            for name, value in row.items()
        }
        for row in rows
    ]
    frame = pl.DataFrame(
        {
            "customer_id": [str(number) for number in range(len(rows))],
            **{name: [_decimal(record[name]) for record in records] for name in rows[0]},
        },
        schema={"customer_id": pl.String, "recency_days": pl.Int64, "mean_gap_days": pl.Float64}
        | {"frequency": pl.Int64, "monetary": pl.Decimal(38, 3), "profit": pl.Decimal(38, 3)},
    )
    found = run(engine, *MADE, uses=list(USES.values()), measures=frame)
    for number, record in enumerate(records):
        made = derive(record, USES, MADE)
        assert {name: made.get(name) for name in MADE} == found.rows[str(number)]


def _decimal(value: Any) -> Any:
    if not isinstance(value, Fraction):
        return value
    return Decimal(value.numerator) / value.denominator


def test_a_measured_row_makes_the_same(engine: Backend) -> None:
    """Floats that frames measured take part as floats again."""
    rows = [
        sale("a", days, amount, profit=1) for days, amount in ((3, 10), (17, 7), (52, 1), (54, 3))
    ]
    parts = ("mean_gap_days", "frequency", "growth_rate", "margin_rate")
    uses = [USES["pace"], MeasureUse("x", ratio=("margin_rate", "frequency"))]
    found = run(engine, *parts, "pace", "x", uses=uses, transactions=rows).rows["a"]
    record = {name: found[name] for name in parts}
    made = derive(record, {one.name: one for one in uses}, ("pace", "x"))
    assert (made["pace"], made["x"]) == (found["pace"], found["x"])


def test_what_a_record_says_stays() -> None:
    record = {"silence_ratio": None, "recency_days": 90, "mean_gap_days": 30}
    assert derive(record, {}) == record
    assert derive({"recency_days": 90, "mean_gap_days": 30}, {})["silence_ratio"] == 3.0


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"profit": 1},
        {"profit": 1, "monetary": None},
        {"profit": "much", "monetary": 1},
        {"profit": 1, "monetary": 0},
        {"profit": 1, "monetary": -5},
    ],
)
def test_without_its_parts_nothing_is_made(record: dict[str, Any]) -> None:
    assert derive(record, {}) == record


def test_text_that_spells_numbers_takes_part() -> None:
    assert derive({"profit": "0.35", "monetary": "1.00"}, {})["margin_rate"] == 0.35


def test_a_window_of_its_own_is_not_made_of_the_record() -> None:
    assert derivation(["margin_30"], USES) is None
    assert derivation(["recency_days", "stage"], USES) is None


def test_a_circle_makes_nothing() -> None:
    uses = {"x": MeasureUse("x", ratio=("x", "frequency"))}
    assert derive({"frequency": 1}, uses, ["x"]) == {"frequency": 1}


def test_infinity_is_refused() -> None:
    with pytest.raises(ValueError, match="infinity"):
        derive({"profit": float("inf"), "monetary": 1}, {})
