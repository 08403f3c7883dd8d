"""Classifying what is sent: as a run would, and nothing is kept."""

import pytest
from sqlalchemy import func, select

from custrata.service.settings import change_settings
from custrata.store.models import Base
from tests.admin.conftest import LAST


def rows(desk):
    with desk.database.read() as session:
        tables = Base.metadata.sorted_tables
        return {one.name: session.scalar(select(func.count()).select_from(one)) for one in tables}


def test_facts_that_are_sent_get_the_labels_of_facts_that_are_stored(rest):
    row = {"occurred_at": "2026-11-18T10:00:00Z", "amount": "12500000.5"}
    facts = {
        "customer": {"stage": "closed", "created_at": "2026-01-05"},
        "transactions": [row, {**row, "amount": "99"}],
        **{one: [] for one in ("contacts", "surveys", "opportunities", "feedback")},
    }
    rest.get("/token")
    before = rows(rest.desk)
    found = rest.post("/classify", {"facts": {**facts, "stage_changes": []}}).json
    assert rows(rest.desk) == before
    assert found["as_of"] == LAST.isoformat()
    assert found["measures"]["monetary"] == "12500099.5"
    person = {"customer_id": "N1", "stage": "closed", "created_at": "2026-01-05T00:00:00+07:00"}
    rest.post("/customers", [person])
    rest.post("/transactions", [{"customer_id": "N1", **one} for one in facts["transactions"]])
    stored = {one["classifier"]: one["label"] for one in rest.get("/customers/N1").json["labels"]}
    for name in ("rfm", "pareto", "pyramid", "sales_stage", "lifecycle", "stale_contact"):
        assert found["labels"][name] == stored[name], name


def test_measures_that_are_sent_are_classified_and_explained(seen):
    given = {"recency_days": 5, "frequency": 9, "monetary": 90_000_000}
    found = seen.post("/classify", {"measures": given}, role="viewer").json
    assert found["labels"]["rfm"] == "important_value"
    assert found["calibration"]
    (rfm,) = [one for one in found["reasons"] if one["classifier"] == "rfm"]
    assert [one["band"] for one in rfm["inputs"]] == ["high"] * 3
    worse = seen.post("/classify", {"measures": {**given, "frequency": 1}}).json["reasons"][0]
    assert worse["nearest"][0]["change"] == {"frequency": {"to": 4, "by": 3}}


@pytest.mark.parametrize(
    ("choice", "left_out"), [("denied", [False]), ("given", [False, None]), ("off", [])]
)
def test_who_does_not_consent_is_left_out_as_the_firm_wants_it(rest, choice, left_out):
    change_settings(rest.desk, consent_needed=choice)
    for consent in (True, False, None):
        facts = {"customer": {"consent": consent}, "transactions": []}
        found = rest.post("/classify", {"facts": facts}).json
        codes = [one["code"] for one in found["diagnostics"]]
        assert any(found["labels"].values()) == (consent not in left_out)
        assert (found["reasons"] == []) == (consent in left_out)
        assert ("no-consent" in codes) == (consent in left_out)


def test_a_measure_that_nothing_reads_is_told(seen):
    given = {"recency_dys": 5, "frequency": 9, "tenure_days": 3}
    (told,) = seen.post("/classify", {"measures": given}).json["diagnostics"]
    assert (told["code"], told["severity"]) == ("measure-unread", "warning")
    assert told["nearest"] == "recency_days"


def test_what_is_sent_has_to_be_one_of_the_two(seen):
    for body in ({}, {"measures": {}, "facts": {}}, {"measures": {}, "as_of": "2026-11-21"}):
        assert seen.post("/classify", body).status_code == 422


def test_facts_that_are_wrong_are_told(seen):
    sale = {"occurred_at": "2026-11-18T10:00:00Z", "amount": "1", "colour": "red"}
    told = seen.post("/classify", {"facts": {"transactions": [sale]}})
    assert told.status_code == 422
    assert "facts.transactions.0.colour" in told.json["detail"]


def test_before_a_run_there_are_no_cut_points_to_classify_by(bare):
    told = bare.post("/classify", {"measures": {"monetary": 5}})
    assert (told.status_code, told.json["code"]) == (409, "no-run")


def test_amounts_in_another_currency_are_refused_as_where_they_are_kept(rest):
    assert rest.get("/rules").json["text"].count("\ncurrency:") == 0, "the store alone knows it"
    sale = {"occurred_at": "2026-11-18T10:00:00Z", "amount": "1"}
    told = rest.post("/classify", {"facts": {"transactions": [sale | {"currency": "USD"}]}})
    kept = rest.post("/customers/KH00003/transactions", sale | {"currency": "USD"})
    assert (told.status_code, told.json["code"]) == (422, "foreign-currency")
    assert (kept.json["code"], kept.json["allowed"]) == (told.json["code"], told.json["allowed"])
    for own in ("VND", "vnd", None):
        facts = {"transactions": [sale | {"currency": own}, sale]}
        assert rest.post("/classify", {"facts": facts}).status_code == 200
