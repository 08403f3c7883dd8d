"""Case files: what is read, what is refused, and that a wrong expectation is found out."""

from pathlib import Path

import pytest

from custrata.engine.cases import Case, cases_of, run_case
from custrata.engine.diagnostics import DataError

CASE = """
name: one who bought
as_of: 2026-11-21
rules:
  classifiers:
    buyers:
      table:
        rules: [{recency_days: ">= 0", label: buyer}]
        otherwise: visitor
customers: [{customer_id: a}, {customer_id: b}, {customer_id: 007}]
transactions:
  - {customer_id: a, occurred_at: 2026-11-20, amount: 12.5}
expect:
  a: {buyers: buyer, recency_days: 1, monetary: 12.5}
  b: {buyers: visitor, recency_days: null}
  007: {buyers: visitor}
missing:
  b: {buyers: [recency_days]}
"""


def read(text: str) -> Case:
    (case,) = cases_of(text, Path("kit/cases/some.yaml"))
    return case


def mismatches(text: str, engine: str = "polars") -> list[str]:
    return [str(one) for one in run_case(read(text), engine)]


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_what_is_right_passes(engine: str) -> None:
    assert mismatches(CASE, engine) == []


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("buyers: buyer,", "buyers: visitor,", "a.buyers is 'buyer', expected 'visitor'"),
        ("monetary: 12.5", "monetary: 12", "a.monetary is 12.5, expected 12"),
        ("recency_days: null}", "recency_days: 0}", "b.recency_days is None, expected 0"),
        ("[recency_days]", "[]", "what b.buyers misses is ['recency_days'], expected []"),
        ("  007: {buyers", "  7: {buyers", "7.buyers is 'not there', expected 'visitor'"),
        ("missing:", "warnings: [no-such]\nmissing:", "warning no-such is 'not given'"),
    ],
)
def test_what_is_wrong_is_told(right: str, wrong: str, told: str) -> None:
    assert right in CASE
    (found,) = mismatches(CASE.replace(right, wrong))
    assert found.startswith("kit/some: one who bought, 2026-11-21: ")
    assert told in found


def test_a_value_by_day_holds_from_its_day() -> None:
    days = CASE.replace("as_of: 2026-11-21", "as_of: {from: 2026-11-19, to: 2026-11-21}")
    by_day = days.replace("buyers: buyer,", "buyers: {2026-11-19: visitor, 2026-11-20: buyer},")
    late = by_day.replace("2026-11-20: buyer}", "2026-11-21: buyer}")
    measured = ", recency_days: 1, monetary: 12.5"
    assert (
        mismatches(
            by_day.replace(measured, "").replace("missing:\n  b: {buyers: [recency_days]}", "")
        )
        == []
    )
    (found,) = mismatches(late.replace(measured, ""))
    assert "2026-11-20: a.buyers is 'buyer', expected 'visitor'" in found


def test_several_cases_are_parted_by_dashes() -> None:
    both = cases_of(f"{CASE}---{CASE}", Path("kit/cases/some.yaml"))
    assert [case.name for case in both] == ["kit/some: one who bought"] * 2


def test_rules_are_laid_over_a_file(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("ruleset: 1\nclassifiers: {x: {table: {rules: [1, 2]}}}")
    rules = "{extends: base.yaml, classifiers: {x: {outside: no}}}"
    text = f"as_of: 2026-11-21\nexpect: {{}}\nrules: {rules}"
    (case,) = cases_of(text, tmp_path / "some.yaml")
    assert case.rules == {
        "ruleset": 1,
        "classifiers": {"x": {"table": {"rules": [1, 2]}, "outside": "no"}},
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[1]", "case 1: a case is a mapping, got list"),
        ("as_of: 2026-11-21", "case 1: 'expect' is missing"),
        ("expects: {}", "case 1: unknown key 'expects'; did you mean 'expect'?"),
        ("{as_of: tomorrow, expect: {}}", "case 1: as_of is no date, nor {from, to}"),
        ("{as_of: {from: 2026-11-21}, expect: {}}", "case 1: as_of is no date, nor {from, to}"),
        ("{", "the case file is no YAML"),
    ],
)
def test_faults_are_refused(text: str, told: str) -> None:
    with pytest.raises(DataError, match=r"kit/cases/some\.yaml") as raised:
        read(text)
    assert told in str(raised.value)


def test_a_misspelt_measure_is_refused() -> None:
    case = read(CASE.replace("recency_days: null}", "recenyc_days: null}"))
    with pytest.raises(DataError, match="did you mean 'recency_days'"):
        run_case(case)


LISTS = """
name: lists of labels
as_of: 2026-11-21
rules:
  classifiers:
    buyers:
      where: {told: known}
      table:
        hit_policy: rule_order
        rules: [{recency_days: ">= 0", label: buyer}, {frequency: ">= 2", label: regular}]
customers:
  - {customer_id: a, told: known}
  - {customer_id: b, told: known}
  - {customer_id: c, told: null}
transactions:
  - {customer_id: a, occurred_at: 2026-11-20, amount: 1}
  - {customer_id: a, occurred_at: 2026-11-19, amount: 1}
expect:
  a: {buyers: [buyer, regular]}
  b: {buyers: []}
  c: {buyers: null}
"""


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_lists_are_compared_item_by_item(engine: str) -> None:
    assert mismatches(LISTS, engine) == []
    (found,) = mismatches(LISTS.replace("c: {buyers: null}", "c: {buyers: []}"), engine)
    assert found.endswith("c.buyers is None, expected []")
