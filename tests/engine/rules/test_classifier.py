"""One classifier: what it inherits, its bands, table, labels, effects."""

from dataclasses import replace
from fractions import Fraction

import pytest

from custrata.engine.diagnostics import Severity
from custrata.engine.model import (
    AnyOf,
    Bands,
    BottomFraction,
    CutPoint,
    Deviation,
    Effect,
    Equals,
    Fixed,
    HitPolicy,
    InBand,
    Interval,
    Mean,
    OfTotal,
    Quantile,
    TopFraction,
    TopShare,
)
from tests.engine.rules.reading import classifier, faults, measure, only, plugins, read, wrong

TABLE = "table: {rules: [{monetary: 1, label: a}]}"

# --- inheritance --------------------------------------------------------------------------


def test_an_empty_mapping_takes_all_defaults() -> None:
    rfm = classifier("{}", "rfm")
    assert rfm == classifier("", "rfm")
    assert rfm.plugin == "rfm"
    assert rfm.bands["recency_days"] == Bands(
        "recency_days", (Fixed(60),), ("high", "low"), "right"
    )
    assert [rule.label for rule in rfm.rules] == ["best", "rest"]
    assert rfm.rules[1].note == "call them"
    assert rfm.otherwise == "none"
    assert rfm.where == {"recency_days": Interval(low=0)}
    assert rfm.outside == "no_purchase"
    assert rfm.effects == {"rest": {"enter": (Effect("remind"),)}}
    assert rfm.parameters == {"horizon": 90}
    assert rfm.rules[0].mark is not None
    assert rfm.rules[0].mark.file == "rfm/defaults.yaml"


def test_bands_merge_key_by_key_and_lists_are_replaced() -> None:
    rfm = classifier("bands: {recency_days: {cuts: [45]}, frequency: {closed: right}}", "rfm")
    assert rfm.bands["recency_days"] == Bands(
        "recency_days", (Fixed(45),), ("high", "low"), "right"
    )
    assert rfm.bands["frequency"] == Bands("frequency", (Fixed(4),), ("low", "high"), "right")


def test_a_fault_of_merged_bands_stands_where_it_was_written() -> None:
    found = only(wrong("plugin: rfm\nbands: {recency_days: {cuts: [30, 60]}}"), "names-count")
    assert found.mark is not None
    assert found.mark.file == "rfm/defaults.yaml"
    assert found.message == "one.recency_days: 2 cuts make 3 bands, got 2 names"


def test_where_and_effects_are_replaced_whole() -> None:
    rfm = classifier("where: {stage: hot}\neffects: {best: {leave: [remind]}}", "rfm")
    assert rfm.where == {"stage": Equals("hot")}
    assert list(rfm.effects) == ["best"]


def test_null_takes_nothing_over() -> None:
    rfm = classifier("where:\noutside:\neffects:", "rfm")
    assert (rfm.where, rfm.outside, rfm.effects) == ({}, None, {})


def test_labels_merge_by_label_and_language() -> None:
    rfm = classifier("labels: {best: {name: {vi: Tốt, zh_Hant: 最好}}, rest: {rank: 2}}", "rfm")
    assert rfm.labels["best"].names == {"en": "Best", "vi": "Tốt", "zh_Hant": "最好"}
    assert rfm.labels["best"].rank == 1
    assert rfm.labels["rest"].names == {"en": "The rest"}
    assert rfm.labels["rest"].rank == 2


def test_parameters_merge_key_by_key() -> None:
    rfm = classifier("parameters: {shares: {a: 0.5}}", "rfm")
    assert rfm.parameters == {"horizon": 90, "shares": {"a": 0.5}}


def test_a_table_inherits_label_names_only() -> None:
    rfm = classifier("table: {rules: [{m: 1, label: best}, {m: 2, label: mine}]}", "rfm")
    assert rfm.plugin == "rfm"
    assert (rfm.bands, rfm.where, rfm.outside, rfm.effects) == ({}, {}, None, {})
    assert (rfm.parameters, rfm.otherwise) == ({}, None)
    assert rfm.labels.keys() == {"best"}
    assert rfm.labels["best"].names == {"en": "Best", "vi": "Nhất"}
    assert rfm.labels["best"].rank is None


def test_a_table_needs_no_plugin() -> None:
    assert classifier(TABLE).plugin is None


