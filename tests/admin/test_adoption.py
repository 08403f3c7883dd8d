"""The page of new products: who took them up when, and the chasm."""

import re
from datetime import date, timedelta

import pytest

from custrata.service.runs import run
from tests.service.runs.putting import customer, put, rules, sale

LAST = date(2026, 11, 21)
RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
measures:
  adoption_days: {measure: adoption_days, product: "<b>Cold</b> brew", launch: 2026-01-01}
classifiers:
  adopter: {}
"""
DAYS = (3, 33, 93, 103, 123, 170, 180, 190, 200, 210)


def words(panel):
    answer = panel.client("viewer").get("/adoption/")
    assert answer.status_code == 200
    assert "<b>Cold</b>" not in answer.text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.text))


def lived(bare, days):
    rules(bare.desk, RULES)
    put(bare.desk, customer("never"))
    for number, day in enumerate(days):
        at = str(date(2026, 1, 1) + timedelta(days=day))
        put(bare.desk, customer(f"c{number}"))
        put(bare.desk, sale(f"c{number}", at, 10, product="<b>Cold</b> brew"))
    run(bare.desk, as_of=LAST)


def test_the_chasm_and_the_pace_on_both_sides(bare):
    assert "come with the next run" in words(bare)
    lived(bare, DAYS)
    shown = words(bare)
    assert "324 days ago. 10 of 11 customers have bought it." in shown
    assert "It is not a year old" in shown
    assert "60 days between the last early adopter and the first of the early majority." in shown
    assert "Before it 2 bought in thirty days, after it 3." in shown


@pytest.mark.parametrize("days", [(), (5,), (5, 5, 5), (-20, 10)])
def test_few_buyers_are_no_fault(bare, days):
    lived(bare, days)
    assert f"{len(days)} of {len(days) + 1} customers have bought it." in words(bare)


def test_rules_without_a_product_say_how_to_name_one(bare):
    rules(bare.desk, "ruleset: 1\nclassifiers: {rfm: {}}\n")
    put(bare.desk, customer("a"))
    run(bare.desk, as_of=LAST)
    assert "No rules name a new product" in words(bare)
