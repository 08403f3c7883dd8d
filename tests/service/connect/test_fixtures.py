"""The tables of two real CRMs, against what is known of every customer there."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import ExitStack
from datetime import date
from decimal import Decimal
from functools import cache
from shutil import copyfile

import pytest

from custrata import Engine
from custrata.service.connect.checking import check
from custrata.service.connect.extract import extract
from custrata.service.connect.loading import load_mapping, parse_mapping
from custrata.service.connect.looks import alike
from custrata.service.connect.source import Crm
from custrata.service.connect.understand import Understood, understand
from tests.service.connect.places import ALPHA, on_postgresql, shared, truth

END = date(2026, 11, 1)
CRMS = {
    "odoo": ("odoo17.yaml", "odoo17_min", None),
    "bottle": ("bottlecrm.yaml", "bottle_min", ALPHA),
}


@pytest.fixture(scope="module")
def loaded():
    """Puts a CRM's tables on PostgreSQL once, and tells where."""
    with ExitStack() as databases:
        yield cache(lambda name: databases.enter_context(on_postgresql(name)))


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, crm, loaded):
    _mapping, tables, _tenant = CRMS[crm]
    found = shared(f"{tables}.sqlite")
    return f"sqlite:///{found}" if request.param == "sqlite" else loaded(tables)


def given(crm: str, url: str, *changes: tuple[str, str]) -> Understood:
    """What the fixture's own mapping, read as it is, finds; or a changed text of it."""
    name, _tables, tenant = CRMS[crm]
    text = shared(name).read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    mapping = parse_mapping(text.encode(), name)
    return understand(mapping, extract(mapping, url, tenant), tenant)


def summed(found: Understood) -> dict[str, tuple[Decimal, int, str | None, str | None]]:
    """Revenue in the customer's currency, sales, last sale, last contact; by `external_ref`."""
    customers, sales = found.frames["customers"], found.frames["transactions"]
    refs = dict(customers.select("customer_id", "external_ref").iter_rows())
    amount = "amount_given" if "amount_given" in sales.columns else "amount"
    revenue, count, last, held = Counter(), Counter(), {}, {}
    for who, at, text in sales.select("customer_id", "occurred_at", amount).iter_rows():
        ref = refs[who]
        revenue[ref] += Decimal(text)
        count[ref] += 1
        last[ref] = max(last.get(ref, ""), str(at)[:10])
    for who, at in found.frames["contacts"].select("customer_id", "occurred_at").iter_rows():
        held[refs[who]] = max(held.get(refs[who], ""), str(at)[:10])
    return {
        ref: (Decimal(revenue[ref]), count[ref], last.get(ref), held.get(ref))
        for ref in refs.values()
    }


@pytest.mark.parametrize("crm", CRMS)
def test_every_customer_is_as_is_known(crm, place):
    """The tables hold no refunds: those who had one are known by what they paid before it.

    What is known counts its days in UTC.
    """
    changes = [("Asia/Ho_Chi_Minh", "UTC")] if crm == "odoo" else []
    found = given(crm, place, *changes)
    expected, got = truth(), summed(found)
    assert got.keys() == expected.keys()
    assert len(got) == 312
    for ref, known in expected.items():
        revenue, sales, last, held = got[ref]
        assert revenue == Decimal(str(known["gross"])), ref
        assert sales == known["orders_paid"] + known["orders_refunded"], ref
        assert held == known["last_held"], ref
        if not known["orders_refunded"]:
            assert revenue == Decimal(str(known["net"])), ref
            assert last == known["last_paid"], ref


@pytest.mark.parametrize("crm", CRMS)
def test_removed_customers_stay_unless_something_else_is_said(crm, place):
    found = given(crm, place)
    customers = found.frames["customers"]
    removed = {ref for ref, known in truth().items() if known["removed"]}
    assert set(customers.filter("removed")["external_ref"]) == removed
    assert [one.code for one in found.faults if one.severity == "warning"] == ["removed-unsaid"]


@pytest.mark.parametrize("crm", CRMS)
def test_the_duplicates_are_told_and_not_merged(crm, place):
    customers = given(crm, place).frames["customers"]
    refs = dict(customers.select("customer_id", "external_ref").iter_rows())
    found = {frozenset((refs[one], refs[other])) for one, other in alike(customers)}
    known = truth().items()
    pairs = {frozenset((ref, one["duplicate_of"])) for ref, one in known if one["duplicate_of"]}
    assert found == pairs


@pytest.mark.parametrize("crm", ["odoo"])
def test_amounts_of_odoo_come_to_one_currency(crm, place):
    sales = given(crm, place).frames["transactions"]
    assert set(sales["currency"]) == {"USD"}
    for text, before, currency in sales.select("amount", "amount_given", "currency_given").rows():
        rate = Decimal("24999.999999999996") if currency == "VND" else Decimal(1)
        if currency == "VND":
            assert Decimal(text) == (Decimal(before) / rate).quantize(Decimal("0.01"))
        else:
            assert Decimal(text) == Decimal(before)


@pytest.mark.parametrize("crm", ["odoo"])
def test_a_day_ends_at_midnight_of_the_business(crm, place):
    here, utc = (
        given(crm, place, ("Asia/Ho_Chi_Minh", zone)).frames["transactions"]["occurred_at"]
        for zone in ("Asia/Ho_Chi_Minh", "UTC")
    )
    assert (here.dt.date() != utc.dt.date()).sum() == 525


@pytest.mark.parametrize("crm", ["bottle"])
def test_a_mapping_that_brings_no_rate_classifies_nobody(crm, place):
    errors = given(crm, place).errors
    assert [one.code for one in errors] == ["currency-without-rate"]
    assert "1,272 amounts in VND" in errors[0].message