def test_one_plugin_serves_twice() -> None:
    ruleset = read(
        """
        classifiers:
          rfm: {}
          strict: {plugin: rfm, bands: {frequency: {cuts: [9]}}}
        """
    )
    first, second = ruleset.classifiers
    assert (first.plugin, second.plugin) == ("rfm", "rfm")
    assert (first.bands["frequency"].cuts, second.bands["frequency"].cuts) == (
        (Fixed(4),),
        (Fixed(9),),
    )


def test_disabled_classifiers_do_not_run() -> None:
    assert (
        read("classifiers: {rfm: {enabled: false}, plain: {enabled: true}}").classifiers[0].name
        == "plain"
    )


# --- bands --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("30", Fixed(30)),
        ("0.1", Fixed(Fraction(1, 10))),
        ("mean", Mean()),
        ("median", Quantile(Fraction(1, 2))),
        ("{quantile: 0.8}", Quantile(Fraction(4, 5))),
        ("{quantile: 0.8, method: step}", Quantile(Fraction(4, 5), "step")),
        ("{deviation: -2}", Deviation(Fraction(-2))),
        ("{deviation: 0.5, sample: false}", Deviation(Fraction(1, 2), sample=False)),
        ("{top_fraction: 0.01}", TopFraction(Fraction(1, 100))),
        ("{bottom_fraction: 0.025}", BottomFraction(Fraction(1, 40))),
        ("{top_share: 0.8}", TopShare(Fraction(4, 5))),
        ("{top_share: 0.07, border: within}", TopShare(Fraction(7, 100), "within")),
        ("{of_total: 0.01}", OfTotal(Fraction(1, 100))),
    ],
)
def test_cut_points(text: str, cut: CutPoint) -> None:
    body = (
        f"bands: {{m: {{cuts: [{text}], names: [a, b]}}}}\ntable: {{rules: [{{m: a, label: x}}]}}"
    )
    assert classifier(body).bands["m"].cuts == (cut,)


def test_options() -> None:
    body = """
    bands: {m: {cuts: [1, 1], names: [a, b, 3], closed: right, ties: rank, duplicates: drop_first}}
    table: {rules: [{m: "3", label: x}]}
    """
    one = classifier(body)
    assert one.bands["m"] == Bands(
        "m", (Fixed(1), Fixed(1)), ("a", "b", "3"), "right", "rank", "drop_first"
    )
    assert one.rules[0].cells == {"m": InBand("3")}


@pytest.mark.parametrize(
    ("bands", "code"),
    [
        ("cuts: [180, ^90], names: [a, b, c]", "cuts-descend"),
        ("cuts: [5, mean, ^3], names: [a, b, c, d]", "cuts-descend"),
        ("cuts: [5, ^5], names: [a, b, c]", "cuts-descend"),
        ("cuts: [5], names: ^[a]", "names-count"),
        ("cuts: [5], names: [a, ^unknown]", "reserved-band"),
        ("cuts: [5], names: [^other, a]", "reserved-band"),
        ("cuts: [5], names: [a, ^a]", "duplicate-band"),
        ("cuts: [5], names: [a, ^[b]]", "wrong-type"),
        ("cuts: [^x], names: [a, b]", "wrong-cut"),
        ("cuts: [^true], names: [a, b]", "wrong-cut"),
        ("cuts: [^'5'], names: [a, b]", "wrong-cut"),
        ("cuts: [^{}], names: [a, b]", "wrong-cut"),
        ("cuts: [{quantile: ^2}], names: [a, b]", "wrong-number"),
        ("cuts: [{quantile: ^x}], names: [a, b]", "wrong-type"),
        ("cuts: [{top_share: ^-0.1}], names: [a, b]", "wrong-number"),
        ("cuts: [{quantile: 0.5, method: ^liner}], names: [a, b]", "wrong-choice"),
        ("cuts: [{quantile: 0.5, ^border: within}], names: [a, b]", "unknown-key"),
        ("cuts: [{deviation: 1, sample: ^1}], names: [a, b]", "wrong-choice"),
        ("cuts: [^{quantile: 0.5, top_share: 0.5}], names: [a, b]", "wrong-cut"),
        ("cuts: [5], names: [a, b], closed: ^leftt", "wrong-choice"),
        ("cuts: [5], names: [a, b], ^tiess: rank", "unknown-key"),
        ("cuts: ^5, names: [a, b]", "wrong-type"),
        ("cuts: [5]", "missing-key"),
    ],
)
def test_bands_that_are_wrong(bands: str, code: str) -> None:
    """The caret marks where the fault stands; without one, at the bands themselves."""
    text = f"bands: {{m: {{{bands.replace('^', '')}}}}}\ntable: {{rules: [{{m: z, label: x}}]}}"
    found = only(wrong(text), code)
    assert found.message.startswith("one.m")
    assert found.mark is not None
    inner = bands.index("^") + 1 if "^" in bands else 0
    assert (found.mark.line, found.mark.column) == (4, len("    bands: {m: {") + inner)


