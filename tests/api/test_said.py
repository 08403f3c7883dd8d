"""What REST logs and keeps of requests: no name, phone, mail or note of anybody."""

from sqlalchemy import select

from custrata.api.resources.bulk import _take
from custrata.store.models import AuditEvent, Request, Run
from tests.service.test_said import SIGNS, clean

NAME, PHONE, MAIL, NOTE, _ = SIGNS
SENT = {
    "customers": [
        {"customer_id": "N1", "name": NAME, "phone": PHONE, "email": MAIL},
        {"customer_id": "N2", "name": NAME, "created_at": NOTE, "consent": MAIL, "stage": PHONE},
        {"customer_id": {NAME: 1}, "birth_date": NOTE},
        {"customer_id": "N3", "name": NAME, "stage": NAME, "source": MAIL, "groups": [PHONE]},
        NAME,
    ],
    "transactions": [
        {
            "customer_id": "N1",
            "occurred_at": NOTE,
            "amount": NAME,
            "currency": MAIL,
            "colour": NOTE,
        },
        {
            "customer_id": "N1",
            "occurred_at": "2026-11-20T10:00:00Z",
            "amount": "5",
            "product": NOTE,
        },
    ],
    "contacts": [
        {"customer_id": "N1", "occurred_at": "2026-11-20T10:00:00Z", "channel": NAME, "note": NOTE},
        {"customer_id": "N1", "occurred_at": NAME, "channel": "phone", "outcome": MAIL},
    ],
}


def kept(desk):
    columns = (Request.answer, AuditEvent.detail, AuditEvent.subject, Run.counts, Run.fault)
    with desk.database.read() as session:
        return str([session.scalars(select(column)).all() for column in columns])


def test_what_is_sent_in_bulk_is_in_no_log_and_in_no_answer_that_is_kept(rest, logged, capfd):
    for record, rows in SENT.items():
        answer = rest.post(f"/{record}", rows, idempotency_key=f"{record}-{NAME}")
        assert answer.status_code == 200, answer.text
        assert "refused" in {one["state"] for one in answer.json["outcomes"]}
    assert len(logged.records) > 50
    assert clean(logged.text)
    assert clean("".join(capfd.readouterr()))
    with rest.desk.database.read() as session:
        assert len(session.scalars(select(Request.answer)).all()) == len(SENT)
    assert clean(kept(rest.desk))


def test_what_breaks_off_is_logged_without_what_was_sent(rest, logged, monkeypatch):
    def broken(*_words, **_more):
        raise ValueError(NAME, PHONE)

    monkeypatch.setitem(_take.__globals__, "take_rows", broken)
    rest.app.config["PROPAGATE_EXCEPTIONS"] = False
    rest.app.testing = False
    answer = rest.post("/customers", [{"customer_id": "N1", "name": NAME}], idempotency_key="k")
    assert answer.status_code == 500
    assert "ValueError at" in logged.text
    assert clean(logged.text + answer.text + kept(rest.desk))
