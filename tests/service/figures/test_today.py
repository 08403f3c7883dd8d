"""What waits for somebody today."""

from datetime import date

import pytest

from custrata.service.customers.record import record_contact, record_sale
from custrata.service.figures import latest
from custrata.service.figures.today import to_contact, waiting
from custrata.service.rules.drafts import begin, save
from custrata.service.rules.review import approve, submit
from custrata.service.runs import run
from custrata.service.sales.reminders import postpone
from tests.service.runs.putting import contact, customer, put, rules, sale

RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
classifiers:
  stale_contact: {}
  value:
    bands: {monetary: {cuts: [100, 500], names: [small, middle, big]}}
    table:
      rules:
        - {monetary: big, label: big}
        - {monetary: middle, label: middle}
      otherwise: small
    labels: {middle: {rank: 2}, big: {rank: 1}}
"""


@pytest.fixture
def desk(desk):
    rules(desk, RULES)
    owners = {"a": "an", "b": "an", "c": "bao", "d": "an", "e": "an"}
    put(
        desk,
        *(customer(one, "hot", "2026-01-01", owner=owner) for one, owner in owners.items()),
    )
    put(desk, sale("b", "2026-11-01", 900), sale("c", "2026-11-01", 900))
    put(desk, sale("d", "2026-11-01", 200), sale("e", "2026-11-01", 900))
    put(desk, contact("e", "2026-11-20"), contact("d", "2026-10-21"))
    run(desk)
    return desk


def ids(desk, **words):
    with desk.database.read() as session:
        return [one.customer_id for one in to_contact(session, **words)]


def test_the_most_important_come_first(desk):
    assert ids(desk) == ["b", "c", "d", "a"]
    assert ids(desk, limit=3) == ["b", "c", "d"]
    assert ids(desk, owner="an") == ["b", "d", "a"]
    assert ids(desk, owner="an", limit=1) == ["b"]
    assert ids(desk, owner="nobody") == []


def test_labels_of_nobody_to_contact_are_not_looked_through(desk):
    with desk.database.read() as session:
        counted = latest(session).get("reminded")
    assert counted == {"big": 2, "middle": 1, "small": 1}
    assert ids(desk, counted=counted) == ["b", "c", "d", "a"]
    assert ids(desk, counted={"middle": 1}) == ["d"]
    assert ids(desk, owner="an", counted={}) == ["b", "d", "a"]


def test_each_is_told_with_owner_label_and_since_when(desk):
    with desk.database.read() as session:
        found = to_contact(session, limit=1)[0]
    assert (found.customer_id, found.owner) == ("b", "an")
    assert (found.classifier, found.label) == ("value", "big")
    assert found.since == date(2026, 11, 21)


def test_who_was_reached_is_gone_at_once(desk, clock):
    record_contact(desk, "b", clock(), channel="call")
    assert ids(desk) == ["c", "d", "a"]


def test_without_ranks_everybody_comes(desk, clock):
    rules(desk, "ruleset: 1\nclassifiers:\n  stale_contact: {}\n")
    clock.forward(days=1)
    run(desk)
    assert sorted(ids(desk)) == ["a", "b", "c", "d"]
    with desk.database.read() as session:
        assert to_contact(session)[0].label is None


def test_rules_that_remind_of_nobody(desk):
    rules(desk, "ruleset: 1\nclassifiers:\n  rfm: {}\n")
    assert ids(desk) == []


def test_drafts_wait_for_others_and_reviews_for_who_may_approve(desk):
    draft = begin(desk.of("binh"), "Sooner")
    text = RULES.replace("500", "600")
    draft = save(desk.of("binh"), draft.id, text, draft.revision)

    def for_whom(login, role):
        with desk.database.read() as session:
            found = waiting(session, login, role)
        return found.drafts, found.reviews

    assert for_whom("binh", "editor") == (1, 0)
    assert for_whom("an", "publisher") == (0, 0)
    submit(desk.of("binh"), draft.id, draft.revision)
    assert for_whom("binh", "publisher") == (0, 0)
    assert for_whom("an", "publisher") == (0, 1)
    assert for_whom("an", "viewer") == (0, 0)
    approve(desk.of("an"), draft.id, draft.revision)
    assert for_whom("an", "publisher") == (0, 0)


LISTS = (
    RULES
    + """\
  across:
    table:
      hit_policy: collect
      rules:
        - {monetary: ">= 500", days_since_contact: [null, ">= 90"], label: unreached}
        - {monetary: ">= 100", recency_days: ">= 20", label: quiet}
        - {monetary: "> 0", label: buyer}
    effects: {unreached: {enter: [remind]}, quiet: {enter: [remind]}}
"""
)


@pytest.fixture
def valued(desk):
    """Two who bought and stand in no stage of which `stale_contact` reminds."""
    rules(desk, LISTS)
    put(desk, *(customer(one, "closed", "2026-01-01", owner="an") for one in "xy"))
    put(desk, sale("x", "2026-11-01", 900), sale("y", "2026-11-01", 200))
    run(desk)
    return desk


def test_a_label_whose_effect_is_to_remind_is_on_the_list_by_importance(valued):
    assert ids(valued) == ["x", "b", "c", "e", "y", "d", "a"]
    assert ids(valued, owner="an") == ["x", "b", "e", "y", "d", "a"]
    assert ids(valued, owner="an", limit=2) == ["x", "b"]
    with valued.database.read() as session:
        counted = latest(session).get("reminded")
        found = {one.customer_id: one for one in to_contact(session, owner="an")}
    assert counted == {"big": 4, "middle": 2, "small": 1}
    assert (found["x"].reminder, found["x"].reminds) == ("across", "unreached")
    assert found["b"].reminder == "stale_contact"  # the rules name it first


def test_who_was_reached_is_off_the_list_of_a_reminding_label(valued, clock):
    record_contact(valued, "x", clock(), channel="phone")
    assert ids(valued, owner="an") == ["x", "b", "e", "y", "d", "a"]  # `quiet` still reminds of her
    record_sale(valued, "x", 1, clock())
    assert ids(valued, owner="an") == ["b", "e", "y", "d", "a"]


def test_put_off_she_is_off_the_list_whatever_reminds_of_her(valued, clock):
    day = date(2026, 11, 22)
    clock.forward(minutes=1)
    postpone(valued, "x", date(2026, 12, 1))
    assert "x" not in ids(valued, day=day)
    put(valued, sale("x", "2026-11-02", 1))  # no longer `quiet`
    clock.forward(minutes=1)
    run(valued)
    assert "x" not in ids(valued, day=day)
    assert "x" in ids(valued, day=date(2026, 12, 1))
