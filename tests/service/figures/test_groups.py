"""Groups that share customers, and groups that rules keep: over labels, measures, attributes."""

import pytest

from custrata.service.figures import latest
from custrata.service.figures.groups import Shared, shared_by
from custrata.service.registers.groups import add_group, change_group, delete_group
from custrata.service.registers.members import members, put_in
from custrata.service.runs import run
from tests.service.runs.putting import contact, customer, put, rules, sale

RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
classifiers:
  stale_contact: {}
  value:
    table:
      rules: [{monetary: ">= 500", label: big}]
      otherwise: small
"""


@pytest.fixture
def desk(desk):
    rules(desk, RULES)
    put(
        desk,
        *(customer(one, "hot", "2026-01-01", source="zalo") for one in "abc"),
        customer("d", "new", "2026-11-20", source="fair"),
    )
    put(desk, sale("a", "2026-11-01", 900), sale("b", "2026-11-01", 200))
    put(desk, *(contact(one, "2026-11-20") for one in "abcd"))
    return desk


def overlap(desk, code=None):
    with desk.database.read() as session:
        return shared_by(latest(session), code)


def held(desk, code):
    with desk.database.read() as session:
        return members(session, code)


def test_a_group_counts_with_those_below_it(desk):
    add_group(desk, "Dealers")
    add_group(desk, "North", parent="dealers")
    add_group(desk, "Tea")
    add_group(desk, "Nobody")
    put_in(desk, "dealers", ["a"])
    put_in(desk, "north", ["b", "c"])
    put_in(desk, "tea", ["c", "d"])
    run(desk)
    assert overlap(desk) == [
        Shared("dealers", "tea", 1, 1 / 3, 1 / 2),
        Shared("north", "tea", 1, 1 / 2, 1 / 2),
    ]
    assert overlap(desk, "tea") == [
        Shared("tea", "dealers", 1, 1 / 2, 1 / 3),
        Shared("tea", "north", 1, 1 / 2, 1 / 2),
    ]
    assert overlap(desk, "nobody") == []


def test_a_customer_in_a_group_and_one_below_it_counts_once(desk):
    add_group(desk, "Dealers")
    add_group(desk, "North", parent="dealers")
    add_group(desk, "Tea")
    for code in ("dealers", "north", "tea"):
        put_in(desk, code, ["a"])
    run(desk)
    assert [(one.other, one.both, one.of_other) for one in overlap(desk, "tea")] == [
        ("dealers", 1, 1.0),
        ("north", 1, 1.0),
    ]


def test_a_store_without_groups_or_runs_tells_nothing(desk):
    assert overlap(desk) == []
    run(desk)
    assert overlap(desk) == []


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        ("label.value: big", ["a"], ["a", "d"]),
        ("monetary: '>= 150'", ["a", "b"], ["a", "b", "d"]),
        ("source: zalo", ["a", "b", "c"], ["a", "b", "c"]),
        ("{source: fair, label.value: big}", [], ["d"]),
    ],
)
def test_a_rule_keeps_a_group_current_at_each_run(desk, rule, before, after):
    add_group(desk, "Parent")
    code = add_group(desk, "By rule", parent="parent", rule=rule)
    run(desk)
    assert held(desk, code) == before
    put(desk, sale("d", "2026-11-20", 700))
    run(desk)
    assert held(desk, code) == after


def test_overlap_sees_whom_the_run_itself_put_in(desk):
    add_group(desk, "Big", rule="label.value: big")
    add_group(desk, "Zalo", rule="source: zalo")
    run(desk)
    assert overlap(desk, "big") == [Shared("big", "zalo", 1, 1.0, 1 / 3)]
    put(desk, sale("b", "2026-11-20", 700))
    run(desk)
    assert overlap(desk, "big") == [Shared("big", "zalo", 2, 1.0, 2 / 3)]


def test_groups_that_are_gone_or_called_otherwise_are_left_to_the_next_run(desk):
    add_group(desk, "Big", rule="label.value: big")
    add_group(desk, "Zalo", rule="source: zalo")
    run(desk)
    change_group(desk, "big", code="large")
    delete_group(desk, "zalo")
    assert [one.other for one in overlap(desk, "big")] == ["zalo"]
    run(desk)
    assert overlap(desk) == []
