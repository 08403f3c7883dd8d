"""Each row of the domain's table of measures, its column "no data" too."""

from __future__ import annotations

from fractions import Fraction

import pytest

from custrata.engine.backends import Backend
from custrata.engine.model import Window
from tests.engine.measures.measuring import (
    ago,
    answer,
    change,
    contact,
    feedback,
    people,
    run,
    sale,
    use,
)

ALL = people("a", "b", "none")


def test_recency_and_tenure_read_sales_only(engine: Backend) -> None:
    rows = [sale("a", 40), sale("a", 400), sale("a", 3, -5), sale("b", 7, -1)]
    found = run(engine, "recency_days", "tenure_days", customers=ALL, transactions=rows)
    assert found["recency_days"] == {"a": 40, "b": None, "none": None}
    assert found["tenure_days"] == {"a": 400, "b": None, "none": None}
    assert found.told == []


def test_frequency_counts_sales_in_the_window(engine: Backend) -> None:
    rows = [sale("a", 0), sale("a", 0, 0), sale("a", 364), sale("a", 365), sale("b", 5, -1)]
    uses = [
        use("days", "frequency", count="days"),
        use("paid", "frequency", paid_only=True),
        use("ever", "frequency", Window(None)),
    ]
    found = run(
        engine, "frequency", "days", "paid", "ever", uses=uses, customers=ALL, transactions=rows
    )
    assert found["frequency"] == {"a": 3, "b": 0, "none": 0}
    assert found["days"] == {"a": 2, "b": 0, "none": 0}
    assert found["paid"] == {"a": 2, "b": 0, "none": 0}
    assert found["ever"] == {"a": 4, "b": 0, "none": 0}


def test_frequency_counts_values_of_a_column(engine: Backend) -> None:
    rows = [
        sale("a", 1, product="x", order_id="1"),
        sale("a", 1, product="y", order_id="1"),
        sale("a", 2, product="y", order_id="2"),
        sale("a", 3, product=None, order_id="3"),
        sale("a", 500, product="z", order_id="4"),
    ]
    uses = [
        use("products", "frequency", count="product"),
        use("typo", "frequency", count="produkt"),
    ]
    found = run(engine, uses=uses, customers=ALL, transactions=rows)
    assert found["products"] == {"a": 2, "b": 0, "none": 0}
    assert found["typo"] == {"a": None, "b": None, "none": None}
    assert found.told == ["typo is null for everyone: transactions have no column 'produkt'"]


def test_monetary_is_exact_and_subtracts_refunds(engine: Backend) -> None:
    rows = [sale("a", 1, 0.1), sale("a", 2, 0.2), sale("a", 3, -1.05), sale("b", 400, 7)]
    found = run(engine, "monetary", customers=ALL, transactions=rows)
    assert found["monetary"] == {"a": Fraction(-3, 4), "b": 0, "none": 0}
    assert found.columns["monetary"].money
    assert found.columns["monetary"].scale == 2


def test_monetary_mean_is_per_sale(engine: Backend) -> None:
    rows = [sale("a", 1, 10), sale("a", 2, 0), sale("a", 3, -1), sale("b", 4, -2.5)]
    uses = [
        use("basket", "monetary", statistic="mean"),
        use("paid", "monetary", statistic="mean", paid_only=True),
    ]
    found = run(engine, uses=uses, customers=ALL, transactions=rows)
    assert found["basket"] == {"a": 4.5, "b": None, "none": None}
    assert found["paid"] == {"a": 9.0, "b": None, "none": None}


def test_profit_lacks_where_a_sale_lacks_it(engine: Backend) -> None:
    rows = [
        sale("a", 1, 10, profit=2.5),
        sale("a", 2, -3, profit=None),
        sale("a", 400, 9, profit=None),
        sale("b", 1, 10, profit=None),
        sale("b", 2, 10, profit=1),
        sale("old", 500, 10, profit=4),
    ]
    found = run(engine, "profit", customers=[*ALL, *people("old")], transactions=rows)
    assert found["profit"] == {"a": Fraction(5, 2), "b": None, "none": 0, "old": 0}


