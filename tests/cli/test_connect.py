"""`custrata connect`, and `classify` on a CRM."""

from __future__ import annotations

import csv

import pytest

from tests.service.connect.places import MAPPING, fill, orders, people

RULES = """\
ruleset: 1
currency: USD
classifiers:
  rfm: {table: {rules: [{monetary: ">= 110", label: big}], otherwise: small}}
"""


@pytest.fixture
def crm(place):
    place.write("crm.yaml", MAPPING)
    place.write("usd.yaml", RULES)
    return fill(f"sqlite:///{place / 'crm.db'}", {"people": people(), "orders": orders()})


def test_a_check_says_what_is_found_and_what_looks_wrong(place, crm):
    shown = place.run("connect", "check", "crm.yaml", "--url", crm, "--tenant", "1")
    assert (shown.exit_code, shown.stderr) == (0, "")
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert ["transactions", "4", "3", "2026-11-01", "2026-11-03"] in lines
    assert ["done", "completed", "2"] in lines
    assert ["VND", "1"] in lines
    assert "1 customer is removed" in shown.stdout
    assert "amounts are in USD" in shown.stdout
    assert "no column says consent" in shown.stdout
    assert "warning[duplicates-likely]" in shown.stdout
    assert shown.stdout.rstrip().endswith("1 warning")


def test_a_check_with_errors_exits_with_1(place, crm):
    shown = place.run("connect", "check", "crm.yaml", "--url", crm)
    assert shown.exit_code == 1
    assert "error[tenant-missing]" in shown.stdout
    changed = MAPPING.replace("done: completed", "done: open").replace("back: refunded, ", "")
    place.write("crm.yaml", changed)
    shown = place.run("connect", "check", "crm.yaml", "--url", crm, "--tenant", "1")
    assert shown.exit_code == 1
    assert "'back' (1)" in shown.stdout
    assert "Traceback" not in shown.output


def test_a_check_of_a_mapping_that_is_wrong_names_the_place(place, crm):
    place.write("crm.yaml", MAPPING.replace("fx: divide", "fx: by"))
    shown = place.run("connect", "check", "crm.yaml", "--url", crm)
    assert shown.exit_code == 1
    assert shown.stderr.startswith("crm.yaml:5:38 error[wrong-choice]")
    shown = place.run("connect", "check", "odoo", "--url", crm)
    assert (shown.exit_code, "no-mapping" in shown.stderr) == (1, True)


def test_a_mapping_that_ships_is_printed_to_be_adapted(place, crm):
    shown = place.run("connect", "show", "odoo17")
    place.write("ours.yaml", shown.stdout)
    assert (shown.exit_code, shown.stdout.splitlines()[0][:9]) == (0, "# Odoo 17")
    assert "no such table" in place.run("connect", "check", "ours.yaml", "--url", crm).stdout
    shown = place.run("connect", "show", "odo17")
    assert (shown.exit_code, "did you mean 'odoo17'" in shown.stderr) == (1, True), shown.stderr


def test_the_customers_of_a_crm_are_classified(place, crm):
    words = ["classify", "--rules", "usd.yaml", "--as-of", "2026-11-10", "--out", "labels.csv"]
    shown = place.run(*words, "--mapping", "crm.yaml", "--url", crm, "--tenant", "1")
    assert shown.exit_code == 0, shown.output
    with (place / "labels.csv").open(newline="") as file:
        found = {row["customer_id"]: row["rfm"] for row in csv.DictReader(file)}
    assert found == {"1": "big", "2": "small", "3": "small"}


def test_labels_go_back_after_a_plan(place, crm):
    place.write("labels.csv", "customer_id,rfm\n1,big\n2,old\n5,big\n")
    words = ["connect", "write", "crm.yaml", "--url", crm, "--tenant", "1"]
    shown = place.run(*words, "--labels", "labels.csv")
    assert shown.exit_code == 0, shown.output
    assert "rfm → people.segment: 1 customer would change" in shown.stdout
    assert "1 has no row in people" in shown.stdout
    assert "nothing was written; --apply writes it" in shown.stdout
    shown = place.run(*words, "--labels", "labels.csv", "--apply")
    assert "1 customer changed" in shown.stdout
    shown = place.run(*words, "--labels", "labels.csv", "--apply")
    assert "0 customers changed" in shown.stdout


def test_a_way_of_writing_that_is_not_walked_here_is_said(place, crm):
    place.write("crm.yaml", MAPPING.replace("via: sql", "via: rest"))
    place.write("labels.csv", "customer_id,rfm\n1,big\n")
    shown = place.run(
        "connect", "write", "crm.yaml", "--url", crm, "--tenant", "1", "--labels", "labels.csv"
    )
    assert shown.exit_code == 1
    assert "not by this tool: via rest" in shown.stderr


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--url", "sqlite:///crm.db"], "need --mapping"),
        (
            ["--mapping", "crm.yaml", "--map", "transactions.amount=x"],
            "--mapping names the columns",
        ),
    ],
)
def test_words_that_do_not_go_together(place, crm, more, told):
    words = ["classify", "--rules", "usd.yaml", "--as-of", "2026-11-10", "--out", "labels.csv"]
    more = [*more, "--transactions", "sales.csv"] if "--map" in more else more
    shown = place.run(*words, *more)
    assert shown.exit_code == 2
    assert told in shown.stderr


def test_files_beside_a_mapping_of_a_database_are_refused(place, crm):
    words = ["classify", "--rules", "usd.yaml", "--as-of", "2026-11-10", "--out", "labels.csv"]
    shown = place.run(*words, "--mapping", "crm.yaml", "--transactions", "sales.csv")
    assert (shown.exit_code, "mapping-kind" in shown.stderr) == (1, True)


def test_a_shops_export_is_classified(place):
    place.write("usd.yaml", RULES)
    place.write(
        "orders.csv",
        "order_id,date,status,order_total,refunded_total,order_currency,billing_email,"
        "billing_company,billing_last_name,billing_phone,billing_city\n"
        "11,2026-11-01 09:00:00,completed,150,0,USD,an@x.vn,,An,0910000001,Da Lat\n",
    )
    words = ["classify", "--rules", "usd.yaml", "--as-of", "2026-11-10", "--out", "labels.csv"]
    shown = place.run(*words, "--mapping", "woocommerce", "--transactions", "orders.csv")
    assert shown.exit_code == 0, shown.output
    assert (place / "labels.csv").read_text() == "customer_id,rfm\nan@x.vn,big\n"
