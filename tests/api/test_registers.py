"""Groups, sources and stages over REST."""

import pytest


def test_a_group_is_made_filled_moved_and_done_away_with(rest):
    made = rest.post("/groups", {"name": "Khách quý"}, Idempotency_Key="g")
    assert (made.status_code, made.json["code"]) == (201, "khach-quy")
    assert rest.post("/groups", {"name": "Khách quý"}, Idempotency_Key="g").json == made.json
    members = {"customers": ["KH00001", "KH00003"]}
    assert rest.post("/groups/khach-quy/members", members, role="editor").json == {"moved": 2}
    inside = rest.get("/customers?group=khach-quy").json["items"]
    assert [one["customer_id"] for one in inside] == ["KH00001", "KH00003"]
    assert rest.ask("DELETE", "/groups/khach-quy").json["code"] == "group-used"
    assert rest.post("/groups/khach-quy/members/remove", members).json == {"moved": 2}
    changed = rest.ask("PATCH", "/groups/khach-quy", {"name": "VIP", "code": "quy"})
    assert (changed.json["code"], changed.json["members"]) == ("quy", 0)
    gone = rest.ask("DELETE", "/groups/quy")
    assert (gone.status_code, gone.data) == (204, b"")
    assert rest.get("/groups/quy").status_code == 404


def test_a_source_is_made_and_its_costs_are_exact(rest):
    assert rest.post("/sources", {"name": "Hội chợ"}).json["code"] == "hoi-cho"
    cost = {"month": "2026-11-05", "amount": "1234567.89"}
    told = rest.ask("PUT", "/sources/hoi-cho/costs", cost).json
    assert told == {"costs": [{"month": "2026-11-01", "amount": "1234567.89"}]}
    assert rest.ask("DELETE", "/sources/hoi-cho").json["code"] == "source-used"
    rest.ask("PUT", "/sources/hoi-cho/costs", {**cost, "amount": None})
    changed = {"code": "hoi-cho", "name": "Fair", "active": False}
    assert rest.ask("PATCH", "/sources/hoi-cho", {"active": False, "name": "Fair"}).json == changed
    assert changed in rest.get("/sources").json["sources"]
    assert rest.ask("DELETE", "/sources/hoi-cho").status_code == 204


def test_stages_are_added_ordered_and_done_away_with(rest):
    codes = [one["code"] for one in rest.get("/stages").json["stages"]]
    added = rest.post("/stages", {"names": {"en": "Dormant"}, "colour": "#0EA5E9"})
    assert [one["code"] for one in added.json["stages"]] == [*codes, "dormant"]
    order = ["dormant", *codes]
    assert rest.ask("PUT", "/stages", {"order": order}).json["stages"][0]["code"] == "dormant"
    assert rest.ask("PUT", "/stages", {"order": codes}).json["code"] == "stage-order"
    renamed = rest.ask("PATCH", "/stages/dormant", {"names": {"en": "Asleep"}}).json["stages"][0]
    assert (renamed["names"], renamed["colour"]) == ({"en": "Asleep"}, "#0ea5e9")
    assert rest.ask("DELETE", "/stages/dormant").status_code == 204


@pytest.mark.parametrize(
    ("method", "address", "body", "code"),
    [
        ("POST", "/groups", {"name": "Quarter", "parent": "nowhere"}, "no-parent"),
        ("PATCH", "/groups/vip", {"parent": "nowhere"}, "no-parent"),
        ("POST", "/groups/vip/members", {"customers": ["nobody"]}, "no-customer"),
        ("PUT", "/stages", {"order": ["nowhere"]}, "no-stage"),
    ],
)
def test_not_found_is_only_what_the_address_names(rest, method, address, body, code):
    answer = rest.ask(method, address, body)
    assert (answer.status_code, answer.json["code"]) == (422, code)


@pytest.mark.parametrize("family", ["groups", "sources", "stages"])
def test_what_is_not_there_is_told_with_what_is_near(rest, family):
    answer = rest.ask("PATCH", f"/{family}/nowhere", {})
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert answer.json["code"] == f"no-{family[:-1]}"
