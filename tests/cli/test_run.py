"""`custrata run` and `custrata history`: names instead of ids, and what is not there is said."""

import pytest


@pytest.fixture
def run(place):
    """A store with sales, classified by the rules that ship."""
    place.run("import", "sales.csv")

    def words(*more):
        return place.run(*more)

    words("run", "--as-of", "2026-11-21")
    return words


def test_labels_are_called_by_their_names(run):
    shown = run("history", "007").stdout
    assert "important_value" not in shown
    assert "first classified" in shown
    on = run("history", "007", "--on", "2026-11-21").stdout
    assert {line.split("  ")[0] for line in on.splitlines()[2:]} == {
        line.split("  ")[1] for line in shown.splitlines()[2:]
    }
    assert "RFM value" in on


def test_lists_and_classifiers_of_other_rules_are_told_too(place, run):
    place.run("rules", "import", "rules.yaml")
    shown = run("run", "--as-of", "2026-11-21").stdout
    assert "comes_back, pays, well" in shown
    assert "rfm " in shown


def test_who_is_not_there_is_an_error_and_a_day_without_labels_is_told(run):
    unknown = run("history", "nobody", "--on", "2026-11-21")
    assert (unknown.exit_code, "there is no customer with this id" in unknown.stderr) == (1, True)
    assert run("history", "nobody").exit_code == 1
    early = run("history", "007", "--on", "2020-01-01")
    assert (early.exit_code, early.stdout) == (0, "no label was known of that day\n")
