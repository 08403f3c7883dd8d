"""Customers: what a file says of them, and what it does not speak of."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from custrata.service.imports import preview
from custrata.store.models import (
    Customer,
    Group,
    Membership,
    OwnerChange,
    Source,
    StageChange,
)
from tests.service.imports.inbox import Inbox, counts

NOW = datetime(2026, 11, 21, 5, tzinfo=UTC)


@pytest.fixture
def groups(inbox: Inbox) -> None:
    inbox.add(
        Group(code="vip", name="Khách VIP"),
        Group(code="old", name="Khách cũ"),
        Group(code="top", name="Top", rule="{label.rfm: important_value}"),
    )


def one(inbox: Inbox, *names: str):
    (row,) = inbox.rows(Customer, *names)
    return row


def test_a_customer_with_all_that_a_file_says(inbox):
    done = inbox.take(
        "Mã KH,Họ và tên,SĐT,Mối quan hệ,Nguồn,Ngày tạo,Ngày sinh,Đồng ý,Hạng thẻ\n"
        "007,Đặng Thị Ánh,0901,Tiềm năng,Facebook Ads,2026-01-05,1990-03-05,có,Vàng\n"
    )
    assert (done.record, counts(done)) == ("customers", (1, 0, 0, 0))
    assert one(inbox, "customer_id", "name", "name_fold", "phone", "stage", "source") == (
        *("007", "Đặng Thị Ánh", "dang thi anh", "0901"),
        *("potential", "facebook-ads"),
    )
    assert one(inbox, "created_at", "birth_date", "consent", "attributes") == (
        datetime(2026, 1, 4, 17, tzinfo=UTC),
        date(1990, 3, 5),
        True,
        {"Hạng thẻ": "Vàng"},
    )
    assert inbox.rows(Source, "code", "name") == [("facebook-ads", "Facebook Ads")]
    assert inbox.rows(StageChange, "id") == []


def test_an_absent_column_changes_nothing_and_an_empty_cell_empties(inbox):
    inbox.take("customer_id,name,phone,tier,points\na,An,0901,gold,5\n")
    absent = inbox.take("customer_id,phone,tier\na,0902,gold\n", "customers")
    assert counts(absent) == (0, 1, 0, 0)
    stored = ("name", "phone", "attributes")
    assert one(inbox, *stored) == ("An", "0902", {"tier": "gold", "points": "5"})
    inbox.take("customer_id,name,phone,points\na,An,,\n", "customers")
    assert one(inbox, *stored) == ("An", None, {"tier": "gold"})


def test_who_says_nothing_of_a_refusal_does_not_take_it_back(inbox):
    inbox.take("customer_id,name,consent\na,An,no\nb,Binh,yes\nc,Chi,no\n")
    done = inbox.take("customer_id,name,consent\na,An,\nb,Binh,\nc,Chi,yes\nd,Dung,\n", "customers")
    assert counts(done) == (1, 2, 1, 0)
    kept = [("a", False), ("b", None), ("c", True), ("d", None)]
    assert inbox.rows(Customer, "customer_id", "consent") == kept


def test_what_is_the_same_is_not_touched(inbox):
    text = "customer_id,name,tier\na,An,gold\nb,Bình,\n"
    first = inbox.take(text, "customers")
    assert (counts(first), first.touched) == ((2, 0, 0, 0), 2)
    done = inbox.take(text.replace("Bình", "Bính"), "customers")
    assert (counts(done), done.touched) == ((0, 1, 1, 0), 1)
    assert inbox.rows(Customer, "customer_id", "fact_seq") == [("a", 1), ("b", 2)]


def test_attributes_that_a_host_wrote_with_types_are_the_same_as_their_texts(inbox):
    inbox.add(Customer(customer_id="a", attributes={"points": 5, "vip": True, "rate": 0.5}))
    done = inbox.take("customer_id,points,vip,rate\na,5,true,0.5\n", "customers")
    assert counts(done) == (0, 0, 1, 0)


def test_a_stage_that_differs_is_a_change_by_the_importer_and_lifts_what_lay_over(inbox):
    inbox.add(
        Customer(customer_id="a", stage="hot", overlay="dont_forget", overlay_by="stale_contact"),
        Customer(customer_id="b", stage="hot", overlay="dont_forget", overlay_by="stale_contact"),
        Customer(customer_id="c"),
    )
    inbox.take("customer_id,stage\na,Chốt\nb,Nóng\nc,Mới\n", "customers")
    assert inbox.rows(Customer, "customer_id", "stage", "overlay", "overlay_by") == [
        ("a", "closed", None, None),
        ("b", "hot", "dont_forget", "stale_contact"),
        ("c", "new", None, None),
    ]
    lifted, change = inbox.rows(
        StageChange, *("customer_id", "from_stage", "to_stage", "by", "how", "why", "changed_at")
    )
    assert change == ("a", "hot", "closed", "an", "set", "import", NOW)
    assert lifted == ("a", "dont_forget", "closed", "an", "lift", "import", NOW)


def test_an_owner_that_differs_is_a_hand_over(inbox):
    inbox.take("customer_id,owner\na,an\nb,an\nc,\n", "customers")
    inbox.take("customer_id,owner\na,bình\nb,\nc,an\n", "customers")
    assert inbox.rows(OwnerChange, "customer_id", "from_owner", "to_owner", "why") == [
        ("a", "an", "bình", "import"),
        ("b", "an", None, "import"),
    ]
    assert inbox.rows(Customer, "customer_id", "owner") == [("a", "bình"), ("b", None), ("c", "an")]


def test_groups_become_those_of_the_list_and_dynamic_ones_stay(inbox, groups):
    inbox.take("customer_id,groups\na,vip;Khách cũ\nb,vip\nc,\n", "customers")
    ids = dict(inbox.rows(Group, "code", "id"))
    inbox.add(Membership(group_id=ids["top"], customer_id="a", since=NOW, by="group"))
    done = inbox.take("customer_id,groups\na,old\nb,\nc,\n", "customers")
    assert (counts(done), done.touched) == ((0, 2, 1, 0), 2)
    assert inbox.rows(Membership, "customer_id", "group_id") == [
        ("a", ids["old"]),
        ("a", ids["top"]),
    ]
    assert counts(inbox.take("customer_id,name\na,An\n", "customers")) == (0, 1, 0, 0)
    assert len(inbox.rows(Membership, "customer_id")) == 2


def test_unknown_groups_and_stages_refuse_their_rows(inbox, groups):
    done = inbox.take(
        "customer_id,stage,groups\na,Nongg,\nb,dont_forget,\nc,,vipp\nd,,top\ne,hot,vip\n",
        "customers",
    )
    assert counts(done) == (1, 0, 0, 4)
    text = done.refused_file.read_text(encoding="utf-8-sig")
    assert "('Nongg'; there are new, approached, potential, hot, closed, lost)" in text
    assert "set by rules alone" in text
    assert "did you mean 'vip'?" in text
    assert "filled by its rule" in text


def test_a_customer_twice_in_a_file_is_refused_unless_the_rows_are_equal(inbox):
    done = inbox.take("customer_id,name\na,An\na,Anh\nb,Bình\nb,Bình\n", "customers")
    assert (counts(done), inbox.rows(Customer, "customer_id")) == ((1, 0, 1, 2), ["b"])


def test_a_preview_of_customers_tells_the_same_and_writes_nothing(inbox, groups):
    inbox.take("customer_id,name,groups\na,An,vip\nb,Bình,\n", "customers")
    path = inbox.csv("customer_id,name,groups\na,An,\nb,Bình,\nc,Chi,vip\n")
    plan = preview(inbox.desk, path, "customers")
    assert (plan.counts.inserted, plan.counts.changed, plan.counts.same) == (1, 1, 1)
    assert inbox.rows(Customer, "customer_id") == ["a", "b"]
    assert len(inbox.rows(Membership, "customer_id")) == 1
