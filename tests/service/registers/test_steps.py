"""Steps of an opportunity: editable, in order, kept while something was at them."""

import pytest
from sqlalchemy import select

from custrata.engine.diagnostics import CustrataError
from custrata.service.registers import steps
from custrata.service.registers.uses import Uses
from custrata.store.models import AuditEvent, Opportunity
from tests.service.runs.putting import at, customer, fresh, put


def refused(call, *args, **words):
    with pytest.raises(CustrataError) as error:
        call(*args, **words)
    return error.value.diagnostics[0]


def known(desk):
    with desk.database.read() as session:
        return {one.code: (steps.step_name(one, "vi"), one.part) for one in steps.steps(session)}


def step(who, deal, code="quotation"):
    return Opportunity(
        customer_id=who, opportunity_id=deal, step=code, changed_at=at("2026-11-02"), **fresh()
    )


def test_a_step_from_the_first_to_the_last(desk):
    assert steps.add_step(desk, {"vi": "Dùng thử", "en": "Trial"}, "during") == "dung-thu"
    steps.change_step(desk, "dung-thu", names={"en": "Tasting"}, part="before")
    assert list(known(desk).items())[-1] == ("dung-thu", ("Tasting", "before"))
    order = list(known(desk))
    steps.order_steps(desk, [order[-1], *order[:-1]])
    assert next(iter(known(desk))) == "dung-thu"
    steps.delete_step(desk, "dung-thu")
    assert list(known(desk)) == order[:-1]
    with desk.database.read() as session:
        events = select(AuditEvent.action).where(AuditEvent.subject_kind == "step")
        assert list(session.scalars(events.order_by(AuditEvent.id))) == [
            "step.add",
            "step.change",
            "step.order",
            "step.delete",
        ]


def test_a_step_at_which_opportunities_were_stays_and_says_how_many(desk):
    put(desk, customer("a"), customer("b"))
    put(desk, step("a", "o1"), step("a", "o2"), step("b", None), step("b", None))
    with desk.database.read() as session:
        assert steps.step_uses(session, "quotation") == Uses(opportunities=3)
        assert not steps.step_uses(session, "lead")
    told = refused(steps.delete_step, desk, "quotation")
    assert (told.code, "opportunities (3)" in told.message) == ("step-used", True)
    assert "quotation" in known(desk)


def test_what_cannot_be_is_refused(desk):
    assert refused(steps.add_step, desk, {"en": "X"}, "later").code == "step-part"
    assert refused(steps.add_step, desk, {}, "before").code == "text-missing"
    assert refused(steps.add_step, desk, {"fr": "X"}, "before").code == "language"
    assert refused(steps.add_step, desk, {"en": "X"}, "before", "lead").code == "step-code-taken"
    assert refused(steps.change_step, desk, "quotatoin").nearest == "quotation"
    assert refused(steps.order_steps, desk, ["lead"]).code == "step-order"
    for code in list(known(desk))[1:]:
        steps.delete_step(desk, code)
    assert refused(steps.delete_step, desk, "lead").code == "step-last"
