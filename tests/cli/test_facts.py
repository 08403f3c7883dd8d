"""`custrata fact`."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from custrata.cli.facts import fact
from custrata.service.setup import open_store
from custrata.store.models import Transaction
from tests.service.runs.putting import contact, customer, put, sale


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    desk = open_store("sqlite:///store.db")
    put(desk, customer("KH-1", "hot"), sale("KH-1", "2026-11-01", 1_234_567_891, 9))
    put(desk, contact("KH-1", "2026-11-02", channel="phone", note="secret"))
    yield desk
    desk.database.close()


def run(*words, **more):
    return CliRunner().invoke(fact, [*words, "--database", "sqlite:///store.db"], **more)


def amounts(store):
    with store.database.read() as session:
        return session.execute(select(Transaction.amount, Transaction.scale)).all()


def test_a_slip_is_found_by_its_decimals_and_corrected(store):
    assert "1.234567891" in run("finest").output
    shown = run("correct", "transaction", "1", "--amount", "1.23", "--occurred-at", "2026-11-03")
    assert shown.output == "corrected; no label changed\n"
    assert amounts(store) == [(123, 2)]
    assert "2026-11-02 17:00 UTC" in run("list", "transaction", "KH-1").output


def test_what_was_noted_is_not_shown(store):
    shown = run("list", "contact", "KH-1").output
    assert ("phone" in shown, "secret" in shown) == (True, False)


def test_taking_out_asks_first(store):
    assert run("delete", "transaction", "1", input="n\n").exit_code == 1
    assert len(amounts(store)) == 1
    assert run("delete", "transaction", "1", input="y\n").output.endswith("no label changed\n")
    assert run("list", "transaction", "KH-1").output == "there are none\n"


def test_words_that_are_off(store):
    assert "nothing is named" in run("correct", "contact", "1").output
    assert "is no number" in run("correct", "transaction", "1", "--amount", "1.2.3").output
    assert "is no time" in run("correct", "contact", "1", "--occurred-at", "noon").output
    assert run("delete", "sale", "1").exit_code == 2
