"""A whole file: every fault at once, and nothing that breaks the reader."""

from collections.abc import Iterator
from textwrap import dedent
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from custrata.engine.diagnostics import Diagnostic, RulesError, Severity
from custrata.engine.engine import Engine
from custrata.engine.plugins import FailedPlugin, Plugins
from custrata.engine.rules import read_ruleset
from tests.engine.rules.reading import plugins
from tests.engine.rules.test_ruleset import EXAMPLE

TEN = dedent(
    """\
    ruleset: 1
    time_zone: Asia/Ho_Chi_Min
    window_days: 365
    window_days: 90
    measures:
      basket: {measure: monetary, statistik: mean}
      a: {ratio: [a, monetary]}
    classifiers:
      rfm:
        bands:
          recency_days: {cuts: [180, 90], names: [high, mid, low]}
          frequency: {cuts: [5], names: [low, high]}
        table:
          hit_policy: frist
          rules:
            - {frequency: hgih, label: best}
            - {frequency: [low, "> 2026-01-01"], label: rest}
            - {label.rmf: best, label: rest}
        labels: {best: {rank: 1, name: {en: Best}}, rest: {name: {en: Rest}}}
        effects: {rest: {enter: [{webhook: "http://example.com"}]}}
    """
)
EXPECTED = [
    ("unknown-time-zone", 2, 12),
    ("duplicate-key", 4, 1),
    ("unknown-parameter", 6, 31),
    ("circle", 7, 14),
    ("cuts-descend", 11, 34),
    ("wrong-policy", 14, 19),
    ("unknown-band", 16, 23),
    ("date-in-cell", 17, 29),
    ("unknown-classifier", 18, 12),
    ("webhook-address", 20, 40),
]


def found_in(text: str, known: Plugins | None = None) -> tuple[Diagnostic, ...]:
    try:
        found = read_ruleset(text, "f", known or plugins()).diagnostics
        return tuple(one for one in found if one.severity is Severity.ERROR)
    except RulesError as error:
        return error.diagnostics or (Diagnostic("silent", "nothing is told"),)


def told(text: str | bytes) -> RulesError:
    with pytest.raises(RulesError) as caught:
        read_ruleset(text, "rules.yaml", plugins())
    return caught.value


def test_ten_faults_are_told_at_once_each_at_its_place() -> None:
    found = told(TEN).diagnostics
    places = [(one.code, one.mark and one.mark.line, one.mark and one.mark.column) for one in found]
    assert places == EXPECTED
    assert all(one.severity is Severity.ERROR for one in found)
    assert all(one.allowed or one.code == "cuts-descend" for one in found)
    hints = {one.code: one.nearest for one in found if one.nearest}
    assert hints == {
        "unknown-time-zone": "Asia/Ho_Chi_Minh",
        "unknown-parameter": "statistic",
        "wrong-policy": "first",
        "unknown-band": "high",
        "unknown-classifier": "label.rfm",
    }


def test_messages_name_the_place() -> None:
    text = str(told(TEN))
    assert (
        "rules.yaml:11:34 error[cuts-descend] rfm.recency_days: cuts must rise, got 90 after 180"
        in text
    )
    assert (
        "rules.yaml:16:23 error[unknown-band] rfm.rules.1.frequency: there is no band 'hgih'"
        in text
    )


def test_bytes_are_read_as_text_is() -> None:
    text = f"ruleset: 1\n{EXAMPLE}"
    assert read_ruleset(text.encode(), "f", plugins()) == read_ruleset(text, "f", plugins())
    assert told(b"ruleset: 1\nx: \xff").diagnostics[0].code == "not-utf8"


def test_reading_leaves_the_plugins_as_they_are() -> None:
    known = plugins()
    text = "ruleset: 1\nclassifiers: {rfm: {bands: {frequency: {cuts: [9]}}}}"
    first = read_ruleset(text, "f", known)
    assert read_ruleset(text, "f", known) == first
    assert known.classifiers["rfm"].defaults["bands"]["frequency"]["cuts"] == [4]