def test_the_message_of_cuts_that_descend() -> None:
    body = "bands: {recency_days: {cuts: [180, 90], names: [a, b, c]}}\n" + TABLE
    assert wrong(body)[0].message == "one.recency_days: cuts must rise, got 90 after 180"


def test_bands_that_no_rule_reads_warn() -> None:
    found = only(wrong("bands: {frequency: {cuts: [1], names: [a, b]}}\n" + TABLE), "unused-bands")
    assert found.severity is Severity.WARNING


# --- cells in place -----------------------------------------------------------------------


def test_text_means_a_band_only_where_its_measure_is_banded() -> None:
    one = classifier(
        """
        bands: {m: {cuts: [1], names: [low, high]}}
        where: {m: high}
        table: {rules: [{m: [high, unknown], n: high, label: x}]}
        """
    )
    assert one.where == {"m": Equals("high")}
    assert one.rules[0].cells == {
        "m": AnyOf((InBand("high"), InBand("unknown"))),
        "n": Equals("high"),
    }


def test_a_number_that_is_a_bands_name_is_ambiguous() -> None:
    body = "bands: {m: {cuts: [1], names: [1, 2]}}\ntable: {rules: [{m: 2, label: x}]}"
    assert only(wrong(body), "ambiguous-number").message == (
        "one.rules.1.m: the number 2 is also the name of a band"
    )


def test_a_fault_in_a_list_stands_at_its_item() -> None:
    found = only(wrong("table: {rules: [{m: [1, '> a'], label: x}]}"), "order-on-text")
    assert found.mark is not None
    assert (found.mark.line, found.mark.column) == (4, 29)


@pytest.mark.parametrize("column", ["customer_id", "''"])
def test_columns_that_cannot_be(column: str) -> None:
    only(wrong(f"table: {{rules: [{{{column}: 1, label: x}}]}}"), "reserved-name")


def test_a_column_that_nothing_brings_may_be_an_attribute() -> None:
    assert not wrong("table: {rules: [{favourite_colour: red, groups.vip: true, label: x}]}")


# --- tables and labels --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("first", HitPolicy()),
        ("unique", HitPolicy("unique")),
        ("any", HitPolicy("any")),
        ("rule_order", HitPolicy("rule_order")),
        ("collect", HitPolicy("collect")),
        ("{collect: count}", HitPolicy("collect", aggregate="count")),
        ("{priority: [b, a]}", HitPolicy("priority", ("b", "a"))),
        ("{output_order: [a, 3, true]}", HitPolicy("output_order", ("a", 3, True))),
    ],
)
def test_hit_policies(text: str, policy: HitPolicy) -> None:
    assert (
        classifier(f"table: {{hit_policy: {text}, rules: [{{m: 1, label: a}}]}}").policy == policy
    )


@pytest.mark.parametrize("aggregate", ["sum", "min", "max"])
def test_scores(aggregate: str) -> None:
    rules = "rules: [{m: 1, label: -1.5}], otherwise: 0"
    body = f"table: {{hit_policy: {{collect: {aggregate}}}, {rules}}}"
    assert classifier(body).policy == HitPolicy("collect", aggregate=aggregate)  # type: ignore[arg-type]


