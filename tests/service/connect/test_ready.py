"""The mappings of CRMs that were not at hand, on small tables with their columns."""

from __future__ import annotations

from datetime import UTC, date, datetime
from importlib.resources import files

import pytest

from custrata.service.connect.checking import check
from custrata.service.connect.loading import parse_mapping
from custrata.service.connect.source import Crm
from tests.service.connect.places import fill

AT = datetime(2026, 11, 1, 17, 30)  # noqa: DTZ001
NIGHT = datetime(2026, 11, 2, 0, 30)  # noqa: DTZ001


def read(name: str, url: str, old: str = "", new: str = "") -> Crm:
    text = files("custrata").joinpath("config", "mappings", f"{name}.yaml").read_text("utf-8")
    found = Crm(parse_mapping(text.replace(old, new).encode(), f"{name}.yaml"), url)
    assert [str(one) for one in check(found).faults if one.severity == "error"] == []
    return found


def sales(one: Crm, *more: str) -> list[tuple]:
    frame = one.frames()["transactions"].frame
    return frame.select("customer_id", "amount", "occurred_at", *more).sort("amount").rows()


def held(one: Crm, *columns: str) -> list[tuple]:
    return sorted(one.frames()["contacts"].frame.select("customer_id", *columns).rows(), key=str)


def test_espocrm(empty_url):
    activity = {
        "id": ["c1", "c2"],
        "account_id": ["a1", "a1"],
        "date_start": [AT, AT],
        "status": ["Held", "Planned"],
        "deleted": [False, False],
    }
    url = fill(
        empty_url,
        {
            "account": {
                "id": ["a1", "a2"],
                "name": ["Tea House", "Gone"],
                "type": ["Customer", None],
                "industry": [None, None],
                "assigned_user_id": ["u1", None],
                "created_at": [AT, AT],
                "modified_at": [AT, AT],
                "deleted": [False, True],
            },
            "currency": {"id": ["VND"], "rate": [0.00004]},
            "opportunity": {
                "id": ["o1", "o2", "o3", "o4"],
                "account_id": ["a1", "a1", "a1", "a2"],
                "close_date": [date(2026, 11, 1)] * 4,
                "amount": [250.5, 5000000.0, 9.0, 7.0],
                "amount_currency": ["USD", "VND", "USD", "USD"],
                "stage": ["Closed Won", "Closed Won", "Negotiation", "Closed Won"],
                "lead_source": ["Web Site", None, None, None],
                "deleted": [False] * 4,
            },
            "call": activity,
            "meeting": {**activity, "id": ["m1", "m2"], "status": ["Not Held", "Held"]},
        },
    )
    one = read("espocrm", url)
    found = [(who, round(float(amount), 2), at) for who, amount, at in sales(one)]
    assert found == [("a1", 200.0, date(2026, 11, 1)), ("a1", 250.5, date(2026, 11, 1))]
    assert held(one, "channel", "occurred_at") == [("a1", "phone", NIGHT), ("a1", "visit", NIGHT)]
    assert one.frames()["customers"].frame["customer_id"].to_list() == ["a1"]


def test_djangocrm(empty_url):
    """On MariaDB with the change that the mapping's own text tells."""
    mariadb = empty_url.startswith("mariadb")
    moment = AT if mariadb else datetime(2026, 11, 1, 17, 30, tzinfo=UTC)
    if empty_url.startswith("sqlite"):
        moment = moment.isoformat(" ")
    url = fill(
        empty_url,
        {
            "crm_company": {
                "id": [1, 2],
                "full_name": ["Tea House", "Shop"],
                "email": ["an@x.vn", "b@x.vn"],
                "phone": ["", ""],
                "type_id": [1, None],
                "lead_source_id": [1, None],
                "owner_id": [5, 5],
                "creation_date": [moment, moment],
                "update_date": [moment, moment],
                "disqualified": [False, True],
                "was_in_touch": [None, date(2026, 10, 1)],
            },
            "crm_clienttype": {"id": [1], "name": ["customer"]},
            "crm_leadsource": {"id": [1], "name": ["website"]},
            "crm_deal": {"id": [7], "company_id": [1]},
            "crm_currency": {
                "id": [1, 2],
                "name": ["USD", "VND"],
                "rate_to_state_currency": [1.0, 0.00005],
            },
            "crm_rate": {
                "id": [1, 2, 3],
                "currency_id": [2, 2, 2],
                "payment_date": [date(2026, 11, 1)] * 3,
                "rate_to_state_currency": [0.00009, 0.00004, 0.00008],
                "rate_type": ["A", "O", "A"],
            },
            "crm_payment": {
                "id": [1, 2, 3, 4],
                "deal_id": [7, 7, 7, 7],
                "payment_date": [date(2026, 11, 1)] * 4,
                "amount": [500.0, 2500000.0, -40.0, 900.0],
                "currency_id": [1, 2, 1, 1],
                "status": ["r", "r", "r", "g"],
            },
            "crm_crmemail": {
                "id": [1, 2],
                "company_id": [1, 1],
                "creation_date": [moment, moment],
                "incoming": [True, False],
                "sent": [False, False],
                "trash": [False, False],
            },
        },
    )
    kept = "naive_utc" if mariadb else "timestamptz"
    stored = f"{kept}, business_tz: America/New_York"
    one = read("djangocrm", url, "timestamptz", kept)
    assert sorted(round(float(amount), 2) for _who, amount, _at in sales(one)) == [-40, 100, 500]
    found = held(one, "direction", "channel")
    assert found == [("1", "in", "mail"), ("2", "out", None)]
    west = read("djangocrm", url, "timestamptz, business_tz: Asia/Ho_Chi_Minh", stored)
    days = {who: at.date() for who, at in held(west, "occurred_at")}
    assert days == {"1": date(2026, 11, 1), "2": date(2026, 10, 1)}
    customers = one.frames()["customers"].frame
    assert customers.select("customer_id", "kind", "source", "removed").sort(
        "customer_id"
    ).rows() == [
        ("1", "customer", "website", False),
        ("2", None, None, True),
    ]


