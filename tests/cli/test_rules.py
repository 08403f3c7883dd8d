from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from custrata.cli import publishing
from custrata.cli.faults import Commands
from custrata.cli.rules import rules
from custrata.service.runs import run
from custrata.service.setup import open_store
from tests.conftest import Clock
from tests.service.runs.putting import customer, put, sale

RULES = """\
# thresholds agreed on in October
ruleset: 1
classifiers:
  value:
    bands:
      recency_days: {cuts: [30], names: [recent, old], closed: right}
    table:
      rules:
        - {recency_days: recent, label: star}
      otherwise: rest
"""
MEETING = RULES.replace("      rules:\n", "      hit_policy: unique\n      rules:\n").replace(
    "      otherwise", '        - {recency_days: "< 5", label: new}\n      otherwise'
)


class Store:
    """A folder with a store of its own, and `custrata rules` in it."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.main = Commands("custrata", commands={"rules": rules})
        self.by = "an"

    def write(self, name, text):
        (self.folder / name).write_bytes(text.encode())
        return name

    def run(self, *words, code=0):
        """What it prints; and that it ends so."""
        shown = CliRunner(env={"LOGNAME": self.by}).invoke(self.main, ["rules", *words])
        assert shown.exit_code == code, shown.output
        return shown.stdout if code == 0 else shown.stderr

    def draft(self, *words, by="an", code=0):
        self.by = by
        return self.run("draft", *words, code=code)


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CUSTRATA_DATABASE", raising=False)
    return Store(tmp_path)


def test_rules_come_in_and_go_out_to_the_byte(store):
    text = "\ufeff" + RULES.replace("\n", "\r\n") + "# đến đây là hết 完\r\n"
    shown = store.run("import", store.write("rules.yaml", text), "--comment", "from git")
    assert "value: added" in shown
    assert "rfm: removed" in shown
    assert "version 2 is in force; labels follow with the next run" in shown
    shown = store.run("export", "--out", "out.yaml")
    assert shown == "written: out.yaml, version 2 of the rules\n"
    assert (store.folder / "out.yaml").read_bytes() == text.encode()
    out = CliRunner().invoke(store.main, ["rules", "export"])
    assert out.stdout_bytes == text.encode()
    assert "window_days: 365" in store.run("export", "--version", "1")
    assert "no version 3" in store.run("export", "--version", "3", code=1)
    again = store.run("import", "rules.yaml")
    assert again.splitlines()[-1] == "version 2 stays in force"


def test_wrong_rules_are_told_whole_and_change_nothing(store):
    store.write("wrong.yaml", RULES.replace("cuts: [30]", "cuts: [x]").replace("table", "tabel"))
    told = store.run("import", "wrong.yaml", code=1)
    assert "wrong.yaml:6:" in told
    assert "wrong.yaml:7:" in told
    assert "did you mean 'table'?" in told
    assert "rows-meet" in store.run("import", store.write("meet.yaml", MEETING), code=1)
    assert "not UTF-8" in store.run("import", latin(store), code=1)
    assert len(store.run("list").splitlines()) == 3


def latin(store):
    (store.folder / "latin.yaml").write_bytes("# Việt\n".encode("utf-16"))
    return "latin.yaml"


def test_an_import_that_expects_another_version(store):
    store.run("import", store.write("rules.yaml", RULES), "--expect", "1")
    store.write("rules.yaml", RULES.replace("[30]", "[45]"))
    told = store.run("import", "rules.yaml", "--expect", "1", code=1)
    assert "error[rules-moved] version 2 of the rules was published by an at" in told
    shown = store.run("import", "rules.yaml", "--expect", "2")
    assert shown.splitlines()[0] == "value: recency_days recent up to 30 → 45 days"


def test_differences_of_versions_files_and_what_is_in_force(store):
    store.run("import", store.write("a.yaml", RULES))
    store.run("import", store.write("b.yaml", RULES.replace("[30]", "[45]")))
    store.write("c.yaml", RULES.replace("October", "November"))
    more = "value: recency_days recent up to 30 → 45 days\n"
    assert store.run("diff", "2", "3") == more
    assert store.run("diff", "a.yaml", "current") == more
    assert store.run("diff", "current", "2") == more.replace("30 → 45", "45 → 30")
    assert store.run("diff", "2", "c.yaml") == "the texts differ, but the rules are the same\n"
    assert store.run("diff", "2", "a.yaml") == "the rules are the same, to the character\n"
    assert "neither a version's number, nor a file" in store.run("diff", "2", "d.yaml", code=2)
    assert "no version 9" in store.run("diff", "9", "current", code=1)
    assert "c2.yaml:" in store.run("diff", "2", store.write("c2.yaml", "ruleset: 2\n"), code=1)


def test_files_are_compared_without_a_store(store):
    store.write("a.yaml", RULES)
    store.write("b.yaml", RULES.replace("star", "best"))
    assert store.run("diff", "a.yaml", "b.yaml") == "value: row 1: label star → best\n"
    assert sorted(path.name for path in store.folder.iterdir()) == ["a.yaml", "b.yaml"]


def test_versions_are_listed_and_rolled_back_to(store):
    store.run("import", store.write("rules.yaml", RULES), "--comment", "our\nown")
    shown = store.run("roll-back", "1", "--comment", "not yet", "--expect", "2")
    assert "rfm: added" in shown
    assert "version 3 is in force" in shown
    rows = [line.split() for line in store.run("list").splitlines()[2:]]
    assert [(row[0], row[4], row[5], row[6:]) for row in rows] == [
        ("3", "an", "roll_back", ["not", "yet"]),
        ("2", "an", "import", ["our", "own"]),
        ("1", "system", "seed", []),
    ]
    assert "has the text of version 1" in store.run("roll-back", "1", code=1)


def test_a_draft_from_its_beginning_to_its_publication(store):
    assert store.draft("list") == "there is no draft\n"
    store.run("import", store.write("rules.yaml", RULES))
    store.write("draft.yaml", RULES.replace("[30]", "[45, 20]"))
    shown = CliRunner(env={"LOGNAME": "an"}).invoke(
        store.main, ["rules", "draft", "begin", "draft.yaml", "--title", "more days"]
    )
    assert shown.exit_code == 0
    assert shown.stdout == "draft 1, revision 1: editing\n"
    assert "error[cuts-descend]" in shown.stderr
    assert "cuts-descend" in store.draft("submit", "1", "1", code=1)
    store.write("draft.yaml", RULES.replace("[30]", "[45]"))
    assert store.draft("save", "1", "1", "draft.yaml", by="binh").endswith("revision 2: editing\n")
    assert "was saved by binh" in store.draft("save", "1", "1", "draft.yaml", code=1)
    shown = store.draft("show", "1", "--out", "copy.yaml")
    assert shown.splitlines()[1:] == ["value: recency_days recent up to 30 → 45 days"]
    assert (store.folder / "copy.yaml").read_text() == (store.folder / "draft.yaml").read_text()
    store.draft("submit", "1", "2")
    back = store.draft("send-back", "1", "2", "--comment", "why 45?", by="chi")
    assert "comment: why 45?" in back
    store.draft("submit", "1", "2")
    assert "review, approved" in store.draft("approve", "1", "2", by="chi")
    assert "an, binh" in store.draft("list")
    assert "version 3 is in force" in store.draft("publish", "1", "2", by="chi")
    assert store.draft("list") == "there is no draft\n"
    assert "published" in store.draft("list", "--all")


def test_a_draft_that_waits_for_its_time_or_is_overtaken(store):
    store.run("import", store.write("a.yaml", RULES + "time_zone: Asia/Ho_Chi_Minh\n"))
    store.write("b.yaml", RULES.replace("[30]", "[45]") + "time_zone: Asia/Ho_Chi_Minh\n")
    store.draft("begin", "b.yaml", "--title", "later")
    waits = store.draft("publish", "1", "1", "--at", "2126-12-01T00:00")
    assert "to be published at 2126-11-30 17:00 UTC" in waits
    assert "is over" in store.draft("publish", "1", "1", "--at", "2020-01-01T00:00Z", code=1)
    assert "is no time" in store.draft("publish", "1", "1", "--at", "soon", code=2)
    store.write("c.yaml", RULES.replace("otherwise: rest", "otherwise: other"))
    store.write("c.yaml", (store.folder / "c.yaml").read_text() + "time_zone: Asia/Ho_Chi_Minh\n")
    store.run("import", "c.yaml")
    assert "rebase it" in store.draft("show", "1")
    assert "revision 2: editing" in store.draft("rebase", "1")
    assert store.draft("show", "1").splitlines()[1:] == [
        "value: recency_days recent up to 30 → 45 days"
    ]
    assert "discarded" in store.draft("discard", "1", "2")


def classified(store):
    """Three customers in the store, of whom one bought forty days ago."""
    desk = open_store("sqlite:///custrata.db", "an", Clock())
    rules_text = RULES + "time_zone: Asia/Ho_Chi_Minh\n"
    store.run("import", store.write("rules.yaml", rules_text))
    put(desk, *(customer(name, created="2026-01-01") for name in "abc"))
    put(desk, sale("a", "2026-10-12", 700), sale("b", "2026-11-20", 300))
    run(desk)
    desk.database.close()
    store.write("draft.yaml", rules_text.replace("[30]", "[45]"))


MOVES = """\
who would move, of the customers of the last run (2026-11-21, version 2):
  value: 1 would move, and with them 700 of revenue
