"""An erased customer is nowhere, and everybody else is where she was."""

from importlib import import_module
from io import BytesIO

import polars as pl
import pytest
from sqlalchemy import select

from custrata.engine.diagnostics import CustrataError
from custrata.service import csv_files
from custrata.service.customers.erase import erase, tables_of_customers
from custrata.service.imports.uploads import Choices, keep, take_in, uploads
from custrata.service.runs import run
from custrata.service.setup import open_store
from custrata.store.models import AuditEvent, Base, Customer, Job, Receipt, RunChunk
from tests.service.customers.lan import LAN, PERSONAL, SIGNS, settle_in
from tests.service.runs.putting import label

OTHER_SUBJECT = {"audit_events.subject"}
"""The subject of another kind, which happens to have her id, is no customer."""


@pytest.fixture
def desk(desk):
    settle_in(desk)
    return desk


def everything(desk):
    """All values of all tables, with where they stand; Parquet unpacked."""
    with desk.database.read() as session:
        for table in Base.metadata.sorted_tables:
            for row in session.execute(select(table)).mappings():
                for name, value in row.items():
                    yield f"{table.name}.{name}", _text(value)


def _text(value):
    if isinstance(value, bytes) and value.startswith(b"PAR1"):
        return str(pl.read_parquet(BytesIO(value)).rows())
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def places(desk):
    """Where something of Lan stands, but for the rules, which may name whomever they like."""
    found = {
        place
        for place, text in everything(desk)
        if any(sign.lower() in text.lower() for sign in SIGNS)
    }
    return found - {"ruleset_versions.text"}


def rows_of_others(desk):
    """What is known of another customer, by table."""
    with desk.database.read() as session:
        found = {}
        for table in tables_of_customers():
            rows = session.execute(select(table).where(table.c.customer_id == "KH-0418"))
            found[table.name] = sorted(str(row) for row in rows)
        return found


def test_nothing_of_her_is_left_anywhere(desk):
    before, others = places(desk), rows_of_others(desk)
    assert {f"{table.name}.customer_id" for table in tables_of_customers()} <= before
    assert {"customers.referred_by", "run_chunks.data", "jobs.arguments"} <= before
    assert label(desk, "KH-0416", "sent_by") == "by_lan"
    done = erase(desk, f" {LAN} ")
    assert places(desk) == OTHER_SUBJECT
    assert rows_of_others(desk) == others
    with desk.database.read() as session:
        chunks = session.scalars(select(RunChunk)).all()
        receipt = session.get(Receipt, done.number)
        last = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
        kinds = dict(session.execute(select(Job.kind, Job.arguments)).all())
        assert session.get(Customer, "KH-0416").referred_by is None
    assert [(one.first_customer, one.last_customer) for one in chunks] == [("KH-0416", "KH-0418")]
    assert label(desk, "KH-0416", "sent_by") == "by_nobody"
    assert receipt.counts == done.counts
    assert {"customers": 1, "contacts": 2, "memberships": 2, "run_chunks": 1}.items() <= (
        done.counts.items()
    )
    assert (last.action, last.subject, last.detail) == (
        "customer.erase",
        None,
        {"receipt": done.number},
    )
    assert run(desk).changed == 0
    assert kinds == {
        "mail": {"customers": ["KH-0418"], "texts": {"customer_ids": []}},
        "other": {"day": "2026-11-21"},
    }


def test_after_the_last_there_is_nobody_to_erase(desk):
    for name in ("KH-0416", LAN, "KH-0418"):
        erase(desk, name)
    with desk.database.read() as session:
        assert session.scalars(select(RunChunk)).all() == []
    before = list(everything(desk))
    for name in (LAN, "nobody", "", "\0"):
        with pytest.raises(CustrataError, match="there is no customer with this id"):
            erase(desk, name)
    assert list(everything(desk)) == before