@pytest.mark.parametrize(
    "text",
    [
        "{" + "a: 1, " * 20_000 + "}",
        "ruleset: 1\n" + "".join(f"k{index}: 1\n" for index in range(20_000)),
        "ruleset: 1\nclassifiers:\n" + "".join(f" c{index}: {{}}\n" for index in range(8_000)),
        "ruleset: 1\nclassifiers: {a: {bands: {m: {cuts: [1], names: [low, high]}}, "
        "table: {rules: [" + "{m: hihg, label: x}, " * 8_000 + "]}}}",
        "ruleset: 1\nclassifiers: {a: {table: {rules: [" + "{m: 3, label: x}, " * 8_000 + "]}}}",
        "ruleset: 1\nmeasures:\n"
        + "".join(f" a{index}: {{ratio: [a{index + 1}, x]}}\n" for index in range(20_000)),
        "ruleset: 1\nclassifiers:\n"
        + "".join(
            f" a{i}: {{table: {{rules: [{{label.a{i ^ 1}: 1, label: 1}}]}}}}\n"
            for i in range(3_000)
        ),
        "ruleset: 1\nclassifiers: {a: {table: {rules: [{m: 'not("
        + "(" * 200_000
        + "', label: x}]}}}",
    ],
)
def test_hostile_files_are_done_with_soon(text: str) -> None:
    """Were anything quadratic, this would take minutes."""
    assert len(found_in(text)) <= 1_002


# --- anything at all ----------------------------------------------------------------------

KEYS = [
    "ruleset", "time_zone", "currency", "window_days", "measures", "classifiers", "rfm", "one",
    "measure", "window", "calendar", "ratio", "difference", "days_since", "bands", "table", "where",
    "outside", "labels", "effects", "parameters", "plugin", "enabled", "cuts", "names", "closed",
    "hit_policy", "rules", "otherwise", "label", "note", "enter", "leave", "rank", "name",
    "monetary", "frequency", "label.rfm", "score.one", "quantile", "priority", "collect", "webhook",
]  # fmt: skip
WORDS = [
    *KEYS, "low", "high", "unknown", "not(low)", "<= 3", "[1..2]", "> a", "2026-01-01", "sum",
    "first", "mean", "all", "UTC", "", "1e999", "1e99999999999999999999",
]  # fmt: skip
scalars = st.one_of(
    st.sampled_from(WORDS),
    st.none(),
    st.booleans(),
    st.integers(-3, 400),
    st.floats(),
    st.text(max_size=5),
)
trees = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
    ),
    max_leaves=20,
)


def survives(text: str, known: Plugins | None = None) -> None:
    errors = (one for one in found_in(text, known) if one.severity is Severity.ERROR)
    assert all(one.mark for one in errors)


@given(st.text())
@settings(deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    survives(text)


@given(st.dictionaries(st.sampled_from(KEYS[:6]), trees, max_size=4), trees, trees)
@settings(max_examples=100, deadline=None)
def test_any_tree_is_read_or_refused(root: dict[str, Any], one: Any, table: Any) -> None:
    tree = {"ruleset": 1, "classifiers": {"rfm": one, "one": {"table": table}}, **root}
    survives(yaml.safe_dump(tree, allow_unicode=True))


def nodes(tree: Any) -> Iterator[Any]:
    """Every mapping and list."""
    if isinstance(tree, dict | list):
        yield tree
        for inner in tree.values() if isinstance(tree, dict) else tree:
            yield from nodes(inner)


SPARE = """
classifiers:
  one: {plugin: broken, enabled: true, parameters: {horizon: 3}, outside: a, where: {m: 1},
        labels: {a: {rank: 1}}, table: {hit_policy: {collect: max}, rules: [{m: 1, label: 2}]}}
  two: {plugin: rfm, bands: {frequency: {cuts: [mean], closed: left, ties: rank}}}
measures:
  a: {measure: frequency, window: [2, 1], calendar: month, count: days}
  b: {ratio: [a, monetary]}
  c: {days_since: created_at}
"""
BROKEN = FailedPlugin("broken", "1", "it is", "mend it")


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_scalar_made_a_tree_and_keys_added_are_read_or_refused(data: st.DataObject) -> None:
    tree = yaml.safe_load(f"ruleset: 1\n{data.draw(st.sampled_from([EXAMPLE, SPARE]))}")
    known = plugins(BROKEN)
    scalars_at = [
        (node, step)
        for node in nodes(tree)
        for step in (node if isinstance(node, dict) else range(len(node)))
        if not isinstance(node[step], dict | list)
    ]
    indices = st.integers(0, len(scalars_at) - 1)
    for index in data.draw(st.lists(indices, max_size=2, unique=True)):
        node, step = scalars_at[index]
        whole = node[step]
        node[step] = data.draw(st.sampled_from([[whole], {whole: whole}, [], {}, [[whole]]]))
    for node in data.draw(st.lists(st.sampled_from(list(nodes(tree))), max_size=2)):
        if isinstance(node, dict):
            node[data.draw(st.sampled_from(KEYS))] = data.draw(trees)
    survives(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False), known)


