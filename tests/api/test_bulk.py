"""Many records at once: each row by itself, again without effect, whom they touch at once."""

import json

import pytest
from sqlalchemy import func, select

from custrata.api import PREFIX
from custrata.service.customers.touched import AT_ONCE
from custrata.service.imports.batch import MOST
from custrata.store.faults import refuse
from custrata.store.models import Customer, Import, LabelNow, Request, Transaction

SALE = {"customer_id": "N1", "occurred_at": "2026-11-20T10:00:00+07:00", "amount": "1250000"}


def states(answer):
    assert answer.status_code == 200, answer.text
    return [one["state"] for one in answer.json["outcomes"]]


def count(desk, model):
    with desk.database.read() as session:
        return session.scalar(select(func.count()).select_from(model))


def test_each_row_is_taken_or_refused_by_itself(rest):
    answer = rest.post(
        "/transactions",
        [
            {**SALE, "transaction_id": "T1"},
            {**SALE, "amount": "x"},
            {**SALE, "colour": "red"},
            {"customer_id": "N1"},
            "nothing",
            {**SALE, "transaction_id": "T2", "currency": "USD"},
            {**SALE, "transaction_id": "T1"},
            {**SALE, "occurred_at": "2026-11-20T10:00:00"},
        ],
    )
    refused = "refused"
    taken = ["inserted", refused, refused, refused, refused, refused, "same", refused]
    assert states(answer) == taken
    errors = {one["index"]: " ".join(one["errors"]) for one in answer.json["outcomes"][1:6]}
    assert "amount: Not an amount" in errors[1]
    assert "colour: Unknown field" in errors[2]
    assert "amount: Missing data" in errors[3]
    assert "Invalid input type" in errors[4]
    assert "currency" in errors[5]
    counts = {one: answer.json[one] for one in ("rows", "inserted", "changed", "same", "refused")}
    assert counts == {"rows": 8, "inserted": 1, "changed": 0, "same": 1, "refused": 6}


@pytest.mark.parametrize("year", [1850, 2027, 9000, 9999])
def test_what_is_still_to_come_is_refused_as_it_is_singly(rest, year):
    when = f"{year}-01-01T00:00:00Z"
    rows = {
        "customers": {"created_at": when},
        "transactions": {"occurred_at": when, "amount": "5"},
        "contacts": {"occurred_at": when},
        "surveys": {"answered_at": when, "question": "satisfaction", "answer": "5"},
        "opportunities": {"changed_at": when, "step": "quotation"},
        "feedback": {"opened_at": when, "kind": "praise", "state": "open"},
    }
    for name, row in rows.items():
        who = "N1" if name == "customers" else "KH00003"
        answer = rest.post(f"/{name}", [{"customer_id": who, **row}])
        assert states(answer) == ["refused"], name
        (why,) = answer.json["outcomes"][0]["errors"]
        door = ("PUT", "/customers/N1") if who == "N1" else ("POST", f"/customers/{who}/{name}")
        singly = rest.ask(*door, row)
        assert singly.status_code == 422, name
        assert why.startswith(singly.json["detail"]), name


def test_by_when_feedback_is_to_be_settled_may_be_to_come(rest):
    row = {"customer_id": "KH00003", "opened_at": SALE["occurred_at"], "kind": "ticket"}
    told = {**row, "state": "open", "due_at": "2027-01-01T00:00:00Z"}
    assert states(rest.post("/feedback", [told, {**told, "due_at": "9999-01-01T00:00:00Z"}])) == [
        "inserted",
        "refused",
    ]


def test_the_same_rows_again_change_nothing_and_an_own_id_replaces(rest):
    rows = [SALE, SALE, {**SALE, "transaction_id": "T1"}]
    before = count(rest.desk, Transaction)
    assert states(rest.post("/transactions", rows)) == ["inserted"] * 3
    assert states(rest.post("/transactions", rows)) == ["same"] * 3
    changed = rest.post("/transactions", [{**SALE, "transaction_id": "T1", "amount": "99.5"}])
    assert states(changed) == ["changed"]
    assert count(rest.desk, Transaction) == before + 3


def test_whom_rows_touch_is_classified_at_once(rest):
    before = rest.get("/customers/KH00003").json
    assert {one["classifier"]: one["label"] for one in before["labels"]}["rfm"] != "important_value"
    rows = [
        {**SALE, "customer_id": "KH00003", "amount": "90000000", "order_id": f"O{number}"}
        for number in range(5)
    ]
    answer = rest.post("/transactions", rows)
    assert (answer.json["touched"], answer.json["classified"]) == (1, True)
    assert answer.json["moved"] > 0
    after = rest.get("/customers/KH00003").json
    assert {one["classifier"]: one["label"] for one in after["labels"]}["rfm"] == "important_value"


