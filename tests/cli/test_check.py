import json

from jsonschema import Draft202012Validator

GAPPED = """\
ruleset: 1
classifiers:
  value:
    bands:
      frequency: {cuts: [2], names: [once, again]}
    table:
      rules:
        - {frequency: again, label: comes_back}
"""


def test_rules_without_faults(place):
    shown = place.run("check", "rules.yaml")
    assert shown.exit_code == 0, shown.output
    assert shown.output.splitlines()[-1].startswith("rules.yaml: ")


def test_warnings_do_not_fail(place):
    place.write("gapped.yaml", GAPPED)
    shown = place.run("check", "gapped.yaml")
    assert shown.exit_code == 0
    assert "warning[" in shown.stdout
    assert "error" not in shown.stdout


def test_errors_fail_and_stand_in_order_of_place(place):
    text = GAPPED.replace("frequency: again", "frequency: agian") + "    colour: red\n"
    place.write("bad.yaml", text.replace("ruleset: 1", "ruleset: 2"))
    shown = place.run("check", "bad.yaml")
    assert shown.exit_code == 1
    lines = shown.stdout.splitlines()
    places = [line.split()[0] for line in lines[:-1]]
    assert [place for place in places if place.startswith("bad.yaml:")] == places
    assert [int(place.split(":")[1]) for place in places] == [1, 8, 8, 9]
    assert "did you mean 'again'?" in shown.stdout
    assert "3 errors" in lines[-1]


def test_rows_that_meet_are_an_error_weighed_by_customers(place):
    text = GAPPED.replace("      rules:", "      hit_policy: unique\n      rules:")
    text += "        - {monetary: '> 100', label: pays}\n"
    place.write("meeting.yaml", text)
    words = ("check", "meeting.yaml", "--transactions", "sales.csv", "--as-of", "2026-11-21")
    for engine in ("polars", "duckdb"):
        shown = place.run(*words, "--engine", engine)
        assert shown.exit_code == 1, shown.output
        assert "1 customer" in shown.stdout


def test_data_without_a_day_are_taken_as_of_today(place):
    shown = place.run("check", "rules.yaml", "--transactions", "sales.csv")
    assert shown.exit_code == 0, shown.output
    assert "today; choose another day with --as-of" in shown.stderr


def test_data_at_fault(place):
    place.write("sales.csv", "customer_id,occurred_at\n1,2026-11-01\n")
    shown = place.run("check", "rules.yaml", "--transactions", "sales.csv", "--as-of", "2026-11-21")
    assert shown.exit_code == 1
    assert "amount" in shown.output


def test_the_schema_for_editors(place):
    shown = place.run("check", "--json-schema")
    assert shown.exit_code == 0
    schema = json.loads(shown.stdout)
    Draft202012Validator.check_schema(schema)
    assert "classifiers" in schema["properties"]
