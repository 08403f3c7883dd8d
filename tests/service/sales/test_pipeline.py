"""A public B2B pipeline (Maven Analytics, CRM Sales Opportunities), against plain Python.

Its dates become rows: engaged is the step `opportunity`, won is `contract`, lost is `negotiation`.
Those that are only prospected have no date, and are not among them.
"""

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from custrata.service.imports import import_file
from custrata.service.registers.staff import add_staff
from custrata.service.sales.funnel import funnel
from tests.service.runs.putting import customer, put

PIPELINE = Path(__file__).parents[4] / "shared/data/crm_sales_pipeline"
PERIOD = date(2016, 10, 1), date(2017, 12, 31)
COLUMNS = ("opportunity_id", "customer_id", "step", "changed_at", "amount", "owner", "outcome")


def table(name):
    path = PIPELINE / name
    if not path.exists():
        pytest.skip(f"left out: there is no {path}")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def sold():
    return [one for one in table("sales_pipeline.csv") if one["engage_date"]]


@pytest.fixture
def desk(desk, sold, tmp_path):
    put(desk, *(customer(one) for one in sorted({who(one) for one in sold})))
    for one in table("sales_teams.csv"):
        add_staff(desk, one["sales_agent"], team=one["manager"])
    path = tmp_path / "pipeline.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(row for one in sold for row in rows(one))
    done = import_file(desk, path, "opportunities", {name: name for name in COLUMNS})
    assert (done.refused, done.counts.inserted) == (0, 8_300 + 6_711)
    return desk


def who(one):
    return one["account"] or "no account"


def rows(one):
    like = (one["opportunity_id"], who(one))
    yield (*like, "opportunity", one["engage_date"], "", one["sales_agent"], "")
    if one["deal_stage"] == "Won":
        won = (one["close_value"], one["sales_agent"], "won")
        yield (*like, "contract", one["close_date"], *won)
    elif one["deal_stage"] == "Lost":
        yield (*like, "negotiation", one["close_date"], "", one["sales_agent"], "lost")


def by(key, sold):
    """Won, lost, open, days to close and amount won, without anything of ours."""
    found = defaultdict(lambda: {"Won": 0, "Lost": 0, "Engaging": 0, "days": [], "amount": 0})
    for one in sold:
        own = found[key(one)]
        own[one["deal_stage"]] += 1
        if one["close_date"]:
            begun, ended = (date.fromisoformat(one[name]) for name in ("engage_date", "close_date"))
            own["days"].append((ended - begun).days)
        if one["deal_stage"] == "Won":
            own["amount"] += int(one["close_value"])
    return found


def same(results, own):
    assert (results.won, results.lost, results.open) == (own["Won"], own["Lost"], own["Engaging"])
    assert results.win_rate == own["Won"] / (own["Won"] + own["Lost"])
    assert results.to_close.mean == sum(own["days"]) / len(own["days"])
    assert results.amount_won == Decimal(own["amount"])


def test_each_agents_win_rate_and_days_to_close_are_those_of_plain_python(desk, sold):
    with desk.database.read() as session:
        found = funnel(session, *PERIOD, now=desk.now())
    told = by(lambda one: one["sales_agent"], sold)
    assert len(told) == 30
    assert {one.owner for one in found.people} == set(told)
    for one in found.people:
        same(one.results, told[one.owner])
    same(found.total, by(lambda _one: "all", sold)["all"])
    assert found.total.won == 4238
    assert [one.count for one in found.steps] == [8300, 8300, 6711, 6711, 4238, 0, 0]


def test_each_managers_team_too(desk, sold):
    managers = {one["sales_agent"]: one["manager"] for one in table("sales_teams.csv")}
    told = by(lambda one: managers[one["sales_agent"]], sold)
    assert len(told) == 6
    with desk.database.read() as session:
        for manager, own in told.items():
            same(funnel(session, *PERIOD, team=manager, now=desk.now()).total, own)
