"""Who moved in a run is told by name, page by page, by an index."""

from sqlalchemy import delete

from custrata.service.runs import run
from custrata.service.runs.listing import run_of
from custrata.service.runs.moved import Move, movers_of
from custrata.store.models import Customer
from tests.service.runs.putting import customer, put, sale


def moved(desk, move, **page):
    with desk.database.read() as session:
        return movers_of(session, move, **page)


def test_customers_of_a_move_come_by_id_and_of_that_run_alone(desk, clock):
    put(desk, *(customer(f"c{number}") for number in (3, 1, 2)))
    first = run(desk).run_id
    began = Move(first, "rfm", None, "no_purchase")
    everybody = moved(desk, began)
    assert [(one.customer_id, one.why) for one in everybody] == [
        ("c1", "first"),
        ("c2", "first"),
        ("c3", "first"),
    ]
    assert moved(desk, began, after="c1", limit=1) == (everybody[1],)
    put(desk, sale("c2", "2026-11-20"))
    clock.forward(days=1)
    second = run(desk).run_id
    label = next(one.label for one in run_flows(desk, second) if one.classifier == "rfm")
    assert [one.customer_id for one in moved(desk, Move(second, "rfm", "no_purchase", label))] == [
        "c2"
    ]
    assert moved(desk, Move(second, "rfm", None, label)) == ()
    assert moved(desk, began) == everybody


def test_who_was_erased_is_among_them_no_more(desk):
    put(desk, customer("c1"), customer("c2"))
    number = run(desk).run_id
    with desk.database.write() as session:
        session.execute(delete(Customer).where(Customer.customer_id == "c1"))
    found = moved(desk, Move(number, "rfm", None, "no_purchase"))
    assert [one.customer_id for one in found] == ["c2"]


def run_flows(desk, number):
    with desk.database.read() as session:
        return run_of(session, number).flows
