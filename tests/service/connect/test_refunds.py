"""Refunds of a CRM: taken off once, and what became of the profit only where it is known."""

from __future__ import annotations

from datetime import date

import pytest

from custrata import Engine
from custrata.service.connect.checking import check
from tests.service.connect.places import MAPPING, orders, people

PROFIT = MAPPING.replace("status: o.state", "status: o.state, profit: o.profit")
GIVEN_BACK = PROFIT.replace("status: o.state", "status: o.state, refunded_amount: o.back")
RULES = """\
ruleset: 1
currency: USD
time_zone: Asia/Ho_Chi_Minh
classifiers:
  v:
    table:
      rules: [{profit: ">= 0", monetary: ">= 0", label: known}]
      otherwise: below
"""


def sales(crm, *columns):
    frame = crm.frames()["transactions"].frame
    return frame.select("transaction_id", *columns).sort("transaction_id").rows()


def done(**columns):
    return orders(state=["done"] * 5, **columns)


def test_a_refund_by_its_status_takes_its_profit_back(small):
    """Also where a sale brought a loss, and where the CRM keeps refunds below zero already."""
    crm = small.crm(
        PROFIT,
        orders=orders(
            total=["100", "100", "-100", "0", "7"],
            profit=["40", "-5", "-40", "0", "1"],
            currency=["USD"] * 5,
            state=["back"] * 5,
        ),
    )
    assert sales(crm, "amount", "profit") == [
        ("1", "-100", "-40"),
        ("2", "-100", "5"),
        ("3", "-100", "-40"),
        ("4", "0", "0"),
    ]


def test_what_was_given_back_brings_no_profit_of_its_own(small):
    crm = small.crm(
        GIVEN_BACK,
        orders=done(
            total=["100", "250000", "30", "5", "7"],
            profit=["40", "50000", "5", None, "1"],
            back=["30", "-25000", "30", "0", "7"],
        ),
    )
    assert sales(crm, "amount", "profit", "refund_of", "amount_given") == [
        ("1", "100", "40", None, "100"),
        ("1/refund", "-30", None, "1", "-30"),
        ("2", "10.00", "2.00", None, "250000"),
        ("2/refund", "-1.00", None, "2", "-25000"),
        ("3", "30", "5", None, "30"),
        ("3/refund", "-30", None, "3", "-30"),
        ("4", "5", None, None, "5"),
    ]


@pytest.mark.parametrize(("back", "profit", "amount"), [("30", None, 70), ("100", 0, 0)])
def test_the_profit_of_what_is_left_of_a_sale_is_not_known(small, back, profit, amount):
    """Neither the whole sale's nor twice that; of a sale that counts nowhere it is none."""
    sold = done(total=["100"] * 5, profit=["40"] * 5, back=[back] * 5)
    first = {name: rows[:1] for name, rows in sold.items()}
    crm = small.crm(
        GIVEN_BACK, people={name: rows[:1] for name, rows in people().items()}, orders=first
    )
    result = Engine.from_text(RULES).run(as_of=date(2026, 11, 10), **crm.frames())
    (found,) = result.measures.select("profit", "monetary").rows()
    assert found == (profit, amount)


def test_a_refund_is_not_taken_off_twice(small):
    crm = small.crm(GIVEN_BACK, orders=orders(profit=["1"] * 5, back=["0", None, "30", "0", "0"]))
    told = small.fails(crm)["refund-twice"]
    assert "transactions: 1 refund by its status has a refunded_amount too" in told
    assert told.startswith("crm.yaml:16:")
    apart = small.crm(GIVEN_BACK, orders=orders(profit=["1"] * 5, back=["5", None, "0", "0", "0"]))
    assert [amount for _id, amount in sales(apart, "amount")] == ["100.10", "-5", "10.00", "-30"]


def test_what_was_given_back_of_a_sale_without_a_name_is_refused(small):
    back = ["5", "0", "0", "0", "0"]
    crm = small.crm(GIVEN_BACK, orders=done(id=[None, 2, 3, 4, 9], profit=["1"] * 5, back=back))
    assert (
        "1 row has a refunded_amount, and no transaction_id" in small.fails(crm)["refund-unnamed"]
    )


def test_rows_that_name_their_sale_stay_beside_those_that_are_made(small):
    text = GIVEN_BACK.replace("profit: o.profit", "refund_of: o.of")
    back = ["5", "0", "0", "0", "0"]
    crm = small.crm(text, orders=orders(of=[None, None, "1", None, None], back=back))
    assert sales(crm, "amount", "refund_of") == [
        ("1", "100.10", None),
        ("1/refund", "-5", "1"),
        ("2", "10.00", None),
        ("3", "-30", "1"),
    ]


def test_a_refund_in_another_currency_needs_a_rate_too(small):
    rate = ["1", None, "1", "1", "1"]
    crm = small.crm(GIVEN_BACK, orders=done(rate=rate, profit=["1"] * 5, back=["1"] * 5))
    (told,) = [one.message for one in check(crm).faults if one.severity == "error"]
    assert told == "transactions: 1 amount in VND has no rate to USD"