def test_profit_of_a_file_without_it_is_null(engine: Backend) -> None:
    found = run(engine, "profit", customers=ALL, transactions=[sale("a", 1)])
    assert found["profit"] == {"a": None, "b": None, "none": None}
    assert found.told == ["profit is null for everyone: transactions have no column 'profit'"]


def test_mean_gap_and_silence_need_three_sale_dates(engine: Backend) -> None:
    rows = [sale("a", days) for days in (90, 90, 130, 150)]
    rows += [sale("b", days) for days in (10, 10, 20)]
    found = run(engine, "mean_gap_days", "silence_ratio", customers=ALL, transactions=rows)
    assert found["mean_gap_days"] == {"a": 30.0, "b": None, "none": None}
    assert found["silence_ratio"] == {"a": 3.0, "b": None, "none": None}


def test_silence_is_rounded_once(engine: Backend) -> None:
    """7 days of silence against gaps of 7/3: 3 exactly, where 7 ÷ (7 ÷ 3) would be off."""
    rows = [sale("a", days) for days in (49, 72, 93, 98)]
    found = run(engine, "mean_gap_days", "silence_ratio", transactions=rows)
    assert found["mean_gap_days"] == {"a": 49 / 3}
    assert found["silence_ratio"] == {"a": 3.0}


def test_growth_is_null_without_a_base(engine: Backend) -> None:
    rows = [
        sale("a", 364, 130),
        sale("a", 365, 100),
        sale("b", 1, 5),
        sale("c", 700, 100),
        sale("d", 500, -1),
    ]
    customers = [*ALL, *people("c", "d")]
    found = run(engine, "growth_rate", customers=customers, transactions=rows)
    assert found["growth_rate"] == {"a": 0.3, "b": None, "c": -1.0, "d": None, "none": None}


def test_growth_of_a_window_without_limit_is_null(engine: Backend) -> None:
    found = run(engine, "growth_rate", window_days=None, transactions=[sale("a", 1)])
    assert found["growth_rate"] == {"a": None}
    assert found.told == [
        "growth_rate is null for everyone: a window without limit has none before it"
    ]


def test_margin_is_null_without_revenue(engine: Backend) -> None:
    rows = [
        sale("a", 1, "12.34", profit="4.319"),
        sale("b", 1, "-1", profit="1"),
        sale("z", 1, "0", profit="1"),
    ]
    customers = [*ALL, *people("z")]
    found = run(engine, "margin_rate", customers=customers, transactions=rows)
    assert found["margin_rate"] == {"a": 0.35, "b": None, "none": None, "z": None}


def test_adoption_counts_from_the_launch(engine: Backend) -> None:
    rows = [
        sale("a", 30, product="lamp", order_id="1"),
        sale("a", 30, product="bulb", order_id="1"),
        sale("a", 5, product="lamp", order_id="2"),
        sale("b", 120, product="lamp", order_id="3"),
        sale("none", 1, product="bulb", order_id="4"),
        sale("none", 1, -5, product="lamp", order_id="5"),
    ]
    uses = [use("adopted", "adoption_days", product="lamp", launch=ago(100).isoformat())]
    found = run(engine, uses=uses, customers=ALL, transactions=rows)
    assert found["adopted"] == {"a": 70, "b": -20, "none": None}


def test_adoption_without_a_product_is_null(engine: Backend) -> None:
    found = run(engine, "adoption_days", transactions=[sale("a", 30, product="lamp")])
    assert found["adoption_days"] == {"a": None}
    assert "parameter product: missing data for required field" in found.told[0]


