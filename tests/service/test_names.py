"""Names in a language, the engine's and those that plugins bring."""

import pytest

from custrata import Engine
from custrata.cli.prose import _Terminal as Reader
from custrata.engine.compiled import compile_classifier
from custrata.engine.explain import Explainer
from custrata.engine.values import canonical
from custrata.service.explaining import told
from custrata.service.names import Names


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.from_text("ruleset: 1\nclassifiers: {relationship: {}}\n")


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("en", "Amount bought in the period before"),
        ("vi", "Tổng tiền mua kỳ trước"),
        ("zh_Hant", "前期消費金額"),
        ("zh_Hans", "前期消费金额"),
    ],
)
def test_a_measure_of_a_plugin_has_its_name(engine: Engine, language: str, name: str) -> None:
    assert Names(engine, language).measure("previous_monetary") == name


def test_other_measures_have_the_engine_s_name_or_their_own(engine: Engine) -> None:
    assert Names(engine, "vi").measure("is_lost") == "Đã mất, chưa mua lại"
    assert Names(engine).measure("of_these_rules") == "of_these_rules"


EVERYTHING = """
ruleset: 1
classifiers: {rfm: {}, pareto: {}, lifecycle: {}, relationship: {}, contradictions: {}}
"""


@pytest.fixture(scope="module")
def whole() -> Engine:
    return Engine.from_text(EVERYTHING)


def test_a_label_that_a_table_reads_has_its_classifier_s_name_and_its_own(whole: Engine) -> None:
    names = Names(whole, "vi")
    assert names.measure("label.rfm") == names.classifier("rfm") != "rfm"
    assert names.value("label.pareto", "key") == names.label("pareto", "key") != "key"
    assert names.measure("label.unheard_of") == "label.unheard_of"


def test_values_that_everybody_knows_have_names(engine: Engine) -> None:
    names = Names(engine, "vi")
    assert names.value("kind", "household_business") == "Hộ kinh doanh"
    assert names.value("lost_reason", "no_need") == "Hết nhu cầu"
    assert names.value("region", "Lâm Đồng") == "Lâm Đồng"
    assert Names(engine).value("size", "micro") == "Micro company"


def test_a_plugin_s_note_is_translated_and_another_stays(whole: Engine) -> None:
    names = Names(whole, "vi")
    assert names.noted("contradictions", "call this week") == "gọi trong tuần này"
    assert names.noted("contradictions", "Gọi chị Hoa") == "Gọi chị Hoa"
    assert Names(whole).noted("contradictions", "call this week") == "call this week"


def test_why_names_the_labels_it_reads_and_the_side_of_a_cut(whole: Engine) -> None:
    values = {
        "label.rfm": "important_keep",
        "label.pareto": "key",
        "label.lifecycle": "quiet",
        "days_since_contact": 40,
    }
    (classifier,) = [one for one in whole.ruleset.classifiers if one.name == "contradictions"]
    table = compile_classifier(classifier, {})
    reason = Explainer(table, {}).explain(values)
    found = told(table.classifier, reason, Names(whole, "vi"), Reader())
    shown = {one.measure: (one.name, one.value) for one in found.facts}
    names = Names(whole, "vi")
    assert shown["label.pareto"] == (names.classifier("pareto"), names.label("pareto", "key"))
    assert found.advice == ("người phụ trách đến thăm; hỏi xem có gì thay đổi",)


QUIET = {"is_lost": False, "silence_ratio": 4.0, "recency_days": 60, "tenure_days": 400}


def test_a_value_beside_a_cut_says_on_which_side() -> None:
    whole = Engine.from_text("ruleset: 1\nclassifiers: {lifecycle: {}}\n")
    (table,) = whole.compiled
    reason = Explainer(table, {"recency_days": 0, "tenure_days": 0}, None, whole.moves).explain(
        {name: canonical(value) for name, value in QUIET.items()}
    )
    assert reason["label"] == "quiet"
    (established,) = [one for one in reason["nearest"] if one["label"] == "established"]
    ratio = established["change"]["silence_ratio"]["to"]
    assert ratio < 3
    better = told(table.classifier, reason, Names(whole), Reader()).better
    steps = {one.label: one.steps for one in better}
    assert steps["established"] == "Silence against own rhythm under 3"
    assert "tenure" not in str([one["change"] for one in reason["nearest"]])


PAST = """
ruleset: 1
classifiers:
  own:
    table:
      hit_policy: first
      rules:
        - {previous_monetary: "< 10", label: good}
        - {tenure_days: "< 90", label: fresh}
        - {frequency: ">= 3", label: better}
      otherwise: bad
    labels: {good: {rank: 1}, fresh: {rank: 2}, better: {rank: 3}, bad: {rank: 4}}
"""


def test_nobody_is_told_to_change_the_past() -> None:
    engine = Engine.from_text(PAST)
    (table,) = engine.compiled
    values = {"previous_monetary": 20, "tenure_days": 400, "frequency": 1}
    given = {name: canonical(value) for name, value in values.items()}
    free = Explainer(table, {}).explain(given)["nearest"]
    bound = Explainer(table, {}, None, engine.moves).explain(given)["nearest"]
    assert {one["label"] for one in free} == {"good", "fresh", "better"}
    assert {one["label"] for one in bound} == {"better"}
