"""Groups: the tree, codes while typing, rules while typing, members, what stands in the way."""

import pytest

from custrata.service.registers.groups import add_group, groups
from custrata.service.registers.members import members, put_in
from custrata.service.runs import run
from tests.service.runs.putting import customer, put


@pytest.fixture
def firm(bare):
    put(bare.desk, *(customer(one, "hot", "2026-01-05") for one in "abc"))
    add_group(bare.desk, "VIP")
    add_group(bare.desk, "Gold", parent="vip")
    put_in(bare.desk, "vip", ["a", "b"])
    return bare


def tree(panel):
    with panel.desk.database.read() as session:
        return {one.code: (one.name, one.parent, one.rule) for one in groups(session)}


def in_group(panel, code):
    with panel.desk.database.read() as session:
        return members(session, code)


def test_the_tree_with_how_many_are_in_each(firm):
    page = firm.client("viewer").get("/groups/").text
    assert "2 of its own, 2 with its subgroups" in page
    assert 'href="/customers/?group=vip"' in page
    assert 'class="groups-depth-1"' in page
    assert "New group" not in page


def test_the_code_follows_the_name_as_the_service_makes_it(firm):
    client = firm.client("publisher")
    told = client.part("/groups/code", {"name": "Khách hàng thân thiết"}).text
    assert "khach-hang-than-thiet" in told
    assert "vip-2" in client.part("/groups/code", {"name": "Vip"}).text
    assert "o code can be made" in client.part("/groups/code", {"name": "!!!"}).text
    assert "danger" not in client.part("/groups/code", {"name": ""}).text


def test_a_group_is_added_changed_and_moved(firm):
    client = firm.client("publisher")
    new = {"name": "Đại lý", "parent": "vip", "filled": "by_hand", "rule": "{stage: hot}"}
    assert client.post("/groups/add", new).location == "/groups/dai-ly"
    assert tree(firm)["dai-ly"] == ("Đại lý", "vip", None)
    changed = {"name": "Agents", "code": "agents", "parent": "", "filled": "by_rule"}
    changed["rule"] = "{stage: hot}"
    assert client.post("/groups/dai-ly/change", changed).location == "/groups/agents"
    assert tree(firm)["agents"] == ("Agents", None, "{stage: hot}")
    assert "{stage: hot}" in client.get("/groups/agents").text