@pytest.mark.parametrize(
    ("product", "launch", "doubts"),
    [
        ("lamp", 365, []),
        ("lamp", 364, ["the first year of 'lamp', launched on 2025-11-22, is not over"]),
        ("bulb", 400, ["'bulb' was bought before its launch on 2025-10-17 (2 times)"]),
        ("lmap", 400, ["nobody has bought 'lmap'"]),
        ("lamp", -1, ["'lamp' was bought before", "the first year of 'lamp'"]),
    ],
)
def test_adoption_doubts(engine: Backend, product: str, launch: int, doubts: list[str]) -> None:
    rows = [sale("a", 30, product="lamp"), sale("a", 401, product="bulb")]
    rows += [sale("b", 500, product="bulb"), sale("b", 400, product="bulb")]
    uses = [use("adopted", "adoption_days", product=product, launch=ago(launch).isoformat())]
    found = run(engine, uses=uses, transactions=rows)
    assert [one.code for one in found.diagnostics] == ["measure-doubtful"] * len(doubts)
    assert all(f"adopted: {doubt}" in told for doubt, told in zip(doubts, found.told, strict=True))


def test_lost_holds_until_a_later_sale(engine: Backend) -> None:
    names = ("lost", "same_day", "back", "undated", "never_bought", "hot", "none")
    stages = ["lost", "lost", "lost", "lost", "lost", "hot", None]
    rows = [sale("lost", 40), sale("same_day", 30), sale("back", 29), sale("undated", 1)]
    moves = [{**change(name, 30), "to": "lost"} for name in names[:3]]
    moves += [{**change("hot", 30), "to": "lost"}, {**change("back", 90), "to": "lost"}]
    records = {"customers": people(*names, stage=stages), "transactions": rows}
    found = run(engine, "is_lost", stage_changes=moves, **records)
    lost = {"lost", "same_day", "undated", "never_bought"}
    assert {name for name, told in found["is_lost"].items() if told == "true"} == lost
    assert {found["is_lost"][name] for name in set(names) - lost} == {"false"}
    without = run(engine, "is_lost", **records)
    assert {name for name, told in without["is_lost"].items() if told == "true"} == {*lost, "back"}
    assert without.told == []


def test_lost_is_read_from_the_stage(engine: Backend) -> None:
    found = run(engine, "is_lost", customers=ALL, transactions=[sale("a", 3)])
    assert set(found["is_lost"].values()) == {None}
    assert found.told == ["is_lost is null for everyone: customers have no attribute 'stage'"]


def test_known_days_take_the_earliest(engine: Backend) -> None:
    customers = people("a", "b", "c", "none", created_at=[ago(5), ago(500), None, None])
    found = run(
        engine,
        "known_days",
        customers=customers,
        transactions=[sale("a", 9), sale("b", 8), sale("c", 7, -1)],
        contacts=[contact("a", 40), contact("c", 6)],
    )
    assert found["known_days"] == {"a": 40, "b": 500, "c": 6, "none": None}


@pytest.mark.parametrize("record", ["customers", "transactions", "contacts"])
def test_known_days_do_with_any_record(engine: Backend, record: str) -> None:
    records = {
        "customers": people("a", created_at=[ago(9)]),
        "transactions": [sale("a", 9)],
        "contacts": [contact("a", 9)],
    }
    found = run(engine, "known_days", **{record: records[record]})
    assert found["known_days"] == {"a": 9}
    assert found.told == []


def test_days_since_contact_fall_back_to_creation(engine: Backend) -> None:
    customers = people("a", "b", "none", created_at=[ago(5), ago(50), None])
    contacts = [contact("a", 29), contact("a", 60), contact("b", 2, outcome="missed")]
    found = run(engine, "days_since_contact", customers=customers, contacts=contacts)
    assert found["days_since_contact"] == {"a": 29, "b": 50, "none": None}


def test_creation_after_the_as_of_date_is_not_read(engine: Backend) -> None:
    customers = people("a", "b", created_at=[ago(-3), ago(0)])
    found = run(
        engine, "days_since_contact", "known_days", customers=customers, contacts=[contact("x", 1)]
    )
    assert found["days_since_contact"] == {"a": None, "b": 0}
    assert found["known_days"] == {"a": None, "b": 0}


def test_days_since_touch_take_the_later(engine: Backend) -> None:
    customers = people("a", "b", "c", "d", created_at=[ago(5), ago(50), ago(60), ago(70)])
    contacts = [contact("a", 45), contact("b", 2)]
    changes = [change("a", 5), change("b", 9), change("c", 90), change("c", 1, by="rule:x")]
    found = run(
        engine, "days_since_touch", customers=customers, contacts=contacts, stage_changes=changes
    )
    assert found["days_since_touch"] == {"a": 5, "b": 2, "c": 90, "d": 70}
    without = run(engine, "days_since_touch", customers=customers, contacts=contacts)
    assert without["days_since_touch"] == {"a": 45, "b": 2, "c": 60, "d": 70}
    assert without.told == []


