"""The head of a rules file, its measures, and how classifiers read each other."""

from fractions import Fraction
from typing import Any

import pytest

from custrata.engine.diagnostics import Mark, RulesError, Severity
from custrata.engine.model import (
    AnyOf,
    Bands,
    Classifier,
    Effect,
    Equals,
    Fixed,
    HitPolicy,
    InBand,
    Interval,
    LabelInfo,
    Mean,
    MeasureUse,
    Rule,
    Ruleset,
    Window,
)
from custrata.engine.plugins import FailedPlugin
from custrata.engine.rules import read_ruleset
from tests.engine.rules.reading import faults, only, plugins, read

EXAMPLE = """
time_zone: Asia/Ho_Chi_Minh
currency: VND
window_days: 365
measures:
  sales_365: {measure: frequency, window: [365, 0]}
  basket:    {measure: monetary, statistic: mean}
classifiers:
  rfm:
    bands:
      recency_days: {cuts: [30], names: [high, low], closed: right}
      frequency:    {cuts: [5], names: [low, high]}
      monetary:     {cuts: [mean], names: [low, high]}
    table:
      hit_policy: first
      rules:
        - {recency_days: high, frequency: high, monetary: high, label: important_value}
        - {recency_days: low,  frequency: high, monetary: high, label: keep, note: call them}
      otherwise: unclassified
    labels:
      important_value: {rank: 1, name: {en: Important, vi: Quan trọng}}
  stale_contact:
    bands: {days_since_touch: {cuts: [30], names: [fresh, stale]}}
    table:
      rules:
        - {days_since_touch: unknown, label: unknown}
        - {days_since_touch: stale, stage: [new, approached, potential, hot], label: dont_forget}
      otherwise: in_touch
    effects: {dont_forget: {enter: [{set_stage: dont_forget}], leave: [restore_stage]}}
  lead_score:
    table:
      hit_policy: {collect: sum}
      rules:
        - {source: [referral, event], label: 20}
        - {days_since_contact: "<= 7", label: 15}
        - {monetary: "[1000000..5000000)", label: 10}
"""

HIGH, LOW = InBand("high"), InBand("low")

EXPECTED = Ruleset(
    "rules.yaml",
    "Asia/Ho_Chi_Minh",
    "VND",
    365,
    {
        "sales_365": MeasureUse("sales_365", "frequency", window=Window(365)),
        "basket": MeasureUse("basket", "monetary", {"statistic": "mean"}),
    },
    (
        Classifier(
            "rfm",
            "rfm",
            {
                "recency_days": Bands("recency_days", (Fixed(30),), ("high", "low"), "right"),
                "frequency": Bands("frequency", (Fixed(5),), ("low", "high")),
                "monetary": Bands("monetary", (Mean(),), ("low", "high")),
            },
            (
                Rule(
                    {"recency_days": HIGH, "frequency": HIGH, "monetary": HIGH}, "important_value"
                ),
                Rule(
                    {"recency_days": LOW, "frequency": HIGH, "monetary": HIGH},
                    "keep",
                    "call them",
                ),
            ),
            otherwise="unclassified",
            labels={"important_value": LabelInfo({"en": "Important", "vi": "Quan trọng"}, 1)},
        ),
        Classifier(
            "stale_contact",
            None,
            {"days_since_touch": Bands("days_since_touch", (Fixed(30),), ("fresh", "stale"))},
            (
                Rule({"days_since_touch": InBand("unknown")}, "unknown"),
                Rule(
                    {
                        "days_since_touch": InBand("stale"),
                        "stage": AnyOf(
                            tuple(map(Equals, ("new", "approached", "potential", "hot")))
                        ),
                    },
                    "dont_forget",
                ),
            ),
            otherwise="in_touch",
            effects={
                "dont_forget": {
                    "enter": (Effect("set_stage", "dont_forget"),),
                    "leave": (Effect("restore_stage"),),
                }
            },
        ),
        Classifier(
            "lead_score",
            None,
            {},
            (
                Rule({"source": AnyOf((Equals("referral"), Equals("event")))}, 20),
                Rule({"days_since_contact": Interval(high=7)}, 15),
                Rule({"monetary": Interval(1_000_000, False, 5_000_000, True)}, 10),
            ),
            HitPolicy("collect", aggregate="sum"),
        ),
    ),
)


def test_the_example_of_the_format() -> None:
    ruleset = read(EXAMPLE)
    found = [one for one in ruleset.diagnostics if one.code != "label-without-name"]
    assert not found
    assert ruleset == Ruleset(**{**vars(EXPECTED), "diagnostics": ruleset.diagnostics})


