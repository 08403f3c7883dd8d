"""Ids, days and rows at the door, on every engine."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import polars as pl
import pytest

from custrata.engine.backends import Backend, backend
from custrata.engine.diagnostics import DataError
from custrata.engine.facts import Facts, Source, read_facts
from custrata.engine.facts.records import CUSTOMERS, DATED, MEASURES
from custrata.engine.model import RECORDS

AS_OF = date(2026, 11, 21)
ZONE = "Asia/Ho_Chi_Minh"


@pytest.fixture(params=["polars", "duckdb"])
def engine(request: pytest.FixtureRequest) -> Backend:
    return backend(request.param)


def read(engine: Backend, **given: Any) -> Facts:
    options: dict[str, Any] = {"as_of": AS_OF, "time_zone": ZONE, "currency": None} | given
    return read_facts(engine, **options)


def test_every_record_that_a_run_takes_is_read(engine: Backend) -> None:
    assert set(RECORDS) == {one.name for one in (CUSTOMERS, *DATED, MEASURES)}
    with pytest.raises(TypeError, match="unknown frame 'contact'; allowed: customers, trans"):
        read(engine, contact=None)


def sold(**columns: Any) -> pl.DataFrame:
    length = max(len(values) for values in columns.values())
    filled = {
        "customer_id": ["a"] * length,
        "occurred_at": [date(2026, 1, 1)] * length,
        "amount": [1] * length,
    }
    return pl.DataFrame(filled | columns, strict=False)


def ids(engine: Backend, facts: Facts) -> list[str]:
    return sorted(customer for (customer,) in engine.rows(facts.customers.select("customer_id")))


def codes(facts: Facts) -> list[str]:
    return [one.code for one in facts.diagnostics]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pl.Series(["007", " b ", "e\u0301"]), ["007", "b", "é"]),
        (pl.Series([7, 10**18, -1]), ["-1", str(10**18), "7"]),
        (pl.Series([7.0, 10.0, 0.0]), ["0", "10", "7"]),
        (pl.Series([Decimal("7.00"), Decimal("100.00")]), ["100", "7"]),
        (pl.Series(["x", "y"], dtype=pl.Categorical), ["x", "y"]),
    ],
)
def test_customer_ids_are_text(engine: Backend, column: pl.Series, expected: list[str]) -> None:
    assert ids(engine, read(engine, transactions=sold(customer_id=column))) == expected


def test_ids_of_pandas_with_nulls_are_whole_numbers(engine: Backend) -> None:
    frame = pd.DataFrame(
        {
            "customer_id": [1, 2],
            "occurred_at": ["2026-01-01", "2026-01-02"],
            "amount": [1, 2],
            "order_id": [5.0, None],
        }
    )
    facts = read(engine, transactions=frame)
    assert ids(engine, facts) == ["1", "2"]
    assert facts.transactions is not None
    found = engine.rows(facts.transactions.select("customer_id", "order_id"))
    assert sorted(found) == [("1", "5"), ("2", None)]


@pytest.mark.parametrize("nobody", [None, "", "  ", 1.5, float("nan")])
def test_a_row_without_a_customer_is_named(engine: Backend, nobody: Any) -> None:
    other = 2.0 if isinstance(nobody, float) else "a"
    frame = sold(customer_id=[other, nobody, other])
    with pytest.raises(DataError, match="no customer_id in row 2; allowed: text or a number"):
        read(engine, transactions=frame)


def test_faults_of_all_columns_come_at_once(engine: Backend) -> None:
    frame = sold(
        customer_id=["a", None], occurred_at=["2026-01-32", "2026-01-01"], amount=[None, 1]
    )
    with pytest.raises(DataError) as caught:
        read(engine, transactions=frame)
    assert [(one.code, one.mark and one.mark.line) for one in caught.value.diagnostics] == [
        ("customer-missing", 2),
        ("time-unreadable", 1),
        ("amount-missing", 1),
    ]


def test_many_faulty_rows_are_counted_and_the_first_five_named(engine: Backend) -> None:
    frame = sold(occurred_at=["2026-01-01", *["x"] * 7])
    with pytest.raises(DataError, match=r"in rows 2, 3, 4, 5, 6 and 2 more, such as 'x'; allowed"):
        read(engine, transactions=frame)


def test_lines_of_a_source_are_named(engine: Backend) -> None:
    source = Source("sales.csv", sold(occurred_at=["2026-01-01", ""]), first_line=2)
    with pytest.raises(DataError, match=r"^sales\.csv:3 error\[time-unreadable\]"):
        read(engine, transactions=source)


def test_a_missing_column_comes_with_the_nearest_there_is(engine: Backend) -> None:
    frame = sold(amount=[1]).rename({"customer_id": "customer"})
    with pytest.raises(
        DataError, match=r"no column 'customer_id'; its columns are customer, .*'customer'\?"
    ):
        read(engine, transactions=frame)


def test_column_types_that_cannot_be_read_are_refused(engine: Backend) -> None:
    with pytest.raises(DataError, match="occurred_at is of type Int64"):
        read(engine, transactions=sold(occurred_at=[20]))
    with pytest.raises(DataError, match="customer_id is of type List"):
        read(engine, transactions=sold(customer_id=[["a"]]))
    with pytest.raises(DataError, match="amount is of type Boolean"):
        read(engine, transactions=sold(amount=[True]))


def test_a_customer_with_two_rows_is_refused(engine: Backend) -> None:
    frame = pl.DataFrame({"customer_id": ["a", "b", "a ", "c"], "name": ["A", "B", "A", "C"]})
    with pytest.raises(
        DataError, match=r"1 customer id stands more than once, in rows 1, 3;"
    ) as caught:
        read(engine, customers=frame)
    assert "A" not in str(caught.value)
    with pytest.raises(DataError, match="customer-twice"):
        read(engine, measures=frame)


def test_nothing_given_is_refused(engine: Backend) -> None:
    with pytest.raises(DataError, match="no frame was given"):
        read(engine)


def test_facts_after_as_of_in_the_time_zone_are_not_read(engine: Backend) -> None:
    frame = sold(
        customer_id=["z", "text", "in", "day"],
        occurred_at=["2026-11-21T23:30Z", "2026-11-22", "2026-11-21T16:59Z", "2026-11-21"],
    )
    facts = read(engine, transactions=frame)
    assert facts.transactions is not None
    kept = engine.rows(facts.transactions.select("customer_id"))
    assert sorted(kept) == [("day",), ("in",)]
    assert "2 rows of transactions are dated after 2026-11-21" in str(facts.diagnostics[0])
    assert ids(engine, facts) == ["day", "in", "text", "z"], "who has only later facts is known"
    assert facts.everyone is None


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_aware_times_are_converted_and_naive_ones_local(engine: Backend, unit: Any) -> None:
    late = pl.Series([datetime(2026, 11, 21, 23, 30, tzinfo=UTC)]).dt.cast_time_unit(unit)
    facts = read(engine, transactions=sold(occurred_at=late))
    assert codes(facts) == ["later-facts"]
    naive = late.dt.replace_time_zone(None)
    assert codes(read(engine, transactions=sold(occurred_at=naive))) == []


def test_strangers_are_left_out_and_remain_to_be_counted(engine: Backend) -> None:
    known = pl.DataFrame({"customer_id": ["a"]})
    contact = pl.DataFrame({"customer_id": ["b", "a"], "occurred_at": [AS_OF, date(2027, 1, 1)]})
    frame = sold(customer_id=["a", "b", "b"])
    facts = read(engine, customers=known, transactions=frame, contacts=contact)
    assert facts.transactions is not None
    assert facts.contacts is not None
    assert engine.rows(facts.transactions.select("customer_id")) == [("a",)]
    assert engine.rows(facts.contacts.select("customer_id")) == []
    assert {name: one.rows for name, one in facts.unsifted.items()} == {
        "transactions": 3,
        "contacts": 1,
    }
    assert len(engine.rows(facts.unsifted["transactions"].frame)) == 3


def test_strangers_are_counted_where_lines_become_sales(engine: Backend) -> None:
    known = pl.DataFrame({"customer_id": ["a"]})
    frame = sold(customer_id=["a", "b", "b"], order_id=["o", "p", "p"])
    facts = read(engine, customers=known, transactions=frame)
    assert facts.transactions is not None
    assert engine.rows(facts.transactions.select("customer_id")) == [("a",)]
    assert "2 rows of transactions are of customers" in str(facts.diagnostics[0])
    assert not facts.unsifted
    with pytest.raises(DataError, match="unknown-customer"):
        read(engine, customers=known, transactions=frame, strict=True)


def test_without_customers_they_are_those_seen(engine: Backend) -> None:
    contact = pl.DataFrame({"customer_id": ["c"], "occurred_at": [AS_OF]})
    measured = pl.DataFrame({"customer_id": ["m"], "x": [1]})
    facts = read(
        engine, transactions=sold(customer_id=["a", "a"]), contacts=contact, measures=measured
    )
    assert ids(engine, facts) == ["a", "c", "m"]
    assert facts.everyone is None
    assert read(engine, transactions=sold(customer_id=["a", "a"])).everyone == "transactions"


def test_empty_frames(engine: Backend) -> None:
    none = sold(amount=[1]).clear()
    facts = read(engine, transactions=none, customers=pl.DataFrame({"customer_id": ["a"]}))
    assert facts.transactions is not None
    assert engine.rows(facts.transactions) == []
    assert ids(engine, facts) == ["a"]
    assert facts.scale == 0
    assert ids(engine, read(engine, transactions=none)) == []


def test_columns_of_nothing_but_nulls(engine: Backend) -> None:
    frame = sold(amount=[1, 2]).with_columns(
        order_id=None, refund_of=None, profit=None, product=None
    )
    facts = read(engine, transactions=frame)
    assert facts.transactions is not None
    found = engine.rows(facts.transactions.select("amount", "profit", "is_sale", "product"))
    assert sorted(found) == [(1, None, True, None), (2, None, True, None)]


CONTACTS: list[tuple[dict[str, Any], bool]] = [
    ({"outcome": None}, True),
    ({"outcome": "talked"}, True),
    ({"outcome": "No answer"}, False),
    ({"outcome": "no-show"}, False),
    ({"outcome": "VOICEMAIL"}, False),
    ({"outcome": "planned"}, False),
    ({"channel": "mass_mail"}, False),
    ({"channel": "mail", "outcome": "newsletter"}, False),
    ({"channel": "newsletter", "direction": "inbound"}, True),
    ({"outcome": "missed", "direction": "in"}, False),
    ({"direction": "in"}, True),
]


def test_contacts_that_count(engine: Backend) -> None:
    rows = [
        {
            "customer_id": str(n),
            "occurred_at": AS_OF,
            "outcome": None,
            "channel": None,
            "direction": None,
        }
        | contact
        for n, (contact, _) in enumerate(CONTACTS)
    ]
    facts = read(engine, contacts=pl.DataFrame(rows, schema_overrides={"direction": pl.String}))
    assert facts.contacts is not None
    found = dict(engine.rows(facts.contacts.select("customer_id", "counts")))
    assert [found[str(n)] for n in range(len(CONTACTS))] == [counts for _, counts in CONTACTS]


def test_contacts_without_further_columns_count(engine: Backend) -> None:
    facts = read(engine, contacts=pl.DataFrame({"customer_id": ["a"], "occurred_at": [AS_OF]}))
    assert facts.contacts is not None
    assert engine.rows(facts.contacts.select("counts")) == [(True,)]


def test_stage_changes_by_a_person(engine: Backend) -> None:
    who = ["Lan", None, "rule", "rule:stale_contact", "system", "host", "ruler"]
    frame = pl.DataFrame(
        {
            "customer_id": [str(n) for n in range(7)],
            "changed_at": [AS_OF] * 7,
            "to": ["hot"] * 7,
            "by": who,
        }
    )
    facts = read(engine, stage_changes=frame)
    assert facts.stage_changes is not None
    found = sorted(engine.rows(facts.stage_changes.select("customer_id", "by_person")))
    assert [by for _, by in found] == [True, True, False, False, False, True, True]
    alone = read(engine, stage_changes=frame.drop("by"))
    assert alone.stage_changes is not None
    assert set(engine.rows(alone.stage_changes.select("by_person"))) == {(True,)}


def test_answers_are_text_with_their_moment(engine: Backend) -> None:
    frame = pl.DataFrame(
        {
            "customer_id": ["a", "a", "b"],
            "answered_at": ["2026-01-01T08:00", "2026-01-01T09:30", "2026-01-01"],
            "question": ["satisfaction"] * 3,
            "answer": [4.0, 4.5, None],
        }
    )
    facts = read(engine, surveys=frame)
    assert facts.surveys is not None
    found = engine.rows(
        facts.surveys.sort("customer_id", "moment").select("day", "moment", "answer")
    )
    day = (date(2026, 1, 1) - date(1970, 1, 1)).days
    assert found == [
        (day, day * 86_400_000_000 + 8 * 3_600_000_000, "4"),
        (day, day * 86_400_000_000 + 9 * 3_600_000_000 + 1_800_000_000, "4.5"),
        (day, day * 86_400_000_000, None),
    ]


def test_opportunities_and_feedback_keep_their_columns(engine: Backend) -> None:
    opportunity = pl.DataFrame(
        {"customer_id": ["a"], "step": [" lead "], "changed_at": [AS_OF], "x": [1]}
    )
    complaint = pl.DataFrame(
        {"customer_id": ["a"], "opened_at": [AS_OF], "kind": ["complaint"], "state": ["open"]}
    )
    facts = read(engine, opportunities=opportunity, feedback=complaint)
    assert facts.opportunities is not None
    assert facts.feedback is not None
    assert engine.rows(facts.opportunities.select("step", "x")) == [("lead", 1)]
    assert engine.rows(facts.feedback.select("kind", "state")) == [("complaint", "open")]


@pytest.mark.parametrize("others", [0, 40, 1_200])
def test_answers_that_spell_numbers(engine: Backend, others: int) -> None:
    """Few different texts, many numbers, and too many texts to list all give the same."""
    texts = [" 4 ", "4.50", "1e1", "-2", "04", "x", None, *(str(100 + n) for n in range(others))]
    frame = pl.DataFrame(
        {
            "customer_id": [str(n) for n in range(len(texts))],
            "answered_at": [AS_OF] * len(texts),
            "question": ["satisfaction"] * len(texts),
            "answer": texts,
        }
    )
    facts = read(engine, surveys=frame)
    assert facts.surveys is not None
    found = dict(engine.rows(facts.surveys.select("customer_id", "answer_number")))
    expected = [4.0, 4.5, 10.0, -2.0, None, None, None, *(100.0 + n for n in range(others))]
    assert [found[str(n)] for n in range(len(texts))] == expected
