"""One customer: found, shown, explained, recorded about, erased."""

from urllib.parse import quote

import pytest
from sqlalchemy import select

from custrata.store.models import AuditEvent, Transaction
from tests.api.conftest import IDS

MOMENT = "2026-11-20T10:00:00+07:00"


def labels(rest, who):
    return {one["classifier"]: one["label"] for one in rest.get(f"/customers/{who}").json["labels"]}


def test_pages_lead_to_everyone_once(seen):
    found, address = [], "/customers?limit=5"
    for _ in range(10):
        page = seen.get(address).json
        found += [one["customer_id"] for one in page["items"]]
        if page["next"] is None:
            break
        address = f"/customers?limit=5&cursor={page['next']}"
    assert found == IDS


def test_filters_leave_others_out(seen):
    items = seen.get("/customers?label=pareto:key&limit=200").json["items"]
    assert items
    assert {one["labels"]["pareto"] for one in items} == {"key"}
    hot = seen.get("/customers?stage=hot&stage=new&limit=200").json["items"]
    assert {one["stage"] for one in hot} <= {"hot", "new"}


@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=201", "limit=x", "cursor=x", "cursor=bnVsbA", "cursor=MQ"),
        *("colour=red", "label=rfm"),
    ],
)
def test_a_query_that_is_none_is_refused(seen, query):
    answer = seen.get(f"/customers?{query}")
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")


def test_an_id_with_signs_of_addresses_is_found(rest):
    for who in ("KH/0 1", "a?b#c", "Mai%20", "a//b", "/KH00001", "50%", "%2F", "Z", "Z/labels"):
        rest.post("/customers", [{"customer_id": who, "name": "Mai"}])
        assert rest.get(f"/customers/{quote(who, safe='')}").json["customer_id"] == who
        assert rest.get(f"/customers/{quote(who, safe='')}/labels").json["labels"]


def test_nobody_is_erased_under_an_id_with_one_slash_more(rest):
    """An address with `//` leads to no other one."""
    answer = rest.ask("DELETE", "/customers//KH00001")
    assert answer.status_code == 404
    assert rest.get("/customers/KH00001").status_code == 200


@pytest.mark.parametrize("part", ["", "/labels", "/history", "/reasons"])
def test_who_is_not_there_is_not_found(seen, part):
    answer = seen.get(f"/customers/nobody{part}")
    assert (answer.status_code, answer.json["code"]) == (404, "no-customer")
    assert "nobody" not in answer.json["detail"]


def test_labels_are_told_as_of_a_day_and_as_known_at_a_moment(rest):
    before = labels(rest, "KH00003")["rfm"]
    body = {"occurred_at": MOMENT, "amount": "900000000"}
    for number in range(5):
        rest.post("/customers/KH00003/transactions", {**body, "order_id": f"O{number}"})
    now = labels(rest, "KH00003")["rfm"]
    assert now != before

    def told(query):
        found = rest.get(f"/customers/KH00003/labels?{query}").json["labels"]
        return {one["classifier"]: one["label"] for one in found}.get("rfm")

    assert told("") == now
    assert told("on=2026-11-15") == before
    assert told("known_at=2026-11-20T00:00:00Z") == before
    assert told("on=2020-01-01") is None
    history = rest.get("/customers/KH00003/history?classifier=rfm").json["changes"]
    assert history[-1]["label"] == now
    assert {one["classifier"] for one in history} == {"rfm"}


def test_reasons_name_rows_inputs_and_what_would_be_better(seen):
    found = seen.get("/customers/KH00001/reasons").json
    (rfm,) = [one for one in found["reasons"] if one["classifier"] == "rfm"]
    assert {one["measure"] for one in rfm["inputs"]} == {"recency_days", "frequency", "monetary"}
    assert rfm["rows"]
    assert any(one["nearest"] for one in found["reasons"])


def test_a_sale_is_answered_with_what_it_moved(rest):
    body = {"occurred_at": MOMENT, "amount": "-19.99", "transaction_id": "T1"}
    answer = rest.post("/customers/KH00003/transactions", body)
    assert answer.status_code == 201
    again = rest.post("/customers/KH00003/transactions", body)
    assert (again.status_code, again.json["code"]) == (409, "transaction-known")
    moved = rest.post(
        "/customers/KH00003/transactions", {**body, "transaction_id": "T2", "amount": "9" * 12}
    )
    changes = {one["classifier"]: (one["was"], one["label"]) for one in moved.json["moved"]}
    assert changes["pareto"][1] == "key"
    assert labels(rest, "KH00003")["pareto"] == "key"


