"""Lists of customers: who is found, in which order, page by page."""

import random

import pytest

from custrata.engine.diagnostics import DataError
from custrata.service.customers import seeking
from custrata.service.customers.listing import customers, owners, rows, teams
from custrata.service.customers.question import Question, asked, asks_for, query_of
from tests.service.customers.firm import label, member, named, settle


@pytest.fixture
def desk(desk):
    settle(
        desk,
        named("KH-1", "Đặng Thị Ánh", phone="0912 345 678", stage="hot", owner="an", team="north"),
        named("KH-2", "Nguyễn Văn Ân", phone="+84 987 654 321", stage="hot", overlay="dont_forget"),
        named("KH-3", "王小明", stage="new", source="zalo", owner="an"),
        named("KH-4", "Công ty TNHH Hoa Sen", stage="closed", source="shop", owner="binh"),
        named("KH-5", None, stage="new"),
        named("kh-6", "An Đặng", source="zalo", owner="binh", team="south"),
    )
    ids = ("KH-1", "KH-2", "KH-3", "KH-4", "KH-5", "kh-6")
    label(
        desk,
        "rfm",
        **dict(zip(ids, ("gold", "gold", "silver", "silver", None, "gold"), strict=True)),
    )
    lists = ('["top", "long"]', '["long"]', "[]", '["top"]', "[]", "[]")
    label(desk, "key", **dict(zip(ids, lists, strict=True)))
    member(desk, "vip", "KH-1", "KH-4")
    member(desk, "few", "KH-5")
    return desk


def found(desk, **asks):
    with desk.database.read() as session:
        return [one.customer_id[-1] for one in customers(session, Question(**asks)).rows]


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("dang", "61"),
        ("Đặng", "61"),
        ("ánh dang", "1"),
        ("an", "612"),
        ("sen", "4"),
        ("hoa s", "4"),
        ("小明", "3"),
        ("明", "3"),
        ("0912345", "1"),
        ("912 345 678", "1"),
        ("0987654321", "2"),
        ("kh-1", "1"),
        ("KH-", "41235"),
        ("ang", ""),
        ("dang zz", ""),
        ("%", ""),
        ("***", ""),
        ("x" * 255, ""),
    ],
)
def test_found_by_beginnings_of_words_by_id_and_by_phone(desk, text, who):
    assert found(desk, text=text) == list(who)


@pytest.mark.parametrize("kept", ["+84000593925", "0000593925"])
def test_a_telephone_number_that_begins_with_zeros_is_found_as_it_is_dialled(desk, kept):
    settle(desk, named("KH-9", "Zero", phone=kept))
    for text in ("0000593925", "0 000 593 925", "84000593925", "+84 000 593 925", "593925"):
        assert found(desk, text=text) == ["9"], text


@pytest.mark.parametrize(
    ("asks", "who"),
    [
        ({"labels": ("rfm:gold",)}, "612"),
        ({"labels": ("rfm:gold", "rfm:silver")}, "64123"),
        ({"labels": ("rfm:gold", "key:long")}, "12"),
        ({"labels": ("rfm:-",)}, "5"),
        ({"labels": ("key:top",)}, "41"),
        ({"labels": ("no:such",)}, ""),
        ({"stages": ("hot",)}, "1"),
        ({"stages": ("dont_forget",)}, "2"),
        ({"stages": ("dont_forget", "new")}, "235"),
        ({"stages": ("-",)}, "6"),
        ({"groups": ("vip",)}, "41"),
        ({"groups": ("vip", "few")}, "415"),
        ({"groups": ("no-such",)}, ""),
        ({"sources": ("zalo",)}, "63"),
        ({"owners": ("an", "-")}, "1235"),
        ({"teams": ("north",), "owners": ("an",)}, "1"),
        ({"text": "dang", "labels": ("rfm:gold",), "owners": ("binh",)}, "6"),
        ({"order": "id"}, "123456"),
        ({}, "641235"),
    ],
)
@pytest.mark.parametrize("few", [2_000, 0])
def test_what_is_asked_for_is_found_by_index_and_by_going_through(
    desk, monkeypatch, asks, who, few
):
    monkeypatch.setattr(seeking, "FEW", few)
    assert found(desk, **asks) == list(who)


