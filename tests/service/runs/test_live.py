"""What a draft would do, told while it is typed, equals what a run of it does."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pytest

from custrata.engine.diagnostics import RulesError
from custrata.service.audit import Sought, events
from custrata.service.customers.erase import erase
from custrata.service.rules.editing_places import placed
from custrata.service.runs import run, what_if
from custrata.service.runs.histogram import enough, histogram
from custrata.service.runs.live import all_movers, live, movers
from custrata.service.runs.population import _SHELF, population
from custrata.store.faults import StoreError
from tests.service.runs.putting import contact, customer, label, labels, put, rules, sale

DAY = date(2026, 11, 21)
RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
classifiers:
  value:
    bands: {monetary: {cuts: [250], names: [small, big]}}
    where: {frequency: ">= 1"}
    outside: none
    table:
      rules:
        - {monetary: big, label: big}
      otherwise: small
    labels: {big: {rank: 1}, small: {rank: 2}}
    effects: {big: {enter: [{add_to_group: vip}], leave: [remind]}}
  above:
    table: {rules: [{label.value: big, label: worth}], otherwise: not}
"""
LOWER = RULES.replace("cuts: [250]", "cuts: [150]")


@pytest.fixture
def desk(desk):
    rules(desk, RULES)
    people = "abcdefgh"
    for one in people:
        row = customer(one, "hot", "2026-01-01")
        row.name = f"Đặng {one}"
        put(desk, row)
    amounts = dict(zip(people[:6], (100, 150, 200, 200, 300, 400), strict=True))
    put(desk, *(sale(one, "2026-11-01", amount) for one, amount in amounts.items()))
    put(desk, *(contact(one, "2026-11-10") for one in people))
    run(desk, as_of=DAY)
    return desk


def test_the_swap_set_is_that_of_all_classifiers_together(desk):
    whole = what_if(desk, LOWER).swaps
    for name in ("value", "above"):
        found = live(desk, LOWER, name)
        assert found.pairs == whole.matrix[name]
        assert found.moved == whole.moved[name]


def test_sizes_effects_and_the_map_are_those_of_the_run_to_come(desk):
    found = live(desk, LOWER, "value")
    assert [(one.label, one.now, one.after) for one in found.sizes] == [
        ("big", 2, 5),
        ("small", 4, 1),
        ("none", 2, 2),
    ]
    assert [(one.moment, one.effect.name, one.customers) for one in found.firings] == [
        ("enter", "add_to_group", 3)
    ]
    assert (found.moved.customers, found.moved.revenue) == (3, Decimal(550))
    assert found.bands["monetary"] == {"small": 1, "big": 5, "other": 0, "unknown": 0}
    assert (found.table.rows[0].customers, found.table.unanswered, found.table.outside) == (5, 1, 2)
    rules(desk, LOWER)
    run(desk, as_of=DAY)
    assert sorted(labels(desk, "value").values()).count("big") == 5


def test_who_moves_is_told_by_name_those_who_bring_most_first(desk):
    found = live(desk, LOWER, "value")
    rows = movers(desk, found)
    assert [(one.customer_id, one.revenue) for one in rows] == [
        ("c", Decimal(200)),
        ("d", Decimal(200)),
        ("b", Decimal(150)),
    ]
    assert rows[0].name == "Đặng c"
    assert [one.customer_id for one in movers(desk, found, place=1, most=1)] == ["d"]
    assert movers(desk, found, pair=("big", "small")) == ()
    assert all_movers(desk, found).rows()[0] == ("c", "Đặng c", "small", "big")
    with desk.database.read() as session:
        (event,) = events(session, Sought(action="customers.export"))
    assert event.detail == {"customers": 3}


def test_few_columns_are_kept_sorted(desk, monkeypatch):
    monkeypatch.setattr("custrata.service.runs.population._MOST_SORTED", 1)
    found = live(desk, LOWER, "value").population
    columns = [name for name, one in found.result.labelled.columns.items() if one.kind == "integer"]
    for column in (*columns, *columns):
        assert found.ordered(column).is_sorted()
        assert len(found._sorted) == 1
    assert len(columns) > 1


def test_found_cut_points_are_told_as_numbers(desk):
    found = live(desk, RULES.replace("cuts: [250]", "cuts: [{top_fraction: 0.5}]"), "value")
    assert [(one.at, one.found) for one in found.cuts["monetary"]] == [(Decimal(200), True)]


