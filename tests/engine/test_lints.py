"""What is wrong with tables that compile: told by their maps."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from custrata import Engine
from custrata.engine.diagnostics import Severity

HEAD = "ruleset: 1\nclassifiers:\n  t:\n    labels: {a: {name: {en: A}}, b: {name: {en: B}}}\n"


def found(table: str, bands: str = "{}") -> list[str]:
    """The lints of one table, as `severity code message`."""
    engine = Engine.from_text(f"{HEAD}    bands: {bands}\n    table:\n{table}", "t.yaml")
    return [
        f"{one.severity} {one.code} {one.message}"
        for one in engine.check()
        if one.code not in ("label-without-name", "unknown-label")
    ]


def test_a_row_that_earlier_rows_hide() -> None:
    lints = found(
        """
      rules:
        - {frequency: ">= 2", label: a}
        - {frequency: "< 2", label: b}
        - {frequency: "[1..3]", label: a}
      otherwise: b
"""
    )
    assert "row 3 never decides, since earlier rows take all that it would (1, 2)" in lints[0]
    assert lints[0].startswith("warning row-never-hits")


def test_a_row_that_nothing_can_satisfy() -> None:
    lints = found('      rules: [{frequency: "(3..4)", label: a}]\n      otherwise: b\n')
    assert lints == ["warning row-never-hits t: row 1 can never hit"]


def test_whole_numbers_have_no_gap_between_neighbours() -> None:
    rows = '      rules: [{NAME: ["<= 3", null], label: a}, {NAME: ">= 4", label: b}]\n'
    codes = [line.split()[1] for line in found(rows.replace("NAME", "frequency"))]
    assert codes == []
    lints = found(rows.replace("NAME", "growth_rate"))
    assert lints[0] == "warning gap t: no row answers growth_rate: (3..4)"


def test_gaps_apart() -> None:
    lints = found(
        "      rules: [{monetary: high, stage: new, label: a}]\n",
        "{monetary: {cuts: [mean], names: [low, high]}}",
    )
    assert [line.split(maxsplit=1)[1] for line in lints] == [
        "gap t: no row answers monetary: low, stage: new",
        "gap-unknown t: no row answers (unknown values) monetary: unknown",
        "gap-other t: no row answers (other texts) monetary: low or unknown, stage: other",
        "gap-unknown t: no row answers (unknown values) monetary: low or unknown, stage: unknown",
        "gap-other t: no row answers (other texts) monetary: high, stage: other",
        "gap-unknown t: no row answers (unknown values) monetary: high, stage: unknown",
    ]


def test_otherwise_answers_and_lists_and_scores_have_no_gaps() -> None:
    assert found("      rules: [{frequency: 1, label: a}]\n      otherwise: b\n") == []
    for policy in ("collect", "{collect: count}", "rule_order"):
        table = f"      hit_policy: {policy}\n      rules: [{{frequency: 1, label: a}}]\n"
        assert found(table) == []


@pytest.mark.parametrize("policy", ["unique", "any"])
def test_rows_that_must_not_meet(policy: str) -> None:
    lints = found(
        f"""
      hit_policy: {policy}
      rules:
        - {{frequency: "<= 3", label: a}}
        - {{frequency: ">= 3", label: b}}
      otherwise: b
"""
    )
    assert lints == ["error rows-meet t: rows 1 (a) and 2 (b) meet at frequency: = 3"]


def test_any_lets_rows_of_one_label_meet() -> None:
    table = """
      hit_policy: any
      rules: [{frequency: "<= 3", label: a}, {frequency: ">= 3", label: a}]
      otherwise: b
"""
    assert found(table) == []


def test_under_first_one_line_says_that_rows_overlap() -> None:
    lints = found(
        """
      rules: [{frequency: "<= 3", label: a}, {frequency: ">= 3", label: b}]
      otherwise: b
"""
    )
    assert lints == [
        "info rows-overlap t: rows 1 and 2 meet with different labels; the first decides"
    ]


def test_numbers_beside_found_cuts_need_data() -> None:
    bands = "{monetary: {cuts: [mean], names: [low, high]}}"
    table = '      rules: [{monetary: [high, "<= 3"], label: a}]\n      otherwise: b\n'
    assert [line.split()[1] for line in found(table, bands)] == ["needs-data"]


def test_many_faults_are_limited() -> None:
    rows = "".join(f"        - {{frequency: [1, {n + 2}], label: a}}\n" for n in range(20))
    lints = found(f"      hit_policy: unique\n      rules:\n{rows}      otherwise: b\n")
    assert len(lints) == 9
    assert lints[-1] == "error more-meeting-rows t: 182 more meeting rows"


def test_with_data_customers_weigh() -> None:
    engine = Engine.from_text(
        f'{HEAD}    table:\n      rules: [{{points: ">= 2", label: a}}]\n', "t.yaml"
    )
    measures = pl.DataFrame({"customer_id": ["x", "y", "z"], "points": [1, 2, None]})
    (gap,) = [
        one
        for one in engine.check(as_of=date(2026, 11, 21), measures=measures)
        if one.code == "gap"
    ]
    assert "points: < 2 (1 customers)" in gap.message
    assert gap.severity is Severity.WARNING


def test_a_name_that_is_nearly_a_measure() -> None:
    lints = found('      rules: [{recency: "< 3", label: a}]\n      otherwise: b\n')
    assert lints == [
        "warning unknown-name t: no measure is named 'recency', so it has to be an attribute"
    ]


def test_rows_of_a_plugin_are_its_authors() -> None:
    shipped = Engine.from_text("ruleset: 1\nclassifiers: {loyalty: {}}\n", "r.yaml")
    assert shipped.check() == ()


def test_otherwise_is_weighed() -> None:
    table = "    table:\n      rules: [{points: 1, label: a}]\n      otherwise: b\n"
    measures = pl.DataFrame({"customer_id": ["x", "y"], "points": [1, 2]})
    told = Engine.from_text(HEAD + table).check(as_of=date(2026, 11, 21), measures=measures)
    assert [one.message for one in told] == ["t: no row answers 1 customers, `otherwise` does"]
