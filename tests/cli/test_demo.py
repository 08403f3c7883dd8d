"""`custrata demo`: what a newcomer sees first."""

import csv
import json
import shlex
from importlib.resources import files

import polars as pl
import pytest
from click.testing import CliRunner

from custrata.cli import main


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "played with"
    return folder, CliRunner().invoke(main, ["demo", "--dir", str(folder), "--no-serve"])


def test_it_ends_well(shown):
    _folder, done = shown
    assert done.exit_code == 0, done.output
    assert "23,570 customers of CDNOW" in done.stdout
    assert "\x1b" not in done.output


def test_every_step_is_told_in_plain_lines(shown):
    assert [line for line in shown[1].stderr.splitlines() if line.endswith(" ...")] == [
        f"{step} ..."
        for step in ("reading", "measuring", "calibrating", "deciding", "explaining", "writing")
    ]


def test_all_plugins_are_summed_up(shown):
    for name in ("RFM value", "Pareto 80/20", "Loyalty ladder", "Contact reminder"):
        assert name in shown[1].stdout


def test_three_customers_are_explained(shown):
    told = shown[1].stdout
    assert told.count("\nCustomer ") == 3
    assert told.count("would become ") >= 2
    assert told.count("what to do: ") >= 3


def test_the_files_are_there_and_whole(shown):
    folder, done = shown
    for path in folder.iterdir():
        assert path.name in done.stdout
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 23_570
    assert rows[0]["customer_id"] == "00001"
    assert pl.read_parquet(folder / "labels.parquet").height == 23_570
    with (folder / "explanations.jsonl").open(encoding="utf-8") as file:
        assert sum(1 for line in file if json.loads(line)["label"]) == 4 * 23_570
    json.loads((folder / "calibration.json").read_text())


def test_nobody_is_said_to_be_overdue_without_contacts(shown):
    rows = pl.read_csv(shown[0] / "labels.csv", columns=["stale_contact", "loyalty"])
    assert rows["stale_contact"].unique().to_list() == ["unknown"]
    assert set(rows["loyalty"].unique()) <= {"regular", "occasional", "unknown"}


def test_what_was_edited_stays_and_moves_customers(shown, tmp_path, monkeypatch):
    monkeypatch.setattr("custrata.service.demo.explanations", lambda *_: iter(()))
    text = (shown[0] / "rules.yaml").read_text(encoding="utf-8")
    for name in ("rules.yaml", "draft.yaml"):
        edited = text.replace("cuts: [60]", "cuts: [45]")
        (tmp_path / name).write_text(edited, encoding="utf-8")
    again = CliRunner().invoke(main, ["demo", "--dir", str(tmp_path)])
    assert again.exit_code == 0, again.output
    assert (tmp_path / "rules.yaml").read_text(encoding="utf-8") == text
    assert (tmp_path / "rules.old.yaml").read_text(encoding="utf-8") == edited
    assert (tmp_path / "draft.yaml").read_text(encoding="utf-8") == edited


def test_the_command_to_try_next_works_as_it_is_printed(shown):
    folder, done = shown
    lines = done.stdout.splitlines()
    at = next(place for place, line in enumerate(lines) if line.startswith("  custrata what-if"))
    words = shlex.split(lines[at].rstrip("\\") + lines[at + 1])
    draft = folder / "draft.yaml"
    text = draft.read_text(encoding="utf-8")
    draft.write_text(text.replace("cuts: [60]", "cuts: [45]"), encoding="utf-8")
    moved = CliRunner().invoke(main, words[1:])
    draft.write_text(text, encoding="utf-8")
    assert moved.exit_code == 0, moved.output
    assert "rfm: 441 would move" in moved.stdout


def test_the_data_that_ship():
    folder = files("custrata") / "data"
    frame = pl.read_parquet((folder / "cdnow.parquet").read_bytes())
    assert frame.schema == {
        "customer_id": pl.String,
        "occurred_at": pl.Date,
        "amount": pl.Decimal(10, 2),
        "cds": pl.Int32,
    }
    assert (frame.height, str(frame["amount"].sum())) == (69_659, "2500315.63")
    assert "Fader" in (folder / "README.md").read_text(encoding="utf-8")