def test_files_that_were_sent_go_with_whom_they_name(desk, tmp_path, monkeypatch):
    monkeypatch.setenv("CUSTRATA_UPLOADS", str(tmp_path / "uploads"))
    others = keep(desk, "others.csv", BytesIO(f"customer_id,name\nKH-0418,{LAN}x\n".encode()))
    keep(desk, "waiting.csv", BytesIO(f"customer_id,name\n {LAN} ,Lan\n".encode()))
    sales = f"customer_id,occurred_at,amount\nKH-0418,2026-11-01,5\n{LAN},yesterday,7\n"
    refused = keep(desk, "sales.csv", BytesIO(sales.encode()))
    take_in(desk, refused.id, Choices(record="transactions"))
    keep(desk, "damaged.xlsx", BytesIO(b"PK"))
    assert refused.refused.exists()
    done = erase(desk, LAN)
    assert uploads(desk) == (others,)
    assert done.counts["uploads"] == 3


def test_no_copy_of_a_large_file_is_left_beside_it(desk, tmp_path, monkeypatch):
    aside = tmp_path / "aside"
    aside.mkdir()
    monkeypatch.setenv("CUSTRATA_UPLOADS", str(tmp_path / "uploads"))
    monkeypatch.setattr(csv_files, "LARGE", 10)
    monkeypatch.setattr(csv_files, "_folder", lambda: aside)
    sent = keep(desk, "her.csv", BytesIO(f"customer_id,name\n{LAN},Lan\n".encode()))
    keep(desk, "again.csv", BytesIO(f"customer_id,name\n{LAN},Lan\n".encode()))
    take_in(desk, sent.id, Choices(record="customers"))
    assert erase(desk, LAN).counts["uploads"] == 1
    assert list(aside.iterdir()) == []


def test_a_file_that_was_read_before_does_not_bring_her_back(desk, tmp_path, monkeypatch):
    monkeypatch.setenv("CUSTRATA_UPLOADS", str(tmp_path / "uploads"))
    sent = keep(desk, "her.csv", BytesIO(f"customer_id,name\n{LAN},Lan\n".encode()))
    landing = import_module("custrata.service.imports.land")
    monkeypatch.setattr(landing, "_staged_ahead", lambda *_: erase(desk, LAN) and None)
    with pytest.raises(CustrataError, match="the file is here no more"):
        take_in(desk, sent.id, Choices(record="customers"))
    assert places(desk) == OTHER_SUBJECT


def test_a_run_that_has_read_of_her_is_waited_for(desk, monkeypatch):
    monkeypatch.setattr("custrata.service.customers.erase._WAIT", 0)
    refused = []

    def meanwhile(step, done, total):
        if (step, done) == ("write", 0):
            with pytest.raises(CustrataError) as error:
                erase(desk, LAN)
            refused.append(error.value.diagnostics[0].code)

    run(desk, progress=meanwhile)
    assert refused == ["run-under-way"]
    erase(desk, LAN)
    assert places(desk) == OTHER_SUBJECT


def test_not_even_the_file_holds_her(tmp_path, clock):
    path = tmp_path / "store.db"
    desk = open_store(f"sqlite:///{path}", "an", clock)
    settle_in(desk)
    texts = [one.encode() for one in (*PERSONAL.values(), f"about {LAN}", f"{LAN} asked")]
    desk.database.close()
    assert [one for one in texts if one not in path.read_bytes()] == []
    erase(desk, LAN)
    desk.database.close()
    assert [one for one in texts if one in path.read_bytes()] == []


def test_not_even_the_log_of_changes_holds_her_while_others_work_on(tmp_path, clock):
    path, log = tmp_path / "store.db", tmp_path / "store.db-wal"
    desk = open_store(f"sqlite:///{path}", "an", clock)
    settle_in(desk)
    assert PERSONAL["phone"].encode() in log.read_bytes()
    other = open_store(f"sqlite:///{path}", "binh", clock)
    erase(other, LAN)
    other.database.close()
    assert [one for one in PERSONAL.values() if one.encode() in log.read_bytes()] == []
    desk.database.close()
