"""What logs and reasons hold: ids, labels and measures, never names, phones or mails."""

import json
from threading import Event

import pytest
from sqlalchemy import select

from custrata.service.customers.feedback import report
from custrata.service.customers.record import record_contact, record_sale, set_stage
from custrata.service.deliveries.deliver import deliver
from custrata.service.imports import import_file
from custrata.service.runs import run
from custrata.service.runs.reasons import reasons
from custrata.service.setup import open_store
from custrata.service.work.jobs import ask
from custrata.service.work.worker import tick, work
from custrata.store.models import AuditEvent, LabelChange, Outgoing, Run
from tests.service.deliveries.receiving import destined, receiving
from tests.service.deliveries.test_deliver import RULES
from tests.service.runs.putting import at, rules

SIGNS = ("Lan-Planted", "0912345678", "lan.planted@example.vn", "note-planted", "0987")
CUSTOMERS = """\
customer_id,name,phone,email,created_at,stage
KH-1,Lan-Planted,0912345678,lan.planted@example.vn,2026-01-05,hot
KH-2,Lan-Planted,0987,lan.planted@example.vn,not a date note-planted,hot
"""


def clean(text):
    return [sign for sign in SIGNS if sign.lower() in text.lower()] == []


@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
def test_nothing_that_is_logged_names_a_customer(server, tmp_path, clock, logged, capfd):
    path = tmp_path / "customers.csv"
    path.write_text(CUSTOMERS, encoding="utf-8")
    desk = open_store(f"sqlite:///{tmp_path / 'own.db'}", "an", clock)
    rules(desk, RULES, fires=True)
    import_file(desk, path, record="customers")
    record_contact(desk, "KH-1", at("2026-10-01"), channel="phone", note="note-planted")
    run(desk)
    with receiving() as inbox:
        destined(desk, inbox)
        inbox.answers = [500]
        clock.forward(seconds=1)
        deliver(desk)
        sent = [body.decode() for _, body in inbox.requests]
    record_sale(desk, "KH-1", 100, at("2026-11-01"))
    set_stage(desk, "KH-1", "potential", "note-planted")
    report(desk, "KH-1", "complaint", "note-planted")
    broken = {"break": lambda *_: (_ for _ in ()).throw(ValueError("Lan-Planted 0912345678"))}
    ask(desk, "break")
    work(desk, stop=Event(), once=True, kinds=broken)
    tick(desk)
    assert sent
    assert clean("\n".join(sent))
    assert len(logged.records) > 100, "SQL is logged, so that the test sees what it may hold"
    assert clean(logged.text)
    assert clean("".join(capfd.readouterr()))
    told = json.dumps(list(map(dict, reasons(desk, "KH-1").explanations)), default=str)
    assert clean(told)
    with desk.database.read() as session:
        kept = [session.scalars(select(column)).all() for column in COLUMNS]
    assert clean(str(kept))
    desk.database.close()


COLUMNS = (
    AuditEvent.detail,
    AuditEvent.subject,
    LabelChange.why,
    Outgoing.payload,
    Outgoing.fault,
    Run.counts,
    Run.fault,
)
