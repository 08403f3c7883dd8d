"""Data and rules at fault: exit 1, a message with the place, and nothing half written."""

import re

import pytest
import xlsxwriter

ENGINES = ("polars", "duckdb")


@pytest.fixture
def old(place):
    """Outputs of an earlier run, which must stay as they are."""
    for name in ("labels.csv", "why.jsonl", "cuts.json"):
        place.write(name, f"old {name}")
    return place


def assert_refused(old, *words, says, **files):
    before = {path.name: path.read_bytes() for path in old.folder.iterdir()}
    shown = old.classify(
        "--explain", "why.jsonl", "--save-calibration", "cuts.json", *words, **files
    )
    assert shown.exit_code == 1, shown.output
    for part in says:
        assert part in shown.stderr
    assert "Traceback" not in shown.output
    assert {path.name: path.read_bytes() for path in old.folder.iterdir()} == before
    return shown


def sales(*rows, head="customer_id,occurred_at,amount"):
    return "\n".join([head, *rows]) + "\n"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("text", "says"),
    [
        (sales("007,2026-11-01", head="customer_id,occurred_at"), ["sales.csv", "amount"]),
        (sales("007,2026-11-01,1", head="id,occurred_at,amount"), ["sales.csv", "customer_id"]),
        (
            sales("007,2026-11-01,1", "007,2026-02-30,2"),
            ["sales.csv:3", "occurred_at", "2026-11-21"],
        ),
        (sales("007,2026-11-01,1", "007,soon,2"), ["sales.csv:3", "occurred_at", "no date"]),
        (sales("007,2026-11-01,1", "007,2026-11-02,lots"), ["sales.csv:3", "amount is no number"]),
        (sales("007,2026-11-01,inf"), ["sales.csv:2", "amount is no number"]),
        (sales(",2026-11-01,1"), ["sales.csv:2", "customer_id"]),
        ("", ["sales.csv", "empty"]),
        (sales("Müller,2026-11-01,1").encode("latin-1"), ["sales.csv", "UTF-8"]),
        (sales("007,2026-11-01,1,9,9"), ["sales.csv"]),
    ],
    ids=[
        "no amount",
        "no id",
        "no such day",
        "no date",
        "no number",
        "infinity",
        "empty id",
        "empty",
        "encoding",
        "ragged",
    ],
)
def test_sales_at_fault(old, engine, text, says):
    old.write("sales.csv", text)
    assert_refused(old, "--engine", engine, says=says)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_duplicate_customer(old, engine):
    old.write("customers.csv", "customer_id,stage\n007,new\n0010,hot\n007,hot\n")
    words = ("--engine", engine, "--customers", "customers.csv")
    assert_refused(old, *words, says=["customers.csv:2", "more than once", "rows 2, 4"])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["sales.parquet", "sales.xlsx"])
def test_a_file_that_is_not_what_its_ending_says(old, engine, name):
    old.write(name, "no such thing")
    assert_refused(old, "--engine", engine, says=[name], sales=name)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_column_that_the_file_lacks(old, engine):
    words = ("--engine", engine, "--map", "transactions.amount=Betrag")
    assert_refused(old, *words, says=["sales.csv", "Betrag", "amount"])


TEN_FAULTS = """\
ruleset: 1
time_zone: Asia/Hanoi_City
window_days: many
classifiers:
  one:
    bands:
      recency_days: {cuts: [30, 10], names: [low, mid, high]}
      frequency: {cuts: [4], names: [low]}
      monetary: {cuts: [{quantil: 0.8}], names: [low, high]}
    table:
      hit_policy: frist
      rules: []
    colour: red
  two:
    bands:
      recency_days: {cuts: [30], names: [high, low]}
    table:
      rules:
        - {recency_days: hihg, label: a}
        - {frequency: "<= x", label: b}
        - {recency_days: low}
        - {monetary: "[5..1]", label: c}
      otherwise: rest
"""