@pytest.mark.parametrize("crm", ["bottle"])
def test_the_other_tenant_is_never_read(crm, place):
    mapping = load_mapping(str(shared("bottlecrm.yaml")))
    found = extract(mapping, place, ALPHA)
    assert {name: len(frame) for name, frame in found.frames.items()} == {
        "customers": 312,
        "transactions": 1802,
        "contacts": 544,
    }
    assert (
        len(extract(mapping, place, "0ceed473-74d8-4f81-85bd-05d602cd252e").frames["customers"])
        == 72
    )


@pytest.mark.parametrize("crm", ["odoo"])
def test_orders_by_contact_are_noticed(crm, place):
    text = shared("odoo17.yaml").read_text().replace("p.commercial_partner_id", "o.partner_id")
    report = check(Crm(parse_mapping(text.encode(), "odoo.yaml"), place))
    (found,) = [one for one in report.faults if one.code == "orders-by-contact"]
    assert "356 of 1,684 rows" in found.message


@pytest.mark.parametrize("crm", CRMS)
def test_the_mappings_that_ship_find_the_same(crm, place):
    name, _tables, tenant = CRMS[crm]
    mapping = load_mapping(name.removesuffix(".yaml"))
    ours = understand(mapping, extract(mapping, place, tenant), tenant)
    theirs = given(crm, place)
    key = ["customer_id", "occurred_at", "amount", "currency"]
    for record, columns in (("transactions", key), ("contacts", key[:2])):
        one, other = ours.frames[record].select(columns), theirs.frames[record].select(columns)
        assert one.sort(columns).equals(other.sort(columns))
    assert set(ours.frames["customers"]["customer_id"]) == set(
        theirs.frames["customers"]["customer_id"]
    )
    if crm == "odoo":
        assert set(ours.frames["customers"]["groups"].explode().drop_nulls()) == {
            "B2B",
            "Segment: VIP",
        }


@pytest.fixture
def odoo(tmp_path):
    """An Odoo as firms have it: nobody keeps references, people of companies write mails."""
    path = tmp_path / "odoo.db"
    copyfile(shared("odoo17_min.sqlite"), path)
    with sqlite3.connect(path) as connection:
        connection.execute("update res_partner set ref = null")
        (person, company) = connection.execute(
            "select id, commercial_partner_id from res_partner where parent_id is not null"
        ).fetchone()
        connection.execute(
            "update mail_message set res_id = ? where id = "
            "(select min(id) from mail_message where message_type = 'email')",
            (person,),
        )
    return f"sqlite:///{path}", company


def test_odoos_customers_need_no_reference_and_its_contacts_are_the_companys(odoo):
    url, company = odoo
    frames = Crm(load_mapping("odoo17"), url).frames()
    assert len(frames["customers"].frame) == 312
    assert len(frames["contacts"].frame) == 544
    assert set(frames["contacts"].frame["customer_id"]) <= set(
        frames["customers"].frame["customer_id"]
    )
    assert str(company) in set(frames["contacts"].frame["customer_id"])


def test_a_message_sent_from_odoo_is_a_contact_and_a_note_is_none(odoo):
    url, company = odoo
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.executemany(
            "insert into mail_message (id, model, res_id, message_type, subtype_id, date)"
            " values (?, 'res.partner', ?, 'comment', ?, '2026-11-05 10:00:00')",
            [(900_001, company, 1), (900_002, company, 2)],
        )
    contacts = set(Crm(load_mapping("odoo17"), url).frames()["contacts"].frame["contact_id"])
    assert ("900001" in contacts, "900002" in contacts) == (True, False)


RULES = """\
ruleset: 1
currency: USD
time_zone: Asia/Ho_Chi_Minh
classifiers:
  value:
    bands:
      recency_days: {cuts: [90], names: [recent, old], closed: right}
      monetary: {cuts: [1000], names: [small, big]}
    table:
      rules:
        - {recency_days: recent, monetary: big, label: star}
        - {monetary: big, label: sleeping}
      otherwise: rest
"""


@pytest.mark.parametrize("crm", ["odoo"])
def test_labels_are_those_of_what_is_known(crm, place):
    frames = Crm(load_mapping("odoo17"), place).frames()
    result = Engine.from_text(RULES).run(as_of=END, **frames)
    labels = dict(result.labels.select("customer_id", "value").rows())
    sales, expected = frames["transactions"].frame, {}
    for who in labels:
        rows = sales.filter(sales["customer_id"] == who).rows(named=True)
        days = [
            row["occurred_at"].date()
            for row in rows
            if row["occurred_at"].date() <= date(2026, 11, 1)
        ]
        revenue = sum(
            Decimal(row["amount"])
            for row in rows
            if date(2025, 11, 1) < row["occurred_at"].date() <= date(2026, 11, 1)
        )
        recent = bool(days) and (date(2026, 11, 1) - max(days)).days <= 90
        expected[who] = ("star" if recent else "sleeping") if revenue >= 1000 else "rest"
    assert labels == expected
    assert Counter(labels.values()).keys() == {"star", "sleeping", "rest"}


def test_the_fixtures_are_only_read():
    url = f"sqlite:///{shared('odoo17_min.sqlite')}"
    before = shared("odoo17_min.sqlite").stat().st_mtime_ns
    Crm(load_mapping("odoo17"), url).frames()
    assert shared("odoo17_min.sqlite").stat().st_mtime_ns == before
    with sqlite3.connect(f"file:{shared('odoo17_min.sqlite')}?mode=ro", uri=True) as connection:
        assert connection.execute("select count(*) from sale_order").fetchone() == (1802,)
