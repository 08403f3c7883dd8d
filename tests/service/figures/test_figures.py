"""Figures of a run: right, exact, of that run, and kept as long as they are needed."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from custrata.service.figures import Alert, alerts, latest
from custrata.service.figures.kept import over_time
from custrata.service.registers.sources import add_source
from custrata.service.runs import run
from custrata.service.runs.basis import last_full
from custrata.service.settings import change_settings
from custrata.store.models import RunFigure
from tests.service.runs.putting import (
    contact,
    customer,
    put,
    rules,
    sale,
)

RULES = "ruleset: 1\ntime_zone: Asia/Ho_Chi_Minh\ncurrency: VND\nclassifiers:\n"
STALE = f"{RULES}  stale_contact: {{}}\n"
VALUE = f"""{RULES}
  value:
    bands: {{monetary: {{cuts: [500], names: [small, big]}}}}
    table:
      rules:
        - {{monetary: big, label: big}}
      otherwise: small
"""


def figures(desk):
    with desk.database.read() as session:
        found = latest(session)
    assert found is not None
    return found


def by(rows, key):
    return {row[key]: row for row in rows}


@pytest.fixture
def desk(desk):
    rules(desk, VALUE)
    return desk


@pytest.fixture
def firm(desk):
    """Ten customers: one brings 800, one 100, one a refund alone, seven nothing."""
    for name in ("Zalo", "Fair"):
        add_source(desk, name)
    put(desk, customer("a", "hot", "2026-11-01", source="zalo"))
    put(desk, customer("b", "closed", "2024-01-01", source="zalo"))
    put(desk, customer("c", "new", "2026-01-01", source="fair"))
    put(desk, *(customer(f"n{number}", created="2026-11-01") for number in range(7)))
    put(desk, sale("a", "2026-11-01", 60050, 2), sale("a", "2026-11-10", 19950, 2))
    put(desk, sale("b", "2024-02-01", 5000), sale("b", "2026-03-01", 100))
    put(desk, sale("c", "2026-11-01", -40))
    put(desk, *(contact("a", day) for day in ("2026-11-02", "2026-11-03", "2026-11-04")))
    put(desk, contact("n1", "2026-11-05"), contact("n1", "2020-01-01"))
    return desk


def test_sizes_and_revenue_by_label_are_exact(firm):
    done = run(firm)
    found = figures(firm)
    assert (found.run_id, found.as_of, found.version) == (done.run_id, date(2026, 11, 21), 2)
    sizes = by(found.get("sizes")["value"], "label")
    assert sizes["big"] == {"label": "big", "customers": 1, "revenue": "800.0"}
    assert sizes["small"] == {"label": "small", "customers": 9, "revenue": "60.0"}
    assert found.get("everyone") == {
        "customers": 10,
        "won": 2,
        "won_lately": 1,
        "revenue": "860.0",
    }
    assert found.get("basis") == {"currency": "VND", "window_days": 365}


def test_the_curve_tells_what_few_bring(firm):
    run(firm)
    curve = figures(firm).get("pareto")
    assert (curve["customers"], curve["bringing"], curve["most"]) == (10, 2, 1)
    assert curve["largest"] == pytest.approx(800 / 900, abs=1e-6)
    assert curve["fifth"] == 1.0
    assert curve["contacts"] == 0.75
    assert curve["points"][0] == [0.0, 0.0]
    assert curve["points"][1] == [0.1, pytest.approx(0.888889)]
    assert curve["points"][-1] == [1.0, 1.0]
    assert curve["points"] == sorted(curve["points"])


def test_exactly_four_fifths_are_reached_by_whole_numbers(desk):
    put(desk, *(customer(name) for name in "abcde"))
    brings = {"a": 50, "b": 30, "c": 10, "d": 5, "e": 5}
    put(desk, *(sale(name, "2026-11-01", amount) for name, amount in brings.items()))
    run(desk)
    assert figures(desk).get("pareto")["most"] == 2


def test_sources_and_stages_count_who_bought(firm):
    run(firm)
    found = figures(firm)
    sources = by(found.get("sources"), "source")
    assert sources["zalo"] == {
        "source": "zalo",
        "customers": 2,
        "won": 2,
        "won_lately": 1,
        "revenue": "900.0",
    }
    assert sources["fair"]["won"] == 0
    assert Decimal(sources["fair"]["revenue"]) == -40
    assert sources[None]["customers"] == 7
    stages = by(found.get("stages"), "stage")
    assert {name: row["customers"] for name, row in stages.items()} == {
        "hot": 1,
        "closed": 1,
        "new": 1,
        None: 7,
    }
    both = {(row["source"], row["stage"]): row["customers"] for row in found.get("source_stages")}
    assert both == {
        ("zalo", "hot"): 1,
        ("zalo", "closed"): 1,
        ("fair", "new"): 1,
        (None, None): 7,
    }


def test_a_stage_that_the_run_itself_lays_is_counted(desk):
    rules(desk, STALE)
    put(desk, customer("a", "hot", "2026-01-01"), sale("a", "2026-11-01", 7))
    run(desk)
    found = figures(desk)
    assert [row["stage"] for row in found.get("stages")] == ["dont_forget"]
    assert found.get("own_stages") == [{"stage": "hot", "customers": 1}]
    assert found.get("everyone")["revenue"] == "7"
    assert found.get("rfm")["cells"] == [
        {"recency": 0, "frequency": 0, "customers": 1, "revenue": "7"}
    ]


def test_the_map_keeps_equal_values_together(desk):
    put(desk, *(customer(f"c{number:02}") for number in range(20)))
    for number in range(10):
        put(desk, sale(f"c{number:02}", f"2026-11-{number + 1:02}", 10))
    put(desk, sale("c09", "2026-11-09", 10), sale("c09", "2026-11-08", 10))
    run(desk)
    found = figures(desk).get("rfm")
    assert found["recency"] == [[11, 12], [13, 14], [15, 16], [17, 18], [19, 20]]
    assert found["frequency"] == [[1, 1], [3, 3]]
    cells = {
        (row["recency"], row["frequency"]): (row["customers"], row["revenue"])
        for row in found["cells"]
    }
    assert cells.pop((0, 1)) == (1, "30")
    assert cells.pop((0, 0)) == (1, "10")
    assert cells == {(part, 0): (2, "20") for part in (1, 2, 3, 4)}


@pytest.mark.parametrize(
    "sales",
    [(), (("2026-11-01", -5),), (("2027-11-01", 5),)],
    ids=["none", "a refund alone", "one of tomorrow"],
)
def test_a_firm_without_revenue_has_no_curve(desk, sales):
    put(desk, customer("a"))
    put(desk, *(sale("a", day, amount) for day, amount in sales))
    run(desk)
    found = figures(desk)
    assert (found.get("pareto"), found.get("rfm")) == (None, None)
    assert found.get("everyone")["customers"] == 1


def test_revenue_that_is_no_amount_is_not_told(desk):
    mean = "measures: {monetary: {measure: monetary, statistic: mean}}\nclassifiers:"
    rules(desk, VALUE.replace("classifiers:", mean, 1))
    put(desk, customer("a"), sale("a", "2026-11-01", 9))
    run(desk)
    found = figures(desk)
    assert found.get("everyone")["revenue"] is None
    assert [row["revenue"] for row in found.get("sizes")["value"]] == [None]


def test_of_each_month_the_last_run_keeps_its_figures_and_the_two_newest(desk, clock):
    put(desk, customer("a"))
    days = []
    for forward in (0, 5, 6, 10, 1, 1):  # 21, 26 November, 2, 12, 13, 14 December
        clock.forward(days=forward)
        days.append(run(desk).as_of)
    with desk.database.read() as session:
        kept = [day for day, _ in over_time(session, "everyone")]
    assert kept == [days[1], days[4], days[5]]


def test_what_salespeople_brought_is_kept_of_the_last_run_and_read_when_asked_for(desk, clock):
    put(desk, customer("a", owner="an"), sale("a", "2026-11-01"))
    run(desk)
    clock.forward(days=1)
    last = run(desk)
    with desk.database.read() as session:
        assert [day for day, _ in over_time(session, "turnover")] == [last.as_of]
        found = latest(session)
        assert "turnover" not in found.content
        assert list(found.get("turnover")["owners"]) == ["an"]
    assert found.get("turnover") is not None
    assert found.get("everyone") is not None
    with pytest.raises(RuntimeError, match="results"):
        found.get("results")


def test_a_run_without_figures_is_no_fault(desk):
    put(desk, customer("a"))
    run(desk)
    with desk.database.write() as session:
        for row in session.scalars(select(RunFigure)):
            session.delete(row)
    assert figures(desk).content == {}


def test_nothing_landed_yet(desk):
    with desk.database.read() as session:
        assert latest(session) is None


def alarmed(desk):
    with desk.database.read() as session:
        return alerts(session, last_full(session))


def test_a_segment_that_moves_a_lot_raises_an_alert(desk, clock):
    put(desk, *(customer(f"c{number:02}") for number in range(50)))
    put(desk, *(sale(f"c{number:02}", "2026-11-01", 600) for number in range(40)))
    run(desk)
    assert alarmed(desk) == []
    put(desk, *(sale(f"c{number:02}", "2026-11-02", -300) for number in range(9)))
    clock.forward(days=1)
    run(desk)
    assert alarmed(desk) == []  # nine more small ones are 90 %, but only nine
    put(desk, *(sale(f"c{number:02}", "2026-11-02", -300) for number in range(9, 19)))
    clock.forward(days=1)
    run(desk)
    assert alarmed(desk) == [
        Alert("value", "big", 31, 21),
        Alert("value", "small", 19, 29),
    ]
    assert [round(one.share, 2) for one in alarmed(desk)] == [-0.32, 0.53]
    change_settings(desk, alert_share=0.5)
    assert alarmed(desk) == [Alert("value", "small", 19, 29)]


def test_a_classifier_that_is_new_raises_none(desk, clock):
    put(desk, *(customer(f"c{number:02}") for number in range(20)))
    run(desk)
    rules(desk, STALE)
    clock.forward(days=1)
    run(desk)
    assert alarmed(desk) == []
