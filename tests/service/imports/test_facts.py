"""Facts into the store: what is one record, what stays as it is, whom they touch."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custrata.engine.diagnostics import DataError
from custrata.service.imports import RECORDS, import_file, preview
from custrata.service.imports.keys import own_key, with_keys
from custrata.service.progress import silent
from custrata.service.runs import run
from custrata.store.models import (
    AuditEvent,
    Contact,
    Customer,
    Feedback,
    Import,
    Opportunity,
    Source,
    SourceCost,
    SurveyAnswer,
    Target,
    Transaction,
    Visit,
)
from tests.service.imports.inbox import Inbox, counts

SALES = """\
customer_id,occurred_at,amount
a,2026-11-01,10
a,2026-11-01,10
b,2026-11-02,20.5
"""


def money(inbox: Inbox) -> list[tuple[str, Decimal]]:
    rows = inbox.rows(Transaction, "customer_id", "amount", "scale")
    return [(customer, Decimal(amount).scaleb(-scale)) for customer, amount, scale in rows]


def fact_seqs(inbox: Inbox) -> dict[str, int]:
    return dict(inbox.rows(Customer, "customer_id", "fact_seq"))


# --- without ids --------------------------------------------------------------------------


def test_the_same_file_twice_changes_nothing(inbox):
    first = inbox.take(SALES)
    assert (counts(first), first.counts.created, first.touched) == ((3, 0, 0, 0), 2, 2)
    before = fact_seqs(inbox)
    again = inbox.take(SALES)
    assert (counts(again), again.counts.created, again.touched) == ((0, 0, 3, 0), 0, 0)
    assert money(inbox) == [("a", 10), ("a", 10), ("b", Decimal("20.5"))]
    assert fact_seqs(inbox) == before


def test_spellings_of_equal_rows_are_equal(inbox):
    inbox.take("customer_id,occurred_at,amount,product\na,2026-11-01,10.50,\n")
    again = inbox.take("amount,Mã KH,occurred_at\n10.5, a ,2026-10-31T17:00Z\n")
    assert counts(again) == (0, 0, 1, 0)


def test_of_overlapping_files_the_most_equal_rows_remain(inbox):
    for times in (1, 3, 2):
        inbox.take(
            "customer_id,occurred_at,amount\n" + "a,2026-11-01,10\n" * times + "b,2026-11-01,1\n"
        )
    assert Counter(money(inbox)) == {("a", 10): 3, ("b", 1): 1}


ROWS = st.tuples(st.sampled_from("ab"), st.sampled_from((1, 2)), st.sampled_from((None, "x")))


@given(st.lists(st.lists(ROWS, max_size=12), min_size=1, max_size=5))
def test_keys_keep_the_greatest_number_of_equal_rows_of_any_file(files):
    kept: dict[bytes, tuple] = {}
    for rows in files:
        frame = pl.DataFrame(rows, schema=["customer_id", "amount", "product"], orient="row")
        keyed = with_keys(RECORDS["transactions"], frame.cast({"product": pl.String}), silent)
        assert keyed["key"].n_unique() == keyed.height == len(rows)
        kept |= {row[-1]: row[:-1] for row in keyed.rows()}
    greatest: Counter[tuple] = Counter()
    for rows in files:
        greatest |= Counter(rows)
    assert Counter(kept.values()) == greatest


def test_a_key_is_the_same_for_good():
    assert own_key("transactions", "T1").hex() == "dfb8b6710fea404db6ce24d47ceac32c"


# --- with ids -----------------------------------------------------------------------------


def test_a_row_with_an_id_is_changed_in_place(inbox):
    head = "transaction_id,customer_id,occurred_at,amount,product,profit\n"
    inbox.take(head + "T1,a,2026-11-01,10,tea,2.25\nT2,a,2026-11-01,10,tea,\n")
    done = inbox.take(head + "T1,a,2026-11-01,12,tea,2.25\nT2,a,2026-11-01,10,tea,\n")
    assert (counts(done), done.touched) == ((0, 1, 1, 0), 1)
    assert inbox.rows(Transaction, "transaction_id", "amount", "profit", "scale") == [
        ("T1", 1200, 225, 2),
        ("T2", 10, None, 0),
    ]


def test_an_absent_column_changes_nothing_and_an_empty_cell_empties(inbox):
    head = "transaction_id,customer_id,occurred_at,amount"
    inbox.take(f"{head},product,profit\nT1,a,2026-11-01,10,tea,2.25\n")
    absent = inbox.take(f"{head}\nT1,a,2026-11-01,10\n")
    assert counts(absent) == (0, 0, 1, 0)
    finer = inbox.take(f"{head}\nT1,a,2026-11-01,10.5005\n")
    assert counts(finer) == (0, 1, 0, 0)
    stored = ("product", "amount", "profit", "scale")
    assert inbox.rows(Transaction, *stored) == [("tea", 105005, 22500, 4)]
    inbox.take(f"{head},product,profit\nT1,a,2026-11-01,10,,\n")
    assert inbox.rows(Transaction, *stored) == [(None, 10, None, 0)]


def test_a_sale_that_goes_to_another_customer_touches_both(inbox):
    head = "transaction_id,customer_id,occurred_at,amount\n"
    inbox.take(head + "T1,a,2026-11-01,10\nT2,c,2026-11-01,10\n")
    done = inbox.take(head + "T1,b,2026-11-01,10\nT2,c,2026-11-01,10\n")
    assert done.touched == 2
    seqs = fact_seqs(inbox)
    assert seqs["a"] == seqs["b"] > seqs["c"]


def test_rows_of_one_id_that_differ_are_refused_and_equal_ones_are_one(inbox):
    head = "transaction_id,customer_id,occurred_at,amount\n"
    done = inbox.take(
        head + "T1,a,2026-11-01,10\nT1,a,2026-11-01,11\nT2,a,2026-11-01,1\nT2,a,2026-11-01,1\n"
        ",a,2026-11-01,1\n,a,2026-11-01,1\n"
    )
    assert counts(done) == (3, 0, 1, 2)
    assert done.reasons[0][1:3] == (2, (2, 3))


# --- what rows say ------------------------------------------------------------------------


def test_a_bad_row_among_good_ones_is_refused_alone_with_all_its_reasons(inbox):
    done = inbox.take(
        "Mã KH,Ngày,Số tiền\na,2026-11-01,1\n,hôm qua,x\nb,2026-11-02,2\n", "transactions"
    )
    assert counts(done) == (2, 0, 0, 1)
    assert [one.text for one in done.reasons] == [
        "Mã KH: empty, and needed",
        "Ngày: no date; write it as 2026-11-21, or with a time 2026-11-21 14:30",
        "Số tiền: no number; write it as 1250000 or -19.99",
    ]
    assert {one.lines for one in done.reasons} == {(3,)}


def test_times_are_those_of_the_rules_time_zone(inbox):
    inbox.take("customer_id,occurred_at,amount\na,2026-11-01,1\na,2026-11-01 08:00,2\n")
    assert inbox.rows(Transaction, "occurred_at") == [
        datetime(2026, 10, 31, 17, tzinfo=UTC),
        datetime(2026, 11, 1, 1, tzinfo=UTC),
    ]


def test_amounts_in_another_currency_are_refused(inbox):
    text = "customer_id,occurred_at,amount,currency\na,2026-11-01,1,VND\n"
    assert counts(inbox.take(text)) == (1, 0, 0, 0)
    assert counts(inbox.take(text.replace("VND", "USD"))) == (0, 0, 0, 1)


def test_the_largest_amounts(inbox):
    most = (2**63 - 1) // 10**3  # three decimals are taken beside any amount
    text = f"customer_id,occurred_at,amount\na,2026-11-01,{most}\nb,2026-11-01,{most + 1}\n"
    assert counts(inbox.take(text)) == (1, 0, 0, 1)
    assert money(inbox) == [("a", most)]


def test_ids_and_texts_of_every_kind(inbox):
    ids = ["007", "Đặng'\"\\;--", "客户 1", "A", "a", "%s", "x" * 255]
    rows = "".join('"' + one.replace('"', '""') + '",2026-11-01,1\n' for one in ids)
    assert counts(inbox.take("customer_id,occurred_at,amount\n" + rows)) == (7, 0, 0, 0)
    assert inbox.rows(Customer, "customer_id") == sorted(ids, key=repr)
    assert inbox.rows(Transaction, "customer_id") == sorted(ids, key=repr)


# --- all records --------------------------------------------------------------------------

OTHERS = {
    "contacts": (
        Contact,
        (
            "Mã liên hệ,Mã KH,Ngày gọi,Kênh,Kết quả,Nhân viên,Ghi chú\n"
            "C1,a,2026-11-01,phone,missed,an,dài\n"
        ),
        ("contact_id", "customer_id", "channel", "outcome", "owner", "note"),
        [("C1", "a", "phone", "missed", "an", "dài")],
    ),
    "surveys": (
        SurveyAnswer,
        "客户编号,日期,问题,回答\na,2026-11-01,satisfaction,5\n",
        ("customer_id", "question", "answer"),
        [("a", "satisfaction", "5")],
    ),
    "opportunities": (
        Opportunity,
        (
            "deal id,customer id,step,changed at,amount,expected close date\n"
            "D1,a,lead,2026-11-01,1.5,2026-12-01\n"
        ),
        ("opportunity_id", "step", "amount", "scale", "expected_close"),
        [("D1", "lead", 15, 1, date(2026, 12, 1))],
    ),
    "feedback": (
        Feedback,
        (
            "ticket id,customer id,opened,type,status,due date\n"
            "F1,a,2026-11-01,complaint,open,2026-11-03\n"
        ),
        ("feedback_id", "kind", "state", "due_at"),
        [("F1", "complaint", "open", datetime(2026, 11, 2, 17, tzinfo=UTC))],
    ),
    "source_costs": (
        SourceCost,
        "Nguồn,Tháng,Chi phí\nFacebook Ads,2026-11,5000000\n",
        ("source", "month", "amount", "scale"),
        [("facebook-ads", date(2026, 11, 1), 5000000, 0)],
    ),
    "targets": (
        Target,
        "Nhân viên,Tháng,Chỉ tiêu\nan,11/2026,100\n",
        ("owner", "month", "amount"),
        [("an", date(2026, 11, 1), 100)],
    ),
    "visits": (
        Visit,
        "Mã KH,Ngày thăm,Khu vực,Mục đích\na,2026-11-01,Huế,chào\n",
        ("customer_id", "day", "region", "purpose"),
        [("a", date(2026, 11, 1), "Huế", "chào")],
    ),
}


def test_every_other_record_lands_and_lands_once(inbox):
    for record, (model, text, names, expected) in OTHERS.items():
        done = [counts(inbox.take(text, record)) for _ in range(2)]
        assert (record, done) == (record, [(1, 0, 0, 0), (0, 0, 1, 0)])
        assert inbox.rows(model, *names) == expected


def test_costs_are_changed_by_source_and_month(inbox):
    text = "Nguồn,Tháng,Chi phí\nFacebook Ads,2026-11,5\nZalo,2026-11,7\n"
    inbox.take(text, "source_costs")
    assert counts(inbox.take(text.replace("5\n", "6\n"), "source_costs")) == (0, 1, 1, 0)
    assert inbox.rows(SourceCost, "source", "amount") == [("facebook-ads", 6), ("zalo", 7)]
    assert inbox.rows(Source, "code", "name") == [
        ("facebook-ads", "Facebook Ads"),
        ("zalo", "Zalo"),
    ]
    assert fact_seqs(inbox) == {}


def test_parquet_and_workbooks_land_as_csv_does(inbox):
    inbox.take(SALES)
    frame = pl.DataFrame(
        {
            "customer_id": ["a", "a", "b"],
            "occurred_at": [date(2026, 11, 1), date(2026, 11, 1), date(2026, 11, 2)],
            "amount": [10.0, 10.0, 20.5],
        }
    )
    path = inbox.folder / "sales.parquet"
    frame.write_parquet(path)
    assert counts(import_file(inbox.desk, path)) == (0, 0, 3, 0)
    book = inbox.xlsx([frame.columns, *map(list, frame.rows())])
    assert counts(import_file(inbox.desk, book)) == (0, 0, 3, 0)


# --- told, written down -------------------------------------------------------------------


def test_a_preview_tells_what_the_import_does_and_writes_nothing(inbox):
    head = "transaction_id,customer_id,occurred_at,amount\n"
    inbox.take(head + "T1,a,2026-11-01,10\nT2,a,2026-11-01,10\n")
    text = head + "T1,a,2026-11-01,11\nT2,a,2026-11-01,10\nT3,z,2026-11-01,10\nT4,,2026-11-01,1\n"
    before = inbox.rows(Transaction, "transaction_id", "amount")
    plan = preview(inbox.desk, inbox.csv(text))
    told = (plan.counts.inserted, plan.counts.changed, plan.counts.same, plan.refused)
    assert (told, plan.rows, plan.counts.created) == ((1, 1, 1, 1), 4, 1)
    assert plan.first[0] == {
        "transaction_id": "T1",
        "customer_id": "a",
        "occurred_at": "2026-11-01",
        "amount": "11",
    }
    assert inbox.rows(Transaction, "transaction_id", "amount") == before
    assert len(inbox.rows(Import, "id")) == 1
    done = inbox.take(text)
    assert (counts(done), done.counts.created) == (told, 1)


def test_an_import_is_written_down(inbox):
    done = inbox.take("Mã KH,Ngày mua,Số tiền\na,2026-11-01,1\na,x,1\n")
    names = ("id", "by", "record", "file", "rows", "inserted", "changed", "same", "refused")
    assert inbox.rows(Import, *names) == [
        (done.import_id, "an", "transactions", "file.csv", 2, 1, 0, 0, 1)
    ]
    assert inbox.rows(Import, "columns") == [
        {"customer_id": "Mã KH", "occurred_at": "Ngày mua", "amount": "Số tiền"}
    ]
    (event,) = [
        one for one in inbox.rows(AuditEvent, "action", "subject") if one[0] == "import.land"
    ]
    assert event == ("import.land", str(done.import_id))
    assert inbox.rows(Transaction, "import_id") == [done.import_id]


def test_an_empty_file_is_taken_with_a_warning(inbox):
    done = inbox.take("customer_id,occurred_at,amount\n", "transactions")
    assert (counts(done), [one.code for one in done.notes]) == ((0, 0, 0, 0), ["no-rows"])


WRONG = {
    "dates-unclear": "customer_id,occurred_at,amount\na,03/04/2026,1\n",
    "numbers-unclear": "customer_id,occurred_at,amount\na,2026-11-01,1.234\n",
    "file-ragged": "customer_id,occurred_at,amount\na,2026-11-01\n",
    "column-missing": "customer_id,occurred_at\na,2026-11-01\n",
    "file-empty": "",
}


def test_a_file_that_cannot_be_read_is_refused_whole(inbox):
    for code, text in WRONG.items():
        with pytest.raises(DataError) as caught:
            inbox.take(text, "transactions")
        assert [one.code for one in caught.value.diagnostics] == [code]
    assert inbox.rows(Import, "id") == []


def test_a_file_of_two_encodings_is_refused_with_the_line(inbox):
    path = inbox.folder / "mixed.csv"
    path.write_bytes(
        "customer_id,occurred_at,amount\nĐ,2026-11-01,1\n".encode() + b"\xd0\xc1,x,1\n"
    )
    with pytest.raises(DataError) as caught:
        import_file(inbox.desk, path, "transactions")
    (fault,) = caught.value.diagnostics
    assert (fault.code, fault.mark.line) == ("file-encoding", 3)


def test_amounts_that_leave_no_room_for_others_are_refused(inbox):
    """All are added up on one scale, so one slip of nine decimals would stop every run."""
    head = "customer_id,occurred_at,amount\n"
    large = "a,2026-11-01,12500000000\nb,2026-11-02,9300000000\n"
    done = inbox.take(head + large + "c,2026-11-01,0.123456789\n")
    assert counts(done) == (2, 0, 0, 1)
    assert [one.text for one in done.reasons] == [
        "amount: so many decimals leave no room beside larger amounts"
    ]
    again = inbox.take(head + "d,2026-11-01,0.123456789\ne,2026-11-01,5.25\n")
    assert counts(again) == (1, 0, 0, 1)
    run(inbox.desk)


def test_where_fine_amounts_are_many_the_one_that_is_too_large_is_refused(inbox):
    rows = ["a,2026-11-01,0.123456789\n", "b,2026-11-01,1.000000001\n", "c,2026-11-01,1e10\n"]
    done = inbox.take("customer_id,occurred_at,amount\n" + "".join(rows))
    assert [(one.text, one.lines) for one in done.reasons] == [
        ("amount: too large to be added to others", (4,))
    ]
    again = inbox.take("customer_id,occurred_at,amount\nd,2026-11-01,1e10\ne,2026-11-01,2\n")
    assert counts(again) == (1, 0, 0, 1)
