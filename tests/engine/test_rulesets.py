"""Whole rulesets as text, held against a slow reading of the format and against each other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from custrata import Engine
from custrata.engine.calibration import Calibration
from custrata.engine.plugins import Plugins, load_plugins
from custrata.engine.result import Result
from custrata.engine.values import Value
from custrata.service.classify import Job, classify
from custrata.service.files import write
from custrata.service.inputs import Inputs
from tests.engine.rulesets import DERIVED, People, Rules, people, rulesets
from tests.engine.slow_reading import (
    Reading,
    WrittenClassifier,
    is_number,
    text_of,
)

AS_OF = date(2026, 11, 21)
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
few = settings(max_examples=12, deadline=None, suppress_health_check=QUIET)
some = settings(max_examples=40, deadline=None, suppress_health_check=QUIET)
many = settings(max_examples=100, deadline=None, suppress_health_check=QUIET)


@cache
def installed() -> Plugins:
    return load_plugins()


def engine_of(rules: Rules, name: str = "polars") -> Engine:
    return Engine.from_text(rules.text, engine=name, plugins=installed())


def run(engine: Engine, given: People | pl.DataFrame) -> Result:
    frame = given.frame if isinstance(given, People) else given
    return engine.run(measures=frame, as_of=AS_OF)


def labels_of(frame: pl.DataFrame) -> dict[str, dict[str, str | None]]:
    """By customer and classifier."""
    rows = {str(row.pop("customer_id")): row for row in frame.to_dicts()}
    return {one: {name: text_of(label) for name, label in row.items()} for one, row in rows.items()}


def read_labels(rules: Rules, given: People) -> dict[str, dict[str, str | None]]:
    """The labels that the slow reading gives."""
    found = rules.read(given)
    return {
        one: {name: text_of(reading.labels[n]) for name, reading in found.items()}
        for n, one in enumerate(given.ids)
    }


# --- against the page ---------------------------------------------------------------------


@given(rules=rulesets(), given=people())
@many
def test_a_run_says_what_the_page_says(rules: Rules, given: People) -> None:
    result = run(engine_of(rules), given)
    found = rules.read(given)
    for row in result.bands.to_dicts():
        place = given.ids.index(row.pop("customer_id"))
        for name, band in row.items():
            classifier, _, measure = name.partition(".")
            if found[classifier].takes_part[place]:
                assert (name, band) == (name, found[classifier].bands[measure][place])
    assert labels_of(result.labels) == read_labels(rules, given)


@given(rules=rulesets(), given=people(most=40))
@few
def test_duckdb_says_what_the_page_says(rules: Rules, given: People) -> None:
    result = run(engine_of(rules, "duckdb"), given)
    assert labels_of(result.labels) == read_labels(rules, given)
    assert result.calibration.id == run(engine_of(rules), given).calibration.id


# --- one by one ---------------------------------------------------------------------------


def border_ties(rules: Rules, given: People) -> set[str]:
    """Customers whose rank alone says which band they are in, since others have their value."""
    found, values, tied = rules.read(given), given.values(), set()
    for one in rules.classifiers:
        for measure, bands in one.bands.items():
            if bands["ties"] == "rank":
                tied |= _tied(found[one.name], measure, given.ids, values)
    return tied


def _tied(
    reading: Reading, measure: str, ids: list[str], values: list[dict[str, Value]]
) -> set[str]:
    places: dict[Any, set[str]] = {}
    for n, own in enumerate(values):
        if reading.takes_part[n]:
            places.setdefault(own.get(measure), set()).add(reading.bands[measure][n])
    return {one for n, one in enumerate(ids) if len(places.get(values[n].get(measure), ())) > 1}


@given(rules=rulesets(), given=people())
@some
def test_single_records_and_explanations_say_what_the_run_says(rules: Rules, given: People) -> None:
    engine = engine_of(rules)
    result = run(engine, given)
    labels = labels_of(result.labels)
    saved = Calibration.from_json(result.calibration.to_json())
    assert saved == result.calibration
    again = engine.run(measures=given.frame, as_of=AS_OF, calibration=saved)
    online = engine.calibrated(saved)
    tied = border_ties(rules, given)
    for told in result.explanations():
        assert text_of(told["label"]) == labels[told["customer_id"]][told["classifier"]]
    for row, customer in zip(given.rows, given.ids, strict=True):
        record = {name: value for name, value in row.items() if name != "customer_id"}
        single = {name: text_of(label) for name, label in online.classify(record).items()}
        told_single = {name: text_of(one["label"]) for name, one in online.explain(record).items()}
        assert told_single == single
        assert labels_of(again.labels)[customer] == single
        if customer not in tied:
            assert single == labels[customer]


@given(rules=rulesets(), given=people())
@some
def test_a_counterfactual_gives_the_label_it_promises(rules: Rules, given: People) -> None:
    engine = engine_of(rules)
    result = run(engine, given)
    online = engine.calibrated(result.calibration)
    records = dict(zip(given.ids, map(_with_derived, given.rows, given.values()), strict=True))
    tied = border_ties(rules, given)
    for told in result.explanations():
        if told["customer_id"] in tied:
            continue
        for better in told["nearest"]:
            steps = {name: step["to"] for name, step in better["change"].items()}
            found = online.classify({**records[told["customer_id"]], **steps})
            assert text_of(found[told["classifier"]]) == text_of(better["label"])


def _with_derived(row: Mapping[str, Any], values: Mapping[str, Value]) -> dict[str, Any]:
    return {**row, **{name: values[name] for name in DERIVED}}


# --- order, chunks, files -----------------------------------------------------------------


@pytest.mark.parametrize("name", ["polars", "duckdb"])
def test_neither_order_nor_chunks_matter(name: str) -> None:
    @given(rules=rulesets(), given=people(most=40), draw=st.data())
    @(some if name == "polars" else few)
    def same(rules: Rules, given: People, draw: st.DataObject) -> None:
        engine = engine_of(rules, name)
        result = run(engine, given)
        shuffled = replace(given, rows=draw.draw(st.permutations(given.rows))).frame
        pieces = [shuffled[n::3] for n in range(3)]
        again = run(engine, pl.concat(pieces, rechunk=False))
        assert again.calibration.id == result.calibration.id
        assert labels_of(again.labels) == labels_of(result.labels)

    same()


@given(rules=rulesets(), given=people(), engine=st.sampled_from(["polars", "duckdb"]))
@few
def test_files_of_the_same_facts_give_the_same_labels(
    tmp_path_factory: pytest.TempPathFactory, rules: Rules, given: People, engine: str
) -> None:
    folder = tmp_path_factory.mktemp("files")
    text = folder / "rules.yaml"
    text.write_text(rules.text, encoding="utf-8")
    frame = given.frame.with_columns(pl.col("ratio").fill_nan(None))  # CSV has no NaN
    wanted = labels_of(run(engine_of(rules), frame).labels)
    for ending in ("csv", "parquet", "xlsx"):
        facts, out = folder / f"measures.{ending}", folder / f"labels.{ending}.parquet"
        write(frame, facts)
        inputs = Inputs({"measures": facts})
        classify(Job(rules=text, as_of=AS_OF, inputs=inputs, out=out, engine=engine))
        assert labels_of(pl.read_parquet(out)) == wanted, ending


# --- check --------------------------------------------------------------------------------


@given(rules=rulesets(), given=people())
@some
def test_what_check_calls_a_gap_has_no_label(rules: Rules, given: People) -> None:
    engine = engine_of(rules)
    engine.check()
    engine.check(measures=given.frame, as_of=AS_OF)
    values = given.values()
    found = rules.read(given, values)
    result = run(engine, given)
    maps = result.maps
    for one in rules.classifiers:
        reading = found[one.name]
        if maps[one.name].complete:
            assert maps[one.name].unanswered == sum(reading.unanswered)
        if any(bands["ties"] == "rank" for bands in one.bands.values()):
            continue  # such a measure has two axes, one of them of ranks
        named = {axis.measure: axis.texts for axis in result.compiled[one.name].axes}
        for n, plain in enumerate(values):
            own = {name: _word(value, named.get(name, ())) for name, value in plain.items()}
            bands = {measure: names[n] for measure, names in reading.bands.items()}
            regions = [gap.region.where for gap in maps[one.name].gaps]
            if reading.unanswered[n]:
                assert any(_lies_in(where, _as_other(own), bands) for where in regions) or any(
                    _lies_in(where, own, bands) for where in regions
                )
            elif reading.takes_part[n] and _cells_name_bands(one):
                assert not any(_lies_in(where, own, bands) for where in regions)


def _word(value: Value, named: Sequence[str]) -> Value:
    """A text that no cell names is `other`."""
    return "other" if isinstance(value, str) and value not in named else value


def _as_other(values: Mapping[str, Value]) -> dict[str, Value]:
    """Numbers as other texts: where no cell has a number, a map takes them together."""
    return {name: "other" if is_number(value) else value for name, value in values.items()}


def _cells_name_bands(one: WrittenClassifier) -> bool:
    """Whether the bands' names tell all that its cells tell apart."""
    cells = [(name, cell) for row, _ in one.rows for name, cell in row.items()]
    return all(
        cell.written in (*one.bands[name]["names"], "unknown")
        for name, cell in cells
        if name in one.bands
    )


def _lies_in(
    where: Mapping[str, tuple[str, ...]], values: Mapping[str, Value], bands: Mapping[str, str]
) -> bool:
    return all(
        any(_is_meant(word, values.get(name), bands.get(name)) for word in words)
        for name, words in where.items()
    )


_RANGE = re.compile(r"([\[(])(\S+)\.\.(\S+)([\])])")


def _is_meant(word: str, value: Value, band: str | None) -> bool:
    """Whether a word of a region means this value."""
    if band is not None:
        return word in (band, value)
    if value is None or isinstance(value, str):
        return word == ("unknown" if value is None else value)
    if found := _RANGE.fullmatch(word):
        low, high = Fraction(found[2]), Fraction(found[3])
        return (value > low or (found[1] == "[" and value == low)) and (
            value < high or (found[4] == "]" and value == high)
        )
    sign, _, number = word.partition(" ")
    if sign not in ("<", "<=", ">", ">=", "="):
        return word == "any number"
    at = Fraction(number)
    return (
        (value == at and sign[-1] == "=")
        or (value < at and sign[0] == "<")
        or (value > at and sign[0] == ">")
    )
