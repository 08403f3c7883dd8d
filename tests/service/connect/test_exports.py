"""Exports of shops and CRMs as files, by the mappings that ship."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from custrata import Engine
from custrata.engine.diagnostics import DataError
from custrata.service.connect.checking import check
from custrata.service.connect.source import crm

SHOPIFY = """\
Name,Email,Financial Status,Currency,Total,Created at,Lineitem name,Billing Name,Shipping Name,\
Phone,Billing Phone,Shipping Phone,Refunded Amount,Source
#1001,an@x.vn,paid,VND,500000,2026-11-01 23:30:00 +0700,Tea,An,,+84910000001,,,0,web
#1001,an@x.vn,,,,2026-11-01 23:30:00 +0700,Coffee,,,,,,,
#1002,an@x.vn,partially_refunded,VND,300000,2026-11-02 00:30:00 +0900,Tea,An,,,,,100000,web
#1003,binh@x.vn,refunded,VND,200000,2026-11-03 08:00:00 +0700,Tea,,Binh,,,,200000,pos
#1004,binh@x.vn,pending,VND,900000,2026-11-04 08:00:00 +0700,Tea,,Binh,,,,0,web
#1005,,paid,VND,50000,2026-11-05 08:00:00 +0700,Tea,,,,,,0,pos
"""
RULES = """\
ruleset: 1
currency: VND
time_zone: Asia/Ho_Chi_Minh
classifiers:
  v:
    table:
      rules: [{monetary: ">= 700000", label: big}, {frequency: 0, label: none}]
      otherwise: small
