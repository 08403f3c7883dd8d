"""Mapping files: what is wrong with one is told at its place."""

from __future__ import annotations

import pytest

from custrata.engine.diagnostics import DataError
from custrata.service.connect.loading import load_mapping, parse_mapping, shipped
from custrata.service.connect.model import RECORDS
from tests.service.connect.places import MAPPING

WRONG = [
    ("mapping_version: 1", "mapping_version: 2", "1:18", "wrong-choice", "mapping_version"),
    ("stored: naive_utc", "stored: utc", "4:16", "wrong-choice", "time.stored"),
    (", business_tz: Asia/Ho_Chi_Minh", "", "4:7", "missing-key", "business_tz"),
    ("Asia/Ho_Chi_Minh", "Saigon", "4:40", "unknown-zone", "time.business_tz"),
    ("fx: divide", "fx: times", "5:38", "wrong-choice", "money.fx"),
    (", fx: divide", "", "5:8", "missing-key", "fx is missing"),
    ("read_only: true", "read_only: false", "3:36", "wrong-choice", "connection.read_only"),
    ("    amount: o.total,", "    amuont: o.total,", "16:5", "unknown-key", "'amount'?"),
    ("back: refunded", "back: returned", "17:39", "wrong-choice", "'refunded'"),
    (", status: o.state", "", "15:5", "missing-key", "status and status_map"),
    ("removed: classify", "removed: hide", "11:12", "wrong-choice", "customers.removed"),
    ("as: field", "as: fields", "19:47", "wrong-choice", "write_back"),
    (
        "transaction_id: o.id, tenant_id: o.firm",
        "refunded_amount: o.back, tenant_id: o.firm",
        *("15:6", "missing-key", "transaction_id"),
    ),
    ("read_only: true", "session: {postgresql: select 1}", "3:34", "wrong-type", "session"),
]


@pytest.mark.parametrize(("old", "new", "place", "code", "named"), WRONG)
def test_a_fault_is_told_with_its_line_and_column(old, new, place, code, named):
    assert MAPPING.count(old) == 1
    with pytest.raises(DataError) as caught:
        parse_mapping(MAPPING.replace(old, new).encode(), "crm.yaml")
    told = [str(one) for one in caught.value.diagnostics]
    assert any(
        one.startswith(f"crm.yaml:{place} error[{code}]") and named in one for one in told
    ), told


def test_what_may_stand_where_nothing_does_is_told():
    with pytest.raises(DataError) as caught:
        parse_mapping(MAPPING.replace(", fx: divide", "").encode(), "crm.yaml")
    (found,) = caught.value.diagnostics
    assert (found.code, found.allowed) == ("missing-key", "divide, multiply, none")


MULTI = "customers:\n  multi: {%s: {from: people p, key: p.id, value: p.email}}"
TAKEN = [
    ("customers:", MULTI % "phone", "8:11", "'phone' is a column too"),
    ("customers:", MULTI % "tenant_id", "8:11", "'tenant_id' is a column too"),
    ("customers:", MULTI % "_removed", "8:11", "'_removed' is made in reading"),
    ("customers:", MULTI % "removed", "8:11", "'removed' is made in reading"),
    ("customers:", MULTI % "consent", "8:11", "'consent' is read as one text"),
    ("phone: p.phone", "removed: p.phone", "9:67", "'removed' is made in reading"),
    ("phone: p.phone", "_removed: p.phone", "9:67", "'_removed' is made in reading"),
    ("phone: p.phone", "_tenant: p.phone", "9:67", "'_tenant' is made in reading"),
]


@pytest.mark.parametrize(("old", "new", "place", "told"), TAKEN)
def test_no_attribute_of_customers_comes_from_two_places(old, new, place, told):
    assert MAPPING.count(old) == 1
    with pytest.raises(DataError) as caught:
        parse_mapping(MAPPING.replace(old, new).encode(), "crm.yaml")
    (found,) = caught.value.diagnostics
    assert (found.code, str(found.mark)) == ("reserved-name", f"crm.yaml:{place}")
    assert told in found.message
    assert found.allowed == "another name"


