"""Kept filters: whose they are, who sees them, what is told of them."""

import pytest
from sqlalchemy import select

from custrata.engine.diagnostics import CustrataError
from custrata.service.customers import filters as kept
from custrata.service.customers.filters import change_filter, delete_filter, save_filter
from custrata.service.customers.listing import export
from custrata.service.customers.question import Question
from custrata.store.models import AuditEvent
from tests.service.customers.firm import named, settle

GOLD = Question("lan", labels=("rfm:gold",), order="id")


def seen(desk, login):
    with desk.database.read() as session:
        return [(one.name, one.login, one.shared) for one in kept.filters(session, login)]


def events(desk):
    with desk.database.read() as session:
        rows = session.scalars(
            select(AuditEvent).where(AuditEvent.action != "rules.publish").order_by(AuditEvent.id)
        )
        return [(one.action, one.subject_kind, one.detail) for one in rows]


def refused(call, *args, **words):
    with pytest.raises(CustrataError) as error:
        call(*args, **words)
    return error.value.diagnostics[0].code


def test_one_sees_ones_own_and_what_others_share(desk):
    save_filter(desk, "Zed", GOLD)
    save_filter(desk, "Gold", GOLD, shared=True)
    save_filter(desk.of("binh"), "Gold", Question(stages=("hot",)))
    assert seen(desk, "an") == [("Gold", "an", True), ("Zed", "an", False)]
    assert seen(desk, "binh") == [("Gold", "binh", False), ("Gold", "an", True)]
    with desk.database.read() as session:
        assert [one.question for one in kept.filters(session, "an")] == [GOLD, GOLD]


def test_the_same_name_again_replaces_it(desk):
    first = save_filter(desk, "Gold", GOLD)
    assert save_filter(desk, " Gold ", Question(text="hoa"), shared=True) == first
    assert seen(desk, "an") == [("Gold", "an", True)]


def test_only_ones_own_is_changed_and_deleted(desk):
    gold = save_filter(desk, "Gold", GOLD, shared=True)
    save_filter(desk, "Other", GOLD)
    for call in (change_filter, delete_filter):
        assert refused(call, desk.of("binh"), gold) == "no-filter"
        assert refused(call, desk, 999) == "no-filter"
    assert refused(change_filter, desk, gold, name="Other") == "filter-name-taken"
    change_filter(desk, gold, name="Best", shared=False)
    assert seen(desk, "an") == [("Best", "an", False), ("Other", "an", False)]
    delete_filter(desk, gold)
    assert seen(desk, "an") == [("Other", "an", False)]


def test_what_cannot_be_kept(desk):
    assert refused(save_filter, desk, " ", GOLD) == "text-missing"
    assert refused(save_filter, desk, "All", Question()) == "filter-empty"


def test_shared_ones_leave_events_without_what_is_searched(desk):
    gold = save_filter(desk, "Gold", GOLD)
    assert events(desk) == []
    change_filter(desk, gold, shared=True)
    delete_filter(desk, gold)
    assert events(desk) == [
        ("filter.change", "filter", {"shared": True}),
        ("filter.delete", "filter", {"shared": True}),
    ]


def test_a_list_is_taken_out_up_to_so_many_and_that_is_told(desk):
    settle(desk, *(named(f"c{place}", f"Lan {place}", owner="an") for place in range(5)))
    taken, more = export(desk, Question(owners=("an",), order="id"))
    assert ([one.customer_id for one in taken], more) == (
        [f"c{place}" for place in range(5)],
        False,
    )
    taken, more = export(desk, Question(text="lan"), size=3)
    assert (len(taken), more) == (3, True)
    assert events(desk)[-1] == ("customers.export", "customers", {"customers": 3})
