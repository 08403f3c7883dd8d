"""Many records at once: each row by itself, again without effect, whom they touch at once."""

import json
import sqlite3

import pytest
from sqlalchemy import event, func, select

from custrata.api import PREFIX
from custrata.service.customers.touched import AT_ONCE
from custrata.service.imports.batch import MOST
from custrata.store.faults import refuse
from custrata.store.models import (
    AuditEvent,
    Contact,
    Customer,
    Import,
    LabelNow,
    Request,
    Transaction,
)

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
    assert errors[4] == "row: Not an object"
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


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (json.dumps([SALE]).encode(), "text/plain", 415),
    ],
)
def test_what_cannot_be_read_uses_no_key(rest, body, kind, status):
    headers = {"Authorization": f"Bearer {rest.tokens['admin']}", "Idempotency-Key": "k"}
    for _ in range(2):
        path = f"{PREFIX}/transactions"
        answer = rest.http.post(path, data=body, headers=headers, content_type=kind)
        assert answer.status_code == status
    assert states(rest.post("/transactions", [SALE], Idempotency_Key="k")) == ["inserted"]


def test_a_change_that_was_made_is_not_called_failed(rest, monkeypatch):
    def busy(*_args):
        raise refuse("database-busy", "the database is busy")

    monkeypatch.setattr("custrata.service.requests.patiently", busy)
    assert states(rest.post("/transactions", [SALE], Idempotency_Key="k")) == ["inserted"]
    again = rest.post("/transactions", [SALE], Idempotency_Key="k")
    assert (again.status_code, again.json["code"]) == (409, "request-under-way")


def test_a_change_whose_commit_was_not_answered_is_not_made_twice(rest, monkeypatch):
    engine, change = rest.desk.database.engine, []
    commit = engine.dialect.do_commit

    @event.listens_for(engine, "before_cursor_execute")
    def seen(_connection, _cursor, statement, *_more):
        change.extend(["made"] if statement.startswith("INSERT INTO contacts") else ())

    def lost(connection):
        commit(connection)
        if change:
            change.clear()
            raise sqlite3.OperationalError("the server closed the connection")

    monkeypatch.setattr(engine.dialect, "do_commit", lost)
    before = count(rest.desk, Contact)
    ask = ("/customers/KH00003/contacts", {"occurred_at": SALE["occurred_at"]})
    answer = rest.post(*ask, Idempotency_Key="k")
    assert (answer.status_code, answer.json["code"]) == (503, "database-away")
    assert answer.headers["Retry-After"]
    again = rest.post(*ask, Idempotency_Key="k")
    assert (again.status_code, again.json["code"]) == (409, "request-under-way")
    assert count(rest.desk, Contact) == before + 1


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


ONE_OR_MANY = [
    ("PUT", "/customers/KH00003", {"name": "Mai"}),
    ("POST", "/customers", [{"customer_id": "KH00003", "name": "Mai"}]),
]


@pytest.mark.parametrize("asked", ONE_OR_MANY, ids=["one", "many"])
def test_a_file_that_is_being_read_in_stops_nobody(rest, asked):
    with rest.desk.database.lock("import") as held:
        assert held
        assert rest.ask(*asked).status_code == 200
    assert rest.get("/customers/KH00003").json["name"] == "Mai"


@pytest.mark.parametrize("asked", ONE_OR_MANY, ids=["one", "many"])
def test_while_something_else_is_being_written_one_may_ask_again_later(rest, asked):
    rest.get("/token")  # makes the token
    event.listen(
        rest.desk.database.engine,
        "begin",
        lambda connection: connection.exec_driver_sql("PRAGMA busy_timeout = 1"),
        insert=True,
    )
    with rest.desk.database.writing():
        answer = rest.ask(*asked)
    assert (answer.status_code, answer.json["code"]) == (503, "database-busy")
    assert answer.headers["Retry-After"]
    assert rest.ask(*asked).status_code == 200


@pytest.mark.parametrize("asked", ONE_OR_MANY, ids=["one", "many"])
def test_what_says_the_same_again_leaves_no_import_behind(rest, asked):
    before = count(rest.desk, Import), count(rest.desk, AuditEvent)
    rest.ask(*asked)
    after = count(rest.desk, Import), count(rest.desk, AuditEvent)
    assert after > before
    for _ in range(3):
        assert rest.ask(*asked).status_code == 200
    assert (count(rest.desk, Import), count(rest.desk, AuditEvent)) == after


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


def test_what_is_wrong_with_a_row_names_the_place_and_what_is_allowed(rest):
    assert rest.post("/transactions", [SALE | {"currency": "VND"}]).json["inserted"] == 1
    told = {
        "row: Not an object": ("transactions", "nothing"),
        "attributes.note: Longer than 10,000 characters": (
            "customers",
            {"customer_id": "N1", "attributes": {"note": "x" * 10_001}},
        ),
        "stage: no stage of that name; allowed: new, approached, potential, hot, closed, lost": (
            "customers",
            {"customer_id": "N1", "stage": "hott"},
        ),
        "stage: set by rules alone, never by hand; allowed: "
        "new, approached, potential, hot, closed, lost": (
            "customers",
            {"customer_id": "N1", "stage": "dont_forget"},
        ),
        "currency: in another currency; allowed: VND": ("transactions", SALE | {"currency": "USD"}),
        "birth_date is no day on which a customer was born; allowed: 1900 to now": (
            "customers",
            {"customer_id": "N1", "birth_date": "2027-01-01"},
        ),
    }
    for why, (record, row) in told.items():
        (one,) = rest.post(f"/{record}", [row]).json["outcomes"]
        assert one.get("errors") == [why]


def test_too_many_rows_are_counted(rest):
    answer = rest.post("/transactions", [SALE] * (MOST + 1))
    assert (answer.status_code, answer.json["detail"]) == (
        422,
        f"body: there are {MOST + 1:,} rows",
    )
    assert answer.json["allowed"] == f"1 to {MOST:,} rows"


@pytest.mark.parametrize("value", [1, 0, 1.0, "true", "yes"])
def test_only_true_and_false_are_truth_values(rest, value):
    row = {"customer_id": "KH00003", "consent": value}
    assert states(rest.post("/customers", [row])) == ["refused"]
    assert rest.ask("PUT", "/customers/KH00003/consent", {"consent": value}).status_code == 422


@pytest.mark.parametrize("zone", ["+07:60", "+24:00", "+7:00", "+0700", ""])
def test_a_zone_is_hours_and_minutes(rest, zone):
    row = SALE | {"occurred_at": f"2026-11-20T10:00:00{zone}"}
    assert states(rest.post("/transactions", [row])) == ["refused"]
