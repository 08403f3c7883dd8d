"""`custrata export` and `custrata erase`."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from custrata.cli.faults import Commands
from custrata.cli.privacy import erase, export
from custrata.service.runs import run as run_all
from custrata.service.setup import open_store
from tests.service.runs.putting import customer, put, rules, sale

COMMANDS = Commands(commands=[export, erase])
RULES = "ruleset: 1\nclassifiers:\n  rfm: {}\n"


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    desk = open_store("sqlite:///store.db")
    rules(desk, RULES)
    put(desk, customer("KH-1", "hot"), customer("KH-2"), sale("KH-1", "2026-11-01"))
    yield desk
    desk.database.close()


def run(*words, **more):
    return CliRunner().invoke(COMMANDS, [*words, "--database", "sqlite:///store.db"], **more)


def test_all_about_one_customer_is_json(store, tmp_path):
    shown = run("export", "--customer", "KH-1", "--out", "kh.json")
    assert shown.output == "written: kh.json\n"
    found = json.loads((tmp_path / "kh.json").read_text("utf-8"))
    assert (found["customer"]["stage"], found["transactions"][0]["amount"]) == ("hot", "100")


def test_labels_of_all_are_a_table(store, tmp_path):
    run_all(store)
    shown = run("export", "--labels", "--out", "labels.csv", "--classifier", "rfm")
    assert "labels of 2 customers by rfm" in shown.output
    assert (tmp_path / "labels.csv").read_text("utf-8").splitlines() == [
        "customer_id,rfm",
        "KH-1,important_develop",
        "KH-2,no_purchase",
    ]


def test_erasing_asks_first_and_prints_a_receipt(store):
    assert run("erase", "KH-1", input="n\n").exit_code == 1
    assert run("erase", "KH-1", input="").exit_code == 1
    shown = run("erase", "KH-1", input="y\n")
    assert shown.exit_code == 0
    assert "receipt 1: a customer was erased" in shown.output
    assert [line.split() for line in shown.output.splitlines()[-3:-1]] == [
        ["customers", "1"],
        ["transactions", "1"],
    ]
    assert "an import of a file in which she stands would bring her back" in shown.output
    assert "KH-1" not in shown.output
    again = run("erase", "KH-1", "--yes")
    assert (again.exit_code, again.stderr) == (
        1,
        "error[no-customer] there is no customer with this id\n",
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--out", "x.json"), "either --customer ID or --labels"),
        (("--customer", "a", "--labels", "--out", "x.csv"), "either --customer ID or --labels"),
        (("--customer", "a", "--out", "x.csv"), "has the ending '.csv'; allowed: .json"),
        (("--labels", "--out", "x.json"), "allowed: .csv, .parquet, .xlsx"),
        (("--customer", "a", "--with-attributes", "--out", "x.json"), "go with --labels"),
        (("--labels", "--out", "nowhere/x.csv"), "the folder nowhere does not exist"),
    ],
)
def test_words_that_are_off(words, says):
    shown = run("export", *words)
    assert shown.exit_code == 2
    assert says in shown.stderr