def test_existing_are_buyers_and_those_reached_long_ago(engine: Backend) -> None:
    customers = people("buyer", "old", "edge", "new", "none")
    contacts = [contact("old", 366), contact("edge", 365), contact("new", 1)]
    records = {"customers": customers, "contacts": contacts}
    found = run(engine, "is_existing", transactions=[sale("buyer", 3000)], **records)
    assert found["is_existing"] == {
        "buyer": "true",
        "edge": "false",
        "new": "false",
        "none": "false",
        "old": "true",
    }
    without = run(engine, "is_existing", **records)
    assert without["is_existing"]["buyer"] == "false"
    neither = run(engine, "is_existing", customers=customers)
    assert set(neither["is_existing"].values()) == {None}
    assert neither.told == [
        "is_existing is null for everyone: no transactions were given, no contacts were given"
    ]


def test_open_complaints(engine: Backend) -> None:
    rows = [
        feedback("a", 1, "complaint", "open"),
        feedback("a", 0, "complaint", None),
        feedback("a", 1, "complaint", "resolved"),
        feedback("a", 1, "complaint", "closed"),
        feedback("a", 1, "complaint", "closed_case"),
        feedback("a", -1, "complaint", "open"),
        feedback("b", 1, "praise", "open"),
    ]
    found = run(engine, "open_complaints", customers=ALL, feedback=rows)
    assert found["open_complaints"] == {"a": 2, "b": 0, "none": 0}


def test_peers_share_a_value(engine: Backend) -> None:
    customers = people("a", "b", "c", "d", sector=["x", "x", "y", None], size=[1, 2.5, 1.0, None])
    uses = [
        use("peers", "peer_count", attribute="sector"),
        use("share", "peer_share", attribute="sector"),
        use("sizes", "peer_count", attribute="size"),
    ]
    found = run(engine, uses=uses, customers=customers)
    assert found["peers"] == {"a": 2, "b": 2, "c": 1, "d": None}
    assert found["share"] == {"a": 2 / 3, "b": 2 / 3, "c": 1 / 3, "d": None}
    assert found["sizes"] == {"a": 2, "b": 1, "c": 2, "d": None}
    assert found.states["peers"] == {"x": 2, "y": 1}
    assert found.states["sizes"] == {"1": 2, "5/2": 1}


def test_peers_are_those_of_the_calibration(engine: Backend) -> None:
    customers = people("a", "b", "c", sector=["x", "x", "new"], size=[1, 2, 3])
    uses = [
        use("peers", "peer_count", attribute="sector"),
        use("sizes", "peer_count", attribute="size"),
    ]
    states = {"peers": {"x": 7, "y": 1}, "sizes": {"1": 2, "5/2": 1}}
    found = run(engine, uses=uses, customers=customers, states=states)
    assert found["peers"] == {"a": 7, "b": 7, "c": 0}
    assert found["sizes"] == {"a": 2, "b": 0, "c": 0}
    assert found.states == states


def test_peers_of_an_attribute_that_is_not_there(engine: Backend) -> None:
    found = run(engine, "peer_share", customers=ALL)
    assert found["peer_share"] == {"a": None, "b": None, "none": None}
    assert found.states == {"peer_share": None}
    assert found.told == ["peer_share is null for everyone: customers have no attribute 'sector'"]


