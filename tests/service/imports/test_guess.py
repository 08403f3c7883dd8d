from __future__ import annotations

from collections import Counter

import polars as pl
import pytest

from custrata.engine.diagnostics import DataError
from custrata.service.imports import RECORDS, Sure, guess, open_sheet
from custrata.service.imports.guess import _field_words, _lists, check

SALES = {
    "English": ("Customer ID", "Order date", "Total", "Order No."),
    "Vietnamese": ("Mã khách hàng", "Ngày mua", "Số tiền", "Mã đơn hàng"),
    "Vietnamese without accents": ("ma khach hang", "NGAY MUA", "so tien", "ma don hang"),
    "Simplified Chinese": ("客户编号", "订单日期", "金额", "订单号"),
    "Traditional Chinese": ("客戶編號", "訂單日期", "金額", "訂單編號"),
    "full width": ("客戶ＩＤ", "日期", "金額", "訂單編號"),
    "by right": ("customer_id", "occurred_at", "amount", "order_id"),
}
PEOPLE = {
    "English": ("Customer Code", "Full name", "Mobile", "Birthday", "Lead Source", "Lead Status"),
    "Vietnamese": ("Mã KH", "Họ và tên", "SĐT", "Ngày sinh", "Nguồn", "Mối quan hệ"),
    "Simplified Chinese": ("客户编号", "姓名", "手机", "生日", "客户来源", "客户阶段"),
    "Traditional Chinese": ("客戶編號", "姓名", "手機", "生日", "客戶來源", "客戶階段"),
}


@pytest.mark.parametrize("names", SALES.values(), ids=SALES)
def test_sales_are_recognised_in_every_language(names, sheet_of):
    found = guess(sheet_of(*names))
    assert (found.record, found.sure, found.missing) == ("transactions", True, ())
    ours = ("customer_id", "occurred_at", "amount", "order_id")
    assert found.columns == dict(zip(ours, names, strict=True))
    assert found.unsure == ()


@pytest.mark.parametrize("names", PEOPLE.values(), ids=PEOPLE)
def test_customers_are_recognised_in_every_language(names, sheet_of):
    found = guess(sheet_of(*names))
    ours = ("customer_id", "name", "phone", "birth_date", "source", "stage")
    assert (found.record, found.columns) == ("customers", dict(zip(ours, names, strict=True)))


@pytest.mark.parametrize("record", RECORDS)
def test_every_record_is_recognised_by_its_own_names(record, sheet_of):
    found = guess(sheet_of(*RECORDS[record].by_name, file=f"{record}.csv"))
    assert (found.record, found.missing) == (record, ())
    assert {one.sure for one in found.matches} == {Sure.EXACT}


@pytest.mark.parametrize("record", RECORDS)
def test_no_word_means_two_fields_of_a_record(record):
    words = [
        word
        for field in RECORDS[record].by_name
        for word in {word for word, weak in _field_words(record, field) if not weak}
    ]
    assert [word for word, times in Counter(words).items() if times > 1] == []


def test_all_words_are_of_fields_that_there_are():
    fields = {f"{one.name}.{name}" for one in RECORDS.values() for name in one.by_name}
    known = fields | {name.partition(".")[2] for name in fields}
    assert set(_lists()["fields"]) <= known
    assert set(_lists()["records"]) == set(RECORDS)


def test_a_file_that_may_hold_anything_is_left_to_the_person(sheet_of):
    with pytest.raises(DataError, match="--record"):
        guess(sheet_of("customer_id", "when", "what"))


def test_the_name_of_a_file_speaks_for_a_record(sheet_of):
    names = ("customer_id", "ngày", "ghi chú gì đó")
    assert guess(sheet_of(*names, file="Cuộc gọi tháng 11.csv")).record == "contacts"


def test_a_file_of_mostly_unknown_columns_is_uncertain(sheet_of):
    found = guess(sheet_of("customer_id", "date", "note", "a", "b", "c", "d"))
    assert (found.record, found.sure) == ("contacts", False)


def test_a_word_that_may_mean_a_name_is_uncertain(sheet_of):
    found = guess(sheet_of("Khách hàng", "Ngày mua", "Số tiền", "Mã đơn hàng"))
    assert [one.theirs for one in found.unsure] == ["Khách hàng"]
    sure = guess(sheet_of("Khách hàng", "Mã KH", "Ngày mua", "Số tiền"))
    assert sure.columns["customer_id"] == "Mã KH"


def test_a_likeness_is_told_as_such(sheet_of):
    found = guess(sheet_of("Customer ID (ERP)", "Order date", "Amonut"), "transactions")
    by_name = {one.theirs: (one.field, one.sure) for one in found.matches}
    assert by_name["Customer ID (ERP)"] == ("customer_id", Sure.SIMILAR)
    assert by_name["Amonut"][0] is None
    assert found.missing == ("amount",)


def test_what_a_person_names_wins_and_empty_leaves_out(sheet_of):
    columns = {"amount": "Net", "profit": ""}
    names = ("customer_id", "date", "amount", "Net", "profit")
    found = guess(sheet_of(*names), "transactions", columns)
    assert found.columns == {"customer_id": "customer_id", "occurred_at": "date", "amount": "Net"}


def test_the_record_has_the_fields_that_a_person_names(sheet_of):
    names = ("customer_id", "date", "channel", "note", "what")
    assert guess(sheet_of(*names)).record == "contacts"
    assert guess(sheet_of(*names), None, {"amount": "what"}).record == "transactions"
    with pytest.raises(DataError, match="'waht'"):
        guess(sheet_of(*names), None, {"amount": "waht"})


def test_other_columns_of_customers_become_attributes_by_choice(sheet_of):
    sheet = sheet_of("customer_id", "Hạng thẻ", "Điểm", "fact_seq", "refused_because")
    assert guess(sheet, "customers").own == ("Hạng thẻ", "Điểm")
    assert guess(sheet, "customers", attributes=["Điểm"]).own == ("Điểm",)
    assert guess(sheet, "customers", attributes=()).own == ()


def test_columns_that_are_no_text_become_no_attributes(tmp_path):
    path = tmp_path / "customers.parquet"
    pl.DataFrame({"customer_id": ["a"], "tags": [["x"]], "place": [{"x": 1}]}).write_parquet(path)
    found = guess(open_sheet(path), "customers", {"groups": ""})
    assert (found.own, found.matches[2].sure) == (("tags",), Sure.IGNORED)


def test_examples_are_the_first_different_values(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text("customer_id,amount\na,1\nb,1\nc,\nd,2\n")
    (_, amount) = guess(open_sheet(path), "transactions").matches
    assert amount.examples == ("1", "2")


@pytest.mark.parametrize(
    ("record", "columns", "told"),
    [
        ("transaction", {}, "did you mean 'transactions'"),
        ("transactions", {"amuont": "b"}, "did you mean 'amount'"),
        ("transactions", {"amount": "totl"}, "did you mean 'total'"),
        ("transactions", {"amount": "total", "profit": "total"}, "two fields"),
    ],
)
def test_words_that_are_off_are_answered_with_the_nearest(record, columns, told, sheet_of):
    with pytest.raises(DataError, match=told):
        guess(sheet_of("customer_id", "date", "total"), record, columns)


def test_a_missing_column_names_the_remedy(sheet_of):
    sheet = sheet_of("customer_id", "date", "sum")
    found = guess(sheet, "transactions")
    with pytest.raises(DataError, match=r'add --map "amount='):
        check(sheet, found)