@pytest.mark.parametrize("server", ["sqlite", "mariadb"], indirect=True)
def test_erpnext(empty_url):
    url = fill(
        empty_url,
        {
            "tabCustomer": {
                "name": ["Tea House"],
                "customer_name": ["Tea House Co"],
                "email_id": [None],
                "mobile_no": ["0910000001"],
                "customer_type": ["Company"],
                "customer_group": ["Retail"],
                "territory": ["Vietnam"],
                "creation": [AT],
                "modified": [AT],
                "disabled": [0],
            },
            "tabCompany": {"name": ["Ours"], "default_currency": ["VND"]},
            "tabSales Invoice": {
                "name": ["SI-1", "SI-2", "SI-3"],
                "customer": ["Tea House"] * 3,
                "posting_date": [date(2026, 11, 1)] * 3,
                "base_grand_total": [500000.0, -100000.0, 7.0],
                "return_against": [None, "SI-1", None],
                "docstatus": [1, 1, 2],
                "company": ["Ours"] * 3,
            },
            "tabCommunication": {
                "name": ["c1", "c2"],
                "reference_doctype": ["Customer", "Customer"],
                "reference_name": ["Tea House"] * 2,
                "communication_type": ["Communication", "Automated Message"],
                "communication_date": [AT, AT],
                "communication_medium": ["Email", "Email"],
                "sent_or_received": ["Received", "Sent"],
            },
        },
    )
    one = read("erpnext", url)
    found = [(who, float(amount), of) for who, amount, _at, of in sales(one, "refund_of")]
    assert found == [("Tea House", -100000.0, "SI-1"), ("Tea House", 500000.0, None)]
    assert held(one, "direction", "occurred_at") == [("Tea House", "in", AT)]


def test_suitecrm(empty_url):
    call = {
        "id": ["c1", "c2"],
        "parent_id": ["a1", "x"],
        "parent_type": ["Accounts", "Leads"],
        "date_start": [AT, AT],
        "status": ["Held", "Held"],
        "deleted": [False, False],
    }
    url = fill(
        empty_url,
        {
            "accounts": {
                "id": ["a1"],
                "name": ["Tea House"],
                "account_type": ["Customer"],
                "industry": [None],
                "phone_office": ["0910000001"],
                "assigned_user_id": ["1"],
                "date_entered": [AT],
                "date_modified": [AT],
                "deleted": [False],
            },
            "currencies": {"id": ["v"], "iso4217": ["VND"], "conversion_rate": [25000.0]},
            "aos_invoices": {
                "id": ["i1", "i2", "i3"],
                "billing_account_id": ["a1"] * 3,
                "invoice_date": [date(2026, 11, 1)] * 3,
                "total_amount": [500.0, 2500000.0, 7.0],
                "currency_id": ["-99", "v", "-99"],
                "status": ["Paid", "Paid", ""],
                "deleted": [False] * 3,
            },
            "calls": {**call, "direction": ["Inbound", "Inbound"]},
            "meetings": {**call, "status": ["Planned", "Planned"]},
        },
    )
    one = read("suitecrm", url)
    assert sorted(float(amount) for _who, amount, _at in sales(one)) == [100, 500]
    assert held(one, "channel", "direction", "occurred_at") == [("a1", "phone", "in", NIGHT)]
