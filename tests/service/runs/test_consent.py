"""No consent, no classification: who is left out, what is taken back, and that others are alike."""

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from custrata import Engine
from custrata.engine.diagnostics import CustrataError
from custrata.engine.facts.words import NO, YES
from custrata.service.customers.coming import coming
from custrata.service.customers.consent import is_left_out, set_consent
from custrata.service.imports.codes import read_booleans
from custrata.service.registers.groups import add_group
from custrata.service.runs import back_fill, run
from custrata.service.runs.reasons import reasons
from custrata.service.settings import change_settings
from custrata.store.models import Customer, Group, Membership, Outgoing, Transaction
from tests.service.runs.putting import (
    at,
    changes,
    contact,
    customer,
    emptied,
    labels,
    put,
    rules,
    sale,
    shown,
)

RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
classifiers:
  reach:
    bands: {days_since_contact: {cuts: [30], names: [fresh, stale]}}
    table:
      rules:
        - {days_since_contact: stale, label: stale}
      otherwise: fresh
    effects: {stale: {enter: [{set_stage: dont_forget}], leave: [{webhook: crm}]}}
  worth:
    bands: {monetary: {cuts: [{quantile: 0.5}], names: [low, high]}}
    table:
      rules:
        - {monetary: high, label: top}
      otherwise: rest
