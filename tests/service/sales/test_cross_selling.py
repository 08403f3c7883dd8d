"""Who bought one product and not the other."""

from datetime import date
from decimal import Decimal

import pytest

from custrata.engine.diagnostics import DataError
from custrata.service.figures.kept import Figures
from custrata.service.sales import cross_selling
from custrata.service.sales.cross_selling import candidates, pairs
from tests.service.runs.putting import at, customer, put, sale


@pytest.fixture
def desk(desk):
    names = [f"c{number:02}" for number in range(12)]
    put(desk, *(customer(name, owner="an" if name < "c05" else "bao") for name in names))
    put(desk, *(sale(name, "2026-01-01", 100, product="Tea") for name in names[:10]))
    put(desk, *(sale(name, "2026-01-02", 30, product="Pot") for name in names[4:7]))
    put(desk, sale("c04", "2026-01-03", -30, product="Pot"))
    put(desk, sale("c00", "2026-03-01", 1550, 2, product="Tea"))
    put(desk, sale("c00", "2026-04-01", -50, product="Tea"))
    put(
        desk,
        sale("c10", "2026-01-01", 5, product="Pot"),
        sale("ghost", "2026-01-01", product="Tea"),
    )
    return desk


def found(desk, *products, **words):
    with desk.database.read() as session:
        return candidates(session, *products, **words)


def ids(page):
    return [one.customer_id for one in page.rows]


def test_who_bought_the_one_alone(desk):
    page = found(desk, "Tea", "Pot")
    assert ids(page) == ["c00", "c01", "c02", "c03", "c07", "c08", "c09"]
    assert page.after is None
    first = page.rows[0]
    assert (first.amount, first.last, first.owner) == (Decimal("65.5"), at("2026-03-01"), "an")
    assert ids(found(desk, "Pot", "Tea")) == ["c10"]
    assert ids(found(desk, "Tea", "Cup"))[:2] == ["c00", "c01"]
    assert ids(found(desk, "Cup", "Tea")) == []


def test_whose_customers(desk):
    assert ids(found(desk, "Tea", "Pot", owner="an")) == ["c00", "c01", "c02", "c03"]
    assert ids(found(desk, "Tea", "Pot", owner="bao")) == ["c07", "c08", "c09"]
    assert ids(found(desk, "Tea", "Pot", owner="nobody")) == []


@pytest.mark.parametrize("owner", [None, "an", "bao"])
@pytest.mark.parametrize(("at_once", "looks"), [(1, 1), (2, 3), (3, 40), (500, 40)])
def test_pages_go_on_where_the_one_before_ended(desk, monkeypatch, owner, at_once, looks):
    monkeypatch.setattr(cross_selling, "_AT_ONCE", at_once)
    monkeypatch.setattr(cross_selling, "_LOOKS", looks)
    seen, after = [], None
    for _page in range(40):
        page = found(desk, "Tea", "Pot", owner=owner, after=after, limit=2)
        assert len(page.rows) <= 2
        seen += ids(page)
        after = page.after
        if after is None:
            break
    whole = {"an": slice(0, 4), "bao": slice(4, None), None: slice(None)}[owner]
    assert seen == ["c00", "c01", "c02", "c03", "c07", "c08", "c09"][whole]


@pytest.mark.parametrize("texts", [("", "Pot"), ("Tea", " "), ("Tea", "Tea "), ("a\0b", "Pot")])
def test_products_that_cannot_be(desk, texts):
    with pytest.raises(DataError):
        found(desk, *texts)


@pytest.mark.parametrize(("text", "code"), [("Tea", "same-product"), ("Teapots", "no-product")])
def test_one_product_twice_is_told_apart_from_one_that_nobody_bought(desk, text, code):
    with pytest.raises(DataError) as raised:
        found(desk, text, text)
    assert raised.value.diagnostics[0].code == code


def told(products, both):
    content = {
        "customers": 100,
        "products": [{"product": name, "buyers": count} for name, count in products.items()],
        "pairs": [{"first": a, "second": b, "both": count} for (a, b), count in both.items()],
    }
    return Figures(1, date(2026, 11, 21), 1, {"baskets": content})


def test_the_pairs_that_stand_out_come_first():
    figures = told({"Tea": 50, "Pot": 20, "Cup": 40}, {("Tea", "Pot"): 18, ("Tea", "Cup"): 20})
    best = pairs(figures)
    assert [(one.bought, one.lacking) for one in best] == [("Pot", "Tea"), ("Tea", "Pot")]
    assert (best[0].share, best[0].usual, best[0].open) == (0.9, 0.5, 2)
    assert best[1].open == 32


def test_few_buyers_say_nothing():
    assert pairs(told({"Tea": 9, "Pot": 20}, {("Tea", "Pot"): 4})) == []
    some = pairs(told({"Tea": 9, "Pot": 20}, {("Tea", "Pot"): 5}))
    assert [one.bought for one in some] == ["Pot"]
    assert pairs(Figures(1, date(2026, 11, 21), 1, {})) == []


def test_a_refund_alone_is_no_purchase(desk):
    put(desk, sale("c11", "2026-05-01", -5, product="Tea"))
    (row,) = [one for one in found(desk, "Tea", "Pot").rows if one.customer_id == "c11"]
    assert (row.last, row.amount) == (None, Decimal(-5))
