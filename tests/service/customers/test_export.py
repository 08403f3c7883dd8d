"""What leaves the store: all about one customer, the labels of all."""

import json

import polars as pl
import pytest

from custrata.engine.diagnostics import CustrataError
from custrata.service.customers.erase import tables_of_customers
from custrata.service.customers.export import export_customer, export_labels, write_customer
from custrata.service.runs import run
from custrata.store.models import Customer
from tests.service.customers.lan import LAN, PERSONAL, settle_in
from tests.service.runs.putting import at, customer, put, rules, sale

RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
classifiers:
  rfm: {}
  sold:
    table:
      rules:
        - {recency_days: ">= 0", label: "yes"}
      otherwise: "no"
"""


def test_all_that_is_known_of_one_customer_and_of_nobody_else(desk, tmp_path):
    first = settle_in(desk)
    found = export_customer(desk, LAN)
    empty = [name for name, value in found.items() if value in (None, [], {})]
    assert empty == []
    tables = {one.name for one in tables_of_customers()} - {"customers", "customer_words"}
    assert tables | {"customer", "measures", "audit_events"} <= set(found)
    assert {name: found["customer"][name] for name in PERSONAL} == PERSONAL
    assert found["customer"]["created_at"] == "2026-01-05T02:00:00+00:00"
    (sold,) = found["transactions"]
    assert (sold["amount"], sold["profit"], sold["order_id"]) == ("12000.50", None, f"{LAN}/1")
    assert [one["group"] for one in found["memberships"]] == ["vip", "nong"]
    done = [one["action"] for one in found["audit_events"]]
    assert done == ["contact.record", "customer.look"]
    assert found["measures"][0] | {"run_id": first, "as_of": "2026-11-21"} == found["measures"][0]
    assert found["referred_customers"] == 1
    write_customer(desk, LAN, tmp_path / "lan.json")
    text = (tmp_path / "lan.json").read_text("utf-8")
    written = json.loads(text)
    taken = written["audit_events"].pop()
    assert (taken["action"], taken["by"]) == ("customer.export", "an")
    assert written == found
    assert "Nguyễn Thị Lan" in text
    assert "KH-0416" not in text


def test_nobody_gives_no_file(desk, tmp_path):
    with pytest.raises(CustrataError, match="no-customer"):
        write_customer(desk, "nobody", tmp_path / "nobody.json")
    assert list(tmp_path.glob("nobody*")) == []


def test_labels_of_all_one_row_a_customer(desk, tmp_path):
    rules(desk, RULES)
    named = Customer(customer_id="b", name="=Bình", stage="hot", created_at=at("2026-01-05"))
    put(desk, named, customer("a"), sale("a", "2026-11-20"))
    run(desk)
    put(desk, customer("c"))
    for ending in ("csv", "xlsx", "parquet"):
        out = tmp_path / f"labels.{ending}"
        done = export_labels(desk, out, ["sold", "rfm"], with_attributes=True)
        assert (done.customers, done.classifiers) == (3, ("sold", "rfm"))
    frame = pl.read_parquet(out)
    assert frame.select("customer_id", "name", "stage", "sold", "rfm").rows() == [
        ("a", None, None, "yes", "important_develop"),
        ("b", "=Bình", "hot", "no", "no_purchase"),
        ("c", None, None, None, None),
    ]
    assert str(frame["created_at"][1]) == "2026-01-05 09:00:00"
    assert not {"fact_seq", "name_fold"} & set(frame.columns)
    export_labels(desk, tmp_path / "labels.csv")
    assert (tmp_path / "labels.csv").read_text("utf-8").splitlines()[0] == "customer_id,rfm,sold"
    assert len(list(tmp_path.glob("*labels*"))) == 3


def test_labels_that_are_not_there_are_refused(desk, tmp_path):
    out = tmp_path / "labels.csv"
    with pytest.raises(CustrataError, match="no-labels"):
        export_labels(desk, out)
    rules(desk, RULES)
    put(desk, customer("a"))
    run(desk)
    with pytest.raises(CustrataError, match="did you mean 'rfm'"):
        export_labels(desk, out, ["rmf"])
    assert not out.exists()