def test_labels_keep_their_kind() -> None:
    one = classifier(
        """
        table:
          rules: [{m: 1, label: 1}, {m: 2, label: "1"}, {m: 3, label: true}, {m: 4, label: 0.5}]
        """
    )
    labels = [rule.label for rule in one.rules]
    assert labels == [1, "1", True, Fraction(1, 2)]
    assert [type(label) for label in labels] == [int, str, bool, Fraction]


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ("hit_policy: frist, rules: [{m: 1, label: a}]", "wrong-policy"),
        ("hit_policy: priority, rules: [{m: 1, label: a}]", "wrong-policy"),
        ("hit_policy: {priority: []}, rules: [{m: 1, label: a}]", "wrong-policy"),
        ("hit_policy: {prioritty: [a]}, rules: [{m: 1, label: a}]", "wrong-policy"),
        ("hit_policy: {priority: [b]}, rules: [{m: 1, label: a}]", "label-not-listed"),
        ("hit_policy: {output_order: [b]}, rules: [{m: 1, label: a}]", "label-not-listed"),
        ("hit_policy: {priority: [a, b, a]}, rules: [{m: 1, label: a}]", "duplicate-label"),
        ("hit_policy: {priority: a}, rules: [{m: 1, label: a}]", "wrong-type"),
        ("hit_policy: {collect: avg}, rules: [{m: 1, label: 1}]", "wrong-choice"),
        ("hit_policy: {collect: sum}, rules: [{m: 1, label: a}]", "label-not-number"),
        ("hit_policy: {collect: sum}, rules: [{m: 1, label: '1'}]", "label-not-number"),
        ("hit_policy: {collect: max}, rules: [{m: 1, label: true}]", "label-not-number"),
        (
            "hit_policy: {collect: count}, rules: [{m: 1, label: a}], otherwise: none",
            "label-not-number",
        ),
        ("rules: [{m: 1}]", "missing-key"),
        ("rules: [{m: 1, label: }]", "null-value"),
        ("rules: [{m: 1, label: ''}]", "wrong-label"),
        ("rules: [{m: 1, label: [a]}]", "wrong-label"),
        ("rules: [{m: 1, label: '1e99999999999999999999'}]", "number-out-of-range"),
        ("rules: [{m: 1, label: '1e999'}]", "number-out-of-range"),
        ("rules: [{m: 1, label: a, note: 3}]", "wrong-type"),
        ("rules: [3]", "wrong-type"),
        ("rules: {m: 1}", "wrong-type"),
        ("otherwise: a", "missing-key"),
        ("rules: [{m: 1, label: a}], otherwise: [a]", "wrong-label"),
        ("rules: [{m: 1, label: a}], default: b", "unknown-key"),
    ],
)
def test_tables_that_are_wrong(table: str, code: str) -> None:
    found = only(wrong(f"table: {{{table}}}"), code)
    assert found.mark is not None
    assert found.mark.line == 4
    assert found.message.startswith("one.")


def test_labels_without_a_name_are_told() -> None:
    found = faults(f"classifiers: {{one: {{{TABLE}}}}}")
    assert only(found, "label-without-name").severity is Severity.INFO
    body = f"classifiers: {{one: {{{TABLE}, labels: {{a: {{name: {{en: A}}}}}}}}}}"
    assert not faults(body)


def test_numbers_need_no_name() -> None:
    assert not faults("classifiers: {one: {table: {rules: [{m: 1, label: 5}]}}}")


@pytest.mark.parametrize(
    ("labels", "code", "severity"),
    [
        ("b: {rank: 1}", "unknown-label", Severity.WARNING),
        ("a: {rank: 0}", "wrong-number", Severity.ERROR),
        ("a: {rank: best}", "wrong-number", Severity.ERROR),
        ("a: {treatment: call}", "unknown-key", Severity.ERROR),
        ("a: {name: Best}", "wrong-type", Severity.ERROR),
        ("a: {name: {EN: Best}}", "wrong-language", Severity.ERROR),
        ("a: {name: {en: }}", "null-value", Severity.ERROR),
    ],
)
def test_label_infos_that_are_wrong(labels: str, code: str, severity: Severity) -> None:
    assert only(wrong(f"labels: {{{labels}}}\n{TABLE}"), code).severity is severity


# --- effects and the rest -----------------------------------------------------------------


def test_effects() -> None:
    one = classifier(
        """
        table: {rules: [{m: 1, label: a}]}
        effects:
          a:
            enter: [{set_stage: dont_forget}, remind, {remind: {days: 3}}, {webhook: crm-orders}]
            leave: [restore_stage, {add_to_group: vip}, {remove_from_group: old}]
        """
    )
    assert one.effects["a"]["enter"] == (
        Effect("set_stage", "dont_forget"),
        Effect("remind"),
        Effect("remind", {"days": 3}),
        Effect("webhook", "crm-orders"),
    )
    assert one.effects["a"]["leave"] == (
        Effect("restore_stage"),
        Effect("add_to_group", "vip"),
        Effect("remove_from_group", "old"),
    )


