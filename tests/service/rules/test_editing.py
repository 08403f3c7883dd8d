"""A classifier as a form and back: only what differs changes in the text, comments stay."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from custrata.engine.rules.document import clean, read_document
from custrata.service.rules.difference import compared, difference
from custrata.service.rules.editing import LabelForm, classifiers, editing
from custrata.service.rules.editing_cells import (
    KINDS,
    CutForm,
    cell_text,
    cell_value,
    cut_form,
    cut_value,
    effects_text,
    effects_value,
    renamed,
)
from custrata.service.rules.editing_steps import (
    add_band,
    add_row,
    copy_row,
    cut_measure,
    delete_row,
    move_row,
    remove_band,
    remove_column,
    rename_bands,
)
from custrata.service.rules.editing_text import applied, with_classifier, without_classifier
from custrata.service.rules.yaml_text import flow, put

FILES = [Path("config/rules.yaml"), *sorted(Path("config/presets").glob("*.yaml"))]
SHIPPED = FILES[0].read_text()
OWN = """\
ruleset: 1
classifiers:
  # who is worth a call
  value:
    bands:
      monetary: {cuts: [mean], names: [small, big]}   # of buyers
      frequency:
        cuts:
          - 2
          - 5        # five is much
        names: [few, some, many]
    table:
      rules:
        # the best
        - {monetary: big, frequency: [some, many], label: key, note: "call, then write"}
        - monetary: big
          label: worth    # a block
        # the rest
        - {stage: "not(lost, null)", label: open}
      otherwise: rest
    labels: {key: {rank: 1, name: {en: Key}}, worth: {rank: 2}}
    effects: {key: {enter: [{add_to_group: vip}]}}   # a group
  stale_contact: {}
"""

IN_BRACKETS = """\
ruleset: 1
classifiers: {v: {bands: {monetary: {cuts: [1, 2], names: [a, b, c]}},
  table: {rules: [{monetary: a, label: x}, {label: y, note: q}]}},
  rfm: {}, pareto: {enabled: true} }
"""
IN_LINES = """\
ruleset: 1
classifiers:
  v:   # top
    bands:
      monetary:
        names:
          - a   # one
          - b
        cuts:
        - 5     # five
    table:
      rules:
      - monetary: a
        label: x   # first
        # inner
        note: >
          folded text
          here
      # second
      -   label: y
          stage:
            - hot
            - cold
  rfm:
  pareto:
    # nothing yet
    enabled: true
"""


def unlike(form):
    """What two forms are compared by: not whose text it is, rows' keys, the order of bands."""
    bands = tuple(
        sorted((replace(one, own=True) for one in form.bands), key=lambda one: one.measure)
    )
    rows = tuple(
        replace(row, key="", cells={name: cell for name, cell in row.cells.items() if cell})
        for row in form.rows
    )
    said = {one.label: replace(one, given={}) for one in form.labels}
    labels = {label: one for label, one in said.items() if one != LabelForm(label)}
    return replace(form, bands=bands, rows=rows, own_table=True, columns=(), labels=()), labels


def changed(text, name, change):
    """The text after a change, which the form read from it must show."""
    form = change(editing(text, name))
    found = applied(text, form)
    assert unlike(editing(found, name)) == unlike(form)
    return found


def lines(before, after):
    """The lines that went, and those that came."""
    old, new = before.splitlines(), after.splitlines()
    return [one for one in old if one not in new], [one for one in new if one not in old]


