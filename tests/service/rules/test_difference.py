"""What is different, in words."""

from pathlib import Path

import pytest
from marshmallow import Schema, fields

from custrata import Engine
from custrata.engine.diagnostics import RulesError
from custrata.engine.hookspecs import Classifier, hookimpl
from custrata.engine.plugins import load_plugins
from custrata.service.rules.changes import TEMPLATES, Change
from custrata.service.rules.difference import compared, difference, difference_of_versions
from custrata.service.rules.publish import import_text
from custrata.service.rules.words import told
from tests.service.rules.writing import WRONG, changed, refused, text_in_force

ROOT = Path(__file__).parents[3]
SHIPPED = (ROOT / "config" / "rules.yaml").read_text(encoding="utf-8")
RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
currency: VND
measures:
  recent: {measure: frequency, window: 90, count: days}
  basket: {ratio: [monetary, frequency]}
classifiers:
  value:
    where: {recency_days: ">= 0"}
    outside: never
    bands:
      recency_days: {cuts: [30, 90], names: [hot, warm, cold], closed: right}
      monetary: {cuts: [{quantile: 0.8}], names: [small, big]}
    table:
      hit_policy: first
      rules:
        - {recency_days: hot, monetary: big, label: star, note: thank them}
        - {recency_days: warm, monetary: big, label: fading}
        - {recency_days: cold, frequency: "[2..5)", label: sleeping}
        - {recency_days: cold, sector: [trade, "public sector"], label: lost}
      otherwise: rest
    labels:
      star: {rank: 1, name: {en: Star, vi: Ngôi sao}}
    effects:
      lost: {enter: [{set_stage: lost}], leave: [restore_stage]}
  points:
    table:
      hit_policy: {collect: sum}
      rules:
        - {repurchase_probability: ">= 0.7", label: 20}
        - {satisfaction: null, label: -5}