@pytest.mark.parametrize(
    ("effects", "code"),
    [
        ("b: {enter: [remind]}", "unknown-label"),
        ("a: {enters: [remind]}", "unknown-key"),
        ("a: [remind]", "wrong-type"),
        ("a: {enter: remind}", "wrong-type"),
        ("a: {enter: [remnd]}", "unknown-effect"),
        ("a: {enter: [{set_stag: hot}]}", "unknown-effect"),
        ("a: {enter: [set_stage]}", "wrong-effect"),
        ("a: {enter: [{set_stage: [hot]}]}", "wrong-effect"),
        ("a: {enter: [{restore_stage: hot}]}", "wrong-effect"),
        ("a: {enter: [{remind: 1, webhook: a}]}", "wrong-effect"),
        ("a: {enter: [{webhook: 'https://example.com/x'}]}", "webhook-address"),
        ("a: {enter: [{webhook: example.com}]}", "webhook-address"),
        ("a: {enter: [{webhook: 'localhost'}]}", "webhook-address"),
        ("a: {enter: [{webhook: '127'}]}", "webhook-address"),
        ("a: {enter: [{webhook: 10.0.0.1}]}", "webhook-address"),
        ("a: {enter: [{webhook: me@example}]}", "webhook-address"),
        ("a: {enter: [webhook]}", "webhook-address"),
        ("a: {enter: [{add_to_group: vip}]}", "effect-circle"),
        ("a: {leave: [{remove_from_group: vip}]}", "effect-circle"),
        ("a: {leave: [{remove_from_group: far}]}", "effect-circle"),
    ],
)
def test_effects_that_are_wrong(effects: str, code: str) -> None:
    table = "where: {groups.far: null}\ntable: {rules: [{groups.vip: true, label: a}]}"
    found = only(wrong(f"{table}\neffects: {{{effects}}}"), code)
    assert found.severity is Severity.ERROR
    assert found.mark is not None
    assert found.mark.line == 6


def test_a_stage_set_is_not_the_stage_read() -> None:
    table = "table: {rules: [{stage: hot, label: a}]}"
    assert not wrong(f"{table}\neffects: {{a: {{enter: [{{set_stage: cold}}]}}}}")


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ("{horizn: 3}", "unknown-parameter"),
        ("{horizon: 0}", "wrong-value"),
        ("{horizon: 1.5}", "wrong-value"),
        ("{shares: {a: x}}", "wrong-value"),
        ("[3]", "wrong-type"),
    ],
)
def test_parameters_are_checked_by_the_plugin(parameters: str, code: str) -> None:
    found = only(wrong(f"plugin: rfm\nparameters: {parameters}"), code)
    assert found.mark is not None
    assert found.mark.line == 5
    assert found.message.startswith("one.parameters")


def test_parameters_without_a_plugin_are_refused() -> None:
    assert only(wrong(f"{TABLE}\nparameters: {{a: 1}}"), "unknown-parameter").allowed == "none"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("bands: []", "wrong-type"),
        ("where: hot", "wrong-type"),
        ("where: {m: '> a'}", "order-on-text"),
        ("outside: [a]", "wrong-label"),
        ("enabled: no", "wrong-type"),
        ("bnads: {}", "unknown-key"),
    ],
)
def test_other_parts_that_are_wrong(body: str, code: str) -> None:
    only(wrong(f"{body}\n{TABLE}"), code)


def test_names_of_classifiers() -> None:
    for name in ("a.b", "customer_id", "''"):
        found = faults(f"classifiers: {{{name}: {{{TABLE}}}}}")
        assert "reserved-name" in [one.code for one in found]


