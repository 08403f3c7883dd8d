"""Files in and out."""

import os
import re
import sys
import zipfile
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import fastexcel
import pandas as pd
import polars as pl
import pytest
import xlsxwriter  # type: ignore[import-untyped]

from custrata.engine.backends import Backend, backend
from custrata.engine.diagnostics import DataError
from custrata.engine.facts import read_facts
from custrata.service import csv_files
from custrata.service.files import read, write


@pytest.fixture(params=["polars", "duckdb"])
def engine(request: pytest.FixtureRequest) -> Backend:
    return backend(request.param)


def csv(folder: Path, text: str | bytes, name: str = "sales.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def rows(engine: Backend, path: Path, **columns: str) -> list[tuple[Any, ...]]:
    return engine.rows(engine.lazy(read(path, "transactions", columns)))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("start", ["", "\ufeff", "\n\n"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_is_text(engine: Backend, tmp_path: Path, separator: str, start: str, end: str) -> None:
    lines = ["customer_id,amount, note", "007,1.50,é", "", "8,,x y"]
    text = start + end.join(lines).replace(",", separator)
    source = read(csv(tmp_path, text), "transactions")
    frame = engine.lazy(source)
    assert frame.collect_schema().names() == ["customer_id", "amount", "note"]
    assert sorted(engine.rows(frame)) == [("007", "1.50", "é"), ("8", "", "x y")]


def test_quoted_fields(engine: Backend, tmp_path: Path) -> None:
    path = csv(tmp_path, 'customer_id,note\n"a","x, ""y""\nz"\nb,\n')
    assert sorted(rows(engine, path)) == [("a", 'x, "y"\nz'), ("b", "")]


def test_errors_name_the_line_in_the_file(engine: Backend, tmp_path: Path) -> None:
    text = 'customer_id,occurred_at,amount\n\na,2026-01-01,"1"\n,,\n"b\nb",2026-01-01,2\nc,soon,3\n'
    source = read(csv(tmp_path, text), "transactions")
    with pytest.raises(
        DataError, match=r"sales\.csv:7 error\[time-unreadable\] .* in row 7, such as 'soon';"
    ):
        read_facts(
            engine, as_of=date(2026, 1, 1), time_zone="UTC", currency=None, transactions=source
        )


FAULTS: dict[str, tuple[str | bytes, str]] = {
    "ragged long": (
        "a,b\n1,2\n\n1,2,3\n",
        "4 error.file-ragged. the line has 3 fields; allowed: 2",
    ),
    "ragged short": (
        "a,b,c\n1,2,3\n1,2\n",
        "3 error.file-ragged. the line has 2 fields; allowed: 3",
    ),
    "ragged quoted": ('a,b\n"1\n2",3\n"1"\n', "4 error.file-ragged. the line has 1 field;"),
    "quotes": ('a,b\n1,"2"x\n', "2 error.file-damaged. the quotes are wrong"),
    "open quote": ('a,b\n1,"2\n', "the quotes are wrong"),
    "latin": ("a,b\n1,2\n3,\xe9\n".encode("latin-1"), "3 error.file-encoding. .* UTF-8"),
    "cut short": ("a,b\n1,é".encode()[:-1], "2 error.file-encoding"),
    "utf-16": ("a,b\n".encode("utf-16"), "1 error.file-encoding"),
    "empty": ("", "the file is empty; allowed: a line of column names"),
    "blank": ("\n\n", "the file is empty"),
    "twice": ("a,b,a\n", "1 error.column-twice. columns have the same name: 'a'"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_csv_faults(tmp_path: Path, fault: str) -> None:
    text, message = FAULTS[fault]
    with pytest.raises(DataError, match=message):
        read(csv(tmp_path, text), "transactions")


def test_a_header_alone_has_no_rows(engine: Backend, tmp_path: Path) -> None:
    assert rows(engine, csv(tmp_path, "customer_id,amount\n")) == []


def test_large_csv_are_staged(
    engine: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_files, "LARGE", 10)
    path = csv(tmp_path, "Kunde,amount\n01,2\n02,3\n")
    source = read(path, "transactions", {"customer_id": "Kunde"})
    assert isinstance(source.frame, Path)
    assert sorted(engine.rows(engine.lazy(source).select("customer_id", "amount"))) == [
        ("01", "2"),
        ("02", "3"),
    ]


def test_columns_are_mapped(engine: Backend, tmp_path: Path) -> None:
    path = csv(tmp_path, "Customer,customer_id,x\na,old,1\n")
    frame = engine.lazy(read(path, "transactions", {"customer_id": "Customer"}))
    assert frame.collect_schema().names() == ["customer_id", "x"]
    assert engine.rows(frame) == [("a", "1")]
    with pytest.raises(
        DataError, match=r"no column 'Custmer' to be transactions\.customer_id.*'Customer'\?"
    ):
        read(path, "transactions", {"customer_id": "Custmer"})


def test_files_that_are_not_there(tmp_path: Path) -> None:
    csv(tmp_path, "a\n1\n")
    with pytest.raises(DataError, match=r"there is no such file; did you mean 'sales\.csv'"):
        read(tmp_path / "sale.csv", "transactions")
    with pytest.raises(DataError, match="there is no such file"):
        read(tmp_path / "no" / "sale.csv", "transactions")
    with pytest.raises(
        DataError, match=r"the ending '\.xls' is not known; allowed: \.csv, \.parquet"
    ):
        read(tmp_path / "a.xls", "transactions")
    with pytest.raises(DataError, match="the file has no ending"):
        read(tmp_path / "a", "transactions")
    (tmp_path / "d.parquet").mkdir()
    with pytest.raises(DataError, match="this is a folder"):
        read(tmp_path / "d.parquet", "transactions")


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = csv(tmp_path, "a\n1\n")
    path.chmod(0)
    with pytest.raises(DataError, match="cannot read it: permission denied"):
        read(path, "transactions")


@pytest.mark.parametrize("ending", ["parquet", "xlsx"])
@pytest.mark.parametrize("content", [b"", b"not this", b"PAR1" * 10, b"PK\x03\x04" * 10])
def test_damaged_files(tmp_path: Path, ending: str, content: bytes) -> None:
    with pytest.raises(DataError, match="file-damaged"):
        read(csv(tmp_path, content, f"a.{ending}"), "transactions")


FRAME = pl.DataFrame(
    {
        "customer_id": ["02", "=1+1", "01"],
        "label": ["é", None, '"q", x\n'],
        "n": [1, 2, None],
        "x": [0.5, None, 1e-7],
        "flag": [True, False, None],
    }
)


@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx", "CSV"])
@pytest.mark.parametrize(
    "like", [FRAME, FRAME.lazy(), FRAME.to_arrow()], ids=["frame", "lazy", "arrow"]
)
def test_what_is_written_is_read(tmp_path: Path, ending: str, like: Any) -> None:
    path = tmp_path / f"out.{ending}"
    write(like, path)
    write(like, path)
    back = backend("polars").lazy(read(path, "customers")).collect("polars").to_native()
    assert back["customer_id"].to_list() == ["01", "02", "=1+1"]
    assert [text or None for text in back["label"]] == ['"q", x\n', "é", None]
    assert [None if n in (None, "") else int(n) for n in back["n"]] == [None, 1, 2]
    assert [None if x in (None, "") else float(x) for x in back["x"]] == [1e-7, 0.5, None]
    assert list(tmp_path.iterdir()) == [path]


def test_parquet_keeps_types(tmp_path: Path) -> None:
    write(FRAME, tmp_path / "out.parquet")
    assert pl.read_parquet(tmp_path / "out.parquet").schema == FRAME.schema


def test_a_failed_write_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = csv(tmp_path, "old\n")

    def breaks(self: pl.DataFrame, path: Path) -> None:
        path.write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pl.DataFrame, "write_csv", breaks)
    with pytest.raises(DataError, match="cannot write it: no space left on device"):
        write(FRAME, path)
    assert path.read_text() == "old\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot write it: no such file or directory"):
        write(FRAME, tmp_path / "no" / "out.parquet")
    with pytest.raises(DataError, match=r"ending '\.txt' is not known"):
        write(FRAME, tmp_path / "out.txt")


def test_more_rows_than_a_sheet_has(tmp_path: Path) -> None:
    frame = pl.DataFrame({"customer_id": ["a"]}).select(
        pl.col("customer_id").repeat_by(2**20).explode()
    )
    with pytest.raises(DataError, match=r"1,048,576 rows; allowed: 1,048,575; or \.csv, \.parquet"):
        write(frame, tmp_path / "out.xlsx")


def at(day: date, hour: int = 0) -> datetime:
    return datetime.combine(day, time(hour))


def sheet(path: Path, cells: list[list[Any]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        dated = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        page = book.add_worksheet()
        for number, row in enumerate(cells):
            for column, value in enumerate(row):
                if isinstance(value, datetime):
                    page.write_datetime(number, column, value, dated)
                elif value is not None:
                    page.write(number, column, value)
    return path


def test_sheets(engine: Backend, tmp_path: Path) -> None:
    cells: list[list[Any]] = [
        ["customer_id", "occurred_at", "amount"],
        [17, at(date(2026, 1, 1), 8), 1.5],
        [],
        [18, at(date(2026, 1, 2)), 2],
    ]
    source = read(sheet(tmp_path / "a.xlsx", cells), "transactions")
    day = date(2026, 11, 21)
    facts = read_facts(engine, as_of=day, time_zone="UTC", currency=None, transactions=source)
    assert facts.transactions is not None
    assert sorted(engine.rows(facts.transactions.select("customer_id", "amount"))) == [
        ("17", 15),
        ("18", 20),
    ]
    assert source.marks([0, 1])[1].line == 4


def test_sheet_faults(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the first sheet is empty"):
        read(sheet(tmp_path / "a.xlsx", []), "transactions")
    with pytest.raises(DataError, match="columns have the same name: 'a'"):
        read(sheet(tmp_path / "b.xlsx", [["a", "b", "a"], [1, 2, 3]]), "transactions")
    header = read(sheet(tmp_path / "c.xlsx", [["a", "b"]]), "transactions")
    assert backend("polars").rows(backend("polars").lazy(header)) == []


def test_text_in_sheets_stays_text(tmp_path: Path) -> None:
    texts = ["=1+1", "007", "https://example.org", "12"]
    write(pl.DataFrame({"t": texts, "d": [date(2026, 1, 1)] * 4}), tmp_path / "a.xlsx")
    back = fastexcel.read_excel(tmp_path / "a.xlsx").load_sheet(0).to_polars()
    assert back["t"].to_list() == texts
    assert back["d"].cast(pl.Date).to_list() == [date(2026, 1, 1)] * 4


def test_a_missing_package_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = sheet(tmp_path / "a.xlsx", [["a"], [1]])
    monkeypatch.setitem(sys.modules, "fastexcel", None)
    with pytest.raises(DataError, match=r"pip install 'custrata\[xlsx\]'"):
        read(path, "transactions")


def test_frames_of_pandas_are_written(tmp_path: Path) -> None:
    write(pd.DataFrame({"customer_id": ["b", "a"]}), tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == "customer_id\na\nb\n"


def test_writing_over_a_file_keeps_its_mode(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("old")
    path.chmod(0o600)
    write(pl.DataFrame({"customer_id": ["1"]}), path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["labels.csv"]


HEADS: dict[str, tuple[str, str]] = {
    "title": ("Sales 2026\na,b,c\n1,2,3\n", "no column names, but 'Sales 2026'; .* lines above it"),
    "wide title": ("Sales 2026,,,\na,b,c,d\n1,2,3,4\n", "no-header. .*'Sales 2026'"),
    "no names": ("a,,,b,c\n1,2,3,4,5\n", "2 columns have no name; allowed: one each"),
}


@pytest.mark.parametrize("head", HEADS)
def test_a_first_line_that_is_no_header(tmp_path: Path, head: str) -> None:
    text, message = HEADS[head]
    with pytest.raises(DataError, match=message):
        read(csv(tmp_path, text), "transactions")


def test_the_way_out_of_another_encoding(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="in Excel: save as CSV UTF-8"):
        read(csv(tmp_path, "a\né\n".encode("latin-1")), "transactions")


def test_files_under_another_ending(tmp_path: Path) -> None:
    write(FRAME, tmp_path / "a.xlsx")
    write(FRAME, tmp_path / "a.parquet")
    book, frame = ((tmp_path / f"a.{end}").read_bytes() for end in ("xlsx", "parquet"))
    for name, content, message in (
        ("b.csv", book, r"this is a workbook; allowed: the ending \.xlsx"),
        ("c.csv", frame, r"this is a Parquet file; allowed: the ending \.parquet"),
        ("d.xlsx", b"a,b\n1,2\n", r"this is text, as in a CSV file; allowed: the ending \.csv"),
        ("e.parquet", book, "this is a workbook"),
        ("f.xlsx", b"\xd0\xcf\x11\xe0" * 200, "an old or a locked workbook"),
        ("g.xlsx", b"PK\x03\x04" * 10, "no XLSX file that can be read; allowed: a workbook"),
    ):
        with pytest.raises(DataError, match=message):
            read(csv(tmp_path, content, name), "transactions")


def workbook(folder: Path, *lines: list[Any], more: tuple[str, ...] = ()) -> Path:
    path = folder / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Mine")
        for place, line in enumerate(lines):
            for column, cell in enumerate(line):
                formula = isinstance(cell, str) and cell.startswith("#")
                if cell is None:
                    continue
                if formula:
                    sheet.write_formula(place, column, "=1/0", None, cell)
                else:
                    sheet.write(place, column, cell)
        for name in more:
            book.add_worksheet(name)
    return path


def test_a_workbook_with_a_title(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["Sales of 2026"], ["a", "b", "c"], [1, 2, 3])
    with pytest.raises(DataError, match="no column names, but 'Sales of 2026'"):
        read(path, "transactions")


def test_a_note_beside_the_rows_is_no_title(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["a", "b"], [1, 2, None, None, None, None, "note"], [3, 4])
    assert list(read(path, "transactions").columns)[:2] == ["a", "b"]


def test_what_a_workbook_holds_besides(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["a", "b"], ["x", "#DIV/0!"], ["y", 2], more=("Old", "Notes"))
    assert [(one.code, one.severity) for one in read(path, "transactions").notes] == [
        ("further-sheets", "warning"),
        ("error-cells", "warning"),
    ]
    told = " ".join(one.message for one in read(path, "transactions").notes)
    assert "'Mine', is read, not 'Old', 'Notes'" in told
    assert told.endswith("read as empty: B2 #DIV/0!")


@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx"])
def test_no_rows_are_told(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    write(FRAME, path)
    assert read(path, "customers").notes == ()
    write(FRAME.clear(), path)
    assert [one.code for one in read(path, "customers").notes] == ["no-rows"]


def test_a_workbook_is_pleasant_to_look_at(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write(FRAME.with_columns(label=pl.lit("a label of some length")), path)
    with zipfile.ZipFile(path) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert '<sheet name="labels"' in book.read("xl/workbook.xml").decode()
    assert 'ySplit="1"' in sheet
    assert 'state="frozen"' in sheet
    assert float(re.findall(r'<col min="2" max="2" width="([0-9.]+)"', sheet)[0]) >= 22


def test_a_workbook_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tight.xlsx"
    write(pl.DataFrame({"label": ["a"]}), path)
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as book,
        book.open("more.xml", "w") as part,
    ):
        for _ in range(80):
            part.write(b" " * 1_000_000)
    with pytest.raises(DataError) as caught:
        read(path, "transactions")
    assert caught.value.diagnostics[0].code == "too-large"
