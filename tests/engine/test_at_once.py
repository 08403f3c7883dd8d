"""A few customers at once: the labels of a run under the same cut points, in like columns."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings

from custrata import Engine
from custrata.engine.at_once import label_few
from custrata.engine.diagnostics import RulesError
from custrata.engine.run import Labelled
from custrata.engine.vector import label_text
from tests.engine.measures.measuring import AS_OF
from tests.engine.rulesets import People, Rules, people, rulesets
from tests.engine.test_customer import HANOI
from tests.engine.test_customer_as_in_a_run import ENGINE, frame, populations
from tests.engine.test_rulesets import engine_of

bounded = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def texts(labelled: Labelled) -> pl.DataFrame:
    """All labels as text, as a store keeps them."""
    names = [one.name for one in labelled.compiled]
    chosen = (label_text(labelled.columns, name).alias(name) for name in names)
    rows = labelled.frame.select("customer_id", *chosen).to_native().collect()
    return rows.sort("customer_id")


def same(engine: Engine, frames: dict[str, pl.DataFrame]) -> None:
    """Everybody at first, then by the plans that were kept: everybody again, and some of them."""
    calibration = engine.run(as_of=AS_OF, **frames).calibration
    run = engine.run(as_of=AS_OF, calibration=calibration, **frames).labelled
    online, wanted, kinds = engine.calibrated(calibration), texts(run), run.frame.collect_schema()
    ids = wanted["customer_id"].to_list()
    for some in (ids, ids, ids[::2], ids[1::2]):
        theirs = pl.col("customer_id").cast(pl.String).is_in(some)
        given = {name: rows.filter(theirs) for name, rows in frames.items()}
        few = label_few(online, AS_OF, given)
        assert texts(few).equals(wanted.filter(theirs))
        assert few.frame.collect_schema() == {name: kinds[name] for name in few.frame.columns}


@bounded
@given(rules=rulesets(), given=people())
def test_whatever_the_rules(rules: Rules, given: People) -> None:
    same(engine_of(rules), {"measures": given.frame})


@settings(bounded, max_examples=5)
@given(records=populations())
def test_over_every_measure(records: dict[str, Any]) -> None:
    same(ENGINE, {name: frame(rows) for name, rows in records.items()})


def test_who_refused_is_not_among_them() -> None:
    customers = pl.DataFrame({"customer_id": ["a", "b"], "consent": [True, False]})
    text = "{ruleset: 1, classifiers: {all: {table: {rules: [], otherwise: x}}}}"
    found = label_few(Engine.from_text(text), AS_OF, {"customers": customers})
    assert texts(found).rows() == [("a", "x")]


@pytest.mark.parametrize(("hour", "label"), [(16, "seen"), (20, "waits")])
def test_a_moment_is_read_as_of_its_day_in_the_rules_time_zone(hour: int, label: str) -> None:
    moment = datetime(2026, 6, 30, hour, tzinfo=UTC)
    contacts = pl.DataFrame({"customer_id": ["a"], "occurred_at": [date(2026, 6, 30)]})
    assert texts(label_few(Engine.from_text(HANOI), moment, {"contacts": contacts})).rows() == [
        ("a", label)
    ]


def test_cut_points_that_nobody_found_are_asked_for() -> None:
    customers = pl.DataFrame({"customer_id": ["a"]})
    with pytest.raises(RulesError, match="needs-calibration"):
        label_few(ENGINE, AS_OF, {"customers": customers})
