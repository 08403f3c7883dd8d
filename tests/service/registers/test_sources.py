"""Sources and what they cost; treatments; closed days."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from custrata.engine.diagnostics import CustrataError
from custrata.service.registers import closed_days, sources, treatments
from custrata.service.registers.uses import Uses
from custrata.store.models import AuditEvent, SourceCost
from tests.service.runs.putting import customer, put, rules

RULES = """\
ruleset: 1
classifiers:
  rfm: {}
  ads:
    table:
      rules:
        - {source: [facebook, zalo], label: social}
      otherwise: other
"""


@pytest.fixture
def desk(desk):
    rules(desk, RULES)
    return desk


def refused(call, *args, **words):
    with pytest.raises(CustrataError) as error:
        call(*args, **words)
    return error.value.diagnostics[0]


def test_sources_from_the_first_to_the_last(desk):
    assert sources.add_source(desk, "Giới thiệu") == "gioi-thieu"
    sources.change_source(desk, "gioi-thieu", name="Bạn bè", active=False)
    with desk.database.read() as session:
        (row,) = sources.sources(session)
    assert (row.code, row.name, row.active) == ("gioi-thieu", "Bạn bè", False)
    assert refused(sources.change_source, desk, "gioi-thiu", name="X").nearest == "gioi-thieu"
    sources.delete_source(desk, "gioi-thieu")
    assert refused(sources.delete_source, desk, "gioi-thieu").code == "no-source"


def test_a_source_is_changed_whole_or_not_at_all(desk, monkeypatch):
    sources.add_source(desk, "Zalo")

    def half(*about, **told):
        if about[2] == "source.activate":
            raise RuntimeError

    monkeypatch.setattr(sources, "note", half)
    with pytest.raises(RuntimeError):
        sources.change_source(desk, "zalo", name="Other", active=False)
    with desk.database.read() as session:
        kept = sources.source(session, "zalo")
    assert (kept.name, kept.active) == ("Zalo", True)


def test_costs_are_exact_and_one_a_month(desk):
    sources.add_source(desk, "Zalo")
    sources.set_cost(desk, "zalo", date(2026, 11, 21), Decimal("12.50"))
    sources.set_cost(desk, "zalo", date(2026, 11, 1), Decimal("12.75"))
    sources.set_cost(desk, "zalo", date(2026, 10, 1), 0)
    with desk.database.read() as session:
        rows = session.scalars(select(SourceCost).order_by(SourceCost.month)).all()
    assert [(one.month, one.amount, one.scale) for one in rows] == [
        (date(2026, 10, 1), 0, 0),
        (date(2026, 11, 1), 1275, 2),
    ]
    assert refused(sources.set_cost, desk, "zalo", date(2026, 11, 1), -1).code == "cost-negative"
    assert refused(sources.set_cost, desk, "zallo", date(2026, 11, 1), 1).nearest == "zalo"


def test_a_source_that_is_used_stays(desk):
    for name in ("Facebook", "Zalo", "Fair"):
        sources.add_source(desk, name)
    put(desk, customer("a", source="fair"))
    sources.set_cost(desk, "zalo", date(2026, 11, 1), 1)
    with desk.database.read() as session:
        found = [sources.source_uses(session, one) for one in ("facebook", "zalo", "fair")]
    assert found == [Uses(cells=("ads",)), Uses(months=1, cells=("ads",)), Uses(customers=1)]
    assert refused(sources.delete_source, desk, "fair").code == "source-used"
    sources.set_cost(desk, "zalo", date(2026, 11, 1), None)
    rules(desk, "ruleset: 1\nclassifiers:\n  rfm: {}\n")
    sources.delete_source(desk, "zalo")


def test_treatments_are_of_labels_that_the_rules_give(desk):
    treatments.set_treatment(desk, "rfm", "important_keep", offer="call", points=0)
    treatments.set_treatment(desk, "rfm", "important_keep", contact_every_days=14)
    treatments.set_treatment(desk, "rfm", "no_purchase", note="first order")
    with desk.database.read() as session:
        rows = treatments.treatments(session)
    assert [(one.label, one.offer, one.points, one.contact_every_days, one.by) for one in rows] == [
        ("important_keep", None, None, 14, "an"),
        ("no_purchase", None, None, None, "an"),
    ]
    of = treatments.set_treatment
    assert refused(of, desk, "rmf", "important_keep", offer="x").nearest == "rfm"
    assert refused(of, desk, "rfm", "important_kep", offer="x").nearest == "important_keep"
    assert refused(of, desk, "rfm", "important_keep").code == "treatment-empty"
    assert refused(of, desk, "rfm", "important_keep", points=-1).code == "treatment-number"
    assert refused(of, desk, "rfm", "no_purchase", contact_every_days=0).code == "treatment-number"
    treatments.clear_treatment(desk, "rfm", "no_purchase")
    assert refused(treatments.clear_treatment, desk, "rfm", "no_purchase").code == "no-treatment"


def test_closed_days_come_and_go_in_spans(desk):
    first, last = date(2027, 2, 4), date(2027, 2, 10)
    assert closed_days.add_closed_days(desk, "Tết", first, last) == 7
    assert closed_days.add_closed_days(desk, "Tết Nguyên đán", last) == 1
    assert closed_days.remove_closed_days(desk, date(2027, 2, 9), date(2027, 2, 20)) == 2
    with desk.database.read() as session:
        days = closed_days.closed_days(session)
        actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert [(one.day.day, one.name) for one in days] == [(n, "Tết") for n in (4, 5, 6, 7, 8)]
    assert actions[-3:] == ["closed_days.add", "closed_days.add", "closed_days.remove"]
    assert refused(closed_days.add_closed_days, desk, "Tết", last, first).code == "closed-days"
    assert closed_days.remove_closed_days(desk, first.replace(year=2028)) == 0
