"""`custrata demo`: what a newcomer sees first."""

import csv
import json
import shlex
import shutil
from functools import partial
from importlib.resources import files
from itertools import islice

import polars as pl
import pytest
from click.testing import CliRunner

from custrata.cli import main
from custrata.service.company import company
from custrata.service.deliveries.destinations import destinations
from custrata.service.demo import made_up, replay
from custrata.service.imports import import_file
from custrata.service.setup import open_store
from custrata.store.database import Database

DAY = "2026-11-21"


def demo(*words):
    return CliRunner().invoke(main, ["demo", "--no-serve", *map(str, words)])


# --- a made-up firm -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def small():
    """A firm with few customers, of whom some weeks are told."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(made_up, "company", partial(company, customers=500))
        patch.setattr(replay, "WEEKS", 2)
        yield


@pytest.fixture(scope="module")
def lived(small, tmp_path_factory):
    folder = tmp_path_factory.mktemp("firm") / "played with"
    return folder, demo("--dir", folder, "--as-of", DAY)


def test_a_firm_is_made_up_and_lived_through(lived):
    folder, done = lived
    assert done.exit_code == 0, done.output
    assert f"500 customers of a made-up trader of tea and coffee, as of {DAY}" in done.stdout
    assert "since 2026-11-07" in done.stdout
    assert done.stderr.splitlines() == ["making up ...", "weeks ..."]
    assert (folder / "demo.db").exists()
    assert [one.name for one in folder.iterdir() if one.name.startswith(".")] == []


def test_it_shows_who_moved_and_why_and_whom_to_contact(lived):
    told = lived[1].stdout
    for name in ("RFM value", "Pareto 80/20", "Loyalty ladder", "Contact reminder"):
        assert f"{name}: from" in told
    assert "time went by" in told
    assert "something became known" in told
    assert "are not to be forgotten" in told
    assert told.count("\nCustomer ") >= 2
    assert told.count("first classified") >= 2
    assert "would become " in told
    assert "E+" not in told


def test_its_webhooks_are_to_be_looked_at_and_send_nothing(lived):
    database = Database(f"sqlite:///{lived[0]}/demo.db")
    with database.read() as session:
        shown = [(one.name, one.url, one.active) for one in destinations(session)]
    assert shown == [("crm", "https://crm.example/hooks", False)]


@pytest.fixture
def copied(lived, tmp_path):
    """The firm's folder once more, to be changed, and what was printed as if it were there."""
    folder = tmp_path / lived[0].name
    shutil.copytree(lived[0], folder)
    return folder, lived[1].stdout.replace(str(lived[0]), str(folder))


def test_the_next_time_it_opens_what_is_there(copied):
    folder, told = copied
    again = demo("--dir", folder)
    assert again.exit_code == 0, again.output
    assert again.stderr == ""
    assert again.stdout == told


def test_it_begins_anew_on_another_day_and_keeps_the_draft(copied, monkeypatch):
    monkeypatch.setattr(made_up, "company", partial(company, customers=100))
    monkeypatch.setattr(replay, "WEEKS", 1)
    folder, _told = copied
    (folder / "draft.yaml").write_text("changed: by hand", encoding="utf-8")
    again = demo("--dir", folder, "--fresh", "--as-of", "2026-06-30")
    assert again.exit_code == 0, again.output
    assert "100 customers of a made-up trader of tea and coffee, as of 2026-06-30" in again.stdout
    assert (folder / "draft.yaml").read_text(encoding="utf-8") == "changed: by hand"