def test_a_row_says_what_is_known(desk):
    with desk.database.read() as session:
        (row,) = rows(session, ["KH-2"])
        assert owners(session) == ("an", "binh")
        assert teams(session) == ("north", "south")
    assert (row.name, row.phone, row.stage, row.owner) == (
        "Nguyễn Văn Ân",
        "+84 987 654 321",
        "dont_forget",
        None,
    )
    assert row.labels == {"rfm": "gold", "key": '["long"]'}


@pytest.mark.parametrize("order", ["name", "id"])
@pytest.mark.parametrize("few", [2_000, 3])
def test_pages_forward_and_back_hold_everyone_once(desk, monkeypatch, order, few):
    monkeypatch.setattr(seeking, "FEW", few)
    monkeypatch.setattr(seeking, "_PARTS", (3, 5))
    chance = random.Random(few)
    names = ("Lan", "Hoa", "An", None)
    settle(desk, *(named(f"x{n:03}", chance.choice(names), owner="zed") for n in range(60)))
    wanted = Question(owners=("zed",), order=order)
    ahead, first = pages(desk, wanted, "after")
    assert len(ahead) == len(set(ahead)) == 60
    back, _last = pages(desk, wanted, "before", start=ahead[-1])
    assert back == ahead[:-1]
    with desk.database.read() as session:
        expected = sorted(rows(session, ahead), key=lambda one: key(one, order))
    assert ahead == [one.customer_id for one in expected]
    assert first.count == (60 if few == 2_000 else None)
    assert first.more_than == (None if few == 2_000 else few)


def key(row, order):
    name = row.name and row.name.lower()
    return row.customer_id if order == "id" else (name is None, name or "", row.customer_id)


def pages(desk, question, towards, start=None):
    """The ids of all pages in one direction, and the first of them."""
    ids, first, steps = [], None, 0
    place = {towards: start} if start else {}
    while steps < 100:
        steps += 1
        with desk.database.read() as session:
            page = customers(session, question, size=7, **place)
        first = first or page
        got = [one.customer_id for one in page.rows]
        new = [one for one in got if one not in ids]
        ids = ids + new if towards == "after" else new + ids
        goes_on = getattr(page, towards)
        if goes_on is None:
            return ids, first
        place = {towards: goes_on}
    raise AssertionError("the pages do not end")


def test_a_long_search_says_how_far_it_came(desk, monkeypatch):
    monkeypatch.setattr(seeking, "FEW", 0)
    monkeypatch.setattr(seeking, "_PARTS", (2,))
    with desk.database.read() as session:
        page = customers(session, Question(stages=("dont_forget",)))
    assert (page.rows, page.reached, page.after) == ((), True, "KH-4")
    with desk.database.read() as session:
        page = customers(session, Question(stages=("dont_forget",)), after=page.after)
    assert [one.customer_id for one in page.rows] == ["KH-2"]


def test_everyone_is_counted_as_the_last_run_did(desk):
    with desk.database.read() as session:
        assert customers(session, Question()).count == 6
        assert customers(session, Question(text="dang")).count == 2


def test_a_question_is_told_by_an_address_and_back():
    question = Question("lan", ("rfm:gold", "key:top"), owners=("an",), order="id")
    assert asked(query_of(question)) == question
    assert asks_for(question)[0] == ("q", "lan")
    assert question.without("label", "rfm:gold").labels == ("key:top",)
    assert question.without("q", "lan").text == ""
    assert query_of(Question()) == {}
    assert asked({"order": ["phone"], "label": ["", "a:b", "a:b"]}) == Question(labels=("a:b",))
    for query in ({"q": ["x" * 256]}, {"owner": [str(one) for one in range(51)]}):
        with pytest.raises(DataError):
            asked(query)


def test_who_came_after_the_run_has_no_label_yet(desk):
    settle(desk, named("KH-7", "Lê Mới", fact_seq=1))
    assert "7" in found(desk, labels=("rfm:-",))
    assert "1" not in found(desk, labels=("rfm:-",))
    assert found(desk, labels=("nobody_has_it:-",)) == found(desk)