def test_parts_know_their_place() -> None:
    ruleset = read(EXAMPLE)
    rfm = ruleset.classifiers[0]
    assert rfm.mark == Mark("rules.yaml", 10, 3)
    assert rfm.bands["recency_days"].mark == Mark("rules.yaml", 12, 7)
    assert rfm.rules[0].mark == Mark("rules.yaml", 18, 11)
    assert rfm.rules[0].cell_marks["frequency"] == Mark("rules.yaml", 18, 43)
    assert ruleset.measures["basket"].mark == Mark("rules.yaml", 8, 3)


def test_a_file_may_hold_its_version_only() -> None:
    assert read("") == Ruleset("rules.yaml")


def test_empty_heads_are_defaults() -> None:
    text = "time_zone:\ncurrency:\nmeasures:\nclassifiers:"
    assert read(text) == Ruleset("rules.yaml")


@pytest.mark.parametrize(
    ("text", "code", "column"),
    [
        ("time_zone: Asia/Saigonn", "unknown-time-zone", 12),
        ("time_zone: ../etc/passwd", "unknown-time-zone", 12),
        ("time_zone: Asia", "unknown-time-zone", 12),
        ("time_zone: 7", "wrong-type", 12),
        ("currency: vnd", "wrong-value", 11),
        ("window_days: 0", "wrong-number", 14),
        ("window_days: 1.5", "wrong-number", 14),
        ("window_days: true", "wrong-number", 14),
        ("window_days: ever", "wrong-number", 14),
        ("window_days:", "null-value", 1),
        ("measures: []", "wrong-type", 11),
        ("classifiers: [rfm]", "wrong-type", 14),
        ("clasifiers: {}", "unknown-key", 1),
    ],
)
def test_heads_that_are_wrong(text: str, code: str, column: int) -> None:
    found = only(faults(text), code)
    assert found.mark
    if code != "null-value":
        assert (found.mark.line, found.mark.column) == (2, column)


def test_nearest_spellings() -> None:
    assert only(faults("clasifiers: {}"), "unknown-key").nearest == "classifiers"
    assert (
        only(faults("time_zone: Asia/Ho_Chi_Min"), "unknown-time-zone").nearest
        == "Asia/Ho_Chi_Minh"
    )


@pytest.mark.parametrize("text", ["ruleset: 2", "ruleset: '1'", "ruleset: true", "{}"])
def test_only_version_1_is_read(text: str) -> None:
    with pytest.raises(RulesError):
        read_ruleset(text, "f", plugins())


def test_all_days() -> None:
    assert read("window_days: all").window_days is None
    assert read("window_days: 90").window_days == 90


# --- measures -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("window: [365, 0]", Window(365)),
        ("window: [60, 30]", Window(60, 30)),
        ("window: 90", Window(90)),
        ("window: all", Window(None)),
        ("window: [all, 30]", Window(None, 30)),
        ("window: [1, 0], calendar: month", Window(1, 0, "month")),
        ("window: [2, 1], calendar: year", Window(2, 1, "year")),
        ("window: [all, 1], calendar: year", Window(None, 1, "year")),
        ("count: days", None),
    ],
)
def test_windows(text: str, window: Window | None) -> None:
    assert read(f"measures: {{a: {{measure: frequency, {text}}}}}").measures["a"].window == window


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("measure: frequency, window: [30, 60]", "wrong-window"),
        ("measure: frequency, window: [30, 30]", "wrong-window"),
        ("measure: frequency, window: 0", "wrong-window"),
        ("measure: frequency, window: [30]", "wrong-window"),
        ("measure: frequency, window: [30, -1]", "wrong-number"),
        ("measure: frequency, window: [30, all]", "wrong-number"),
        ("measure: frequency, window: ever", "wrong-number"),
        ("measure: frequency, window: 30, calendar: week", "wrong-choice"),
        ("measure: frequency, calendar: month", "wrong-window"),
        ("measure: recency_days, window: 30", "window-unused"),
        ("measure: freqency", "unknown-measure"),
        ("measure: frequency, cuont: days", "unknown-parameter"),
        ("measure: frequency, paid_only: maybe", "wrong-value"),
        ("measure: monetary, statistic: median", "wrong-value"),
        ("measure: recency_days, count: days", "unknown-parameter"),
        ("measure: adoption_days, product: x", "missing-key"),
        ("measure: adoption_days, product: x, launch: soon", "wrong-value"),
        ("ratio: [a]", "wrong-type"),
        ("ratio: [monetary, 3]", "wrong-type"),
        ("ratio: [monetary, label.rfm]", "not-a-measure"),
        ("difference: [a, monetary]", "circle"),
        ("ratio: [monetary, frequency], window: 30", "unknown-key"),
        ("ratio: [b, c], difference: [b, c]", "measure-form"),
        ("count: days", "measure-form"),
        ("days_since: [a]", "wrong-type"),
    ],
)
def test_measures_that_are_wrong(text: str, code: str) -> None:
    found = only(faults(f"measures: {{a: {{{text}}}}}"), code)
    assert found.message.startswith("measures.a")
    assert found.mark
    assert found.mark.line == 2


