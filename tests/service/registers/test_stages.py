"""Stages: named, coloured, ordered, and kept while they are used."""

import pytest
from sqlalchemy import select

from custrata.engine.diagnostics import CustrataError
from custrata.service.customers.record import set_stage
from custrata.service.registers.stages import (
    add_stage,
    change_stage,
    delete_stage,
    order_stages,
    stage_uses,
    stages,
)
from custrata.service.registers.uses import Uses
from custrata.service.runs import run
from custrata.store.models import AuditEvent
from tests.service.runs.putting import customer, put, rules

RULES = """\
ruleset: 1
classifiers:
  stale_contact: {}
  asked:
    where: {stage: "not(closed)"}
    table:
      rules:
        - {stage: [new, quoted], label: ask}
      otherwise: wait
"""


@pytest.fixture
def desk(desk):
    rules(desk, RULES)
    return desk


def refused(call, *args, **words):
    with pytest.raises(CustrataError) as error:
        call(*args, **words)
    return error.value.diagnostics[0]


def known(desk):
    with desk.database.read() as session:
        return {one.code: one for one in stages(session)}


def uses(desk, code):
    with desk.database.read() as session:
        return stage_uses(session, code)


def test_a_stage_is_added_at_the_end_changed_and_deleted(desk):
    assert (
        add_stage(desk, {"en": "Waiting list", "vi": " Chờ "}, colour="#0EA5E9") == "waiting-list"
    )
    row = known(desk)["waiting-list"]
    assert (row.names, row.colour) == ({"en": "Waiting list", "vi": "Chờ"}, "#0ea5e9")
    assert list(known(desk))[-1] == "waiting-list"
    change_stage(desk, "waiting-list", names={"zh_Hant": "候補"}, colour=None, exit=True)
    row = known(desk)["waiting-list"]
    assert (row.names, row.colour, row.exit) == ({"zh_Hant": "候補"}, None, True)
    delete_stage(desk, "waiting-list")
    assert "waiting-list" not in known(desk)
    with desk.database.read() as session:
        query = select(AuditEvent.action).where(AuditEvent.subject == "waiting-list")
        events = session.scalars(query.order_by(AuditEvent.id)).all()
    assert events == ["stage.add", "stage.change", "stage.delete"]


def test_the_funnel_takes_any_order_of_all_stages(desk):
    order = sorted(known(desk))
    order_stages(desk, order)
    assert list(known(desk)) == order
    assert refused(order_stages, desk, order[1:]).code == "stage-order"
    assert refused(order_stages, desk, [*order, "new"]).code == "stage-order"
    assert refused(order_stages, desk, [*order, "neww"]).nearest == "new"


def test_a_stage_that_is_used_stays(desk):
    put(desk, customer("a", "hot", "2026-01-05"), customer("b", "lost"))
    run(desk)
    assert uses(desk, "lost") == Uses(customers=1)
    assert uses(desk, "new") == Uses(cells=("stale_contact", "asked"))
    assert uses(desk, "closed") == Uses(cells=("asked",))
    assert uses(desk, "dont_forget") == Uses(customers=1, effects=("stale_contact",))
    for code in ("lost", "new", "closed", "dont_forget", "hot"):
        assert refused(delete_stage, desk, code).code == "stage-used"
    assert refused(change_stage, desk, "dont_forget", automatic=False).code == "stage-used"
    assert refused(change_stage, desk, "lost", automatic=True).code == "stage-used"
    set_stage(desk, "b", "closed")
    delete_stage(desk, "lost")
    assert refused(set_stage, desk, "b", "lost").code == "no-stage"


def test_what_cannot_be_a_stage(desk):
    faults = [
        ({"names": {}}, "text-missing"),
        ({"names": {"en": " "}}, "text-missing"),
        ({"names": {"fr": "Attente"}}, "language"),
        ({"names": {"en": "Hot"}, "code": "hot"}, "stage-code-taken"),
        ({"names": {"en": "Hot"}, "colour": "red;}"}, "colour"),
    ]
    for words, code in faults:
        assert refused(add_stage, desk, **words).code == code
    assert len(known(desk)) == 7
