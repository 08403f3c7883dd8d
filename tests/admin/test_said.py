"""What the panel logs and keeps of what people type: no name, phone, mail or note of anybody."""

from sqlalchemy import select

from custrata.admin.pages import customer
from custrata.store.models import AuditEvent, Customer, Job
from tests.admin.test_imports import MAPPING, plan_of, send, worked
from tests.service.test_said import SIGNS, clean

NAME, PHONE, MAIL, NOTE, _ = SIGNS
ADDED = {
    "master-customer_id": "N1",
    "master-name": NAME,
    "master-phone": PHONE,
    "master-email": MAIL,
}
SALES = f"Kunde,Wann,Betrag\nN1,2026-11-01,5\nN1,{NOTE},7\nN2,2026-11-02,{NAME}\n"
TYPED = {
    "add": {**ADDED, "master-customer_id": "N2", "master-birth_date": NOTE},
    "correct": {"master-name": NAME, "master-birth_date": PHONE},
    "stage": {"stage": "closed", "why": NOTE},
    "contact": {"at": "2026-11-20T09:00", "channel": "phone", "note": f"{NOTE} {PHONE}"},
    "sale": {"at": NOTE, "amount": NAME, "product": NOTE},
    "feedback": {"kind": "complaint", "text": f"{NOTE} {MAIL}", "at": NAME},
    "answer": {"question": NAME, "answer": NOTE},
    "join": {"group": NAME},
    "consent": {"consent": NAME},
}


def kept(desk):
    columns = (AuditEvent.detail, AuditEvent.subject, Job.arguments, Job.result, Job.fault)
    with desk.database.read() as session:
        return str([session.scalars(select(column)).all() for column in columns])


def test_what_people_type_is_in_no_log_and_in_no_event(panel, logged, capfd):
    client = panel.client()
    assert client.post("/customer/add", ADDED).status_code == 302
    for address, form in TYPED.items():
        client.post(f"/customer/{address}", {"customer": "N1", **form})
    with panel.desk.database.read() as session:
        assert session.get(Customer, "N1").stage == "closed"
    client.get(f"/customers/?q={NAME}")
    client.get(f"/customers/{NAME}")
    assert len(logged.records) > 100
    assert clean(logged.text + "".join(capfd.readouterr()) + kept(panel.desk))


def test_a_file_that_is_sent_is_in_no_log_and_in_no_job(panel, logged, capfd):
    client = panel.client()
    client.post("/customer/add", ADDED)
    address = plan_of(send(client, SALES)).replace("/plan/", "/take/")
    told = client.get(worked(panel, client.post(address, MAPPING))).text
    assert "Refused" in told
    assert clean(logged.text + "".join(capfd.readouterr()) + kept(panel.desk))


def test_a_page_that_breaks_off_is_logged_without_what_was_typed(panel, logged, monkeypatch):
    def broken(*_words, **_more):
        raise ValueError(NAME, PHONE)

    monkeypatch.setattr(customer, "record_contact", broken)
    form = {"customer": "KH00003", "at": "2026-11-20T09:00", "note": NOTE}
    answer = panel.client().post("/customer/contact", form)
    assert answer.status_code == 500
    assert "ValueError at customer.contact" in logged.text
    assert clean(logged.text + answer.text)
