"""What was learned week by week is what is known at once, on every database."""

from datetime import date

import pytest
from sqlalchemy import func, select

from custrata import Engine
from custrata.engine.model import RECORDS
from custrata.service.company import company
from custrata.service.demo import replay
from custrata.service.demo.rules import firm_rules
from custrata.service.demo.story import story
from custrata.service.setup import open_store
from custrata.store.models import Customer, Import, LabelNow, Run, StageChange

DAY = date(2026, 11, 21)
ID = "customer_id"


@pytest.fixture
def told():
    return company(customers=300)


@pytest.fixture
def desk(told, empty_url, monkeypatch):
    monkeypatch.setattr(replay, "WEEKS", 2)
    replay.replay(empty_url, told, DAY)
    desk = open_store(empty_url, "an")
    yield desk
    desk.database.close()


def test_the_weeks_add_up(desk, told):
    with desk.database.snapshot() as snapshot:
        table = LabelNow.__table__.c
        labels = snapshot.frame(select(table.customer_id, table.classifier, table.label))
    engine = Engine.from_text(firm_rules(DAY))
    facts = {name: frame for name, frame in told.frames().items() if name in RECORDS}
    at_once = engine.run(as_of=DAY, **facts).labels.unpivot(
        index=ID, variable_name="classifier", value_name="label"
    )
    assert labels.sort(ID, "classifier").equals(
        at_once.select(labels.columns).sort(ID, "classifier")
    )

    with desk.database.read() as session:
        held = session.execute(select(Customer.customer_id, Customer.stage, Customer.owner)).all()
        overlays = session.scalar(select(func.count()).where(Customer.overlay == "dont_forget"))
        refused, rows = session.execute(
            select(func.sum(Import.refused), func.sum(Import.inserted + Import.changed))
        ).one()
        made = session.scalars(select(StageChange.why).where(StageChange.how == "set")).all()
        days = session.scalars(select(Run.as_of).order_by(Run.id)).all()
    assert sorted(map(tuple, held)) == sorted(told.customers.select(ID, "stage", "owner").rows())
    assert overlays == labels.filter(label="dont_forget").height
    assert (refused, len(made)) == (0, told.stage_changes.height)
    assert rows >= sum(frame.height for name, frame in told.frames().items() if name != "groups")
    assert days == [date(2026, 11, 7), date(2026, 11, 14), DAY]
    assert story(desk).customers == 300