def test_measures_of_measures() -> None:
    measures = read(
        """
        measures:
          share: {ratio: [newer, older]}
          step: {difference: [newer, older]}
          newer: {measure: monetary, window: 30}
          older: {measure: monetary, window: [60, 30], statistic: mean}
          age: {days_since: created_at}
          shop: {measure: frequency, count: product, paid_only: true}
          new: {measure: adoption_days, product: "7", launch: 2026-01-31}
        """
    ).measures
    assert measures["share"] == MeasureUse("share", ratio=("newer", "older"))
    assert measures["step"] == MeasureUse("step", difference=("newer", "older"))
    assert measures["age"] == MeasureUse("age", days_since="created_at")
    assert measures["older"].parameters == {"statistic": "mean"}
    assert measures["shop"].parameters == {"count": "product", "paid_only": True}
    assert measures["new"].parameters == {"product": "7", "launch": "2026-01-31"}


def test_circles_among_measures_are_named() -> None:
    text = "measures: {a: {ratio: [b, x]}, b: {difference: [y, a]}, c: {ratio: [c, x]}}"
    found = faults(text)
    assert [one.code for one in found] == ["circle", "circle"]
    assert any("a → b → a" in one.message or "b → a → b" in one.message for one in found)
    assert any("c → c" in one.message for one in found)


@pytest.mark.parametrize("name", ["label", "note", "customer_id", "label.x", "score.x", "''"])
def test_reserved_measure_names(name: str) -> None:
    only(faults(f"measures: {{{name}: {{days_since: a}}}}"), "reserved-name")


def test_a_measure_that_hides_another_warns() -> None:
    found = only(faults("measures: {frequency: {measure: frequency, window: 30}}"), "shadowed")
    assert found.severity is Severity.WARNING


# --- references ---------------------------------------------------------------------------


def several(**tables: str) -> str:
    return "classifiers:\n" + "".join(f"  {name}: {text}\n" for name, text in tables.items())


def codes(text: str) -> list[str]:
    return [one.code for one in faults(text) if one.code != "label-without-name"]


def test_each_comes_after_those_that_it_reads() -> None:
    text = several(
        a="{where: {label.b: x}, table: {rules: [{m: 1, label: y}]}}",
        b="{table: {rules: [{score.c: 1, label: x}]}}",
        c="{table: {hit_policy: {collect: sum}, rules: [{m: 1, label: 1}]}}",
    )
    assert [one.name for one in read(text).classifiers] == ["c", "b", "a"]


def test_without_references_the_order_is_as_written() -> None:
    tables = dict.fromkeys(("z", "a", "q", "b"), "{table: {rules: [{m: 1, label: x}]}}")
    assert [one.name for one in read(several(**tables)).classifiers] == list(tables)


def test_circles_are_named() -> None:
    text = several(
        a="{table: {rules: [{label.b: x, label: x}]}}",
        b="{where: {label.c: x}, table: {rules: [{m: 1, label: x}]}}",
        c="{table: {rules: [{label.a: x, label: x}]}}",
        d="{table: {rules: [{label.d: x, label: x}]}}",
    )
    messages = [one.message for one in faults(text) if one.code == "circle"]
    assert len(messages) == 2
    assert any(
        "a → b → c → a" in one or "b → c → a → b" in one or "c → a → b → c" in one
        for one in messages
    )
    assert any("d → d" in one for one in messages)


@pytest.mark.parametrize(
    ("column", "code"),
    [
        ("label.nobody", "unknown-classifier"),
        ("label.off", "unknown-classifier"),
        ("label.", "unknown-classifier"),
        ("score.words", "no-score"),
        ("label.several", "list-result"),
        ("score.several", "list-result"),
    ],
)
def test_references_that_are_wrong(column: str, code: str) -> None:
    text = several(
        words="{table: {rules: [{m: 1, label: x}]}}",
        several="{table: {hit_policy: rule_order, rules: [{m: 1, label: 1}]}}",
        off="{enabled: false, table: {rules: [{m: 1, label: x}]}}",
        one=f"{{table: {{rules: [{{{column}: 1, label: y}}]}}}}",
    )
    assert codes(text) == [code]


