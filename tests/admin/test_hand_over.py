"""Handing over as a page: seen first, then done, with its history."""

import pytest
from sqlalchemy import select

from custrata.service.customers.filters import save_filter
from custrata.service.customers.hand_over import hand_over
from custrata.service.customers.question import Question
from custrata.service.registers.staff import add_staff
from custrata.service.runs import run
from custrata.service.sales import handing
from custrata.store.models import Customer, OwnerChange
from tests.admin.conftest import LAST
from tests.service.customers.firm import member
from tests.service.runs.putting import contact, customer, put, rules

RULES = """\
ruleset: 1
classifiers:
  care:
    table:
      rules: [{days_since_contact: ">= 0", label: reached}]
      otherwise: waiting
"""


@pytest.fixture
def panel(bare):
    put(
        bare.desk,
        *(customer(f"a{number:02}", "hot", owner="an", region="north") for number in range(25)),
        customer("south", "new", owner="an", region="south"),
        customer("b", "hot", owner="binh"),
        customer("nobodys", "new"),
    )
    add_staff(bare.desk, "chi")
    member(bare.desk, "vip", "a01", "a02", "b")
    put(bare.desk, contact("a03", "2026-11-20"))
    rules(bare.desk, RULES)
    run(bare.desk, as_of=LAST)
    return bare


def owners(panel):
    with panel.desk.database.read() as session:
        return dict(session.execute(select(Customer.customer_id, Customer.owner)).all())


def changes(panel):
    with panel.desk.database.read() as session:
        return session.scalars(select(OwnerChange).order_by(OwnerChange.id)).all()


def marked(panel, **asked):
    """The mark that the preview has."""
    query = {"from": "an", **asked}
    page = panel.client("publisher").get("/hand_over/", query_string=query).text
    return page.partition('name="seen" value="')[2].partition('"')[0]


def give(panel, role="publisher", **data):
    names = ("from", "region", "stage", "group", "label", "filter")
    asked = {name: data[name] for name in names if name in data}
    form = {"from": "an", "to": "chi", "why": "", "seen": marked(panel, **asked), **data}
    return panel.client(role).post("/hand_over/", form)


def test_they_are_seen_before_anything_happens(panel):
    page = panel.client("publisher").get("/hand_over/?from=an").text
    assert "26 customers" in page
    assert page.count('href="/customers/a') == 20
    assert "planned visits, open opportunities, open feedback" in page
    assert '<option value="south"' in page
    assert changes(panel) == []


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"region": "south"}, ["south"]),
        ({"group": "vip"}, ["a01", "a02"]),
        ({"label": "care:reached"}, ["a03"]),
        ({"stage": "new"}, ["south"]),
        ({"stage": "new", "region": "north"}, []),
        ({"from": "-"}, ["nobodys"]),
    ],
)
def test_only_those_who_are_asked_for_change_hands(panel, asked, found):
    query = {"from": "an", **asked}
    page = panel.client("publisher").get("/hand_over/", query_string=query).text
    assert all(f'href="/customers/{one}"' in page for one in found)
    give(panel, **asked)
    assert sorted(one for one, owner in owners(panel).items() if owner == "chi") == found


def test_all_of_who_leaves_with_their_history(panel):
    answer = give(panel, why="an leaves")
    assert answer.location == "/customers/?owner=chi"
    now = owners(panel)
    assert [one for one, owner in now.items() if owner == "an"] == []
    assert (now["b"], now["nobodys"]) == ("binh", None)
    assert {(one.from_owner, one.to_owner, one.by, one.why) for one in changes(panel)} == {
        ("an", "chi", "publisher", "an leaves")
    }
    page = panel.client("publisher").get("/customers/a01?tab=time").text
    assert "Salesperson: an → chi" in page
    assert "an leaves" in page


def test_a_saved_filter_says_who(panel):
    desk = panel.desk.of("publisher")
    number = save_filter(desk, "hot ones", Question(stages=("hot",), owners=("binh",)))
    page = panel.client("publisher").get(f"/hand_over/?from=an&filter={number}").text
    assert "25 customers" in page  # of the one who hands over, whoever the filter asks for
    give(panel, filter=str(number))
    assert owners(panel)["south"] == "an"
    assert give(panel, filter="999").status_code == 422


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"seen": "0"}, "than the 26 customers who are chosen now"),
        ({"seen": ""}, "than the 26 customers who are chosen now"),
        ({"to": " "}, "To_owner is empty"),
        ({"to": "an"}, "They are customers of an already"),
        ({"to": "bihn"}, "There is no salesperson"),
        ({"to": "x" * 256}, "To_owner has 256 characters"),
    ],
)
def test_what_cannot_be_changes_nothing(panel, data, told):
    answer = give(panel, **data)
    assert answer.status_code == 422
    assert told in answer.text
    assert changes(panel) == []


def test_who_may_not_hand_over_does_not_see_the_page(panel):
    assert panel.client("editor").get("/hand_over/?from=an").status_code == 403
    assert give(panel, "editor").status_code == 403
    assert changes(panel) == []


def test_as_many_others_are_not_those_who_were_shown(panel):
    seen = marked(panel)
    hand_over(panel.desk, "binh", customer_ids=["a01"])
    hand_over(panel.desk, "an", customer_ids=["nobodys"])
    answer = give(panel, seen=seen)
    assert (answer.status_code, owners(panel)["nobodys"]) == (422, "an")
    assert "others were shown than the 26 customers" in answer.text.lower()


def test_nobodys_are_given_while_they_are_nobodys(panel, monkeypatch):
    ids = ["a01", "nobodys"]  # as one would find who was given away right after
    monkeypatch.setattr(handing, "_ids", lambda *_words: ids)
    give(panel, **{"from": "-"}, seen=handing.mark_of(ids))
    assert (owners(panel)["a01"], owners(panel)["nobodys"]) == ("an", "chi")
