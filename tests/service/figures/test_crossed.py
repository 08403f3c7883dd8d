"""Any two classifications against each other, and against sources."""

import pytest

from custrata.service.figures import latest
from custrata.service.figures.crossed import MOST_LABELS, cells_of
from custrata.service.runs import run
from tests.service.runs.putting import customer, put, rules, sale

RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
classifiers:
  pareto: {}
  size_of:
    table:
      rules:
        - {size: big, label: big}
        - {size: small, label: small}
  tags:
    table:
      hit_policy: collect
      rules:
        - {size: big, label: one}
  each:
    table:
      hit_policy: {collect: sum}
      rules:
        - {size: big, label: 3}
"""


@pytest.fixture
def desk(desk):
    rules(desk, RULES)
    sizes = {"a": "big", "b": "big", "c": "small", "d": None}
    put(desk, *(customer(n, size=s, source="zalo" if n < "c" else None) for n, s in sizes.items()))
    put(
        desk,
        sale("a", "2026-11-01", 90_5, 1),
        sale("b", "2026-11-01", 5),
        sale("c", "2026-11-01", 4),
    )
    return desk


def figures(desk):
    with desk.database.read() as session:
        return latest(session)


def test_pairs_are_counted_and_summed_exactly(desk):
    run(desk)
    found = figures(desk).get("crossed")
    assert [(one["first"], one["second"]) for one in found] == [("pareto", "size_of")]
    assert found[0]["cells"] == [
        ["key", "big", 1, "90.5"],
        ["long_tail", "big", 1, "5.0"],
        ["long_tail", "small", 1, "4.0"],
        ["long_tail", None, 1, "0.0"],
    ]
    turned = cells_of(found, "size_of", "pareto")
    assert ("big", "key", 1, "90.5") in turned
    assert ("small", "long_tail", 1, "4.0") in turned
    assert cells_of(found, "pareto", "unknown") == cells_of(None, "a", "b") == []


def test_labels_by_source_know_who_has_none(desk):
    run(desk)
    found = figures(desk).get("labels_by_source")
    assert set(found) == {"pareto", "size_of"}
    assert found["pareto"] == [
        ["zalo", "key", 1, "90.5"],
        ["zalo", "long_tail", 1, "5.0"],
        [None, "long_tail", 2, "4.0"],
    ]


def test_a_table_nobody_could_read_is_left_out(desk):
    rows = "\n".join(f"        - {{size: s{n}, label: l{n}}}" for n in range(MOST_LABELS + 1))
    rules(desk, f"{RULES}  many:\n    table:\n      rules:\n{rows}\n")
    put(desk, *(customer(f"n{n}", size=f"s{n}") for n in range(MOST_LABELS + 1)))
    run(desk)
    found = figures(desk)
    assert [(one["first"], one["second"]) for one in found.get("crossed")] == [
        ("pareto", "size_of")
    ]
    assert "many" not in found.get("labels_by_source")


def test_one_classifier_is_against_nothing(desk):
    rules(desk, "ruleset: 1\nclassifiers:\n  contradictions: {}\n")
    run(desk)
    assert figures(desk).get("crossed") == []
    assert figures(desk).get("tail") is None
