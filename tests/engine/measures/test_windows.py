"""Windows of days and of calendar periods, time zones, and the domain's worked examples."""

from __future__ import annotations

from datetime import date

import pytest

from custrata.engine.backends import Backend
from custrata.engine.measures.context import Context, day_number
from custrata.engine.model import MeasureUse, Window
from tests.engine.measures.measuring import ago, contact, people, run, sale, use

AS_OF = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("window", "first", "last"),
    [
        (Window(365), date(2025, 11, 22), AS_OF),
        (Window(30, 10), date(2026, 10, 23), date(2026, 11, 11)),
        (Window(None), None, AS_OF),
        (Window(None, 365), None, date(2025, 11, 21)),
        (Window(1, 0, "month"), date(2026, 11, 1), AS_OF),
        (Window(2, 1, "month"), date(2026, 10, 1), date(2026, 10, 31)),
        (Window(12, 0, "month"), date(2025, 12, 1), AS_OF),
        (Window(None, 1, "month"), None, date(2026, 10, 31)),
        (Window(1, 0, "year"), date(2026, 1, 1), AS_OF),
        (Window(2, 1, "year"), date(2025, 1, 1), date(2025, 12, 31)),
        (Window(None, 1, "year"), None, date(2025, 12, 31)),
    ],
)
def test_which_days_a_window_has(window: Window, first: date | None, last: date) -> None:
    out, inside = Context(AS_OF, window).bounds()
    assert inside == day_number(last)
    assert out == (None if first is None else day_number(first) - 1)


def test_months_at_the_turn_of_the_year() -> None:
    out, inside = Context(date(2026, 1, 31), Window(3, 1, "month")).bounds()
    assert (out, inside) == (day_number(date(2025, 10, 31)), day_number(date(2025, 12, 31)))


def test_windows_of_measures(engine: Backend) -> None:
    days = [date(2026, 11, 21), date(2026, 11, 1), date(2026, 10, 31), date(2026, 10, 1)]
    days += [
        date(2026, 9, 30),
        date(2026, 1, 1),
        date(2025, 12, 31),
        date(2025, 1, 1),
        date(2024, 12, 31),
    ]
    rows = [
        {"customer_id": "a", "occurred_at": day, "amount": 2**place}
        for place, day in enumerate(days)
    ]
    windows = {
        "month": Window(1, 0, "month"),
        "last_month": Window(2, 1, "month"),
        "before_month": Window(None, 1, "month"),
        "year": Window(1, 0, "year"),
        "last_year": Window(2, 1, "year"),
        "before_year": Window(None, 1, "year"),
        "days": Window(51, 20),
        "ever": Window(None),
    }
    uses = [use(name, "monetary", window) for name, window in windows.items()]
    found = run(engine, uses=uses, transactions=rows)
    assert found.rows["a"] == {
        "month": 0b000000011,
        "last_month": 0b000001100,
        "before_month": 0b111111100,
        "year": 0b000111111,
        "last_year": 0b011000000,
        "before_year": 0b111000000,
        "days": 0b000000110,
        "ever": 0b111111111,
    }


def test_growth_compares_whole_periods(engine: Backend) -> None:
    days = {
        date(2026, 11, 5): 150,
        date(2026, 10, 31): 60,
        date(2026, 10, 1): 40,
        date(2026, 9, 30): 7,
    }
    rows = [
        {"customer_id": "a", "occurred_at": day, "amount": amount} for day, amount in days.items()
    ]
    uses = [use("month", "growth_rate", Window(1, 0, "month"))]
    assert run(engine, uses=uses, transactions=rows)["month"] == {"a": 0.5}


@pytest.mark.parametrize(("day", "count"), [(date(2025, 11, 21), 0), (date(2025, 11, 22), 1)])
def test_the_older_day_is_out(engine: Backend, day: date, count: int) -> None:
    rows = [{"customer_id": "a", "occurred_at": day, "amount": 1}]
    assert run(engine, "frequency", transactions=rows)["frequency"] == {"a": count}


RFM = ("recency_days", "frequency", "monetary")


def test_a_sale_refunded_in_full_counts_nowhere(engine: Backend) -> None:
    rows = [
        sale("a", 20, 10_000_000, transaction_id="1", refund_of=None),
        sale("a", 11, -10_000_000, transaction_id="2", refund_of="1"),
    ]
    found = run(engine, *RFM, "tenure_days", transactions=rows)
    assert found.rows["a"] == {
        "recency_days": None,
        "frequency": 0,
        "monetary": 0,
        "tenure_days": None,
    }


def test_an_unlinked_refund_reduces_on_its_own_day(engine: Backend) -> None:
    found = run(engine, *RFM, transactions=[sale("a", 20, 10_000_000), sale("a", 11, -10_000_000)])
    assert found.rows["a"] == {"recency_days": 20, "frequency": 1, "monetary": 0}


def test_a_refund_in_the_window_of_a_sale_before_it(engine: Backend) -> None:
    rows = [
        {"customer_id": "a", "occurred_at": date(2025, 11, 10), "amount": 9_000_000},
        {"customer_id": "a", "occurred_at": date(2025, 12, 1), "amount": -3_000_000},
    ]
    found = run(engine, *RFM, transactions=rows)
    assert found.rows["a"] == {"recency_days": 376, "frequency": 0, "monetary": -3_000_000}


def test_a_sale_after_the_as_of_date_is_not_read(engine: Backend) -> None:
    found = run(engine, *RFM, transactions=[sale("a", -1, 5)])
    assert found.rows["a"] == {"recency_days": None, "frequency": 0, "monetary": 0}


def test_a_sale_belongs_to_its_day_in_the_time_zone(engine: Backend) -> None:
    rows = [
        {"customer_id": "a", "occurred_at": "2026-11-21T23:30Z", "amount": 1},
        {"customer_id": "b", "occurred_at": "2026-11-21T16:30Z", "amount": 1},
    ]
    found = run(engine, "recency_days", transactions=rows, time_zone="Asia/Ho_Chi_Minh")
    assert found["recency_days"] == {"a": None, "b": 0}


@pytest.mark.parametrize(
    ("as_of", "silence"), [(date(2026, 11, 21), 3.0), (date(2026, 11, 20), 89 / 30)]
)
def test_silence_against_the_own_rhythm(engine: Backend, as_of: date, silence: float) -> None:
    days = [date(2026, 5, 25), date(2026, 6, 24), date(2026, 7, 24), date(2026, 8, 23)]
    rows = [{"customer_id": "a", "occurred_at": day, "amount": 1} for day in days]
    found = run(engine, "silence_ratio", "mean_gap_days", transactions=rows, as_of=as_of)
    assert found.rows["a"] == {"silence_ratio": silence, "mean_gap_days": 30.0}


def test_never_contacted_counts_from_creation(engine: Backend) -> None:
    customers = people("a", "b", created_at=[date(2026, 10, 22), ago(3)])
    found = run(engine, "days_since_touch", customers=customers, contacts=[contact("b", 29)])
    assert found["days_since_touch"] == {"a": 30, "b": 29}


def test_a_window_that_is_written_twice_is_one_column_each(engine: Backend) -> None:
    uses = [
        use("x", "frequency", Window(30)),
        use("y", "frequency", Window(30)),
        MeasureUse("same", difference=("x", "y")),
        MeasureUse("one", ratio=("x", "x")),
    ]
    found = run(engine, uses=uses, transactions=[sale("a", 3)])
    assert found.rows["a"] == {"x": 1, "y": 1, "same": 0, "one": 1.0}
