"""Stages: their order, names and colours, and what would break without them."""

from datetime import date

import pytest
from sqlalchemy import select

from custrata.service.runs import run
from custrata.store.models import Stage
from tests.service.runs.putting import customer, put


@pytest.fixture
def panel(bare):
    put(bare.desk, customer("a", "hot", "2026-01-01"), customer("b", "closed", "2026-01-01"))
    put(bare.desk, customer("c", "lost"))
    return bare


def stages(panel):
    with panel.desk.database.read() as session:
        rows = session.scalars(select(Stage).order_by(Stage.position)).all()
        return {one.code: (one.names, one.colour, one.automatic, one.exit) for one in rows}


def test_the_funnel_tells_who_stands_where(panel):
    assert "Delete" not in panel.client("viewer").get("/stages/").text
    run(panel.desk, as_of=date(2026, 11, 21))
    page = panel.client("viewer", "vi").get("/stages/").text
    for name in ("Chốt", "Mất", "Đừng quên"):
        assert name in page
    assert 'href="/customers/?stage=dont_forget"' in page
    assert 'href="/customers/?stage=hot"' in page


def test_a_stage_moves_up_and_down_and_stays_at_the_ends(panel):
    client = panel.client("publisher")
    before = list(stages(panel))
    client.post("/stages/order", {"code": before[2], "way": "up"})
    assert list(stages(panel))[1:3] == [before[2], before[1]]
    client.post("/stages/order", {"code": before[2], "way": "down"})
    client.post("/stages/order", {"code": before[0], "way": "up"})
    assert list(stages(panel)) == before
    assert client.post("/stages/order", {"code": "nope", "way": "up"}).status_code == 404


def test_a_stage_is_added_changed_and_deleted(panel):
    client = panel.client("publisher")
    typed = {"name-vi": "Chờ hàng", "name-en": "Waiting", "colour": "#0ea5e9", "exit": "1"}
    assert client.post("/stages/add", typed).status_code == 302
    assert stages(panel)["waiting"] == (
        {"en": "Waiting", "vi": "Chờ hàng"},
        "#0ea5e9",
        False,
        True,
    )
    client.post("/stages/waiting", {"name-zh_Hant": "候補", "colour": "#112233"})
    assert stages(panel)["waiting"] == ({"zh_Hant": "候補"}, "#112233", False, False)
    assert "Delete the stage 候補?" in client.get("/stages/waiting/delete").text
    client.post("/stages/waiting/delete")
    assert "waiting" not in stages(panel)


def test_what_cannot_be_is_told_and_what_was_typed_is_kept(panel):
    client = panel.client("publisher")
    before = stages(panel)
    colourful = client.post("/stages/add", {"name-en": "Waiting", "colour": "red;}"})
    assert colourful.status_code == 422
    assert 'value="Waiting"' in colourful.text
    assert client.post("/stages/add", {"colour": "#112233"}).status_code == 422
    assert client.post("/stages/hot", {"name-en": " "}).status_code == 422
    automatic = client.post("/stages/hot", {"name-en": "Hot", "automatic": "1"})
    assert automatic.status_code == 422
    assert stages(panel) == before
    assert client.get("/stages/hott").status_code == 404


def test_deleting_says_what_would_break(panel):
    client = panel.client("publisher")
    asked = client.get("/stages/hot/delete").text
    assert "1 customer has it." in asked
    assert "Rules ask for it:" in asked
    assert client.post("/stages/hot/delete").status_code == 409
    assert "Rules set it:" in client.get("/stages/dont_forget/delete").text
    assert "hot" in stages(panel)


def test_who_may_not_changes_nothing(panel):
    client, before = panel.client("editor"), stages(panel)
    for address in ("order", "add", "hot", "hot/delete"):
        typed = {"code": "hot", "way": "up", "name-en": "x"}
        assert client.post(f"/stages/{address}", typed).status_code == 403
    assert client.get("/stages/hot").status_code == 403
    assert stages(panel) == before