def test_more_than_are_classified_at_once_wait_for_the_next_run(rest):
    rows = [{"customer_id": f"N{number}"} for number in range(AT_ONCE + 100)]
    answer = rest.post("/customers", rows)
    assert (answer.json["touched"], answer.json["classified"]) == (AT_ONCE + 100, False)
    assert rest.get("/customers/N1").json["labels"] == []


def test_a_new_customer_has_labels_right_away(rest):
    row = {"customer_id": "N1", "name": "Trà Mai", "stage": "hot", "attributes": {"vip": True}}
    answer = rest.post("/customers", [{**row, "created_at": "2026-11-01T00:00:00Z"}])
    assert states(answer) == ["inserted"]
    shown = rest.get("/customers/N1").json
    assert (shown["name"], shown["attributes"]) == ("Trà Mai", {"vip": "true"})
    assert {one["classifier"]: one["label"] for one in shown["labels"]}["rfm"] == "no_purchase"
    found = rest.get("/customers?q=mai").json["items"]
    assert "N1" in [one["customer_id"] for one in found]


def test_a_row_says_nothing_of_the_fields_that_it_leaves_out(rest):
    rest.post("/customers", [{"customer_id": "N1", "name": "Mai", "phone": "0901 234 567"}])
    answer = rest.post(
        "/customers", [{"customer_id": "N1", "owner": "lan"}, {"customer_id": "N2", "phone": None}]
    )
    assert states(answer) == ["changed", "inserted"]
    shown = rest.get("/customers/N1").json
    assert (shown["phone"], shown["owner"]) == ("0901 234 567", "lan")
    rest.post("/customers", [{"customer_id": "N1", "phone": None}])
    assert rest.get("/customers/N1").json["phone"] is None


def test_an_attribute_cannot_pose_as_a_field(rest):
    answer = rest.post(
        "/customers",
        [{"customer_id": "N1", "attributes": {one: "x"}} for one in ("stage", "fact_seq")],
    )
    assert states(answer) == ["refused", "refused"]


@pytest.mark.parametrize(
    ("record", "row"),
    [
        ("contacts", {"occurred_at": "2026-11-20T10:00:00Z", "channel": "phone"}),
        ("surveys", {"answered_at": "2026-11-20T10:00:00Z", "question": "q", "answer": "5"}),
        ("feedback", {"opened_at": "2026-11-20T10:00:00Z", "kind": "praise", "state": "open"}),
        (
            "opportunities",
            {
                "changed_at": "2026-11-20T10:00:00Z",
                "step": "quotation",
                "opportunity_id": "X",
                "expected_close": "2026-12-01",
            },
        ),
    ],
)
def test_every_record_is_taken(rest, record, row):
    rows = [{"customer_id": "KH00003", **row}, {"customer_id": "KH00003"}]
    assert states(rest.post(f"/{record}", rows)) == ["inserted", "refused"]
    assert states(rest.post(f"/{record}", rows[:1])) == ["same"]


@pytest.mark.parametrize("body", [{}, [], "text", [SALE] * (MOST + 1)])
def test_what_is_no_list_of_rows_is_refused(rest, body):
    answer = rest.post("/transactions", body)
    assert (answer.status_code, answer.json["code"]) == (422, "rows")
    assert count(rest.desk, Request) == 0


def test_rows_of_too_many_kinds_are_refused_together(rest):
    rows = [{"customer_id": "N1", "attributes": {f"a{one}": 1}} for one in range(51)]
    answer = rest.post("/customers", rows)
    assert (answer.status_code, answer.json["code"]) == (422, "rows-uneven")
    assert rest.get("/customers/N1").status_code == 404


def test_a_key_makes_a_change_once_and_answers_alike(rest):
    first = rest.post("/transactions", [SALE], Idempotency_Key="sale-1")
    again = rest.post("/transactions", [SALE], Idempotency_Key="sale-1")
    assert states(first) == ["inserted"]
    assert first.json == again.json
    assert again.headers["Idempotent-Replayed"] == "true"
    other = rest.post("/transactions", [{**SALE, "amount": "2"}], Idempotency_Key="sale-1")
    assert (other.status_code, other.json["code"]) == (422, "request-differs")
    own = rest.post("/transactions", [SALE], role="publisher", Idempotency_Key="sale-1")
    assert states(own) == ["same"], "another program's key is another one"
    rest.clock.forward(hours=25)
    assert states(rest.post("/transactions", [SALE], Idempotency_Key="sale-1")) == ["same"]