def test_profile_completeness(engine: Backend) -> None:
    rows = [
        answer("a", 9, "size", "3"),
        answer("a", 2, "size", "4"),
        answer("a", 2, "how", None),
        answer("a", 2, "what", "lamps"),
        answer("b", 2, "other", "x"),
    ]
    uses = [use("known", "profile_completeness", questions=["size", "how", "what", "size"])]
    found = run(engine, uses=uses, customers=ALL, surveys=rows)
    assert found["known"] == {"a": 2 / 3, "b": 0.0, "none": 0.0}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("4.0", 4),
        ("3e0", 3),
        ("very_dissatisfied", 1),
        ("dissatisfied", 2),
        ("just_satisfied", 3),
        ("satisfied", 4),
        ("very_satisfied", 5),
        ("0", None),
        ("6", None),
        ("4.5", None),
        ("05", None),
        ("fine", None),
    ],
)
def test_satisfaction_reads_numbers_and_words(
    engine: Backend, text: str, value: int | None
) -> None:
    rows = [answer("a", 30, "satisfaction", "2"), answer("a", 1, "satisfaction", text)]
    assert run(engine, "satisfaction", surveys=rows)["satisfaction"] == {"a": value}


def test_satisfaction_is_the_latest_within_a_year(engine: Backend) -> None:
    rows = [
        answer("a", 3, "satisfaction", "2"),
        answer("a", 300, "satisfaction", "5"),
        answer("a", 1, "satisfaction", None),
        answer("b", 365, "satisfaction", "5"),
        answer("c", 364, "satisfaction", "5"),
        answer("d", 1, "recommend", "5"),
        answer("e", 1, "satisfaction", "4"),
        answer("e", 1, "satisfaction", "2"),
        answer("e", 1, "satisfaction", "9"),
    ]
    found = run(engine, "satisfaction", customers=people(*"abcde", "none"), surveys=rows)
    assert found["satisfaction"] == {"a": 2, "b": None, "c": 5, "d": None, "e": 2, "none": None}


def test_satisfaction_of_one_day_goes_by_the_moment(engine: Backend) -> None:
    rows = [
        {
            "customer_id": "a",
            "answered_at": f"2026-11-20T{hour}",
            "question": "satisfaction",
            "answer": text,
        }
        for hour, text in (("09:00", "1"), ("17:30", "5"), ("12:00", "2"))
    ]
    assert run(engine, "satisfaction", surveys=rows)["satisfaction"] == {"a": 5}


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("10", "very_likely"),
        ("9", "very_likely"),
        ("8", "possible"),
        ("7.0", "possible"),
        ("6", "unlikely"),
        ("0", "unlikely"),
        ("11", None),
        ("-1", None),
        ("possible", "possible"),
        ("perhaps", "perhaps"),
    ],
)
def test_recommend_maps_numbers(engine: Backend, text: str, category: str | None) -> None:
    rows = [answer("a", 900, "recommend", text), answer("b", 1, "recommend", "9")]
    found = run(engine, "recommend", customers=ALL, surveys=rows)
    assert found["recommend"] == {"a": category, "b": "very_likely", "none": None}


def test_recommend_takes_the_latest_and_the_worst(engine: Backend) -> None:
    rows = [answer("a", 9, "recommend", "1"), answer("a", 1, "recommend", "9")]
    rows += [answer("b", 1, "recommend", "9"), answer("b", 1, "recommend", "unlikely")]
    found = run(engine, "recommend", surveys=rows)
    assert found["recommend"] == {"a": "very_likely", "b": "unlikely"}


NEEDS = {
    "recency_days": "transactions",
    "frequency": "transactions",
    "monetary": "transactions",
    "profit": "transactions",
    "tenure_days": "transactions",
    "mean_gap_days": "transactions",
    "silence_ratio": "transactions",
    "growth_rate": "transactions",
    "margin_rate": "transactions",
    "repurchase_probability": "transactions",
    "days_since_contact": "contacts",
    "days_since_touch": "contacts",
    "satisfaction": "surveys",
    "recommend": "surveys",
    "open_complaints": "feedback",
}


@pytest.mark.parametrize("name", NEEDS)
def test_a_record_that_was_not_given_makes_null(engine: Backend, name: str) -> None:
    found = run(engine, name, customers=people("a", created_at=[ago(3)]))
    assert found[name] == {"a": None}
    assert found.told == [f"{name} is null for everyone: no {NEEDS[name]} were given"]
    assert [one.code for one in found.diagnostics] == ["record-missing"]