FILES = """\
mapping_version: 1
crm: shop
connection: {kind: files}
time: {stored: naive_utc, business_tz: Asia/Ho_Chi_Minh}
money: {fx: none}
transactions:
  from: transactions
  columns: {customer_id: who, occurred_at: at, amount: total}
"""
UNHEEDED = [
    ("kind: files", "kind: files, session: select 1", "session", "kind: sql"),
    ("kind: files", "kind: files, dialect: sqlite", "dialect", "kind: sql"),
    ("kind: files", "kind: files, url_env: CRM", "url_env", "kind: sql"),
    ("business_tz: Asia/Ho_Chi_Minh", "business_tz_from: firms.zone", "business_tz_from", "_tz: "),
    ("fx: none", "fx: none, reporting_currency_from: a.b", "reporting_currency_from", "currency: "),
    ("transactions:\n", "tenant: {column: firm}\ntransactions:\n", "tenant", "of one firm"),
    ("{customer_id", "{tenant_id: firm, customer_id", "tenant_id", "kind: sql"),
    ("  from", "  where: total > 0\n  from", "where", "kind: sql"),
    (
        "transactions:\n",
        "write_back:\n  - {output: rfm, target: a.b, via: sql}\ntransactions:\n",
        *("write_back", "kind: sql"),
    ),
]


@pytest.mark.parametrize(("old", "new", "name", "allowed"), UNHEEDED)
def test_files_refuse_what_only_a_database_heeds(old, new, name, allowed):
    parse_mapping(FILES.encode(), "shop.yaml")
    assert FILES.count(old) == 1
    with pytest.raises(DataError) as caught:
        parse_mapping(FILES.replace(old, new).encode(), "shop.yaml")
    (found,) = caught.value.diagnostics
    assert (found.code, found.mark.file) == ("unknown-key", "shop.yaml")
    assert found.message.endswith(f"{name} needs a database")
    assert allowed in found.allowed


def test_a_database_refuses_what_only_files_heed():
    with pytest.raises(DataError, match="collapse needs files"):
        parse_mapping(
            MAPPING.replace("  removed_when", "  collapse: id\n  removed_when").encode(), ""
        )


@pytest.mark.parametrize(
    "piece", ["amount: {sqlite: total}", "amount: total}\n  removed_when: {sqlite: x"]
)
def test_a_file_is_of_no_kind_of_server(piece):
    with pytest.raises(DataError, match="files are of no kind of server"):
        parse_mapping(FILES.replace("amount: total", piece).encode(), "shop.yaml")


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("o.total; drop table orders", "mapping-writes"),
        ("(delete from orders returning total)", "mapping-writes"),
        ("1; select 2", "mapping-sql"),
        ("o.total -- and no more", "mapping-sql"),
        ("o.total) or (1 = 1", "mapping-sql"),
    ],
)
def test_what_would_write_or_break_out_is_refused(sql, code):
    text = MAPPING.replace("amount: o.total", f'amount: "{sql}"')
    with pytest.raises(DataError) as caught:
        parse_mapping(text.encode(), "crm.yaml")
    (found,) = caught.value.diagnostics
    assert (found.code, str(found.mark)) == (code, "crm.yaml:16:13")


def test_words_within_quotes_and_names_are_no_statements():
    sql = "case when o.update_date > '; drop' then o.total else o.total end"
    parse_mapping(MAPPING.replace("amount: o.total", f'amount: "{sql}"').encode(), "crm.yaml")


def test_a_session_of_a_tenant_needs_its_column():
    text = MAPPING.replace("tenant: {column: firm, required: true}\n", "")
    with pytest.raises(DataError) as caught:
        parse_mapping(text.replace("read_only: true", "session: 'select :tenant'").encode(), "crm")
    (found,) = caught.value.diagnostics
    assert (found.code, str(found.mark)) == ("missing-key", "crm:3:34")
    assert "tenant: {column: ...}" in str(found)


def test_every_record_can_be_read_and_its_sql_is_looked_at():
    head, _customers, _rest = MAPPING.partition("customers:")
    for name, record in RECORDS.items():
        columns = ", ".join(f"{one}: x" for one in ("customer_id", *record.needed))
        text = f"{head}{name}:\n  from: t\n  columns: {{{columns}}}\n"
        assert list(parse_mapping(text.encode(), "crm.yaml").inputs) == [name]
        with pytest.raises(DataError, match="mapping-writes"):
            parse_mapping(text.replace("from: t", "from: delete t").encode(), "crm.yaml")
    assert {"customers", "transactions", "opportunities", "feedback"} <= RECORDS.keys()


def test_an_unknown_name_is_told_with_those_there_are():
    with pytest.raises(DataError) as caught:
        load_mapping("odoo16")
    assert "did you mean 'odoo17'" in str(caught.value)
    assert "no-mapping" in str(caught.value)


def test_every_mapping_that_ships_can_be_read_and_says_how_it_was_checked():
    names = "bottlecrm djangocrm erpnext espocrm hubspot odoo17 salesforce shopify suitecrm"
    assert shipped() == [*names.split(), "woocommerce"]
    for name in shipped():
        mapping = load_mapping(name)
        assert mapping.name == name
        text = mapping.root.mark.file
        assert text == f"{name}.yaml"
