"""`custrata classify` on files: what comes out, on each engine and from each kind of file."""

import csv
import json
import os
import subprocess
import sys

import polars as pl
import pytest

ENGINES = ("polars", "duckdb")


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def labels_of(path):
    return [(row["customer_id"], row["value"], json.loads(row["hints"])) for row in rows_of(path)]


@pytest.mark.parametrize("engine", ENGINES)
def test_labels_by_customer_with_leading_zeros_kept(place, engine):
    shown = place.classify("--engine", engine)
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert labels_of(place / "labels.csv") == place.LABELS
    assert "4 customers classified" in shown.stdout
    assert "written: labels.csv" in shown.stdout


def test_the_summary_has_every_segment(place):
    lines = [line.split() for line in place.classify().stdout.splitlines()]
    assert ["value", "rest", "2", "50.0", "%"] in lines
    assert ["value", "star", "1", "25.0", "%"] in lines


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_every_engine_writes_the_same(place, ending):
    written = []
    for engine in ENGINES:
        out = f"labels.{engine}.{ending}"
        shown = place.classify("--engine", engine, "--with-measures", "--out", out)
        assert shown.exit_code == 0, shown.output
        written.append(place / out)
    if ending == "csv":
        assert written[0].read_text() == written[1].read_text()
    else:
        frames = [pl.read_parquet(path) for path in written]
        assert frames[0].equals(frames[1])
        assert frames[0].schema == frames[1].schema


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("ending", ["parquet", "xlsx"])
def test_every_kind_of_file_gives_the_same_labels(place, engine, ending):
    sales = pl.read_csv(place / "sales.csv", schema_overrides={"customer_id": pl.String})
    sales = sales.with_columns(pl.col("occurred_at").str.to_date())
    if ending == "parquet":
        sales.write_parquet(place / "sales.parquet")
    else:
        sales.write_excel(place / "sales.xlsx")
    shown = place.classify("--engine", engine, sales=f"sales.{ending}")
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert labels_of(place / "labels.csv") == place.LABELS


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("ending", ["parquet", "xlsx"])
def test_every_kind_of_file_can_be_written(place, engine, ending):
    out = f"labels.{ending}"
    assert place.classify("--engine", engine, "--out", out).exit_code == 0
    read = pl.read_parquet if ending == "parquet" else pl.read_excel
    found = [(one, label, json.loads(hints)) for one, label, hints in read(place / out).rows()]
    assert found == place.LABELS


@pytest.mark.parametrize("engine", ENGINES)
def test_measures_and_bands(place, engine):
    assert place.classify("--engine", engine, "--with-measures").exit_code == 0
    row = rows_of(place / "labels.csv")[1]
    assert row["customer_id"] == "007"
    assert (row["recency_days"], row["frequency"], row["monetary"]) == ("10", "2", "600.0")
    assert (row["value.recency_days"], row["value.monetary"]) == ("recent", "big")
    assert row["hints.frequency"] == "again"


@pytest.mark.parametrize("engine", ENGINES)
def test_reasons_as_json_lines(place, engine):
    assert place.classify("--engine", engine, "--explain", "why.jsonl").exit_code == 0
    told = [json.loads(line) for line in (place / "why.jsonl").read_text().splitlines()]
    assert [(one["customer_id"], one["classifier"]) for one in told] == [
        (customer, classifier) for customer, *_ in place.LABELS for classifier in ("value", "hints")
    ]
    keys = {"customer_id", "classifier", "label", "rows", "inputs", "missing", "nearest"}
    assert set(told[0]) == keys
    assert (told[0]["label"], told[0]["rows"]) == ("sleeping", [2])
    recency = {"measure": "recency_days", "value": 320, "band": "old", "cut_points": [30]}
    assert recency in told[0]["inputs"]


def test_a_files_own_names(place):
    text = place.SALES.replace("customer_id,occurred_at,amount", "Kunde Nr,Tag,a=b")
    place.write("sales.csv", text)
    words = ("Kunde Nr", "Tag", "a=b")
    columns = ("customer_id", "occurred_at", "amount")
    maps = [f"--map=transactions.{ours}={word}" for ours, word in zip(columns, words, strict=True)]
    assert place.classify(*maps).exit_code == 0
    assert labels_of(place / "labels.csv") == place.LABELS


@pytest.mark.parametrize("engine", ENGINES)
def test_a_calibration_saved_and_reused_gives_equal_labels(place, engine):
    words = ("--engine", engine)
    assert place.classify(*words, "--save-calibration", "cuts.json").exit_code == 0
    again = place.classify(*words, "--calibration", "cuts.json", "--out", "again.csv")
    assert again.exit_code == 0, again.output
    assert (place / "again.csv").read_text() == (place / "labels.csv").read_text()