"""


def put(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def shop(folder, text=SHOPIFY, name="shopify"):
    return crm(name, None, None, {"transactions": put(folder, "orders.csv", text)})


def test_rows_of_one_order_are_one_sale_and_a_refund_names_it(tmp_path):
    frames = shop(tmp_path).frames()
    sales = frames["transactions"].frame
    assert sales.select("transaction_id", "customer_id", "amount", "refund_of").rows() == [
        ("#1001", "an@x.vn", "500000", None),
        ("#1002", "an@x.vn", "300000", None),
        ("#1003", "binh@x.vn", "200000", None),
        ("#1002/refund", "an@x.vn", "-100000", "#1002"),
        ("#1003/refund", "binh@x.vn", "-200000", "#1003"),
    ]
    assert sales["occurred_at"][:2].to_list() == [
        datetime(2026, 11, 1, 23, 30),  # noqa: DTZ001
        datetime(2026, 11, 1, 22, 30),  # noqa: DTZ001
    ]
    customers = frames["customers"].frame
    assert customers.select("customer_id", "name", "phone").rows() == [
        ("an@x.vn", "An", "+84910000001"),
        ("binh@x.vn", "Binh", None),
    ]


def test_a_fully_refunded_order_counts_nowhere(tmp_path):
    result = Engine.from_text(RULES).run(as_of=date(2026, 11, 10), **shop(tmp_path).frames())
    assert dict(result.labels.select("customer_id", "v").rows()) == {
        "an@x.vn": "big",
        "binh@x.vn": "none",
    }


def test_an_address_in_other_letters_is_told_without_the_address(tmp_path):
    found = check(shop(tmp_path, SHOPIFY.replace("#1002,an@x.vn", "#1002,AN@x.vn"))).faults
    (alike,) = [one for one in found if one.code == "duplicates-likely"]
    assert "1 pair of customers shares" in alike.message
    assert "@" not in alike.message


def test_orders_without_a_customer_are_told(tmp_path):
    report = check(shop(tmp_path))
    told = [str(one) for one in report.faults if one.code == "customer-missing"]
    assert any("transactions: 1 row names no customer, and is left out" in one for one in told)
    assert report.found["transactions"].statuses["pending"] == ("open", 1)


def test_a_status_and_a_column_that_are_not_known_are_refused(tmp_path):
    changed = SHOPIFY.replace("partially_refunded", "half_paid")
    assert [
        one.code for one in check(shop(tmp_path, changed)).faults if one.severity == "error"
    ] == ["status-unmapped"]
    (found,) = check(shop(tmp_path, SHOPIFY.replace(",Total,", ",Totals,"))).faults
    assert (found.code, found.nearest) == ("column-missing", "Totals")
    assert str(found.mark).startswith("shopify.yaml:")


@pytest.mark.parametrize(
    "status",
    ["authorized", "unpaid", "pending", "partially_paid", "paid", "voided", "expired"],
)
def test_shopifys_own_statuses_are_known(tmp_path, status):
    found = check(shop(tmp_path, SHOPIFY.replace("pending", status))).faults
    assert [one.code for one in found if one.severity == "error"] == []


def test_two_orders_of_one_name_are_not_made_one(tmp_path):
    """As of two shops whose files were joined; rows of one order repeat what they tell."""
    other = "#1001,chi@x.vn,paid,VND,70000,2026-11-09 10:00:00 +0700,Tea,Chi,,,,,0,web\n"
    (found,) = check(shop(tmp_path, SHOPIFY + other)).faults
    assert (found.code, str(found.mark)) == ("collapse-differs", "shopify.yaml:24:13")
    assert found.message == (
        "transactions: rows of one Name differ in customer_id, occurred_at, amount: #1001"
    )


def test_two_currencies_are_not_added_up(tmp_path):
    changed = SHOPIFY.replace("paid,VND,500000", "paid,USD,20")
    assert "currency-without-rate" in {one.code for one in check(shop(tmp_path, changed)).faults}


def test_a_file_that_the_mapping_does_not_read_is_refused(tmp_path):
    path = put(tmp_path, "tasks.csv", "a\n1\n")
    with pytest.raises(DataError) as caught:
        crm("shopify", None, None, {"contacts": path}).frames()
    assert caught.value.diagnostics[0].code == "mapping-files"
    with pytest.raises(DataError):
        crm("shopify", "sqlite:///x.db", None, {"transactions": path}).frames()


def test_woocommerce(tmp_path):
    orders = (
        "order_id,date,status,order_total,refunded_total,order_currency,billing_email,"
        "billing_company,billing_last_name,billing_phone,billing_city\n"
        "11,2026-11-01 09:00:00,completed,100.50,0,VND,an@x.vn,,An,0910000001,Da Lat\n"
        "12,2026-11-02 09:00:00,failed,70,0,VND,an@x.vn,,An,0910000001,Da Lat\n"
        "13,2026-11-03 09:00:00,refunded,30,30,VND,an@x.vn,,An,0910000001,Da Lat\n"
        "14,2026-11-04 09:00:00,checkout-draft,9,0,VND,an@x.vn,,An,0910000001,Da Lat\n"
    )
    frames = shop(tmp_path, orders, "woocommerce").frames()
    assert frames["transactions"].frame["amount"].to_list() == ["100.50", "30", "-30"]
    assert frames["customers"].frame.select("customer_id", "city").rows() == [("an@x.vn", "Da Lat")]


@pytest.mark.parametrize(
    ("won", "sent"),
    [("Closed Won", "Contract Sent"), ("Closed won (Sales Pipeline)", "Contract sent")],
)
def test_hubspot(tmp_path, won, sent):
    """Its stages are spelt in two ways, and exports may name the pipeline."""
    companies = (
        "Record ID,Company name,Phone Number,Type,Industry,Company owner,"
        "Original Traffic Source,Create Date\n"
        "501,Tea House,0910000001,Customer,Retail,Lan,Organic Search,2026-01-05 10:00\n"
    )
    deals = (
        "Record ID,Deal Name,Deal Stage,Close Date,Amount,Associated Company IDs (Primary)\n"
        f"1,Tea,{won},2026-11-01 10:00,1200.00,501\n"
        f"2,Tea,{sent},2026-12-01 10:00,900.00,501\n"
    )
    files = {
        "customers": put(tmp_path, "companies.csv", companies),
        "transactions": put(tmp_path, "deals.csv", deals),
    }
    frames = crm("hubspot", None, None, files).frames()
    assert frames["transactions"].frame.select("customer_id", "amount").rows() == [
        ("501", "1200.00")
    ]
    assert frames["customers"].frame["created_at"][0] == datetime(2026, 1, 5, 10)  # noqa: DTZ001


@pytest.mark.parametrize("made", ["2026-01-04T20:00:00.000Z", "2026-01-04 20:00:00"])
def test_salesforce(tmp_path, made):
    """Its Data Loader writes times with an offset, its Data Export without."""
    accounts = (
        "Id,IsDeleted,Name,Type,Phone,Industry,OwnerId,AccountSource,CreatedDate\n"
        f"001A,0,Tea House,Customer,0910000001,Retail,005A,Web,{made}\n"
        f"001B,1,Gone,Customer,,Retail,005A,Web,{made}\n"
    )
    deals = (
        "Id,IsDeleted,AccountId,StageName,Amount,CloseDate,LeadSource\n"
        "006A,false,001A,Closed Won,1200,2026-11-01,Web\n"
        "006B,false,001A,Closed Lost,10,2026-11-02,Web\n"
        "006C,true,001A,Closed Won,10,2026-11-02,Web\n"
        "006D,false,001B,Closed Won,10,2026-11-02,Web\n"
    )
    tasks = (
        "Id,IsDeleted,AccountId,ActivityDate,TaskSubtype,Status,CompletedDateTime\n"
        "00TA,0,001A,2026-10-01,Call,Completed,\n00TB,0,001A,2026-12-01,Call,Not Started,\n"
        f"00TC,0,001A,,Email,Completed,{made}\n"
    )
    files = {
        "customers": put(tmp_path, "Account.csv", accounts),
        "transactions": put(tmp_path, "Opportunity.csv", deals),
        "contacts": put(tmp_path, "Task.csv", tasks),
    }
    frames = crm("salesforce", None, None, files).frames()
    assert frames["transactions"].frame["occurred_at"].to_list() == [date(2026, 11, 1)]
    assert [at.date() for at in frames["contacts"].frame["occurred_at"]] == [
        date(2026, 10, 1),
        date(2026, 1, 5),
    ]
    assert frames["customers"].frame["customer_id"].to_list() == ["001A"]
    assert frames["customers"].frame["created_at"][0] == datetime(2026, 1, 5, 3)  # noqa: DTZ001
