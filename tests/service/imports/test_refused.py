"""Refused rows come back in a file that can be opened, mended and sent again."""

from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest

from custrata.engine.diagnostics import DataError
from custrata.service.files import read
from custrata.service.imports import import_file
from custrata.service.imports.refused import earlier, refused_beside
from custrata.store.models import Contact, Customer, Import, Transaction
from tests.service.imports.inbox import counts

WHEN = datetime.fromisoformat("2026-11-01 14:30")
TEXT = '''\
Mã KH;Ngày mua;Số tiền;Ghi chú
007;2026-11-01;10,5;tốt
008;hôm qua;x;"nháp; ""lạ"""
;2026-11-02;3;
'''


def test_a_csv_is_mended_and_sent_again(inbox):
    path = inbox.csv(TEXT, "sales.csv")
    done = import_file(inbox.desk, path)
    assert (counts(done), done.refused_file) == ((1, 0, 0, 2), inbox.folder / "sales.refused.csv")
    raw = done.refused_file.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    text = raw.decode("utf-8-sig")
    dates = "Ngày mua: no date; write it as 2026-11-21, or with a time 2026-11-21 14:30"
    numbers = "Số tiền: no number; write it as 1250000 or -19.99"
    assert text.splitlines() == [
        "Mã KH;Ngày mua;Số tiền;Ghi chú;refused_because",
        f'008;hôm qua;x;"nháp; ""lạ""";"{dates}; {numbers}"',
        ";2026-11-02;3;;Mã KH: empty, and needed",
    ]
    mended = text.replace("hôm qua;x", "2026-11-03;7,5").replace("\n;", "\n009;")
    done.refused_file.write_text(mended, encoding="utf-8-sig")
    again = import_file(inbox.desk, done.refused_file)
    assert (again.record, counts(again)) == ("transactions", (2, 0, 0, 0))
    assert counts(import_file(inbox.desk, path)) == (0, 0, 1, 2)
    assert inbox.rows(Transaction, "customer_id") == ["007", "008", "009"]


def test_a_workbook_is_mended_and_sent_again(inbox):
    head = ["Mã KH", "Ngày gọi", "Ghi chú", "Điểm"]
    rows = [["007", WHEN, "tốt", 1], ["", WHEN, "2", "=1/0"], [9, WHEN, "=1/0", 2.5]]
    path = inbox.xlsx([[], head, *rows], "Cuộc gọi.xlsx")
    done = import_file(inbox.desk, path)
    assert (done.record, counts(done)) == ("contacts", (1, 0, 0, 2))
    assert [one.lines for one in done.reasons] == [(5,), (4,)]
    back = read(done.refused_file, "rows").frame
    assert back.columns == [*head, "refused_because"]
    assert back["Ngày gọi"].to_list() == [WHEN, WHEN]
    assert back["Ghi chú"].to_list() == ["2", "#DIV/0!"]
    assert back["Điểm"].to_list() == ["#DIV/0!", "2.5"]
    mended = [["008", WHEN, "2", "=1/0", "x"], ["009", WHEN, "3", 2.5, "x"]]
    book = inbox.xlsx([back.columns, *mended], "Cuộc gọi.refused.xlsx")
    assert counts(import_file(inbox.desk, book)) == (2, 0, 0, 0)
    assert inbox.rows(Contact, "customer_id", "note") == [
        ("007", "tốt"),
        ("008", "2"),
        ("009", "3"),
    ]


def test_parquet_is_sent_back_as_it_is_typed(inbox):
    path = inbox.folder / "sales.parquet"
    frame = pl.DataFrame(
        {
            "customer_id": [1, None],
            "occurred_at": [WHEN, WHEN],
            "amount": [1.5, 2.5],
            "x": [[1], []],
        }
    )
    frame.write_parquet(path)
    done = import_file(inbox.desk, path)
    assert counts(done) == (1, 0, 0, 1)
    assert inbox.rows(Customer, "customer_id") == ["1"]
    back = pl.read_parquet(done.refused_file)
    assert back.drop("refused_because").equals(frame.tail(1))


def test_refused_rows_are_never_written_over(tmp_path):
    path = tmp_path / "sales.csv"
    assert refused_beside(path).name == "sales.refused.csv"
    (tmp_path / "sales.refused.csv").touch()
    assert refused_beside(path).name == "sales.refused-2.csv"
    assert refused_beside(tmp_path / "sales.refused.csv").name == "sales.refused-2.csv"


def test_the_same_rows_refused_again_are_one_file_and_others_are_another(inbox):
    path = inbox.csv(TEXT, "sales.csv")
    first = import_file(inbox.desk, path).refused_file
    assert import_file(inbox.desk, path).refused_file == first
    first.write_text("mended by hand", encoding="utf-8")
    second = import_file(inbox.desk, path).refused_file
    assert (second.name, earlier(second), earlier(first)) == ("sales.refused-2.csv", [first], [])
    assert first.read_text(encoding="utf-8") == "mended by hand"


def test_where_refused_rows_cannot_be_written_nothing_is_imported(inbox):
    path = inbox.csv(TEXT, "sales.csv")
    (inbox.folder / "folder.csv").mkdir()
    for place in ("no/where.csv", "folder.csv", "other.xlsx", "sales.csv"):
        with pytest.raises(DataError):
            import_file(inbox.desk, path, refused=inbox.folder / place)
    assert (inbox.rows(Import, "id"), inbox.rows(Customer, "customer_id")) == ([], [])
    assert path.read_text(encoding="utf-8") == TEXT


def test_strictly_one_refused_row_refuses_the_file(inbox):
    with pytest.raises(DataError) as caught:
        inbox.take(TEXT, strict=True)
    assert {one.code for one in caught.value.diagnostics} == {"rows-refused"}
    assert [one.mark.line for one in caught.value.diagnostics] == [4, 3, 3]
    assert inbox.rows(Import, "id") == []
    assert list(inbox.folder.glob("*refused*")) == []
