"""Whole rulesets as text, held against a slow reading of the format and against each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from custrata import Engine
from custrata.engine.calibration import Calibration
from custrata.engine.plugins import Plugins, load_plugins
from custrata.engine.result import Result
from custrata.engine.values import Value, canonical
from custrata.service.classify import Job, classify
from custrata.service.files import write
from custrata.service.inputs import Inputs
from tests.engine.rulesets import DERIVED, People, Rules, people, rulesets
from tests.engine.slow_reading import (
    Reading,
    WrittenClassifier,
    is_list,
    is_number,
    text_of,
)

AS_OF = date(2026, 11, 21)
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
few = settings(max_examples=25, deadline=None, suppress_health_check=QUIET)
some = settings(max_examples=80, deadline=None, suppress_health_check=QUIET)
many = settings(max_examples=150, deadline=None, suppress_health_check=QUIET)


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
            places.setdefault(own[measure], set()).add(reading.bands[measure][n])
    return {one for n, one in enumerate(ids) if len(places.get(values[n][measure], ())) > 1}


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
