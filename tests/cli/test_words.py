"""Words on the command line that are off: exit 2, and what is allowed."""

import subprocess
import sys

import pytest

COMMANDS = (
    *("check", "classify", "db", "demo", "erase", "export", "fact", "history", "import"),
    *("morning", "rules", "run", "token", "user", "what-if", "worker"),
)


def test_help_lists_every_command(place):
    shown = place.run("--help")
    assert shown.exit_code == 0
    for command in COMMANDS:
        assert f"\n  {command} " in shown.output


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(place, command):
    shown = place.run(command, "--help")
    assert shown.exit_code == 0
    assert shown.output.startswith(f"Usage: main {command}")


def test_help_and_version_import_no_engine():
    code = (
        "import sys\n"
        "from custrata.cli import main\n"
        "main(['classify', '--help'], standalone_mode=False)\n"
        "heavy = {'polars', 'duckdb', 'pandas', 'pyarrow', 'narwhals', 'numpy', 'scipy', 'yaml'}\n"
        "heavy |= {'sqlalchemy', 'alembic', 'argon2', 'huey'}\n"
        "sys.exit(f'imported {heavy & set(sys.modules)}' if heavy & set(sys.modules) else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--nonsense",), "No such option '--nonsense'"),
        (("--as-of", "2026-02-30"), "'2026-02-30' is no date; write it as 2026-11-21"),
        (("--as-of", "21.11.2026"), "is no date"),
        (("--out", "labels.ods"), "has the ending '.ods'; allowed: .csv, .parquet, .xlsx"),
        (("--out", "labels"), "has the ending ''"),
        (("--customers", "customers.txt"), "has the ending '.txt'"),
        (("--customers", "absent.csv"), "'absent.csv' does not exist"),
        (("--engine", "abacus"), "'abacus' is not one of 'polars', 'duckdb'"),
        (("--map", "sales.amount=Total"), "there is no record 'sales'"),
        (("--map", "transaction.amount=Total"), "did you mean 'transactions'?"),
        (("--map", "amount=Total"), "not of the form"),
        (("--map", "transactions.amount="), "not of the form"),
        (("--map", "contacts.owner=Rep"), "there is no --contacts"),
        (
            ("--map", "transactions.amount=a", "--map", "transactions.amount=b"),
            "--map names transactions.amount twice",
        ),
        (("--calibration", "sales.csv", "--save-calibration", "c.json"), "exclude each other"),
        (("--out", "sales.csv"), "--out and --transactions name the same file"),
        (("--out", "rules.yaml.csv", "--explain", "rules.yaml"), "--explain and --rules name"),
        (("--out", "labels.csv", "--explain", "labels.csv"), "--explain and --out name"),
        (("--out", "nowhere/labels.csv"), "the folder nowhere does not exist"),
    ],
)
def test_words_that_are_off(place, words, says):
    before = sorted(path.name for path in place.folder.iterdir())
    shown = place.classify(*words)
    assert shown.exit_code == 2
    assert says in shown.stderr
    assert sorted(path.name for path in place.folder.iterdir()) == before


@pytest.mark.parametrize("missing", ["--rules", "--as-of", "--out"])
def test_a_needed_option_is_missing(place, missing):
    given = {"--rules": "rules.yaml", "--as-of": "2026-11-21", "--out": "labels.csv"}
    del given[missing]
    words = [word for pair in given.items() for word in pair]
    shown = place.run("classify", *words, "--transactions", "sales.csv")
    assert shown.exit_code == 2
    assert f"Missing option '{missing}'" in shown.stderr


def test_no_data_at_all(place):
    words = ("--rules", "rules.yaml", "--as-of", "2026-11-21", "--out", "labels.csv")
    shown = place.run("classify", *words)
    assert shown.exit_code == 2
    assert "at least one of --customers, --transactions" in shown.stderr


def test_check_without_rules(place):
    shown = place.run("check")
    assert shown.exit_code == 2
    assert "missing argument RULES" in shown.stderr