@pytest.mark.parametrize("aggregate", ["sum", "min", "max", "count"])
@pytest.mark.parametrize("part", ["table.otherwise", "outside"])
@pytest.mark.parametrize("label", ["rest", "'3'", "true"])
def test_whatever_takes_the_place_of_a_score_is_a_number(
    aggregate: str, part: str, label: str
) -> None:
    otherwise = f", otherwise: {label}" if part == "table.otherwise" else ""
    outside = f"outside: {label}" if part == "outside" else ""
    rules = "rules: [{m: 1, label: 2}]"
    found = only(
        wrong(
            f"where: {{m: 1}}\n{outside}\n"
            f"table: {{hit_policy: {{collect: {aggregate}}}, {rules}{otherwise}}}"
        ),
        "label-not-number",
    )
    assert found.message.startswith(f"one.{part.removeprefix('table.')}: collect: {aggregate} ")
    assert found.allowed == "a number, without quotes"


LABELS = [
    "9007199254740992",
    "-9007199254740992",
    "9223372036854775808",
    "1.1234567891",
    "9007199254740.9921",
    "1e300",
    "1e-300",
    "'99999999999999999999999'",
]


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize(
    "body",
    [
        "table: {{rules: [{{m: 1, label: {}}}]}}",
        "table: {{rules: [{{m: 1, label: 1}}], otherwise: {}}}",
        "table: {{rules: [{{m: 1, label: 1}}]}}\nwhere: {{m: 1}}\noutside: {}",
        "table: {{hit_policy: {{priority: [1, {}]}}, rules: [{{m: 1, label: 1}}]}}",
    ],
)
def test_labels_that_no_float_holds_are_refused(body: str, label: str) -> None:
    found = only(wrong(body.format(label)), "label-out-of-range")
    assert "9 decimals" in str(found.allowed)


@pytest.mark.parametrize("label", ["9007199254740991", "-9007199254740991", "0.000000001"])
def test_the_last_labels_that_are_allowed(label: str) -> None:
    assert not wrong(f"table: {{rules: [{{m: 1, label: {label}}}]}}")


@pytest.mark.parametrize(
    ("policy", "refused"),
    [("{collect: sum}", True), ("{collect: max}", True), ("{collect: count}", False)],
)
def test_points_too_far_apart_to_be_summed_are_refused(policy: str, refused: bool) -> None:
    rules = "rules: [{m: 1, label: 9007199254740991}, {m: 2, label: 0.000000001}]"
    found = wrong(f"table: {{hit_policy: {policy}, {rules}}}")
    assert [one.code for one in found] == (["label-out-of-range"] if refused else [])


@pytest.mark.parametrize("name", ["'#row'"])
@pytest.mark.parametrize(
    "body",
    [
        "classifiers: {{one: {{table: {{rules: [{{{}: 1, label: 2}}]}}}}}}",
        "classifiers: {{one: {{where: {{{}: 1}}, table: {{rules: [{{m: 1, label: 2}}]}}}}}}",
        "classifiers: {{{}: {{table: {{rules: [{{m: 1, label: 2}}]}}}}}}",
        "measures: {{{}: {{days_since: a}}}}",
        "measures: {{a: {{days_since: {}}}}}",
        "measures: {{a: {{ratio: [frequency, {}]}}}}",
        "measures: {{a: {{difference: [{}, frequency]}}}}",
    ],
)
def test_names_of_the_engines_own_columns_are_refused(body: str, name: str) -> None:
    found = only(faults(body.format(name)), "reserved-name")
    assert found.allowed == "a name without # in front"


LABEL_2 = "{table: {rules: [{m: 1, label: 2}]}}"
OWN = f"measures: {{own: {{days_since: a}}}}\nclassifiers: {{own: {LABEL_2}}}"
READ = f"classifiers: {{m: {LABEL_2}, other: {LABEL_2}}}"
WHERE = "classifiers: {m: {where: {m: 1}, table: {rules: [{a: 1, label: 2}]}}}"


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (f"classifiers: {{frequency: {LABEL_2}}}", "a measure"),
        (OWN, "a measure"),
        (READ, "a column that a table reads"),
        (WHERE, "a column that a table reads"),
    ],
)
def test_a_classifier_does_not_bear_the_name_of_a_column(body: str, what: str) -> None:
    found = only(faults(body), "shared-name")
    assert found.message.endswith(f"is also the name of {what}")
    assert found.allowed == "a name that no measure and no column bears"


def test_a_plugin_may_call_its_measure_as_its_classifier() -> None:
    known = plugins()
    known = replace(known, measures={**known.measures, "plain": measure("plain")})
    assert not faults("classifiers: {plain: {table: {rules: [{plain: 1, label: 2}]}}}", known)
