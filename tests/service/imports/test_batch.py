"""Rows that a program sends: amounts beside those that are there."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custrata.service.amounts import Extent, fits_anywhere
from custrata.service.imports import batch
from custrata.service.imports.batch import take_rows
from custrata.store.models import Customer

WORST = Extent(finest=9, largest=10**16)
"""Of amounts that a store can have."""
MOMENT = datetime(2026, 11, 1, tzinfo=UTC)


def sent(desk, *amounts, **more):
    rows = [{"customer_id": "a", "occurred_at": MOMENT, "amount": one, **more} for one in amounts]
    return [one.state for one in take_rows(desk, "transactions", dict(enumerate(rows))).outcomes]


@given(st.decimals(places=5) | st.decimals(min_value=-(10**10), max_value=10**10, places=3))
def test_what_fits_anywhere_fits_beside_the_finest_and_the_largest(amount):
    if fits_anywhere(amount):
        scale = max(0, -amount.normalize().as_tuple().exponent)
        assert scale <= WORST.decimals
        assert abs(amount) <= WORST.most


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "0.0001", "9223372037"])
def test_what_may_not_fit_is_looked_at(amount):
    assert not fits_anywhere(Decimal(amount))


def test_an_amount_too_fine_beside_those_there_is_refused(desk):
    assert sent(desk, Decimal(10**14)) == ["inserted"]
    assert sent(desk, Decimal("0.00001"), Decimal("0.001")) == ["refused", "inserted"]


def test_amounts_that_fit_anywhere_are_not_held_against_all_others(desk, monkeypatch):
    monkeypatch.setattr(batch, "extent", lambda _session: pytest.fail("all were read"))
    assert sent(desk, Decimal("12.345"), Decimal(-9_000_000_000)) == ["inserted", "inserted"]


def test_a_currency_is_held_against_the_one_that_is_there(desk):
    assert sent(desk, Decimal(1), currency="VND") == ["inserted"]
    assert sent(desk, Decimal(2), currency="USD") == ["refused"]
    assert sent(desk, Decimal(3)) == ["inserted"]


def test_rows_of_one_id_that_say_different_things_are_refused_in_any_order(desk):
    rows = [
        {"customer_id": "a", "name": "A", "phone": "0901"},
        {"customer_id": " a", "name": "B"},
        {"customer_id": "b", "name": "B"},
        {"customer_id": "c"},
    ]
    found = take_rows(desk, "customers", dict(enumerate(rows)))
    assert [one.state for one in found.outcomes] == ["refused", "refused", "inserted", "inserted"]
    told = ("customer_id: several rows have the same, and differ",)
    assert [one.faults for one in found.outcomes[:2]] == [told, told]


def test_nothing_but_such_rows_changes_nothing(desk):
    rows = {0: {"customer_id": "a"}, 1: {"customer_id": "a", "name": "A"}}
    found = take_rows(desk, "customers", rows)
    assert [one.state for one in found.outcomes] == ["refused", "refused"]
    assert found.touched == 0


def test_rows_without_an_id_are_told_apart_by_all_that_they_say(desk):
    rows = {
        0: {"customer_id": "a", "occurred_at": MOMENT},
        1: {"customer_id": "a", "occurred_at": MOMENT, "channel": "call"},
    }
    found = take_rows(desk, "contacts", rows)
    assert [one.state for one in found.outcomes] == ["inserted", "inserted"]


def test_texts_are_kept_as_they_are_written(desk):
    own = {"price_list": "1.10", "code": "1e5", "long": "12345678901234567890.5", "size": 1.5}
    take_rows(desk, "customers", {0: {"customer_id": "a", "attributes": own}})
    with desk.database.read() as session:
        assert session.get_one(Customer, "a").attributes == own | {"size": "1.5"}


def test_an_amount_that_leaves_no_room_for_any_decimals_is_refused(desk):
    assert sent(desk, Decimal(2**63 - 1), Decimal("0.125")) == ["refused", "inserted"]