"""


@pytest.fixture
def desk(desk):
    rules(desk, RULES)
    stock(desk)
    return desk


def stock(desk, **consents):
    put(desk, *(customer(one, "hot", "2026-01-01", consent=consents.get(one)) for one in "abc"))
    put(desk, *(contact(one, "2026-08-01") for one in "abc"))
    put(desk, *(sale(one, "2026-10-01", 100 * n) for n, one in enumerate("abc", 1)))


def members(desk):
    query = select(Membership.customer_id).join(Group).where(Group.code == "stale")
    with desk.database.read() as session:
        return sorted(session.scalars(query))


def test_who_withdraws_loses_labels_groups_and_stages_at_once(desk, clock):
    add_group(desk, "Stale", rule="{label.reach: stale}")
    run(desk)
    assert members(desk) == ["a", "b", "c"]
    assert shown(desk, "c") == "dont_forget"
    clock.forward(days=1)
    moved = set_consent(desk, "c", consent=False)
    assert {(one.classifier, one.was, one.label, one.why) for one in moved} == {
        ("reach", "stale", None, "consent"),
        ("worth", "top", None, "consent"),
    }
    assert labels(desk, "worth") == {"a": "rest", "b": "top", "c": None}
    assert members(desk) == ["a", "b"]
    assert shown(desk, "c") == "hot"
    with desk.database.read() as session:
        (told,) = session.scalars(select(Outgoing))
        assert (told.payload["to"], told.payload["why"]) == (None, "consent")
        assert session.scalars(
            select(Transaction.customer_id).where(Transaction.amount == 300)
        ).all()
    moved = set_consent(desk, "c", consent=True)
    assert {(one.classifier, one.label) for one in moved} == {("reach", "stale"), ("worth", "top")}
    assert shown(desk, "c") == "dont_forget"


def test_a_run_takes_labels_back_once_and_counts_who_is_left_out(desk, clock):
    run(desk)
    put(desk, *(customer("d", "hot", "2026-01-01", consent=False),))
    with desk.database.write() as session:
        session.get(Customer, "c").consent = False
    clock.forward(days=1)
    summary = run(desk)
    assert summary.customers == 2
    assert {(one.classifier, one.why, one.customers) for one in summary.flows if not one.label} == {
        ("reach", "consent", 1),
        ("worth", "consent", 1),
    }
    assert summary.left_out == 2
    assert labels(desk, "reach") == {"a": "stale", "b": "stale", "c": None}
    clock.forward(days=1)
    again = run(desk)
    assert again.flows == ()
    assert [why for _day, _label, why in changes(desk, "c", "reach")] == ["first", "consent"]
    assert reasons(desk, "c").explanations == ()
    assert coming(desk, "c") == ()


@pytest.mark.parametrize(("choice", "left"), [("off", ""), ("denied", "a"), ("given", "ab")])
def test_the_firm_chooses(desk, choice, left):
    change_settings(desk, consent_needed=choice)
    set_consent(desk, "a", consent=False)
    set_consent(desk, "c", consent=True)
    run(desk)
    assert set(labels(desk, "reach")) == set("abc") - set(left)
    with desk.database.read() as session:
        out = {one for one in "abc" if is_left_out(session, session.get(Customer, one))}
    assert out == set(left)


def test_no_other_choice_is_taken(desk):
    with pytest.raises(CustrataError, match="setting-consent-needed"):
        change_settings(desk, consent_needed="maybe")


def test_a_run_of_which_all_are_left_out_takes_everything_back(desk, clock):
    run(desk)
    change_settings(desk, consent_needed="given")
    clock.forward(days=1)
    assert run(desk).customers == 0
    assert set(labels(desk, "worth").values()) == {None}


def test_past_days_are_found_out_for_none_of_them(desk):
    put(desk, *(customer("d", "hot", "2026-01-01", consent=False),))
    run(desk)
    (day,) = back_fill(desk, at("2026-11-10").date(), at("2026-11-10").date())
    assert day.customers == 3
    assert changes(desk, "d", "reach") == []


@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
def test_others_are_labelled_as_if_she_were_not_there(desk):
    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.tuples(st.integers(0, 500), st.booleans()), min_size=1, max_size=8))
    def check(people):
        found = []
        for there in (people, [(amount, out) for amount, out in people if not out]):
            emptied(desk)
            rules(desk, RULES)
            for number, (amount, out) in enumerate(there):
                one = f"{amount}-{sum(1 for a, o in there[:number] if (a, o) == (amount, out))}"
                name = f"out-{one}" if out else one
                put(desk, customer(name, "hot", "2026-01-01", consent=False if out else None))
                put(desk, contact(name, "2026-08-01"), sale(name, "2026-10-01", amount))
            if there:
                run(desk)
            found.append((labels(desk, "worth"), labels(desk, "reach")))
        assert found[0] == found[1]

    check()


# --- the engine by itself -----------------------------------------------------------------


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
@pytest.mark.parametrize(
    "words",
    [
        [True, None, False],
        ["Yes", "", "No"],
        ["đồng ý", None, "không"],
        [1, None, 0],
        ["true", "  ", " FALSE "],
        ["✓", None, "从不"],
        ["yes", "", "opted out"],
        [1.0, None, 0.0],
        [1.0, float("nan"), 2.0],
        [True, None, "2026-01-01"],
    ],
)
def test_consent_is_read_however_it_is_written(engine, words):
    rows = {"customer_id": ["yes", "open", "no"], "consent": words}
    frame = pl.DataFrame(rows, strict=False)
    online = Engine.from_text(RULES)
    as_of = at("2026-11-21").date()
    sales = pl.DataFrame(
        {"customer_id": rows["customer_id"], "occurred_at": [as_of] * 3, "amount": [1, 2, 3]}
    )
    for choice, left in {"denied": {"no"}, "given": {"no", "open"}, "off": set()}.items():
        result = Engine.from_text(RULES, engine=engine).run(
            as_of=as_of, customers=frame, transactions=sales, strict=True, consent=choice
        )
        assert set(pl.DataFrame(result.labels)["customer_id"]) == set(rows["customer_id"]) - left
        assert any(one.code == "no-consent" for one in result.diagnostics) == bool(left)
        alone = {
            name: online.customer(as_of=as_of, customer={"consent": word}, consent=choice)
            for name, word in zip(*rows.values(), strict=True)
        }
        assert {name for name, found in alone.items() if found.left_out} == left


def test_the_engine_and_imports_know_the_same_words_for_yes_and_no():
    said = [word.upper() for word in (*YES, *NO)]
    people = pl.DataFrame({"customer_id": said, "consent": said})
    as_of = at("2026-11-21").date()
    found = Engine.from_text(RULES).run(as_of=as_of, customers=people, consent="given")
    assert set(found.labels["customer_id"]) == {word.upper() for word in YES}
    read = read_booleans(pl.Series(said)).values.to_list()
    assert read == [True] * len(YES) + [False] * len(NO)


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
@pytest.mark.parametrize("known", [False, True])
def test_where_nobody_was_asked_nobody_consented(engine, known):
    as_of = at("2026-11-21").date()
    sales = pl.DataFrame({"customer_id": ["a", "b"], "occurred_at": [as_of] * 2, "amount": [1, 2]})
    measures = pl.DataFrame({"customer_id": ["b", "c"], "days_since_contact": [1, 2]})
    frames = {"transactions": sales, "measures": measures}
    if known:
        frames["customers"] = pl.DataFrame(
            {"customer_id": ["a", "b", "c"], "name": ["A", "B", "C"]}
        )
    for choice, left in {"given": 3, "denied": 0, "off": 0}.items():
        found = Engine.from_text(RULES, engine=engine).run(as_of=as_of, consent=choice, **frames)
        assert found.labels.height == 3 - left
        told = [one.message for one in found.diagnostics if one.code == "no-consent"]
        assert told == (["3 customers are left out, who gave no consent"] if left else [])
        assert {one.code for one in found.diagnostics}.isdisjoint({"unknown-customer"})
    for nobody in (None, {}, {"name": "A"}):
        alone = Engine.from_text(RULES).customer(
            as_of=as_of, customer=nobody, transactions=[(as_of, 1)], consent="given"
        )
        assert (alone.left_out, set(alone.labels.values())) == (True, {None})


def test_what_is_no_answer_at_all_is_no_consent():
    engine, as_of = Engine.from_text(RULES), at("2026-11-21").date()
    people = pl.DataFrame({"customer_id": ["a", "b"], "consent": [["yes"], None]})
    assert engine.run(as_of=as_of, customers=people).labels["customer_id"].to_list() == ["b"]
    assert engine.customer(as_of=as_of, customer={"consent": ["yes"]}).left_out
    with pytest.raises(CustrataError, match="consent is of type dict"):
        engine.customer(as_of=as_of, customer={"consent": {"mail": False}})


def test_a_single_customer_without_consent_has_no_label():
    engine = Engine.from_text(RULES)
    as_of = at("2026-11-21").date()
    sales = [{"occurred_at": as_of, "amount": 5}]
    calibrated = engine.calibrated(
        engine.run(
            as_of=as_of,
            transactions=pl.DataFrame(
                {"customer_id": ["a"], "occurred_at": [as_of], "amount": [5]}
            ),
        ).calibration
    )
    one = {"as_of": as_of, "transactions": sales}
    refused = calibrated.customer(customer={"consent": False}, **one)
    assert refused.labels == {"reach": None, "worth": None}
    assert (refused.explain(), refused.measures) == ({}, {})
    assert "no-consent" in {found.code for found in refused.diagnostics}
    assert calibrated.customer(customer={"consent": None}, **one).labels["worth"] is not None
    assert calibrated.customer(customer={"consent": False}, consent="off", **one).labels["worth"]
    with pytest.raises(CustrataError, match="setting-consent-needed"):
        calibrated.customer(customer={}, consent="perhaps", **one)


def test_the_example_of_the_page():
    as_of = at("2026-11-21").date()
    people = pl.DataFrame({"customer_id": list("ABCD"), "consent": [True, None, False, True]})
    sales = pl.DataFrame(
        {"customer_id": list("ABCD"), "occurred_at": [as_of] * 4, "amount": [100, 200, 300, 400]}
    )
    engine, found = Engine.from_text(RULES), {}
    for choice in ("denied", "off"):
        given = {"customers": people, "transactions": sales, "consent": choice}
        found[choice] = dict(engine.run(as_of=as_of, **given).labels["customer_id", "worth"].rows())
    assert found == {
        "denied": {"A": "rest", "B": "top", "D": "top"},
        "off": {"A": "rest", "B": "rest", "C": "top", "D": "top"},
    }
