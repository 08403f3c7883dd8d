"""Lists that a run leaves of its portfolio, and which products are bought together."""

import pytest
from sqlalchemy import select

from custrata.service.customers.erase import erase
from custrata.service.figures import latest, lists, shares
from custrata.service.figures.lists import listed
from custrata.service.runs import run
from custrata.service.sales.lists import referrers, win_back
from custrata.store.models import Listed
from tests.service.runs.putting import customer, put, rules, sale, stage_set

ALL = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
classifiers:
  sales_stage: {}
  life: {plugin: lifecycle}
  key_groups: {}
"""
PLAIN = "ruleset: 1\ntime_zone: Asia/Ho_Chi_Minh\nclassifiers:\n  pareto: {}\n"


@pytest.fixture
def desk(desk):
    rules(desk, ALL)
    return desk


def found(desk, name):
    run(desk)
    with desk.database.read() as session:
        return {entry.customer_id: entry.detail for _, entry in listed(session, name)}


def test_who_went_is_won_back_by_what_a_year_with_her_brought(desk):
    put(desk, *(customer(name) for name in "abcde"))
    put(desk, sale("a", "2025-06-01", 300), sale("a", "2024-05-01", 9_000))
    put(desk, sale("b", "2025-06-01", 500), sale("b", "2024-06-02", 50, 2))
    put(desk, sale("b", "2025-07-01", -100))
    put(desk, sale("c", "2026-11-01", 9_000))
    put(desk, sale("d", "2026-11-01", 7), stage_set("d", "2026-11-02", "lost"))
    with desk.database.write() as session:
        from custrata.store.models import Customer

        gone = session.get(Customer, "d")
        gone.stage, gone.lost_reason = "lost", "competitor"
    lost = found(desk, "win_back")
    assert list(lost) == ["b", "a", "d"]
    assert (lost["b"]["worth"], lost["b"]["scale"]) == (4005, 1)
    assert lost["a"]["worth"] == 3000
    assert lost["a"]["last_sale"] == "2025-06-01"
    assert lost["a"]["why"] == ["sales_stage:former", "life:ended"]
    assert lost["d"]["why"] == ["sales_stage:former", "life:ended", "key_groups:defectors"]


def test_quiet_customers_are_about_to_go(desk):
    put(desk, customer("a"), sale("a", "2026-05-25"), sale("a", "2026-06-24"))
    put(desk, sale("a", "2026-07-24"), sale("a", "2026-08-23"))
    assert found(desk, "win_back")["a"]["why"] == ["life:quiet"]


def test_without_such_labels_a_year_of_silence_counts(desk):
    rules(desk, PLAIN)
    put(desk, *(customer(name) for name in "abc"))
    put(desk, sale("a", "2025-11-20"), sale("b", "2025-11-21"))
    assert found(desk, "win_back") == {
        "a": {"why": [], "last_sale": "2025-11-20", "worth": 100, "scale": 0}
    }


def test_who_sent_others_and_what_they_brought(desk):
    put(desk, customer("a"), customer("b"), customer("lone", referred_by="lone"))
    put(desk, *(customer(f"a{number}", referred_by="a") for number in range(3)))
    put(desk, customer("b1", referred_by="b"), customer("x1", referred_by="stranger"))
    put(
        desk,
        sale("a0", "2020-01-01", 15, 1),
        sale("a0", "2026-01-01", 10),
        sale("a1", "2026-01-01"),
    )
    put(
        desk,
        sale("a2", "2026-01-01", -5),
        sale("b1", "2026-01-01", 400),
        sale("lone", "2026-01-01"),
    )
    sent = found(desk, "referrers")
    assert list(sent) == ["b", "a"]
    assert sent["b"] == {"referred": 1, "bought": 1, "brought": 4000, "scale": 1}
    assert sent["a"] == {"referred": 3, "bought": 2, "brought": 1065, "scale": 1}


def test_who_is_erased_is_on_no_list(desk):
    put(desk, customer("a"), sale("a", "2025-01-01"), customer("b", referred_by="a"))
    assert set(found(desk, "win_back")) == {"a"}
    erase(desk, "a")
    with desk.database.read() as session:
        assert session.scalars(select(Listed)).all() == []


def baskets(desk):
    run(desk)
    with desk.database.read() as session:
        return latest(session).get("baskets")


def test_products_that_are_bought_by_the_same_customers(desk):
    put(desk, *(customer(name) for name in "abcd"))
    put(desk, sale("a", "2026-01-01", product="Tea"), sale("a", "2026-02-01", product="Tea"))
    put(desk, sale("a", "2026-01-02", product="Pot"), sale("b", "2026-01-01", product="Tea"))
    put(desk, sale("b", "2026-01-01", product="Cup"), sale("b", "2026-01-03", -100, product="Cup"))
    put(desk, sale("c", "2026-01-01", product="Tea"), sale("c", "2026-01-01", product="Pot"))
    put(desk, sale("d", "2026-01-01"), sale("nobody", "2026-01-01", product="Pot"))
    told = baskets(desk)
    assert told["customers"] == 4
    assert told["products"] == [
        {"product": "Tea", "buyers": 3},
        {"product": "Pot", "buyers": 2},
        {"product": "Cup", "buyers": 1},
    ]
    assert told["pairs"] == [
        {"first": "Tea", "second": "Pot", "both": 2},
        {"first": "Tea", "second": "Cup", "both": 1},
    ]


def test_only_the_products_that_most_bought_are_compared(desk):
    put(desk, customer("a"), customer("b"))
    put(desk, *(sale("a", "2026-01-01", product=f"p{number:02}") for number in range(25)))
    put(desk, sale("b", "2026-01-01", product="p24"))
    names = [one["product"] for one in baskets(desk)["products"]]
    assert names == ["p24", *(f"p{number:02}" for number in range(19))]


def test_without_products_nothing_is_told(desk):
    put(desk, customer("a"), sale("a", "2026-01-01"))
    assert baskets(desk) is None


def test_no_figure_names_a_customer(desk):
    import json

    put(desk, customer("secret-a", owner="an", referred_by="secret-b"), customer("secret-b"))
    put(desk, sale("secret-a", "2026-11-01", product="Tea"))
    run(desk)
    with desk.database.read() as session:
        found = latest(session)
        content = {name: found.get(name) for name in ("results", "baskets")}
    assert all(content.values())
    assert "secret" not in json.dumps(content)


def test_nobodys_customers_are_all_behind_the_cut(desk, monkeypatch):
    for module in (shares, lists):
        monkeypatch.setattr(module, "LONGEST", 3)
    put(desk, *(customer(f"a{number}", owner="an") for number in range(4)))
    put(desk, customer("b", owner="binh"), sale("b", "2025-01-01", 1))
    put(desk, *(sale(f"a{number}", "2025-01-01", 1000 - number) for number in range(4)))
    put(desk, *(customer(f"by-{one}", referred_by=one) for one in ("a0", "a1", "a2", "a3", "b")))
    put(desk, *(sale(f"by-a{number}", "2026-11-01", 100 - number) for number in range(4)))
    assert list(found(desk, "win_back")) == ["a0", "a1", "b"]
    assert list(found(desk, "referrers")) == ["a0", "a1", "b"]
    with desk.database.read() as session:
        assert (win_back(session).cut, referrers(session, "binh").cut) == (True, True)
    monkeypatch.setattr(lists, "LONGEST", 4)
    with desk.database.read() as session:
        assert not win_back(session).cut