def test_a_rules_file_with_ten_faults(old):
    old.write("rules.yaml", TEN_FAULTS)
    shown = assert_refused(old, says=["rules.yaml:2:", "did you mean"])
    places = re.findall(r"^rules\.yaml:(\d+):(\d+) error\[([a-z-]+)\]", shown.stderr, re.MULTILINE)
    lines = [int(line) for line, _, _ in places]
    assert lines == sorted(lines)
    assert len(places) >= 10


def test_rules_that_are_no_yaml(old):
    old.write("rules.yaml", "ruleset: [1\n")
    assert_refused(old, says=["rules.yaml:"])


def test_rules_in_another_encoding(old):
    old.write("rules.yaml", old.RULES.replace("star", "Stérn").encode("latin-1"))
    assert_refused(old, says=["rules.yaml"])


def test_a_calibration_of_another_ruleset(place):
    assert place.classify("--save-calibration", "cuts.json").exit_code == 0
    before = (place / "labels.csv").read_bytes()
    place.write("other.yaml", place.RULES.replace("top_share: 0.8", "top_share: 0.5"))
    shown = place.classify("--calibration", "cuts.json", rules="other.yaml")
    assert shown.exit_code == 1
    assert "calibration" in shown.stderr
    assert "cuts.json" in shown.stderr
    assert (place / "labels.csv").read_bytes() == before


@pytest.mark.parametrize("text", ["", "{}", "[1]", "no json", '{"calibration": 99}'])
def test_a_calibration_that_is_none(place, text):
    place.write("cuts.json", text)
    shown = place.classify("--calibration", "cuts.json")
    assert shown.exit_code == 1, shown.output
    assert "cuts.json" in shown.stderr
    assert not (place / "labels.csv").exists()


def test_a_folder_that_cannot_be_written(place, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied", str(place / "labels.csv"))

    monkeypatch.setattr("custrata.service.classify.write", refuse)
    shown = place.classify()
    assert shown.exit_code == 1
    assert "labels.csv error[file] permission denied" in shown.stderr


def test_a_fault_of_custrata_itself_is_one_line(place, monkeypatch):
    def break_off(*_):
        raise ZeroDivisionError("by zero\nand more")

    monkeypatch.setattr("custrata.service.classify.write", break_off)
    shown = place.classify()
    assert shown.exit_code == 70
    assert shown.stderr.startswith("custrata broke off: ZeroDivisionError; to see more: ")
    assert "by zero" not in shown.stderr
    assert shown.stderr.count("\n") == 1
    assert not (place / "labels.csv").exists()
    shown = place.run(
        "--debug",
        *["classify", "--rules", "rules.yaml", "--as-of", "2026-11-21"],
        *["--transactions", "sales.csv", "--out", "labels.csv"],
    )
    assert isinstance(shown.exception, ZeroDivisionError)


def test_a_missing_column_says_how_to_name_the_files_own(old):
    head = "Customer ID,InvoiceDate,amount"
    old.write("sales.csv", sales("007,2026-11-01,1", head=head))
    shown = assert_refused(old, says=['add --map "transactions.customer_id=Customer ID"'])
    assert '--map "transactions.occurred_at=InvoiceDate"' in shown.stderr
    words = ("transactions.customer_id=Customer ID", "transactions.occurred_at=InvoiceDate")
    mapped = old.classify("--map", words[0], "--map", words[1])
    assert mapped.exit_code == 0, mapped.stderr


def test_a_title_instead_of_a_header(old):
    old.write("sales.csv", "Sales 2026\na;b;c\n1;2;3\n")
    assert_refused(old, says=["the first line must hold the column names"])


def test_what_was_read_as_empty_is_told_with_the_error_that_comes_of_it(old):
    with xlsxwriter.Workbook(old / "sales.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["customer_id", "occurred_at", "amount"])
        sheet.write_row(1, 0, ["007", "2026-11-01", 1])
        sheet.write_row(2, 0, ["008", "2026-11-01"])
        sheet.write_formula(2, 2, "=1/0", None, "#DIV/0!")
    assert_refused(old, says=["C3 #DIV/0!", "amount is missing"], sales="sales.xlsx")