"""


def test_who_would_move_is_told_before_rules_come_into_force(store):
    classified(store)
    shown = store.run("import", "draft.yaml", "--dry-run")
    assert shown.endswith(MOVES)
    assert len(store.run("list").splitlines()) == 4
    assert MOVES in store.run("import", "draft.yaml")
    assert store.run("roll-back", "2", "--dry-run").splitlines()[-1] == "  nobody"
    store.draft("begin", "rules.yaml", "--title", "as before")
    assert store.draft("publish", "1", "1", "--dry-run").splitlines()[-1] == "  nobody"
    assert len(store.run("list").splitlines()) == 5


def test_on_a_terminal_bringing_rules_into_force_asks_first(store, monkeypatch):
    classified(store)
    monkeypatch.setattr(publishing, "is_terminal", lambda: True)
    asked = CliRunner().invoke(store.main, ["rules", "import", "draft.yaml"], input="n\n")
    assert (asked.exit_code, MOVES in asked.output) == (1, True)
    assert len(store.run("list").splitlines()) == 4
    assert "version 3 is in force" in store.run("import", "draft.yaml", "--yes")


def test_before_a_first_run_nobody_moves(store):
    shown = store.run("import", store.write("rules.yaml", RULES))
    assert "nobody has a label yet, so nobody would move" in shown


def test_every_command_says_what_it_is_for():
    assert isinstance(rules, click.Group)
    for group in (rules, rules.commands["draft"]):
        for name, command in group.commands.items():
            assert command.help, name
            assert command.get_short_help_str(), name