@pytest.mark.parametrize(
    "table",
    [
        "{hit_policy: {collect: sum}, rules: [{m: 1, label: 1}]}",
        "{hit_policy: {collect: count}, rules: [{m: 1, label: x}]}",
        "{rules: [{m: 1, label: 1.5}], otherwise: 0}",
    ],
)
def test_any_number_is_a_score(table: str) -> None:
    text = several(
        numbers=f"{{table: {table}}}", one='{table: {rules: [{score.numbers: "> 1", label: y}]}}'
    )
    assert codes(text) == []


def test_a_score_can_be_banded() -> None:
    text = several(
        numbers="{table: {hit_policy: {collect: sum}, rules: [{m: 1, label: 0.5}]}}",
        one="{bands: {score.numbers: {cuts: [1], names: [low, high]}},"
        " table: {rules: [{score.numbers: high, label: y}]}}",
    )
    ruleset = read(text)
    assert ruleset.classifiers[0].rules[0].label == Fraction(1, 2)
    assert ruleset.classifiers[1].rules[0].cells == {"score.numbers": InBand("high")}


def test_a_label_that_is_never_given_warns() -> None:
    text = several(
        a="{table: {rules: [{m: 1, label: regular}], otherwise: 3}}",
        b="{table: {rules: [{label.a: [reglar, 3], label: x}]}}",
    )
    found = next(one for one in faults(text) if one.code == "unknown-label")
    assert found.severity is Severity.WARNING
    assert found.nearest == "regular"


def test_effects_do_not_chase_their_tail_through_others() -> None:
    text = several(
        a="{table: {rules: [{groups.vip: true, label: x}]}}",
        b="{table: {rules: [{label.a: x, label: y}]},"
        " effects: {y: {enter: [{add_to_group: vip}]}}}",
    )
    assert codes(text) == ["effect-circle"]


# --- plugins ------------------------------------------------------------------------------


def failed(name: str) -> FailedPlugin:
    return FailedPlugin(name, "1.2", "no module named 'torch'", "pip install torch")


def test_a_failed_plugin_that_is_used_stops() -> None:
    found = only(faults("classifiers: {churn: {}}", plugins(failed("churn"))), "plugin-failed")
    assert found.severity is Severity.ERROR
    assert "churn 1.2" in found.message
    assert "torch" in found.message
    assert found.allowed == "pip install torch"


def test_a_failed_plugin_that_nothing_uses_warns() -> None:
    ruleset = read("classifiers: {plain: {}}", plugins(failed("churn")))
    found = [one for one in ruleset.diagnostics if one.code == "plugin-failed"]
    assert [one.severity for one in found] == [Severity.WARNING]


def test_a_failed_plugin_is_not_missed_where_a_table_is_brought() -> None:
    text = "classifiers: {churn: {table: {rules: [{m: 1, label: 1}]}}}"
    found = faults(text, plugins(failed("churn")))
    assert [one.severity for one in found] == [Severity.WARNING]


@pytest.mark.parametrize(("text", "nearest"), [("rmf: {}", "rfm"), ("a: {plugin: plan}", "plain")])
def test_an_unknown_plugin(text: str, nearest: Any) -> None:
    assert only(faults(f"classifiers: {{{text}}}"), "unknown-plugin").nearest == nearest


def test_what_is_not_enabled_needs_no_plugin() -> None:
    assert read("classifiers: {nobody: {enabled: false}}").classifiers == ()


@pytest.mark.parametrize(
    "body",
    [
        "window_days: 36501",
        "measures: {a: {measure: frequency, window: 36501}}",
        "measures: {a: {measure: frequency, window: [all, 36501]}}",
        "measures: {a: {measure: frequency, window: [1201, 0], calendar: month}}",
        "measures: {a: {measure: frequency, window: [3000, 0], calendar: year}}",
        "measures: {a: {measure: frequency, window: [all, 101], calendar: year}}",
    ],
)
def test_windows_reach_back_a_century_at_most(body: str) -> None:
    found = only(faults(body), "wrong-number" if "36501" in body else "wrong-window")
    assert found.allowed is not None


@pytest.mark.parametrize("window", ["[36500, 0]", "[1200, 0], calendar: month", "100"])
def test_a_century_is_a_window(window: str) -> None:
    assert not faults(f"measures: {{a: {{measure: frequency, window: {window}}}}}")