def with_cut(form, measure, place, cut):
    bands = form.banded[measure]
    cuts = (*bands.cuts[:place], cut, *bands.cuts[place + 1 :])
    return replace(
        form,
        bands=tuple(replace(one, cuts=cuts) if one is bands else one for one in form.bands),
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_form_that_is_not_changed_leaves_the_text_as_it_is(path):
    text = path.read_text()
    for name in classifiers(text):
        assert applied(text, editing(text, name)) == text


def test_a_cut_point_changes_in_its_place_and_the_comment_stays_in_its_column():
    found = changed(
        SHIPPED, "rfm", lambda form: with_cut(form, "recency_days", 0, CutForm("number", "100"))
    )
    gone, come = lines(SHIPPED, found)
    assert [one.split("#")[0].strip() for one in come] == ["recency_days: {cuts: [100]}"]
    assert come[0].index("#") == gone[0].index("#")


def test_what_comes_from_the_plugin_is_written_only_where_it_changes():
    form = editing("ruleset: 1\nclassifiers:\n  rfm: {}\n", "rfm")
    assert not form.own_table
    assert not any(one.own for one in form.bands)
    found = applied(
        "ruleset: 1\nclassifiers:\n  rfm: {}\n",
        with_cut(form, "recency_days", 0, CutForm("number", "45")),
    )
    assert found.endswith("  rfm:\n    bands:\n      recency_days: {cuts: [45]}\n")


def test_a_table_that_replaces_the_plugins_takes_all_else_along():
    found = changed(SHIPPED, "rfm", lambda form: delete_row(form, "7"))
    changes = difference(SHIPPED, found)
    assert [(one.classifier, one.kind) for one in changes] == [("rfm", "row_removed")]


def test_rows_move_with_their_comments():
    found = changed(OWN, "value", lambda form: move_row(form, "0", 2))
    assert [one.kind for one in difference(OWN, found)] == ["row_moved"]
    before = found.splitlines()
    assert before[before.index("        # the rest") + 1].strip().startswith("- {stage:")
    assert sorted(found.splitlines()) == sorted(OWN.splitlines())


def test_a_row_is_added_copied_and_deleted():
    found = changed(OWN, "value", lambda form: add_row(copy_row(form, "1")))
    assert [one.kind for one in difference(OWN, found)] == ["row_added", "row_added"]
    assert set(OWN.splitlines()) <= set(found.splitlines())
    assert [
        one.kind
        for one in difference(found, changed(found, "value", lambda form: delete_row(form, "3")))
    ]


def test_cells_labels_and_notes_change_in_their_rows():
    def change(form):
        first, second, third = form.rows
        first = replace(first, note="")
        second = replace(second, cells={"monetary": "", "frequency": "few, null"}, label="other")
        third = replace(third, cells={"stage": "hot"}, note="it's, so")
        return replace(form, rows=(first, second, third), otherwise="")

    found = changed(OWN, "value", change)
    wanted = ("label: other    # a block", "frequency: [few, null]", "# the best", '"it\'s, so"')
    assert [one for one in wanted if one not in found] == []


def test_bands_come_go_and_are_renamed_in_cells():
    def rename(form):
        bands = tuple(
            replace(one, names=("few", "lots", "many")) if one.measure == "frequency" else one
            for one in form.bands
        )
        return rename_bands(replace(form, bands=bands), "frequency", {"some": "lots"})

    found = changed(OWN, "value", rename)
    assert [one.kind for one in difference(OWN, found)] == ["band_renamed"]
    more = changed(OWN, "value", lambda form: add_band(form, "frequency"))
    assert editing(more, "value").banded["frequency"].cuts[-1].amount == "10"
    fewer = changed(OWN, "value", lambda form: remove_band(form, "frequency", 0))
    assert editing(fewer, "value").banded["frequency"].names == ("some", "many")
    two = editing(fewer, "value")
    assert remove_band(two, "frequency", 0) == two


def test_a_measure_is_cut_and_taken_out_again():
    found = changed(OWN, "value", lambda form: cut_measure(form, "recency_days"))
    assert "recency_days: {cuts: [median], names: [low, high]}" in found
    gone = changed(OWN, "value", lambda form: remove_column(form, "frequency"))
    assert "frequency" not in gone


def test_an_inherited_band_goes_only_with_a_table_of_ones_own():
    found = changed(SHIPPED, "rfm", lambda form: remove_column(form, "frequency"))
    assert {one.classifier for one in difference(SHIPPED, found)} == {"rfm"}


def test_labels_ranks_and_effects_are_written_part_by_part():
    def change(form):
        key, *others = form.labels
        key = replace(key, names={"en": "Key", "vi": "Then chốt"}, rank="3", enter="remind")
        return replace(form, labels=(key, *others), outside="nobody", where=(("stage", "hot"),))

    found = changed(OWN, "value", change)
    assert "name: {en: Key, vi: Then chốt}" in found
    assert "# a group" in found
    left = changed(found, "value", lambda form: replace(form, outside="", where=()))
    assert editing(left, "value").outside == ""


def test_effects_of_a_plugin_are_kept_beside_a_new_one():
    text = "ruleset: 1\nclassifiers:\n  stale_contact: {}\n"

    def change(form):
        labels = tuple(
            replace(one, enter=one.enter + "\nremind") if one.enter else one for one in form.labels
        )
        return replace(form, labels=labels)

    found = changed(text, "stale_contact", change)
    assert [one.kind for one in difference(text, found)] == ["enter"]


def test_classifiers_come_go_and_rest():
    found = with_classifier(OWN, "pareto", {})
    assert list(classifiers(found)) == ["value", "stale_contact", "pareto"]
    assert without_classifier(found, "pareto") == OWN
    resting = changed(OWN, "stale_contact", lambda form: replace(form, enabled=False))
    assert classifiers(resting)["stale_contact"] is False
    assert changed(resting, "stale_contact", lambda form: replace(form, enabled=True))


@pytest.mark.parametrize("text", [IN_BRACKETS, IN_LINES], ids=["brackets", "lines"])
@pytest.mark.parametrize(
    "change",
    [
        lambda form: add_row(form, form.rows[0].key),
        lambda form: move_row(form, form.rows[-1].key, -1),
        lambda form: delete_row(form, form.rows[0].key),
        lambda form: add_band(form, "monetary"),
        lambda form: cut_measure(form, "tenure_days"),
        lambda form: remove_column(form, "monetary"),
        lambda form: with_cut(form, "monetary", 0, CutForm("quantile", "0.25")),
        lambda form: replace(form, enabled=False, otherwise="rest", where=(("stage", "hot"),)),
    ],
)
def test_every_way_to_write_yaml_can_be_changed(text, change):
    for name in ("v", "rfm", "pareto"):
        form = editing(text, name)
        changed(text, name, change)
        assert applied(text, form) == text


def test_wrong_rules_are_shown_as_they_are():
    text = "ruleset: 1\nclassifiers: {v: {bands: {monetary: {cuts: [x]}}, table: {rules: 3}}}\n"
    form = editing(text, "v")
    assert (form.banded["monetary"].cuts, form.rows) == ((CutForm("number", "x"),), ())


letters = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))
texts = st.text(letters, max_size=12) | st.text(st.sampled_from("\"',()[]=. a1"), max_size=6)
values = st.one_of(
    st.none(),
    st.integers(-(10**6), 10**6),
    texts.map(clean).filter(bool),
    st.sampled_from(["<= 7", "[5..10)", 'not(a, "b, c")', "a, b", '"q"', "null", "= 3", "1e3"]),
)


