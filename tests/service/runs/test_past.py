"""Asking the past, and finding it out afterwards."""

from datetime import date

import pytest
from sqlalchemy import event, select

from custrata.service.runs import back_fill, labels_on, run, what_if
from custrata.service.runs.reasons import reasons
from custrata.store.faults import StoreError
from custrata.store.models import LabelNow
from tests.service.runs.putting import (
    changes,
    contact,
    customer,
    put,
    rules,
    sale,
    stage_set,
)

RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
classifiers:
  touch:
    bands: {days_since_contact: {cuts: [30], names: [fresh, stale]}}
    table:
      rules:
        - {days_since_contact: stale, stage: hot, label: stale}
      otherwise: fresh
"""


MORE = "  more_{}: {{table: {{rules: [{{label: x}}]}}}}\n"


@pytest.fixture
def desk(desk):
    rules(desk, RULES)
    put(desk, customer("a", "hot", "2026-01-01"), contact("a", "2026-11-01"))
    return desk


def had(desk, day, known_at=None):
    with desk.database.read() as session:
        found = labels_on(session, "a", date.fromisoformat(day), known_at)
        return found["touch"].label if found else None


def test_a_run_vouches_for_the_labels_that_it_leaves_alone(desk, clock):
    first = run(desk)
    clock.forward(days=2)
    rules(desk, RULES + MORE.format(1))
    last = run(desk)
    with desk.database.read() as session:
        found = labels_on(session, "a", date(2026, 11, 30))["touch"]
    assert (found.since, found.version, found.run_id) == (date(2026, 11, 21), 3, last.run_id)
    with desk.database.read() as session:
        found = labels_on(session, "a", date(2026, 11, 22))["touch"]
    assert (found.version, found.run_id) == (2, first.run_id)
    assert had(desk, "2026-11-20") is None


def test_what_was_learned_later_is_left_out_of_what_was_known_then(desk, clock):
    clock.forward(days=20)
    run(desk)
    then = clock()
    clock.forward(hours=1)
    put(desk, contact("a", "2026-12-01"))
    run(desk)
    assert had(desk, "2026-12-11") == "fresh"
    assert had(desk, "2026-12-11", then) == "stale"


def test_a_back_fill_changes_the_past_alone(desk, clock):
    run(desk)
    clock.forward(days=20)
    run(desk)
    put(desk, contact("a", "2026-11-10"), sale("a", "2026-11-11"))
    before = clock()
    clock.forward(hours=1)
    back_fill(desk, date(2026, 11, 19), date(2026, 11, 20))
    back_fill(desk, date(2026, 12, 1), date(2026, 12, 1))
    assert [had(desk, day) for day in ("2026-11-18", "2026-11-19", "2026-11-21", "2026-12-11")] == [
        None,
        "fresh",
        "fresh",
        "stale",
    ]
    assert had(desk, "2026-11-19", before) is None
    with desk.database.read() as session:
        assert session.scalars(select(LabelNow.label)).all() == ["stale"]


def test_the_next_run_keeps_its_word_after_a_back_fill(desk, clock):
    run(desk)
    clock.forward(days=20)
    run(desk)
    clock.forward(days=5)
    run(desk)
    put(desk, contact("a", "2026-11-15"))
    back_fill(desk, date(2026, 12, 12), date(2026, 12, 12))
    assert had(desk, "2026-12-12") == "fresh"
    assert had(desk, "2026-12-15") == "fresh"
    assert had(desk, "2026-12-16") == "stale"


def test_however_many_classifiers_there_are_they_take_as_many_statements(desk, clock):
    asked = []
    event.listen(desk.database.engine, "before_cursor_execute", lambda *given: asked.append(given))
    counts = {}
    for tables in (1, 6):
        rules(desk, RULES + "".join(MORE.format(number) for number in range(1, tables)))
        run(desk)
        clock.forward(days=1)
        asked.clear()
        with desk.database.read() as session:
            found = labels_on(session, "a", date(2026, 11, 30))
        assert len(found) == tables
        counts[tables] = len(asked)
    assert counts[6] == counts[1]


def test_a_back_fill_reads_the_stage_of_then(desk, clock):
    put(desk, contact("a", "2026-09-01"), stage_set("a", "2026-11-15", "hot", "closed"))
    put(desk, customer("b", "hot", "2026-01-01"), contact("b", "2026-09-01"))
    run(desk)
    back_fill(desk, date(2026, 11, 14), date(2026, 11, 16))
    with desk.database.read() as session:
        found = {
            (name, day): labels_on(session, name, date(2026, 11, day))["touch"].label
            for name in "ab"
            for day in (14, 15)
        }
    assert found[("b", 14)] == "stale"
    assert found[("a", 14)] == "fresh"


def test_the_present_is_no_past(desk):
    with pytest.raises(StoreError, match="a first run"):
        back_fill(desk, date(2026, 11, 1), date(2026, 11, 1))
    run(desk)
    with pytest.raises(StoreError, match="is not before"):
        back_fill(desk, date(2026, 11, 20), date(2026, 11, 21))
    with pytest.raises(StoreError, match="the earlier day first"):
        back_fill(desk, date(2026, 11, 20), date(2026, 11, 19))


def test_a_back_fill_records_nothing_twice(desk):
    run(desk)
    back_fill(desk, date(2026, 11, 18), date(2026, 11, 20))
    once = changes(desk, "a", "touch")
    back_fill(desk, date(2026, 11, 18), date(2026, 11, 20))
    assert changes(desk, "a", "touch") == once


def test_a_what_if_out_of_what_was_measured_equals_one_out_of_the_facts(desk):
    put(desk, *(customer(f"c{n}", "hot", "2026-01-01") for n in range(20)))
    put(desk, *(contact(f"c{n}", f"2026-11-{n + 1:02}") for n in range(20)))
    put(desk, *(sale(f"c{n}", "2026-11-01", 12345 * n, scale=2) for n in range(20)))
    run(desk)
    draft = RULES.replace("[30]", "[10]")
    quick = what_if(desk, draft)
    slow = what_if(
        desk, draft.replace("classifiers:", "window_days: 365\ncurrency: VND\nclassifiers:")
    )
    assert (quick.anew, slow.anew) == (False, True)
    assert quick.swaps.matrix == slow.swaps.matrix
    assert quick.swaps.moved["touch"].customers == 12
    assert str(quick.swaps.moved["touch"].revenue) == "6789.75"


def test_reasons_are_those_of_the_label(desk):
    run(desk)
    (told,) = reasons(desk, "a").explanations
    assert told["label"] == "fresh"
    assert told["inputs"][0] == {
        "measure": "days_since_contact",
        "value": 20,
        "band": "fresh",
        "cut_points": [30],
    }
