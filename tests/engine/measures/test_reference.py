"""Any facts, in any order of rows, on any engine: the same as the slow reference."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from custrata.engine.backends import Backend
from tests.engine.measures.measuring import ago, run, use
from tests.engine.measures.reference import WORDS, expected

TYPES = {
    "occurred_at": pl.Date,
    "answered_at": pl.Date,
    "changed_at": pl.Date,
    "opened_at": pl.Date,
    "created_at": pl.Date,
    "amount": pl.Decimal(18, 2),
    "profit": pl.Decimal(18, 2),
}
NAMES = [f"c{number}" for number in range(12)]
DAYS = st.sampled_from([0, 1, 29, 30, 31, 180, 364, 365, 366, 700, 729, 730, 731, 1500])
CENTS = st.integers(-500, 3000)
SHORT = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def rows(time: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    row = st.fixed_dictionaries(
        {"customer_id": st.sampled_from(NAMES[:-1]), time: DAYS.map(ago), **fields}
    )
    return st.lists(row, min_size=1, max_size=60)


RECORDS = st.fixed_dictionaries(
    {
        "transactions": rows(
            "occurred_at",
            amount=CENTS.map(lambda cents: Fraction(cents, 100)),
            profit=st.none() | CENTS.map(lambda cents: Fraction(cents, 100)),
        ),
        "contacts": rows("occurred_at", outcome=st.sampled_from(["reached", "missed"])),
        "surveys": rows(
            "answered_at",
            question=st.sampled_from(["satisfaction", "recommend"]),
            answer=st.none() | st.sampled_from([str(number) for number in range(10)]),
        ).map(lambda rows: [_worded(row) for row in rows]),
        "stage_changes": rows(
            "changed_at", to=st.just("hot"), by=st.sampled_from(["Lan", "rule:stale"])
        ),
        "feedback": rows(
            "opened_at",
            kind=st.sampled_from(["complaint", "praise"]),
            state=st.sampled_from(["open", "resolved", "closed", "closed_case"]),
        ),
    }
)
CREATED = st.lists(
    st.none() | DAYS.map(ago) | st.just(ago(-2)), min_size=len(NAMES), max_size=len(NAMES)
)

USES = [
    use("basket", "monetary", statistic="mean"),
    use("sale_days", "frequency", count="days"),
    use("paid", "frequency", paid_only=True),
]
MEASURES = list(
    expected(
        {"customer_id": "x", "created_at": None},
        {name: [] for name in ("transactions", "contacts", "surveys", "stage_changes", "feedback")},
    )
)


def _worded(row: dict[str, Any]) -> dict[str, Any]:
    """Some satisfied customers say it in words."""
    text = row["answer"]
    if row["question"] == "satisfaction" and text in ("1", "5"):
        return {**row, "answer": WORDS[int(text) - 1]}
    return row


def _frame(rows: list[dict[str, Any]], seed: int) -> pl.DataFrame:
    """Rows in some order, money as decimals."""
    shuffled = random.Random(seed).sample(rows, len(rows))
    plain = [
        {
            key: Decimal(value.numerator) / value.denominator
            if isinstance(value, Fraction)
            else value
            for key, value in row.items()
        }
        for row in shuffled
    ]
    return pl.DataFrame(plain, schema={name: TYPES.get(name, pl.String) for name in plain[0]})


@SHORT
@given(records=RECORDS, created=CREATED, seed=st.integers(0, 9))
def test_measures_equal_the_reference(
    engine: Backend, records: dict[str, Any], created: list[date | None], seed: int
) -> None:
    customers: list[dict[str, Any]] = [
        {"customer_id": name, "created_at": day} for name, day in zip(NAMES, created, strict=True)
    ]
    frames = {name: _frame(found, seed) for name, found in records.items()}
    frames["customers"] = _frame(customers, seed)
    measured = run(engine, *MEASURES, uses=USES, **frames)
    for customer in customers:
        assert measured.rows[customer["customer_id"]] == expected(customer, records)
    assert measured.told == []