def test_a_cancelled_order_is_taken_out_by_its_own_id(rest):
    before = labels(rest, "KH00003")
    body = {"occurred_at": MOMENT, "amount": "9" * 12, "transaction_id": "S/1 2"}
    rest.post("/customers/KH00003/transactions", body)
    assert labels(rest, "KH00003")["pareto"] == "key"
    gone = rest.ask("DELETE", "/transactions/S%2F1%202", role="editor")
    assert gone.status_code == 200
    assert {"classifier": "pareto", "was": "key", "label": before["pareto"], "why": "facts"} in (
        gone.json["moved"]
    )
    assert labels(rest, "KH00003") == before
    again = rest.ask("DELETE", "/transactions/S%2F1%202", role="editor")
    assert (again.status_code, again.json["code"]) == (404, "no-transaction")


def test_an_order_that_changed_is_corrected_by_its_own_id(rest):
    row = {"customer_id": "KH00003", "occurred_at": MOMENT, "amount": "5", "product": "tea"}
    rest.post("/transactions", [{**row, "transaction_id": "S1"}])
    answer = rest.ask("PATCH", "/transactions/S1", {"amount": "9" * 12}, role="editor")
    assert "pareto" in {one["classifier"] for one in answer.json["moved"]}
    assert labels(rest, "KH00003")["pareto"] == "key"
    with rest.desk.database.read() as session:
        (kept,) = session.scalars(select(Transaction).where(Transaction.transaction_id == "S1"))
    assert (kept.amount, kept.product) == (int("9" * 12), "tea")
    rest.post("/transactions", [{**row, "transaction_id": "S1", "amount": "5"}])
    assert labels(rest, "KH00003")["pareto"] != "key", "so it is where the row is sent again"


def test_a_contact_is_corrected_and_taken_out_by_its_own_id(rest):
    before = labels(rest, "KH00003")
    path = "/customers/KH00003/contacts"
    rest.post(path, {"occurred_at": MOMENT, "contact_id": "C1", "channel": "phone"})
    changed = {"occurred_at": "2020-01-01T00:00:00Z", "channel": None}
    assert rest.ask("PATCH", "/contacts/C1", changed).status_code == 200
    assert rest.ask("DELETE", "/contacts/C1").status_code == 200
    assert labels(rest, "KH00003") == before
    assert rest.ask("PATCH", "/contacts/C1", changed).json["code"] == "no-contact"


@pytest.mark.parametrize(
    "body",
    [{"amount": None}, {"amount": 5}, {"currency": "USD"}, {"occurred_at": "2027-01-01T00:00:00Z"}],
)
def test_a_correction_that_cannot_be_is_refused(rest, body):
    row = {"occurred_at": MOMENT, "amount": "5", "transaction_id": "S1"}
    rest.post("/customers/KH00003/transactions", row)
    assert rest.ask("PATCH", "/transactions/S1", body).status_code == 422


def test_moments_finer_than_kept_are_taken(rest):
    body = {"occurred_at": "2026-11-20T10:00:00.123456789Z"}
    assert rest.post("/customers/KH00003/contacts", body).status_code == 201


@pytest.mark.parametrize(
    ("part", "body"),
    [
        ("contacts", {"occurred_at": MOMENT, "channel": "zalo", "note": "gọi lại"}),
        ("surveys", {"answered_at": MOMENT, "question": "satisfaction", "answer": "5"}),
        ("feedback", {"opened_at": MOMENT, "kind": "complaint"}),
        ("opportunities", {"step": "quotation", "amount": "5000000"}),
    ],
)
def test_every_fact_is_recorded(rest, part, body):
    answer = rest.post(f"/customers/KH00003/{part}", body, role="editor")
    assert answer.status_code == 201, answer.text
    assert isinstance(answer.json["moved"], list)


@pytest.mark.parametrize(
    ("part", "body", "status"),
    [
        ("contacts", {"occurred_at": "2027-01-01T00:00:00Z"}, 422),
        ("contacts", {"occurred_at": "2026-11-20"}, 422),
        ("contacts", {"occurred_at": "0001-01-01T00:00:00+14:00"}, 422),
        ("transactions", {"occurred_at": MOMENT, "amount": 5}, 422),
        ("transactions", {"occurred_at": MOMENT, "amount": "1e5"}, 422),
        ("transactions", {"occurred_at": MOMENT, "amount": "1,000"}, 422),
        ("transactions", {"occurred_at": MOMENT, "amount": "9" * 19 + ".123456789"}, 422),
        ("opportunities", {"step": "nowhere"}, 422),
        ("surveys", {"answered_at": MOMENT, "question": "q", "answer": ""}, 422),
    ],
)
def test_what_cannot_be_is_refused(rest, part, body, status):
    answer = rest.post(f"/customers/KH00003/{part}", body)
    assert answer.status_code == status, answer.text


