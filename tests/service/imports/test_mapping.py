"""Columns are shown with what they seem to be, and a form says what they are."""

from io import BytesIO

import pytest

from custrata.engine.diagnostics import DataError
from custrata.service.imports.mapping import choices, mapped
from custrata.service.imports.uploads import keep, planned

SALES = "Kunde,Wann,Betrag,Bemerkung\nA-1,03/04/2026,5,x\nA-2,04/04/2026,7,y\n"


@pytest.fixture
def sent(desk, tmp_path, monkeypatch):
    monkeypatch.setenv("CUSTRATA_UPLOADS", str(tmp_path / "uploads"))
    return lambda text, name: keep(desk, name, BytesIO(text.encode()))


def codes(call, *args):
    with pytest.raises(DataError) as error:
        call(*args)
    return sorted(one.code for one in error.value.diagnostics)


def test_a_guess_is_shown_and_taken_back_as_it_was(desk, sent):
    kept = sent("customer_id,name,shoe size\nA-1,An,38\n", "customers.csv")
    found = mapped(kept)
    assert (found.guess.record, found.own, found.names) == (
        "customers",
        True,
        ("customer_id", "name", "shoe size"),
    )
    chosen = [found.chosen(one) for one in found.guess.matches]
    assert chosen == ["customer_id", "name", "="]
    given = choices(kept, "customers", {f"column-{i}": one for i, one in enumerate(chosen)})
    assert given.attributes == ["shoe size"]
    assert given.columns["customer_id"] == "customer_id"
    assert planned(desk, kept, given).counts.inserted == 1


def test_what_a_person_chose_wins_over_every_guess(desk, sent):
    kept = sent(SALES, "data.csv")
    assert mapped(kept).guess is None
    assert mapped(kept, "transactions").guess.missing
    chosen = {"column-0": "customer_id", "column-1": "occurred_at", "column-2": "amount"}
    plan = planned(desk, kept, choices(kept, "transactions", chosen, "mdy"))
    assert (plan.counts.inserted, plan.refused) == (2, 0)
    assert plan.reading.rows.spelt["Wann"] == ("03/04/2026", "2026-03-04")
    left = choices(kept, "transactions", {**chosen, "column-3": ""}, "dmy")
    assert {name for name, theirs in left.columns.items() if theirs} == set(chosen.values())


@pytest.mark.parametrize(
    ("record", "chosen", "faults"),
    [
        (None, {}, ["record-unknown"]),
        ("potatoes", {}, ["record-unknown"]),
        ("transactions", {"column-0": "customer_id"}, ["field-missing", "field-missing"]),
        (
            "transactions",
            {"column-0": "customer_id", "column-1": "occurred_at", "column-2": "amount"}
            | {"column-3": "amount"},
            ["field-twice"],
        ),
        (
            "source_costs",
            {"column-0": "source", "column-1": "month", "column-2": "amount", "column-3": "id"},
            ["field-unknown"],
        ),
    ],
)
def test_what_cannot_be_is_refused(sent, record, chosen, faults):
    assert codes(choices, sent(SALES, "data.csv"), record, chosen) == faults


@pytest.mark.parametrize("place", ["column-9", "column-x", "column--1", "column-", "column-²"])
def test_columns_that_were_made_up_are_nothing(sent, place):
    chosen = {"column-0": "customer_id", "column-1": "occurred_at", "column-2": "amount"}
    found = choices(sent(SALES, "data.csv"), "transactions", {**chosen, place: "product"}, "dmy")
    assert not found.columns["product"]