"""
EDITS = [
    ("Asia/Ho_Chi_Minh", "UTC", ["time zone Asia/Ho_Chi_Minh → UTC"]),
    ("currency: VND\n", "", ["currency VND → none"]),
    ("currency: VND", "currency: VND\nwindow_days: 1", ["window 365 days → 1 day"]),
    ("currency: VND", "currency: VND\nwindow_days: all", ["window 365 days → no limit"]),
    (
        "window: 90",
        "window: [120, 30]",
        ["measure recent: window from 90 to 0 days back → window from 120 to 30 days back"],
    ),
    ("count: days", "count: product", ['measure recent: count "days" → "product"']),
    (", count: days", "", ['measure recent: count "days" → "transactions"']),
    (
        "{ratio: [monetary, frequency]}",
        "{days_since: created_at}",
        ["measure basket: monetary ÷ frequency → days since created_at"],
    ),
    (
        "  basket: {ratio: [monetary, frequency]}\n",
        "  mean: {measure: monetary, statistic: mean}\n",
        [
            'measure mean added: monetary, statistic "mean"',
            "measure basket removed: monetary ÷ frequency",
        ],
    ),
    (
        'where: {recency_days: ">= 0"}',
        'where: {recency_days: "[0..400]", kind: firm}',
        [
            "value: who takes part: recency_days from 0 days → from 0 days up to 400 days",
            "value: who takes part: kind anything → firm",
        ],
    ),
    ("outside: never", "outside: null", ["value: who takes no part never → none"]),
    ("[30, 90]", "[45, 90]", ["value: recency_days hot up to 30 → 45 days"]),
    ("[30, 90]", "[30, 1]", None),
    ("[30, 90]", "[30, 1234.5]", ["value: recency_days warm up to 90 → 1,234.5 days"]),
    (
        "{quantile: 0.8}",
        "5000000",
        ["value: monetary big from quantile 0.8 → 5,000,000 VND"],
    ),
    ("{quantile: 0.8}", "{quantile: 0.5}", ["value: monetary big from quantile 0.8 → the median"]),
    (
        "{quantile: 0.8}",
        "{quantile: 0.8, method: step}",
        ["value: monetary big from quantile 0.8 → quantile 0.8 (step)"],
    ),
    (
        "{quantile: 0.8}",
        "{top_share: 0.075}",
        ["value: monetary big from quantile 0.8 → the largest who bring 7.5 %"],
    ),
    (
        "{quantile: 0.8}",
        "{deviation: -2}",
        ["value: monetary big from quantile 0.8 → -2 standard deviations from the mean"],
    ),
    ("{quantile: 0.8}", "mean", ["value: monetary big from quantile 0.8 → the mean"]),
    (
        "{cuts: [{quantile: 0.8}], names: [small, big]}",
        "{cuts: [{quantile: 0.8}], names: [small, big], closed: right}",
        ["value: monetary on a cut point joins the band below"],
    ),
    (
        "names: [small, big]}",
        "names: [small, big], ties: rank, duplicates: drop_last}",
        [
            "value: cut points of monetary apply to each value → rank",
            "value: coinciding edges of monetary keep → drop_last",
        ],
    ),
    (
        "cuts: [30, 90], names: [hot, warm, cold]",
        "cuts: [30, 90, 365], names: [hot, warm, cool, cold]",
        [
            (
                "value: bands of recency_days hot up to 30 days, warm up to 90 days, cold → "
                "hot up to 30 days, warm up to 90 days, cool up to 365 days, cold"
            )
        ],
    ),
    ("hit_policy: first", "hit_policy: any", ["value: hit policy first → any"]),
    ("{collect: sum}", "collect", ["points: hit policy collect: sum → collect"]),
    (
        "        - {recency_days: cold, f",
        (
            "        - {monetary: small, basket: '< 5', label: small}\n"
            "        - {recency_days: cold, f"
        ),
        ["value: row 3 added: monetary small, basket under 5 → small"],
    ),
    (
        "        - {recency_days: hot, monetary: big, label: star, note: thank them}\n",
        "        - {recency_days: hot, monetary: big, label: star}\n        - {label: all}\n",
        ["value: row 2 added: anybody → all", "value: row 1: note thank them → none"],
    ),
    (
        "        - {recency_days: warm, monetary: big, label: fading}\n",
        "",
        ["value: row 2 removed: recency_days warm, monetary big → fading"],
    ),
    (
        (
            '        - {recency_days: cold, frequency: "[2..5)", label: sleeping}\n'
            '        - {recency_days: cold, sector: [trade, "public sector"], label: lost}\n'
        ),
        (
            '        - {recency_days: cold, sector: [trade, "public sector"], label: lost}\n'
            '        - {recency_days: cold, frequency: "[2..5)", label: sleeping}\n'
        ),
        [
            'value: row 4 moved to 3: recency_days cold, sector trade or "public sector" → lost',
        ],
    ),
    (
        '{recency_days: cold, frequency: "[2..5)", label',
        '{frequency: "not(1, null)", recency_days: [cold, unknown], label',
        [
            "value: row 3: frequency from 2 sales under 5 sales → not 1 sale or missing",
            "value: row 3: recency_days cold → cold or unknown",
        ],
    ),
    ("label: fading", "label: '3'", ['value: row 2: label fading → "3"']),
    ("label: 20", "label: 20.5", ["points: row 1: label 20 → 20.5"]),
    (">= 0.7", ">= 0.65", ["points: row 1: repurchase_probability from 70 % → from 65 %"]),
    ("otherwise: rest", "otherwise: star", ["value: otherwise rest → star"]),
    ("vi: Ngôi sao", "vi: Sao", ["value: name of star in vi Ngôi sao → Sao"]),
    ("rank: 1", "rank: 2", ["value: rank of star 1 → 2"]),
    ("[{set_stage: lost}]", "[remind]", ['value: who becomes lost: set_stage "lost" → remind']),
    (", leave: [restore_stage]", "", ["value: who is no longer lost: restore_stage → nothing"]),
    ("  value:\n", "  value:\n    enabled: false\n", ["value: disabled"]),
    ("  points:\n", "  score:\n", ["score: added", "points: removed"]),
]
SAME = [
    ("currency: VND", "# dong\ncurrency:   VND  # đ"),
    ("currency: VND", "window_days: 365\ncurrency: VND"),
    ("names: [small, big]", "names: [small, big], closed: left, ties: value"),
    ("      hit_policy: first\n", ""),
    ("[2..5)", "[2.0 .. 5.00)"),
    ('[trade, "public sector"]', '["public sector", trade, trade]'),
    ("window: 90", "window: [90, 0]"),
    (
        "{recency_days: hot, monetary: big, label: star",
        "{label: star, monetary: [big], recency_days: hot",
    ),
    ("  points:\n", "  points:\n    enabled: true\n"),
]


def edited(old, new):
    assert RULES.count(old) == 1, old
    return RULES.replace(old, new)


@pytest.mark.parametrize(("old", "new", "words"), EDITS)
def test_a_change_in_words(old, new, words):
    if words is None:
        with pytest.raises(RulesError):
            difference(RULES, edited(old, new))
        return
    found = compared(RULES, edited(old, new))
    lines = list(found.told())
    assert sorted(lines) == sorted(words)
    assert not found.same_text
    assert len(difference(edited(old, new), RULES)) == len(words)


@pytest.mark.parametrize(("old", "new"), SAME)
def test_how_rules_are_written_is_no_difference(old, new):
    found = compared(RULES, edited(old, new))
    assert (found.changes, found.same_text) == ((), False)
    assert compared(RULES, RULES).same_text


def test_a_renamed_band_is_one_change_wherever_it_is_read():
    found = compared(RULES, RULES.replace("cold", "asleep"))
    assert found.told() == ("value: recency_days cold renamed asleep",)
    turned = RULES.replace("[hot, warm, cold]", "[cold, warm, hot]")
    assert compared(RULES, turned).told() == (
        (
            "value: bands of recency_days hot up to 30 days, warm up to 90 days, cold → "
            "cold up to 30 days, warm up to 90 days, hot"
        ),
    )


def test_a_default_of_a_plugin_that_is_spelt_out_is_no_difference():
    defaults = (ROOT / "plugins" / "rfm" / "defaults.yaml").read_text(encoding="utf-8")
    text = "ruleset: 1\nclassifiers:\n  rfm:"
    whole = text + "\n" + "".join(f"    {line}\n" for line in defaults.splitlines())
    assert difference(text + " {}\n", whole) == ()
    assert difference(text + " {}\n", text + " {plugin: rfm, enabled: true}\n") == ()


def test_ids_are_named_in_a_language_and_sentences_translated_whole():
    found = compared(SHIPPED, changed(SHIPPED))
    assert found.told() == ("rfm: recency_days high up to 60 → 45 days",)
    (line,) = found.told("vi")
    assert line.startswith("Giá trị khách hàng (RFM): Số ngày từ lần mua cuối ")
    words = {
        "{classifier}: {measure} {band} up to {old_cut} → {new_cut}": "{new_cut} ({old_cut})",
        "{number} days": "{number} ngày",
    }
    assert found.told(translate=lambda text: words.get(text, text)) == ("45 ngày (60)",)


def test_numbers_are_written_as_the_reader_writes_them():
    found = compared(RULES, edited("cuts: [30, 90]", "cuts: [30, 1030.5]"))
    assert any("1,030.5" in line for line in found.told())
    lines = found.told(number=lambda number: f"{number:,}".translate(str.maketrans(",.", ".,")))
    assert any("1.030,5" in line for line in lines)


def test_every_kind_of_change_is_told_by_some_test():
    kinds = {
        one.kind for old, new, told in EDITS if told for one in difference(RULES, edited(old, new))
    }
    kinds |= {
        one.kind for old, new, told in EDITS if told for one in difference(edited(old, new), RULES)
    }
    more = {"band_renamed", "bands_added", "bands_removed", "parameter", "plugin"}
    assert kinds | more == set(TEMPLATES)


def test_bands_and_plugins_that_come_and_go():
    first = "ruleset: 1\nclassifiers:\n  rfm: {}\n"
    bare = "ruleset: 1\nclassifiers:\n  rfm: {plugin: pareto, table: {rules: [{label: a}]}}\n"
    lines = compared(first, bare).told()
    assert "rfm: plugin rfm → pareto" in lines
    assert "rfm: frequency is no longer cut into bands: low, high from 4 sales" in lines
    assert (
        "rfm: frequency is cut into bands: low, high from 4 sales" in compared(bare, first).told()
    )


def test_parameters_of_a_plugin_that_are_its_defaults_are_no_difference(tmp_path):
    class Hours(Schema):
        first = fields.Integer(load_default=9)
        days = fields.List(fields.String(), load_default=lambda: ["mon"])

    class Plugin:
        @hookimpl
        def custrata_classifiers(self):
            return [Classifier(name="desk", folder=tmp_path, parameters=Hours)]

    table = "table: {rules: [{frequency: 1, label: once}]}\n"
    (tmp_path / "defaults.yaml").write_text(table)
    plugins = load_plugins([Plugin()])

    def engine(parameters):
        text = f"ruleset: 1\nclassifiers:\n  desk: {{parameters: {parameters}}}\n"
        return Engine.from_text(text, plugins=plugins)

    assert difference(engine("{}"), engine("{first: 9, days: [mon]}")) == ()
    before, after = engine("{}"), engine("{first: 10, days: [mon, tue]}")
    assert told(difference(before, after), before, after) == (
        "desk: parameter first 9 → 10",
        'desk: parameter days ["mon"] → ["mon", "tue"]',
    )


def test_a_change_names_its_classifier_and_its_parts():
    (found,) = difference(SHIPPED, changed(SHIPPED))
    assert isinstance(found, Change)
    assert (found.classifier, found.kind) == ("rfm", "cut_up_to")
    assert found.template == TEMPLATES["cut_up_to"]
    assert found.values["measure"] == "recency_days"


def test_engines_are_compared_as_texts_are():
    one, other = Engine.from_text(RULES), Engine.from_text(RULES.replace("[30, 90]", "[30, 91]"))
    assert difference(one, one) == ()
    assert len(difference(one, other)) == 1


def test_versions_are_compared(desk):
    import_text(desk, changed(text_in_force(desk)))
    import_text(desk, text_in_force(desk) + "# end\n")
    assert difference_of_versions(desk, 1, 2).told() == (
        "rfm: recency_days high up to 60 → 45 days",
    )
    assert difference_of_versions(desk, 2, 1).told() == (
        "rfm: recency_days high up to 45 → 60 days",
    )
    found = difference_of_versions(desk, 2, 3)
    assert (found.changes, found.same_text) == ((), False)
    refused("no-version", difference_of_versions, desk, 1, 4)


def test_wrong_rules_are_not_compared():
    with pytest.raises(RulesError, match="unknown-key"):
        difference(RULES, WRONG)