def test_cut_points_of_a_calibration_are_used_as_they_are(place):
    assert place.classify("--save-calibration", "cuts.json").exit_code == 0
    place.write("few.csv", "\n".join([*place.SALES.splitlines()[:1], "12,2026-11-20,9.00"]))
    assert place.classify("--calibration", "cuts.json", sales="few.csv").exit_code == 0
    assert rows_of(place / "labels.csv")[0]["value"] == "rest"
    assert place.classify(sales="few.csv").exit_code == 0
    assert rows_of(place / "labels.csv")[0]["value"] == "star"


def test_warnings_go_to_standard_error(place):
    place.write("sales.csv", place.SALES + "12,2026-12-24,1.00\n")
    shown = place.classify()
    assert shown.exit_code == 0
    assert "warning[" in shown.stderr
    assert "warning[" not in shown.stdout
    assert labels_of(place / "labels.csv") == place.LABELS


def test_customers_are_the_given_ones(place):
    place.write("customers.csv", "customer_id\n007\n999\n")
    shown = place.classify("--customers", "customers.csv")
    assert shown.exit_code == 0
    assert "warning[" in shown.stderr
    assert [row["customer_id"] for row in rows_of(place / "labels.csv")] == ["007", "999"]


def test_strict_refuses_strangers(place):
    place.write("customers.csv", "customer_id\n007\n999\n")
    shown = place.classify("--customers", "customers.csv", "--strict")
    assert shown.exit_code == 1
    assert not (place / "labels.csv").exists()


@pytest.mark.parametrize("engine", ENGINES)
def test_measures_given(place, engine):
    place.write(
        "m.csv", "customer_id,recency_days,monetary,frequency\n007,3,600,1\n12,40,500.5,2\n"
    )
    words = ["classify", "--rules", "rules.yaml", "--as-of", "2026-11-21", "--measures", "m.csv"]
    shown = place.run(*words, "--out", "labels.csv", "--engine", engine)
    assert shown.exit_code == 0, shown.output
    assert labels_of(place / "labels.csv") == [
        ("007", "star", ["pays, well"]),
        ("12", "sleeping", ["comes_back", "pays, well"]),
    ]


def test_a_pipe_gets_no_control_characters(place):
    words = ["classify", "--rules", "rules.yaml", "--as-of", "2026-11-21"]
    files = ["--transactions", "sales.csv", "--out", "labels.csv", "--explain", "why.jsonl"]
    done = subprocess.run(
        [sys.executable, "-m", "custrata", *words, *files],
        capture_output=True,
        cwd=place.folder,
        env={**os.environ, "FORCE_COLOR": "", "TERM": "xterm"},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert not [byte for byte in done.stdout if byte < 32 and byte != 10]


def bars_of(shown):
    """Every state that a bar went through."""
    return [state.removeprefix("\x1b[?25l") for state in shown.replace("\n", "\r").split("\r")]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_a_terminal_sees_a_bar_for_every_step(place):
    import pty

    reader, writer = pty.openpty()
    words = ["classify", "--rules", "rules.yaml", "--as-of", "2026-11-21"]
    files = ["--transactions", "sales.csv", "--out", "labels.csv"]
    done = subprocess.run(
        [sys.executable, "-m", "custrata", *words, *files],
        stdout=subprocess.PIPE,
        stderr=writer,
        cwd=place.folder,
    )
    os.close(writer)
    shown = os.read(reader, 100_000).decode()
    os.close(reader)
    assert done.returncode == 0
    for step in ("reading", "measuring", "calibrating", "deciding", "writing"):
        assert any(line.startswith(step) and "100%" in line for line in bars_of(shown))
    assert b"\x1b" not in done.stdout


OPEN = """\
ruleset: 1
classifiers:
  mine:
    where: {monetary: "> 10"}
    table:
      rules:
        - {recency_days: "<= 15", label: lately}
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_customers_without_a_label_are_told(place, engine):
    place.write("rules.yaml", OPEN)
    shown = place.classify("--engine", engine)
    assert shown.exit_code == 0
    assert "warning[unlabelled] mine: 1 customer got no label; add a row" in shown.stderr
    place.write("rules.yaml", OPEN + "      otherwise: rest\n")
    assert "unlabelled" not in place.classify("--engine", engine).stderr


def test_a_file_without_rows_is_told(place):
    place.write("contacts.csv", "customer_id,occurred_at\n")
    shown = place.classify("--contacts", "contacts.csv")
    assert "contacts.csv warning[no-rows] the file has column names and no rows" in shown.stderr


def test_who_refused_is_left_out_and_said(place):
    place.write("customers.csv", "customer_id,consent\n007,no\n0010,\n011,yes\n12,yes\n")
    shown = place.classify("--customers", "customers.csv", "--strict")
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert [who for who, *_ in labels_of(place / "labels.csv")] == ["0010", "011", "12"]
    assert "1 customer is left out, who refused consent" in shown.stdout
    only = place.classify("--customers", "customers.csv", "--consent", "given")
    assert "2 customers classified" in only.stdout
    everyone = place.classify("--customers", "customers.csv", "--consent", "off")
    assert "left out" not in everyone.stdout
    assert labels_of(place / "labels.csv") == place.LABELS
