"""A store as new."""

import pytest
from sqlalchemy import delete, select

from custrata.engine.diagnostics import RulesError
from custrata.service.rules.versions import current, engine_of
from custrata.service.setup import open_store
from custrata.service.setup.open import seed
from custrata.store.models import (
    AuditEvent,
    OpportunityStep,
    Question,
    RulesetVersion,
    Setting,
    Stage,
)
from custrata.store.sequence import take


def test_a_new_store_has_stages_and_the_rules_that_ship(empty_url):
    desk = open_store(empty_url)
    with desk.database.read() as session:
        stages = session.scalars(select(Stage).order_by(Stage.position)).all()
        assert [one.code for one in stages][:2] == ["new", "approached"]
        assert [one.code for one in stages if one.automatic] == ["dont_forget"]
        assert engine_of(current(session)).ruleset.classifiers[0].name == "rfm"
    desk.database.close()


def test_a_store_from_before_gets_the_registers_that_it_lacks(desk):
    with desk.database.write() as session:
        session.execute(delete(Setting))
        session.execute(delete(Question))
        session.execute(delete(OpportunityStep).where(OpportunityStep.code != "lead"))
    seed(desk)
    with desk.database.read() as session:
        assert session.scalars(select(OpportunityStep.code)).all() == [
            "lead"
        ]  # as somebody left it
        phases = set(session.scalars(select(Question.phase)))
    assert phases == {"approach", "first_deal", "established", "quiet", "ended"}


def test_a_register_that_was_emptied_stays_empty(desk):
    with desk.database.write() as session:
        session.execute(delete(Question))
    seed(desk)
    with desk.database.read() as session:
        assert not session.scalars(select(Question)).all()


def test_seeding_again_changes_nothing(desk):
    seed(desk)
    with desk.database.read() as session:
        assert len(session.scalars(select(RulesetVersion)).all()) == 1
        assert len(session.scalars(select(AuditEvent)).all()) == 1


def test_numbers_of_facts_rise(desk):
    with desk.database.write() as session:
        assert take(session) == 1
    with desk.database.write() as session:
        assert take(session) == 2


def test_first_rules_that_are_wrong_are_refused_and_leave_nothing(empty_url):
    with pytest.raises(RulesError):
        open_store(empty_url, rules="ruleset: 1\nclassifiers: {rfm: {tabel: {}}}")
    desk = open_store(empty_url, rules="ruleset: 1\nclassifiers: {pareto: {}}")
    with desk.database.read() as session:
        assert current(session).text == "ruleset: 1\nclassifiers: {pareto: {}}"
    desk.database.close()