@given(st.one_of(values, st.lists(values, min_size=2, max_size=4)))
@example(["(", None])
@example(["a)", "b"])
@example([")", 'not(a, "b, c")'])
@example(['"', '"'])
@settings(max_examples=600, deadline=None)
def test_a_cell_is_read_as_it_was_shown(value):
    from custrata.engine.rules.cells import parse_cell

    def meaning(one):
        try:
            return parse_cell(one)
        except Exception as error:  # noqa: BLE001 - wrong cells stay wrong in the same way
            return str(error)

    assert meaning(cell_value(cell_text(value))) == meaning(value)


@given(st.one_of(texts, st.integers(), st.fractions(max_denominator=2), st.lists(texts)))
@settings(max_examples=200, deadline=None)
def test_what_is_written_reads_as_itself(value):
    root = read_document(f"a: {{b: {flow(value)}, c: 1}}", "x").root
    wanted = [clean(one) for one in value] if isinstance(value, list) else value
    assert root["a"]["b"] == (clean(wanted) if isinstance(wanted, str) else wanted)


@pytest.mark.parametrize(
    "value",
    [
        5,
        "mean",
        "median",
        {"quantile": Fraction(4, 5)},
        {"quantile": Fraction(1, 2), "method": "step"},
        {"deviation": -2, "sample": False},
        {"top_share": Fraction(4, 5), "border": "within"},
        {"top_fraction": Fraction(1, 100)},
    ],
)
def test_cut_points_are_read_as_they_were_shown(value):
    assert cut_value(cut_form(value)) == value
    assert cut_form(value).kind in KINDS


def test_effects_and_bands_in_cells_are_read_as_they_were_shown():
    effects = [{"set_stage": "dont_forget"}, "restore_stage", {"webhook": "crm"}]
    assert effects_value(effects_text(effects)) == effects
    assert renamed('low, "a, b", not(low, = low)', {"low": "x"}) == 'x, "a, b", not(x, = low)'


def test_no_other_part_of_the_rules_changes():
    found = changed(SHIPPED, "pareto", add_row)
    assert {one.classifier for one in compared(SHIPPED, found).changes} == {"pareto"}


def test_a_long_table_is_changed_without_reading_it_again_for_every_row(monkeypatch):
    form = editing(OWN, "value")
    rows = tuple(replace(form.rows[0], key=f"s{number}") for number in range(500))
    text = applied(OWN, replace(form, rows=rows))
    form, read = editing(text, "value"), []
    compose = yaml.compose
    monkeypatch.setattr(
        yaml, "compose", lambda text, **how: read.append(text) or compose(text, **how)
    )
    rows = tuple(replace(row, label=f"l{number}") for number, row in enumerate(form.rows))
    found = applied(text, replace(form, rows=rows))
    assert [row.label for row in editing(found, "value").rows] == [row.label for row in rows]
    assert sum(map(len, read)) < 20 * len(text)


def test_a_row_of_a_text_that_ends_without_a_new_line_changes_alone():
    head = "ruleset: 1\nclassifiers:\n  v:\n    table:\n      otherwise: z\n      rules:\n"
    text = head + "        - {a: x, label: l}   # one\n        # two\n        - label: m"
    form = editing(text, "v")
    rows = [replace(row, label="n") for row in form.rows]
    found = applied(text, replace(form, rows=tuple(rows)))
    assert found == text.replace("label: l", "label: n").replace("label: m", "label: n")


def test_many_blanks_and_dots_are_read_at_once():
    blanks = " " * 100_000
    text = f"a: {{x: 1{blanks}, y: 'z'}}\n"
    assert put(text, ("a", "x"), 2) == text.replace("1", "2")
    assert cell_value("[" + "." * 100_000) == "[" + "." * 100_000
