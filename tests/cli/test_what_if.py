import csv

import pytest

ENGINES = ("polars", "duckdb")


def compare(place, *more):
    place.write("draft.yaml", place.RULES.replace("cuts: [30]", "cuts: [5]"))
    words = ("--rules", "rules.yaml", "--draft", "draft.yaml", "--as-of", "2026-11-21")
    return place.run("what-if", *words, "--transactions", "sales.csv", *more)


@pytest.mark.parametrize("engine", ENGINES)
def test_who_moves(place, engine):
    shown = compare(place, "--out", "moves.csv", "--engine", engine)
    assert (shown.exit_code, shown.stderr) == (0, "")
    with (place / "moves.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [
            ["customer_id", "classifier", "from", "to"],
            ["007", "value", "star", "sleeping"],
        ]


def test_what_is_printed(place):
    shown = compare(place)
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert "value: 1 would move, and with them 600.00 of revenue" in shown.stdout
    assert ["sleeping", "1", "2", "+1"] in lines
    assert ["star", "1", "0", "-1"] in lines
    assert ["star", "sleeping", "1", "600.00"] in lines
    assert "hints: nobody would move" in shown.stdout


def test_the_same_rules_move_nobody(place):
    words = ("--rules", "rules.yaml", "--draft", "rules.yaml", "--as-of", "2026-11-21")
    shown = place.run("what-if", *words, "--transactions", "sales.csv", "--out", "moves.csv")
    assert shown.exit_code == 0
    assert (place / "moves.csv").read_text().splitlines() == ["customer_id,classifier,from,to"]
    assert "value, hints: nobody would move" in shown.stdout


def test_a_draft_at_fault(place):
    place.write("moves.csv", "old")
    place.write("draft.yaml", "ruleset: 1\nclassifiers: {value: {tabel: {}}}\n")
    words = ("--rules", "rules.yaml", "--draft", "draft.yaml", "--as-of", "2026-11-21")
    shown = place.run("what-if", *words, "--transactions", "sales.csv", "--out", "moves.csv")
    assert shown.exit_code == 1
    assert "draft.yaml:2:" in shown.stderr
    assert (place / "moves.csv").read_text() == "old"


def test_a_draft_is_needed(place):
    words = ("--rules", "rules.yaml", "--as-of", "2026-11-21", "--transactions", "sales.csv")
    shown = place.run("what-if", *words)
    assert shown.exit_code == 2
    assert "Missing option '--draft'" in shown.stderr


def test_of_which_time_the_revenue_is(place):
    assert "Revenue is that of the last 365 days up to the as-of date." in compare(place).stdout
    whole = place.RULES.replace("ruleset: 1", "ruleset: 1\nwindow_days: all")
    place.write("rules.yaml", whole)
    assert "Revenue is that of all time" in compare(place).stdout


def test_classifiers_that_come_and_go_are_told_in_words(place):
    place.write("draft.yaml", place.RULES.replace("  hints:", "  marks:"))
    words = ("--rules", "rules.yaml", "--draft", "draft.yaml", "--as-of", "2026-11-21")
    shown = place.run("what-if", *words, "--transactions", "sales.csv")
    assert "hints: the draft lacks it; its labels would go" in shown.stdout
    assert "marks: new in the draft" in shown.stdout
    assert "would move" not in shown.stdout.replace("nobody would move", "")


def test_customers_whom_the_draft_leaves_without_a_label_are_told(place):
    place.write("draft.yaml", place.RULES.replace("      otherwise: rest\n", ""))
    words = ("--rules", "rules.yaml", "--draft", "draft.yaml", "--as-of", "2026-11-21")
    shown = place.run("what-if", *words, "--transactions", "sales.csv")
    assert "draft.yaml:3:" in shown.stderr
    assert "warning[unlabelled] value: 2 customers got no label" in shown.stderr


def test_a_store_is_compared_as_its_last_run_found_it(place):
    place.run("rules", "import", "rules.yaml", "--database", "sqlite:///crm.db")
    place.write("draft.yaml", place.RULES.replace("cuts: [30]", "cuts: [5]"))
    words = ("what-if", "--draft", "draft.yaml", "--database", "sqlite:///crm.db")
    assert "no run has landed yet" in place.run(*words).stderr
    place.run("import", "sales.csv", "--database", "sqlite:///crm.db")
    place.run("run", "--as-of", "2026-11-21", "--database", "sqlite:///crm.db")
    shown = place.run(*words, "--out", "moves.csv")
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert "as of 2026-11-21, against version 2 of the rules" in shown.stdout
    assert "value: 1 would move, and with them 600.00 of revenue" in shown.stdout
    assert (place / "moves.csv").read_text().splitlines()[1] == "007,value,star,sleeping"


def test_files_and_a_store_are_not_mixed(place):
    place.write("draft.yaml", place.RULES)
    base = ("what-if", "--draft", "draft.yaml")
    needs = place.run(*base, "--transactions", "sales.csv", "--as-of", "2026-11-21")
    assert (needs.exit_code, "need --rules" in needs.stderr) == (2, True)
    words = (*base, "--rules", "rules.yaml", "--transactions", "sales.csv")
    assert "--as-of is needed" in place.run(*words).stderr
    both = place.run(*words, "--as-of", "2026-11-21", "--database", "sqlite:///crm.db")
    assert (both.exit_code, "about a store" in both.stderr) == (2, True)