def test_a_stage_is_set_by_persons_where_rules_do_not(rest):
    assert rest.ask("PUT", "/customers/KH00003/stage", {"stage": "hot"}).status_code == 200
    assert rest.get("/customers/KH00003").json["stage"] == "hot"
    lost = rest.ask("PUT", "/customers/KH00003/stage", {"stage": "hott"})
    assert (lost.status_code, lost.json["nearest"]) == (422, "hot")


def test_a_customer_is_kept_singly_as_a_row_of_many_would_be(rest):
    path, body = "/customers/N%2F1", {"name": "Mai", "attributes": {"vip": True}, "stage": "hot"}
    new = rest.ask("PUT", path, body, role="publisher")
    assert (new.status_code, new.json["state"], new.json["classified"]) == (200, "inserted", True)
    assert {one["why"] for one in new.json["moved"]} == {"first"}
    assert rest.ask("PUT", path, body).json == {"state": "same", "classified": False, "moved": []}
    changed = rest.ask("PUT", path, {"name": None, "attributes": {"shop": 7}})
    assert changed.json["state"] == "changed"
    kept = rest.get(path).json
    assert (kept["customer_id"], kept["name"], kept["stage"]) == ("N/1", None, "hot")
    assert kept["attributes"] == {"vip": "true", "shop": "7"}
    row = {"customer_id": "N/1", "attributes": {"shop": 7}}
    assert rest.post("/customers", [row]).json["same"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {"stage": "hott"},
        {"customer_id": "N2"},
        {"colour": "red"},
        {"created_at": "2027-01-01T00:00:00Z"},
        {"attributes": {"name": "Mai"}},
    ],
)
def test_a_customer_who_cannot_be_is_refused(rest, body):
    answer = rest.ask("PUT", "/customers/N1", body)
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert rest.get("/customers/N1").status_code == 404
    assert rest.ask("PUT", f"/customers/{'N' * 256}", {}).status_code == 422


def test_who_withdraws_her_consent_has_no_labels_at_once(rest):
    path = "/customers/KH00003"
    gone = rest.ask("PUT", f"{path}/consent", {"consent": False}, role="editor")
    assert {one["label"] for one in gone.json["moved"]} == {None}
    shown = rest.get(path).json
    assert (shown["consent"], {one["label"] for one in shown["labels"]}) == (False, {None})
    back = rest.ask("PUT", f"{path}/consent", {"consent": None})
    assert back.json["moved"]
    assert labels(rest, "KH00003")["rfm"] is not None
    assert rest.ask("PUT", f"{path}/consent", {"consent": "yes"}).status_code == 422


def test_all_that_is_known_of_her_is_told_and_that_it_was_is_noted(rest):
    rest.post("/customers/KH00003/transactions", {"occurred_at": MOMENT, "amount": "9.5"})
    told = rest.get("/customers/KH00003/export", role="admin").json
    assert told["customer"]["name"] == "Khách 2"
    assert "9.5" in {one["amount"] for one in told["transactions"]}
    assert told["label_history"]
    with rest.desk.database.read() as session:
        found = session.scalars(select(AuditEvent).where(AuditEvent.action == "customer.export"))
        assert [(one.by, one.subject) for one in found] == [
            (f"token:{rest.tokens['admin'].split('_')[1]}", "KH00003")
        ]
    assert rest.get("/customers/KH00003/export", role="publisher").status_code == 403


def test_an_opportunity_goes_on_and_is_won(rest):
    path = "/customers/KH00003/opportunities"
    begun = rest.post(path, {"step": "quotation", "amount": "5000000"}).json["opportunity_id"]
    rest.clock.forward(minutes=1)
    won = rest.post(path, {"step": "quotation", "opportunity_id": begun, "outcome": "won"})
    assert (won.status_code, won.json["opportunity_id"]) == (201, begun)


def test_who_is_erased_is_gone(rest):
    receipt = rest.ask("DELETE", "/customers/KH00003").json
    assert receipt["counts"]["customers"] == 1
    assert rest.get("/customers/KH00003").status_code == 404
    assert rest.ask("DELETE", "/customers/KH00003").status_code == 404
