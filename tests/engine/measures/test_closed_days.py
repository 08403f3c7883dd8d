"""Closed days, where the rules leave them out of days since."""

from dataclasses import replace

import polars as pl
import pytest

from custrata import Engine
from custrata.engine.measures import builtin_measures
from custrata.engine.measures.context import day_number
from custrata.engine.measures.plan import measure
from custrata.engine.model import Ruleset
from custrata.engine.plugins import Plugins
from tests.engine.measures.measuring import AS_OF, ago, change, contact, facts_of, people, use

RECORDS = {
    "customers": people("a", "b", "c", "d", created_at=[ago(200), ago(200), ago(40), None]),
    "contacts": [contact("a", 40), contact("b", 10)],
    "stage_changes": [change("b", 8)],
}
RULES = """\
ruleset: 1
measures: {days_since_touch: {measure: days_since_touch, closed_days: skip}}
classifiers:
  stale:
    table:
      rules: [{days_since_touch: ">= 30", label: stale}]
      otherwise: fresh
"""


def measured(engine, name, closed, setting="skip"):
    """Days by customer, and codes of warnings; `closed` lie so many days before the last one."""
    facts = facts_of(engine, **RECORDS)
    if closed is not None:
        facts = replace(facts, closed=tuple(day_number(ago(one)) for one in closed))
    ruleset = Ruleset("f", measures={name: use(name, name, closed_days=setting)})
    plugins = Plugins(measures={one.name: one for one in builtin_measures()})
    table, told = measure(facts, [name], ruleset, plugins, None)
    return dict(sorted(engine.rows(table.frame))), [one.code for one in told]


@pytest.mark.parametrize(
    ("closed", "a", "b", "c"),
    [
        ([], 40, 8, 40),
        ([20, 19, 18, 5], 36, 7, 36),
        ([40], 40, 8, 40),  # the day itself is not counted anyway
        ([39, 0], 38, 7, 38),
        ([41, 300, -3], 40, 8, 40),
        (range(50), 0, 0, 0),
        ([8, 7, 7, 6], 37, 6, 37),
    ],
)
def test_closed_days_after_the_touch_do_not_count(engine, closed, a, b, c):
    found, told = measured(engine, "days_since_touch", closed)
    assert found == {"a": a, "b": b, "c": c, "d": None}
    assert told == []


def test_days_since_contact_takes_the_option_too(engine):
    assert measured(engine, "days_since_contact", [9, 5])[0]["b"] == 8


def test_without_the_option_all_days_count(engine):
    assert measured(engine, "days_since_touch", [20, 5], "count")[0]["a"] == 40


def test_where_nobody_says_which_days_are_closed_all_count_with_a_warning(engine):
    found, told = measured(engine, "days_since_touch", None)
    assert (found["a"], told) == (40, ["measure-doubtful"])


def test_a_run_is_given_the_days(tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text(RULES, "utf-8")
    rules = Engine.from_file(path)
    contacts = pl.DataFrame([contact("a", 34)])
    for closed, label in (([], "stale"), ([ago(one) for one in range(5)], "fresh")):
        result = rules.run(as_of=AS_OF, contacts=contacts, closed_days=closed)
        assert result.labels["stale"].to_list() == [label]
    with pytest.raises(TypeError):
        rules.run(as_of=AS_OF, contacts=contacts, closed_days=["2026-11-20"])
