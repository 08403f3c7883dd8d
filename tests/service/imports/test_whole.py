"""An import lands whole or not at all, and imports queue."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from custrata.service.imports import facts, import_file, land, read_file
from custrata.store.faults import StoreError
from custrata.store.models import Customer, Import, Source, Stage, Transaction
from tests.service.imports.inbox import counts

SALES = "transaction_id,customer_id,occurred_at,amount\nT1,a,2026-11-01,1\nT2,b,x,2\n"
KILLED = """\
import os, signal, sys
from pathlib import Path
from custrata.service.imports import facts, import_file
from custrata.service.setup import open_store

def watch(step, done, total):
    if (step, done) == ("write", 3):
        os.kill(os.getpid(), signal.SIGKILL)

import_file(open_store(sys.argv[1]), Path(sys.argv[2]), progress=watch)
"""


def stored(inbox) -> tuple[list, list, list]:
    return (
        inbox.rows(Transaction, "transaction_id"),
        inbox.rows(Customer, "customer_id"),
        inbox.rows(Import, "id"),
    )


def test_an_import_that_is_killed_leaves_nothing(inbox, url):
    path = inbox.csv(SALES)
    done = subprocess.run([sys.executable, "-c", KILLED, url, str(path)], capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert stored(inbox) == ([], [], [])
    assert counts(import_file(inbox.desk, path)) == (1, 0, 0, 1)


def test_an_import_that_fails_leaves_nothing(inbox, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("custrata.service.imports.refused._write", full)
    with pytest.raises(Exception, match="no space left"):
        inbox.take(SALES)
    assert stored(inbox) == ([], [], [])
    assert [one.name for one in inbox.folder.iterdir()] == ["file.csv"]


def test_two_imports_at_once_queue(inbox):
    files = [
        inbox.csv(SALES + "".join(f"{n}{i},{n},2026-11-01,1\n" for i in range(300)), f"{n}.csv")
        for n in "pq"
    ]
    done: dict[str, tuple] = {}

    def work(path) -> None:
        done[path.name] = counts(import_file(inbox.desk, path))

    threads = [threading.Thread(target=work, args=[path]) for path in files]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert sorted(done.values()) == [(300, 0, 1, 1), (301, 0, 0, 1)]
    assert len(inbox.rows(Transaction, "key")) == 601


def test_stages_that_changed_since_the_file_was_read_stop_its_import(inbox):
    reading = read_file(inbox.desk, inbox.csv(SALES))
    inbox.add(Source(code="zalo", name="Zalo"))
    inbox.add(Stage(code="vip", names={"en": "VIP"}, position=9))
    with pytest.raises(StoreError, match="changed while the file was read"):
        land(inbox.desk, reading)
    assert stored(inbox) == ([], [], [])


def test_others_write_while_an_import_lays_its_rows_ready(inbox, monkeypatch):
    stage = facts.stage

    def staged(*words):
        found = stage(*words)
        inbox.add(Customer(customer_id="b"))
        return found

    monkeypatch.setattr("custrata.store.engines._PRAGMAS", ("busy_timeout=20",))
    monkeypatch.setattr("custrata.service.imports.facts.stage", staged)
    text = "customer_id,occurred_at\na,2026-11-01\nb,2026-11-01\n"
    done = inbox.take(text, "contacts")
    assert (counts(done), done.counts.created) == ((2, 0, 0, 0), 1)
    assert inbox.rows(Customer, "customer_id", "fact_seq") == [("a", 1), ("b", 1)]