@pytest.mark.parametrize("value", ["[rfm]", "{rfm: 1}", "[]", "{}", "3", "true"])
def test_a_plugin_that_is_no_name_is_refused(value: str) -> None:
    text = f"ruleset: 1\nclassifiers: {{one: {{plugin: {value}}}}}"
    assert "wrong-type" in [one.code for one in found_in(text, plugins(BROKEN))]


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_a_good_file_with_one_part_spoilt_is_read_or_refused(data: st.DataObject) -> None:
    tree = yaml.safe_load(f"ruleset: 1\n{EXAMPLE}")
    node: Any = tree
    for _ in range(data.draw(st.integers(0, 6))):
        steps = list(node) if isinstance(node, dict) else list(range(len(node)))
        inner = [step for step in steps if isinstance(node[step], dict | list) and node[step]]
        if not inner:
            break
        node = node[data.draw(st.sampled_from(inner))]
    step = data.draw(
        st.sampled_from(list(node) if isinstance(node, dict) else list(range(len(node))))
    )
    node[step] = data.draw(trees)
    survives(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False))


# --- rows of plugins that read others ---------------------------------------------------------


def rows_of(text: str) -> list[object]:
    rules = Engine.from_text(f"ruleset: 1\nclassifiers:\n{text}").ruleset
    (one,) = (one for one in rules.classifiers if one.name == "contradictions")
    return [rule.label for rule in one.rules]


OWN = ["lost_but_buying", "closed_without_sale", "bought_but_new"]


@pytest.mark.parametrize(
    ("others", "labels"),
    [
        ("", OWN),
        ("  rfm: {}\n", ["valued_but_unreached", *OWN]),
        ("  pareto: {}\n", OWN),
        ("  pareto: {}\n  lifecycle: {}\n", ["key_going_quiet", *OWN]),
        ("  pareto: {}\n  lifecycle: {enabled: false}\n", OWN),
    ],
)
def test_a_plugins_row_that_reads_what_is_not_there_is_left_out(others, labels):
    assert rows_of(f"{others}  contradictions: {{}}\n") == labels
    engine = Engine.from_text(f"ruleset: 1\nclassifiers:\n{others}  contradictions: {{}}\n")
    assert [one.code for one in engine.check() if one.severity is not Severity.INFO] == []


def test_in_ones_own_table_it_is_a_fault():
    table = "{rules: [{label.rfm: important_keep, label: x}]}"
    with pytest.raises(RulesError) as raised:
        rows_of(f"  contradictions: {{table: {table}}}\n")
    assert "unknown-classifier" in [one.code for one in raised.value.diagnostics]


def test_a_label_that_nobody_gives_is_warned_of_in_ones_own_table_only():
    table = "{rules: [{label.rfm: champion, label: x}]}"
    own = Engine.from_text(f"ruleset: 1\nclassifiers:\n  rfm: {{}}\n  mine: {{table: {table}}}\n")
    assert "unknown-label" in [one.code for one in own.check()]
