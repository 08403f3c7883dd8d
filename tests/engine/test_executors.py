"""Every executor says the same of every table and record: the one compiled form holds them."""

from __future__ import annotations

import json
from typing import Any

import narwhals.stable.v2 as nw
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from custrata.engine import compiled as compiled_module
from custrata.engine.backends import Backend, backend
from custrata.engine.columns import Column
from custrata.engine.compiled import compile_classifier
from custrata.engine.explain import Explainer
from custrata.engine.model import Bands, Classifier, Cut, Fixed, FoundBands, HitPolicy, InBand, Rule
from custrata.engine.record import record_function
from custrata.engine.table_map import map_table
from custrata.engine.values import canonical
from custrata.engine.vector import CONFLICT, decide, label_column
from tests.engine.tables import (
    COLUMNS,
    JUDGED,
    TYPES,
    Table,
    expected,
    native_of,
    records,
    tables,
    values_of,
)

ENGINES = ["polars", "duckdb"]
SCALES = {"days": 0, "money": 2}
many = st.lists(records(), min_size=1, max_size=12)


def frame_of(engine: Backend, rows: list[dict[str, Any]]) -> nw.LazyFrame[Any]:
    columns = {name: [row[name] for row in rows] for name in COLUMNS}
    ids = [str(number) for number in range(len(rows))]
    types = {"customer_id": nw.String, **TYPES}
    return engine.table({"customer_id": ids, **columns}, types)


def labels_of(engine: Backend, table: Table, rows: list[dict[str, Any]]) -> list[Any]:
    """The vectorised labels, in the order of the rows."""
    one = compile_classifier(table.classifier, table.bands)
    decided = decide(engine, frame_of(engine, rows), COLUMNS, one)
    wanted = decided.frame.select("customer_id", label_column(one.name))
    found = dict(engine.rows(wanted))
    return [found[str(number)] for number in range(len(rows))]


def shown(table: Table, label: Any) -> Any:
    """A result as a column holds it: lists as JSON, scores as numbers."""
    return json.dumps(label, ensure_ascii=False) if isinstance(label, list) else label


@given(table=tables(), rows=many)
@settings(max_examples=200, deadline=None)
def test_compiled_record_and_explanation_agree(table: Table, rows: list[dict[str, Any]]) -> None:
    one = compile_classifier(table.classifier, table.bands)
    classify = record_function([one])
    explainer = Explainer(one, SCALES)
    for row in rows:
        values = values_of(row)
        label = expected(table, values)
        assert classify(native_of(row)) == {one.name: label}
        assert explainer.explain(values)["label"] == label


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("cells", [compiled_module.DENSE_CELLS, 0], ids=["array", "rows"])
def test_frames_agree(name: str, cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled_module, "DENSE_CELLS", cells)
    engine = backend(name)

    @given(table=tables(), rows=many)
    @settings(max_examples=100 if name == "polars" else 50, deadline=None)
    def agree(table: Table, rows: list[dict[str, Any]]) -> None:
        labels = [shown(table, expected(table, values_of(row))) for row in rows]
        assert labels_of(engine, table, rows) == labels

    agree()


@given(table=tables(policies=JUDGED), rows=many)
@settings(max_examples=60, deadline=None)
def test_conflicts_are_marked(table: Table, rows: list[dict[str, Any]]) -> None:
    one = compile_classifier(table.classifier, table.bands)
    engine = backend("polars")
    decided = decide(engine, frame_of(engine, rows), COLUMNS, one)
    marked = [clash for (clash,) in engine.rows(decided.frame.select(CONFLICT + one.name))]
    wanted = [one.conflicts(one.hits(one.bins(values_of(row)))) for row in rows]
    assert marked == wanted


@given(table=tables(), row=records())
@settings(max_examples=200, deadline=None)
def test_a_counterfactual_applied_gives_the_label_it_promised(
    table: Table, row: dict[str, Any]
) -> None:
    one = compile_classifier(table.classifier, table.bands)
    values = values_of(row)
    for better in Explainer(one, SCALES).explain(values)["nearest"]:
        changed = {
            **values,
            **{name: canonical(step["to"]) for name, step in better["change"].items()},
        }
        assert expected(table, changed) == better["label"]
        for name, step in better["change"].items():
            if "by" in step:
                assert float(values[name]) + step["by"] == pytest.approx(step["to"])


@given(table=tables(most_rules=4))
@settings(max_examples=100, deadline=None)
def test_a_map_agrees_with_trying_every_cell(table: Table) -> None:
    one = compile_classifier(table.classifier, table.bands)
    assume(one.cells <= 3_000)
    rules = table.classifier.rules
    every = _every_cell(one)
    found = map_table(one, cells=dict.fromkeys(every, 1))
    inside = [bins for bins in every if one.takes_part(one.hits(bins))]
    unanswered = [bins for bins in inside if not one.rows(one.hits(bins))]
    assert found.unanswered == len(unanswered)
    assert bool(found.gaps) == bool(unanswered)
    for row in found.rows:
        decides = sum(row.row - 1 in one.rows(one.hits(bins)) for bins in inside)
        assert row.customers == decides
        assert row.never == (decides == 0)
    for overlap in found.overlaps:
        first, second = (1 << (number - 1) for number in overlap.rows)
        both = [bins for bins in inside if one.hits(bins) & first and one.hits(bins) & second]
        assert overlap.region.customers == len(both) > 0
        assert rules[overlap.rows[0] - 1] is not rules[overlap.rows[1] - 1]


def _every_cell(one: Any) -> list[tuple[int, ...]]:
    cells: list[tuple[int, ...]] = [()]
    for axis in one.axes:
        cells = [(*cell, place) for cell in cells for place in range(axis.size)]
    return cells


def test_a_scorecard_of_twelve_measures_works_as_well_as_a_small_table() -> None:
    names = [f"m{number}" for number in range(12)]
    bands = {name: FoundBands(tuple(map(Cut, (20, 40, 60, 80))), tuple("abcde")) for name in names}
    rules = [
        Rule({name: InBand(band)}, label=place * weight)
        for weight, name in enumerate(names, 1)
        for place, band in enumerate("bcde", 1)
    ]
    card = Classifier(
        "card",
        None,
        {name: Bands(name, tuple(map(Fixed, (20, 40, 60, 80))), tuple("abcde")) for name in names},
        tuple(rules),
        HitPolicy("collect", aggregate="sum"),
        otherwise=0,
    )
    one = compile_classifier(card, bands)
    assert one.cells > 10**9
    rows = [
        {name: (7 * row + 13 * place) % 101 for place, name in enumerate(names)}
        for row in range(50)
    ]
    wanted = [
        sum((value // 20 - (value == 100)) * weight for weight, value in enumerate(row.values(), 1))
        for row in rows
    ]
    classify = record_function([one])
    assert [classify(row)["card"] for row in rows] == wanted
    for name in ENGINES:
        engine = backend(name)
        ids = {"customer_id": [f"{row:02}" for row in range(50)]}
        frame = engine.table(
            ids | {name: [row[name] for row in rows] for name in names},
            {"customer_id": nw.String} | dict.fromkeys(names, nw.Int64),
        )
        columns = {name: Column(name, "integer") for name in names}
        decided = decide(engine, frame, columns, one).frame.sort("customer_id")
        assert [label for (label,) in engine.rows(decided.select(label_column("card")))] == wanted
    better = Explainer(one, {}).explain(rows[0])["nearest"]
    assert all(step["label"] > wanted[0] for step in better)