def test_the_commands_to_try_next_work_as_they_are_printed(copied):
    folder, told = copied
    lines = told.split("What next?")[1].replace("\\\n", "").splitlines()
    commands = [shlex.split(line)[1:] for line in lines if line.startswith("  custrata ")]
    assert [words[0] for words in commands] == ["run", "history", "what-if"]
    draft = folder / "draft.yaml"
    text = draft.read_text(encoding="utf-8")
    draft.write_text(text.replace("cuts: [60]", "cuts: [45]"), encoding="utf-8")
    commands[0] += ["--as-of", "2026-11-22"]
    run, history, what_if = (CliRunner().invoke(main, words) for words in commands)
    assert "time went by" in run.stdout
    assert "first classified" in history.stdout
    assert "would move" in what_if.stdout
    assert [run.exit_code, history.exit_code, what_if.exit_code] == [0, 0, 0]


def test_a_database_of_others_stays_as_it_is(small, tmp_path):
    book = tmp_path / "customers.csv"
    book.write_text("customer_id\n1\n", encoding="utf-8")
    url = f"sqlite:///{tmp_path / 'ours.db'}"
    desk = open_store(url)
    import_file(desk, book, "customers")
    desk.database.close()
    done = demo("--dir", tmp_path / "demo", "--database", url)
    assert done.exit_code == 1
    assert "not those of a demo" in done.stderr


def test_files_that_lie_there_are_not_written_over(small, tmp_path, monkeypatch):
    monkeypatch.setattr(replay, "WEEKS", 0)
    for name in ("rules.yaml", "customers.csv", "custrata.db"):
        (tmp_path / name).write_text("mine", encoding="utf-8")
    assert demo("--dir", tmp_path, "--fresh", "--as-of", DAY).exit_code == 0
    for name in ("rules.old.yaml", "customers.csv", "custrata.db"):
        assert (tmp_path / name).read_text(encoding="utf-8") == "mine"


def test_words_that_do_not_go_together(tmp_path):
    url = f"sqlite:///{tmp_path / 'some.db'}"
    for words in (("--fresh", "--database", url), ("--data", "cdnow", "--as-of", DAY)):
        assert demo("--dir", tmp_path / "demo", *words).exit_code == 2
    assert list(tmp_path.iterdir()) == []


# --- real purchases -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "played with"
    words = ["demo", "--data", "cdnow", "--dir", str(folder), "--no-serve"]
    return folder, CliRunner().invoke(main, words)


def test_it_ends_well(shown):
    _folder, done = shown
    assert done.exit_code == 0, done.output
    assert "23,570 customers of CDNOW" in done.stdout
    assert "\x1b" not in done.output


DECIDED = ("calibrating", "deciding")
"""Twice: some tables read what others decided."""


def test_every_step_is_told_in_plain_lines(shown):
    assert [line for line in shown[1].stderr.splitlines() if line.endswith(" ...")] == [
        f"{step} ..."
        for step in ("reading", "measuring", *DECIDED, *DECIDED, "explaining", "writing")
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
        systems = {json.loads(line)["classifier"] for line in islice(file, 1_000)}
    assert {"rfm", "pyramid", "lifecycle", "kotler"} < systems
    with (folder / "explanations.jsonl").open(encoding="utf-8") as file:
        assert sum(1 for _ in file) == len(systems) * 23_570
    json.loads((folder / "calibration.json").read_text())


def test_nobody_is_said_to_be_overdue_without_contacts(shown):
    rows = pl.read_csv(shown[0] / "labels.csv", columns=["stale_contact", "loyalty"])
    assert rows["stale_contact"].unique().to_list() == ["unknown"]
    assert set(rows["loyalty"].unique()) <= {"regular", "occasional", "unknown"}


def test_what_was_edited_stays_and_moves_customers(shown, tmp_path, monkeypatch):
    monkeypatch.setattr("custrata.service.demo.cdnow.explanations", lambda *_: iter(()))
    text = (shown[0] / "rules.yaml").read_text(encoding="utf-8")
    for name in ("rules.yaml", "draft.yaml"):
        edited = text.replace("cuts: [60]", "cuts: [45]")
        (tmp_path / name).write_text(edited, encoding="utf-8")
    again = CliRunner().invoke(main, ["demo", "--data", "cdnow", "--dir", str(tmp_path)])
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