@pytest.mark.parametrize(
    ("address", "data", "told"),
    [
        ("add", {"name": " "}, "alert-danger"),
        ("add", {"name": "<b>x", "code": "vip"}, "&lt;b&gt;x"),
        ("add", {"name": "R", "filled": "by_rule", "rule": "{label.rfn: key}"}, "rfn"),
        (
            "add",
            {"name": "R", "filled": "by_rule", "rule": "label.rfm: important_keeep"},
            "Did you mean important_keep?",
        ),
        ("add", {"name": "R", "filled": "by_rule", "rule": " "}, 'value="by_rule" checked'),
        ("gold/change", {"name": "Gold", "code": "gold", "filled": "by_rule"}, "has no cells"),
        ("vip/change", {"name": "VIP", "code": "vip", "parent": "gold"}, "stands below it"),
        ("vip/put-in", {"customers": "a, nobody"}, "1 of 2 ids"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_nothing_changes(firm, address, data, told):
    before = tree(firm), in_group(firm, "vip")
    answer = firm.client("publisher").post(f"/groups/{address}", data)
    assert answer.status_code == 422
    assert told in answer.text
    assert (tree(firm), in_group(firm, "vip")) == before


def test_members_by_hand(firm):
    client = firm.client("editor")
    client.post("/groups/vip/put-in", {"customers": "a\nc"})
    assert in_group(firm, "vip") == ["a", "b", "c"]
    client.post("/groups/vip/take-out", {"customer": ["a", "c"]})
    assert in_group(firm, "vip") == ["b"]
    assert "Change the group" not in client.get("/groups/vip").text


def test_a_rule_is_counted_while_it_is_typed(firm):
    client = firm.client("publisher")
    assert "run has landed yet" in client.part("/groups/count", {"rule": "{stage: hot}"}).text
    run(firm.desk)
    assert "takes 3 customers" in client.part("/groups/count", {"rule": "{stage: hot}"}).text
    assert "stagge" in client.part("/groups/count", {"rule": "{label.stagge: hot}"}).text
    assert client.part("/groups/count", {"rule": " "}).text.strip() == ""


def test_how_many_two_groups_share(firm):
    put_in(firm.desk, "gold", ["b", "c"])
    client = firm.client("viewer")
    assert "1 customer is in both" in client.get("/groups/vip/shared?other=gold").text
    assert client.get("/groups/vip/shared?other=none").status_code == 404


def test_deleting_asks_first_and_says_what_would_break(firm):
    client = firm.client("publisher")
    page = client.get("/groups/vip/delete").text
    for told in ("2 customers have it", "Groups stand below it: gold", "Take everyone out"):
        assert told in page, told
    answer = client.post("/groups/vip/delete")
    assert (answer.status_code, "vip" in tree(firm)) == (409, True)
    client.post("/groups/vip/empty")
    assert "Delete the group Gold?" in client.get("/groups/gold/delete").text
    for code in ("gold", "vip"):
        assert client.post(f"/groups/{code}/delete").location == "/groups/"
    assert tree(firm) == {}


def test_who_may_not_changes_nothing(firm):
    client = firm.client("editor")
    for address in ("add", "code", "count", "vip/change", "vip/delete", "vip/empty"):
        assert client.post(f"/groups/{address}", {"name": "X"}).status_code == 403
    assert client.get("/groups/vip/delete").status_code == 403
    assert set(tree(firm)) == {"vip", "gold"}


def test_building_a_tree_in_a_browser(browser):
    browser.sign_in("publisher")
    browser.find(".panel-side")
    browser.open("/groups/")
    browser.fill("name", "Khách hàng mới")
    browser.sees("khach-hang-moi")
    browser.wait(
        lambda _driver: browser.find("#group-code").get_attribute("placeholder") == "khach-hang-moi"
    )
    browser.run("document.querySelector('#group-by-rule').click()")
    browser.find("#group-rule").send_keys("label.stale_contact: dont_forget")
    browser.sees("The rule takes")
    browser.press("Add the group")
    browser.sees("The group was added.")
    browser.open("/groups/")
    browser.fill("name", "Mới ở Huế")
    browser.sees("moi-o-hue")
    browser.run("document.getElementsByName('parent')[0].value = 'khach-hang-moi'")
    browser.press("Add the group")
    browser.sees("The group was added.")
    browser.open("/groups/")
    browser.press("Mới ở Huế")
    browser.find("[name='parent'] option[value='khach-hang-moi'][selected]")
    browser.press("Delete")
    browser.sees("Delete the group Mới ở Huế?")
    browser.press("Delete")
    browser.sees("The group was deleted.")
    browser.open("/groups/khach-hang-moi")
    browser.press("Delete")
    browser.sees("Delete the group Khách hàng mới?")
    browser.press("Delete")
    browser.sees("The group was deleted.")


def test_a_group_above_others_tells_its_own_and_all_with_its_subgroups(firm):
    put_in(firm.desk, "gold", ["b", "c"])
    add_group(firm.desk, "Finest", parent="gold")
    put_in(firm.desk, "finest", ["c"])
    client = firm.client("viewer")
    assert "2 of its own, 3 with its subgroups" in client.get("/groups/").text
    assert "2 of its own, 3 with its subgroups" in client.get("/groups/vip").text
    assert "2 of its own, 2 with its subgroups" in client.get("/groups/gold").text
    assert "1 customer" in client.get("/groups/finest").text
    assert "subgroups" not in client.get("/groups/finest").text