def test_a_new_classifier_has_no_labels_of_now(desk):
    text = RULES + '  more: {table: {rules: [{frequency: ">= 1", label: buyer}]}}\n'
    found = live(desk, text, "more")
    assert found.pairs.keys() == {(None, "buyer"), (None, None)}


def test_what_the_run_did_not_measure_is_measured_once(desk, monkeypatch):
    text = RULES + '  more: {table: {rules: [{days_since_contact: "> 10", label: late}]}}\n'
    assert live(desk, text, "more").pairs[None, "late"].customers == 8
    monkeypatch.setattr("custrata.service.runs.population.frames", None)
    assert live(desk, text.replace("> 10", "> 11"), "more").pairs[None, None].customers == 8
    assert live(desk, LOWER, "value").moved.customers == 3


def test_a_measure_that_changes_its_meaning_is_measured_anew(desk):
    before = RULES.replace("classifiers:", "window_days: 10\nclassifiers:")
    assert live(desk, before, "value").pairs["small", "none"].customers == 4
    named = RULES.replace(
        "classifiers:", "measures: {old: {measure: monetary, window: 10}}\nclassifiers:"
    )
    named = (
        named.replace("monetary:", "old:")
        .replace("{monetary", "{old")
        .replace("measure: old", "measure: monetary")
    )
    assert live(desk, named, "value").pairs["big", "small"].customers == 2


def test_another_run_and_an_erasure_are_heeded(desk):
    first = population(desk)
    assert population(desk) is first
    erase(desk, "f")
    assert live(desk, LOWER, "value").customers == 7
    run(desk, as_of=DAY)
    assert population(desk).key != first.key


def test_without_a_run_nobody_can_be_compared(url, clock):
    from custrata.service.setup import open_store

    found = open_store(url, "an", clock)
    with pytest.raises(StoreError, match="no run has landed"):
        live(found, RULES, "value")
    found.database.close()


def test_wrong_rules_tell_where_in_the_form(desk):
    wrong = RULES.replace("cuts: [250]", "cuts: [x]").replace("monetary: big", "monetary: bg")
    with pytest.raises(RulesError) as caught:
        live(desk, wrong, "value")
    told = placed(wrong, "value", caught.value.diagnostics)
    assert ("bands", "monetary", "cuts", 0) in [one.path for one in told]


def test_lints_tell_where_in_the_form(desk):
    text = RULES.replace(
        "        - {monetary: big, label: big}\n",
        "        - {monetary: big, label: big}\n        - {monetary: big, label: small}\n",
    )
    found = live(desk, text, "value")
    told = placed(text, "value", found.diagnostics)
    assert [one.path for one in told if one.diagnostic.code == "row-never-hits"] == [
        ("table", "rules", 1)
    ]


# --- histograms ---------------------------------------------------------------------------


def test_a_histogram_counts_everybody_once(desk):
    found = population(desk)
    drawn = histogram(found, "monetary")
    assert sum(drawn.counts) + drawn.under + drawn.over == 8
    own = histogram(found, "monetary", found.result.engine.ruleset.classifiers[0])
    assert sum(own.counts) + own.under + own.over == 6
    assert list(own.edges) == sorted(set(own.edges))
    assert own.place(Decimal(-1)) == 0.0
    assert own.place(Decimal(10**9)) == 1.0


def test_a_week_of_calls_never_takes_in_more_than_asked(desk):
    found = population(desk)
    one = found.result.engine.ruleset.classifiers[0]
    ask = lambda most, **more: enough(found, "monetary", most, one, **more)  # noqa: E731
    assert (ask(3, largest=True).cut, ask(3, largest=True).customers) == (Decimal(300), 2)
    assert (ask(4, largest=True).cut, ask(4, largest=True).customers) == (Decimal(200), 4)
    assert ask(4, largest=True, closed="right").cut == Decimal(150)
    assert (ask(2, largest=False).cut, ask(2, largest=False).customers) == (Decimal(200), 2)
    assert ask(2, largest=False, closed="right").cut == Decimal(150)
    assert (ask(3, largest=False).cut, ask(3, largest=False).customers) == (Decimal(200), 2)
    assert ask(0, largest=True).customers == 0


def test_labels_stay_as_they_were(desk):
    live(desk, LOWER, "value")
    assert label(desk, "c", "value") == "small"


def test_nobody_waits_for_customers_that_are_measured_for_somebody_else(desk):
    found = live(desk, LOWER, "value").population
    with ThreadPoolExecutor(1) as others, _SHELF.lock:
        asked = others.submit(live, desk, LOWER, "value")
        assert asked.result(timeout=10).population is found