def test_a_contact_is_recorded_once_under_one_key(rest):
    body = {"occurred_at": "2026-11-20T10:00:00Z", "channel": "phone"}
    path = "/customers/KH00003/contacts"
    answers = [rest.post(path, body, Idempotency_Key="one") for _ in range(3)]
    assert [one.status_code for one in answers] == [201] * 3
    with rest.desk.database.read() as session:
        seq = session.get(Customer, "KH00003").fact_seq
    rest.post(path, body, Idempotency_Key="one")
    with rest.desk.database.read() as session:
        assert session.get(Customer, "KH00003").fact_seq == seq


def test_a_refused_change_may_be_asked_for_again_under_its_key(rest):
    body = {"occurred_at": "2026-11-20T10:00:00Z"}
    assert rest.post("/customers/N1/contacts", body, Idempotency_Key="k").status_code == 404
    rest.post("/customers", [{"customer_id": "N1"}])
    assert rest.post("/customers/N1/contacts", body, Idempotency_Key="k").status_code == 201


def test_a_change_that_was_made_is_not_called_failed(rest, monkeypatch):
    def busy(*_args):
        raise refuse("database-busy", "the database is busy")

    monkeypatch.setattr("custrata.service.requests.patiently", busy)
    assert states(rest.post("/transactions", [SALE], Idempotency_Key="k")) == ["inserted"]
    again = rest.post("/transactions", [SALE], Idempotency_Key="k")
    assert (again.status_code, again.json["code"]) == (409, "request-under-way")


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
def test_what_is_no_key_is_refused(rest, key):
    answer = rest.post("/transactions", [SALE], Idempotency_Key=key)
    assert (answer.status_code, answer.json["code"]) == (422, "request-key")


CANARY = "Nguyễn Thị Bí Mật"


def test_nothing_that_is_kept_of_a_request_names_a_customer(rest):
    rows = [
        {"customer_id": CANARY, "name": CANARY, "phone": CANARY},
        {"customer_id": f"{CANARY}2", "stage": CANARY},
        {"customer_id": "N9", "groups": [CANARY]},
        {"customer_id": "N8", "birth_date": CANARY},
    ]
    answer = rest.post("/customers", rows, Idempotency_Key=CANARY)
    assert states(answer) == ["inserted", "refused", "refused", "refused"]
    rest.post(f"/customers/{CANARY}/stage", {"stage": "hot"}, Idempotency_Key="b")
    with rest.desk.database.read() as session:
        kept = session.scalars(select(Request)).all()
        assert kept
        assert CANARY not in json.dumps([one.answer for one in kept], ensure_ascii=False)
        assert CANARY not in str(session.scalars(select(Import.file)).all())


def test_an_import_that_is_under_way_is_told(rest, monkeypatch):
    monkeypatch.setattr("custrata.service.imports.batch._PATIENCE", 0.0)
    with rest.desk.database.lock("import") as held:
        assert held
        answer = rest.post("/transactions", [SALE], Idempotency_Key="late")
        assert (answer.status_code, answer.json["code"]) == (409, "import-under-way")
    assert states(rest.post("/transactions", [SALE], Idempotency_Key="late")) == ["inserted"]


def test_before_any_run_rows_land_and_wait_for_one(bare):
    answer = bare.post("/transactions", [SALE])
    assert states(answer) == ["inserted"]
    assert (answer.json["classified"], answer.json["moved"]) == (False, 0)
    assert count(bare.desk, LabelNow) == 0


def test_the_address_is_the_documented_one(rest):
    assert rest.http.post("/transactions").status_code == 404
    assert rest.http.post(f"{PREFIX}/transactions").status_code == 401


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1e38"])
def test_a_number_without_bounds_is_refused_in_its_row(rest, number):
    row = f'{{"customer_id": "N7", "attributes": {{"size": {number}}}}}'
    headers = {"Authorization": f"Bearer {rest.tokens['admin']}"}
    answer = rest.http.post(
        f"{PREFIX}/customers",
        data=f'[{row}, {{"customer_id": "N6"}}]',
        headers=headers,
        content_type="application/json",
    )
    assert states(answer) == ["refused", "inserted"]
