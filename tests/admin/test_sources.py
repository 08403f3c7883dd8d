"""Sources: their figures, names, costs, and what would break without them."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from custrata.service.figures.sources import exact
from custrata.service.registers.sources import add_source, set_cost
from custrata.service.runs import run
from custrata.store.models import Source, SourceCost
from tests.service.runs.putting import customer, put, sale


@pytest.fixture
def panel(bare):
    """One source with a customer who bought; one that nobody has."""
    for name in ("Zalo", "Fair"):
        add_source(bare.desk, name)
    put(bare.desk, customer("a", "closed", source="zalo"), sale("a", "2026-11-01", 900))
    put(bare.desk, customer("b", "hot", source="zalo"))
    set_cost(bare.desk, "zalo", date(2026, 11, 1), 300)
    return bare


def sources(panel):
    with panel.desk.database.read() as session:
        return {one.code: (one.name, one.active) for one in session.scalars(select(Source))}


def costs(panel):
    with panel.desk.database.read() as session:
        return {one.month: exact(one) for one in session.scalars(select(SourceCost))}


def test_before_the_first_run_names_are_told(panel):
    page = panel.client("viewer").get("/sources/").text
    assert "Zalo" in page
    assert "after the first run" in page


def test_what_each_brought_and_cost(panel):
    run(panel.desk, as_of=date(2026, 11, 21))
    page = panel.client("viewer").get("/sources/").text
    assert 'href="/customers/?source=zalo"' in page
    assert 'href="/customers/?source=zalo&amp;stage=closed"' in page
    for told in (">900<", ">450<", ">300<", ">3×<", "50%"):
        assert told in page, told
    assert "cost of 11 of 12 months is not known" in page
    assert (
        "cost of 11 of 12 months is not known" in panel.client("viewer").get("/sources/zalo").text
    )
    assert "Add a source" not in page
    assert "Add a source" in panel.client("publisher").get("/sources/").text


def test_a_source_is_added_renamed_and_put_out_of_use(panel):
    client = panel.client("publisher")
    answer = client.post("/sources/add", {"name": "Bạn bè giới thiệu", "code": ""})
    assert answer.location == "/sources/ban-be-gioi-thieu"
    client.post("/sources/ban-be-gioi-thieu/rename", {"name": "Bạn bè"})
    client.post("/sources/ban-be-gioi-thieu/activate", {"active": "0"})
    assert sources(panel)["ban-be-gioi-thieu"] == ("Bạn bè", False)
    assert "out of use" in client.get("/sources/ban-be-gioi-thieu").text


def test_what_cannot_be_is_told_and_what_was_typed_is_kept(panel):
    client = panel.client("publisher")
    taken = client.post("/sources/add", {"name": "New fair", "code": "fair"})
    assert taken.status_code == 422
    assert 'value="New fair"' in taken.text
    assert client.post("/sources/add", {"name": " "}).status_code == 422
    assert client.post("/sources/zalo/rename", {"name": ""}).status_code == 422
    assert set(sources(panel)) == {"zalo", "fair"}
    assert client.get("/sources/zallo").status_code == 404


def test_costs_are_typed_in_the_way_of_the_language(panel):
    panel.client("publisher", "vi").post(
        "/sources/zalo/cost", {"month": "2026-10", "amount": "12.500.000"}
    )
    panel.client("publisher", "en").post(
        "/sources/zalo/cost", {"month": "2026-09", "amount": "1,234.50"}
    )
    panel.client("publisher").post("/sources/zalo/cost", {"month": "2026-11", "amount": ""})
    assert costs(panel) == {
        date(2026, 10, 1): Decimal(12_500_000),
        date(2026, 9, 1): Decimal("1234.5"),
    }


def test_a_cost_that_cannot_be_is_refused(panel):
    client = panel.client("publisher")
    for month, amount, told in (
        ("2026-11", "-1", "below 0"),
        ("2026-11", "much", "no number"),
        ("soon", "1", "no month"),
    ):
        answer = client.post("/sources/zalo/cost", {"month": month, "amount": amount})
        assert answer.status_code == 422
        assert told in answer.text
        assert f'value="{amount}"' in answer.text
    assert costs(panel) == {date(2026, 11, 1): Decimal(300)}


def test_deleting_asks_first_and_says_what_would_break(panel):
    client = panel.client("publisher")
    asked = client.get("/sources/zalo/delete").text
    assert "2 customers have it." in asked
    assert "Costs of 1 month are known of it." in asked
    assert client.post("/sources/zalo/delete").status_code == 409
    assert "Delete the source Fair?" in client.get("/sources/fair/delete").text
    assert set(sources(panel)) == {"zalo", "fair"}
    client.post("/sources/fair/delete")
    assert set(sources(panel)) == {"zalo"}


def test_who_may_not_changes_nothing(panel):
    client = panel.client("editor")
    for address in ("add", "zalo/rename", "zalo/activate", "zalo/cost", "zalo/delete"):
        assert client.post(f"/sources/{address}", {"name": "x", "active": "0"}).status_code == 403
    assert sources(panel)["zalo"] == ("Zalo", True)
