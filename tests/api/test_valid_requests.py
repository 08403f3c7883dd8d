"""Every operation, asked for what it is for: it succeeds, and answers as the document says."""

import schemathesis

from custrata.api import PREFIX
from custrata.api.here import EXTENSION
from tests.api.test_any_request import APP, CHECKS

SCHEMA = schemathesis.openapi.from_wsgi(f"{PREFIX}/openapi.json", APP)
AT = "2026-11-20T10:00:00+07:00"
WHO = {"customer_id": "KH00003"}
DRAFT, GROUP, SOURCE, STAGE = (
    {"draft": 1},
    {"code": "quarter"},
    {"code": "fair"},
    {"code": "asleep"},
)
ROWS = {
    "customers": {"name": "Mai", "attributes": {"vip": True, "score": 5, "note": None}},
    "transactions": {"occurred_at": AT, "amount": "5", "transaction_id": "T1"},
    "contacts": {"occurred_at": AT, "contact_id": "C1"},
    "surveys": {"answered_at": AT, "question": "satisfaction", "answer": "5"},
    "opportunities": {"changed_at": AT, "step": "quotation", "opportunity_id": "X"},
    "feedback": {"opened_at": AT, "kind": "praise", "state": "open"},
}
SENT = [(f"send_{name}", {}, [{**WHO, **row}]) for name, row in ROWS.items()]
RECORDED = [
    ("record_contact", WHO, {"occurred_at": AT}),
    ("record_transaction", WHO, {"occurred_at": AT, "amount": "90000000"}),
    ("record_answer", WHO, {"answered_at": AT, "question": "satisfaction", "answer": "5"}),
    ("record_feedback", WHO, {"opened_at": AT, "kind": "complaint"}),
    ("record_opportunity", WHO, {"step": "quotation"}),
    ("set_stage", WHO, {"stage": "hot"}),
    ("set_consent", WHO, {"consent": True}),
    ("keep_customer", {"customer_id": "N1"}, ROWS["customers"]),
    ("correct_transaction", {"own_id": "T1"}, {"amount": "9"}),
    ("correct_contact", {"own_id": "C1"}, {"channel": "phone"}),
    ("delete_transaction", {"own_id": "T1"}, None),
    ("delete_contact", {"own_id": "C1"}, None),
]
SEEN = [
    *((name, {}, None) for name in ("list_customers", "list_runs", "list_segments", "show_token")),
    *((name, WHO, None) for name in ("show_customer", "show_labels", "show_history")),
    ("show_reasons", WHO, None),
    ("export_customer", WHO, None),
    ("classify_one", {}, {"measures": {"recency_days": 5, "frequency": 9, "monetary": "1.5"}}),
    ("classify_one", {}, {"facts": {"transactions": [{"occurred_at": AT, "amount": "5"}]}}),
]
RULES = [
    *((name, {}, None) for name in ("show_rules", "list_versions")),
    ("show_version", {"number": 1}, None),
    ("check_rules", {}, {"text": "ruleset: 1\nclassifiers: {rfm: {}}\n"}),
    ("begin_draft", {}, {"title": "A"}),
    ("begin_draft", {}, {"title": "B"}),
    ("list_drafts", {}, None),
    ("show_draft", DRAFT, None),
    ("save_draft", DRAFT, {"text": "ruleset: 1\nclassifiers: {rfm: {}}\n", "revision": 1}),
    ("try_draft", DRAFT, None),
    ("submit_draft", DRAFT, {"revision": 2}),
    ("send_draft_back", DRAFT, {"revision": 2, "comment": "why?"}),
    ("submit_draft", DRAFT, {"revision": 2}),
    ("approve_draft", DRAFT, {"revision": 2}),
    ("publish_draft", DRAFT, {"revision": 2}),
    ("rebase_draft", {"draft": 2}, None),
    ("discard_draft", {"draft": 2}, {"revision": 2}),
    ("roll_back_rules", {"number": 1}, {"expected": 2}),
    ("start_run", {}, {"as_of": "2026-11-21"}),
    ("show_job", {"job": 1}, None),
    ("show_run", {"run": 1}, None),
    ("cancel_run", {"run": 1}, None),
]
REGISTERS = [
    ("add_group", {}, {"name": "Quarter"}),
    *(
        (name, GROUP, {"customers": ["KH00003"]})
        for name in ("put_into_group", "take_out_of_group")
    ),
    ("list_groups", {}, None),
    ("show_group", GROUP, None),
    ("change_group", GROUP, {"note": "by hand"}),
    ("delete_group", GROUP, None),
    ("add_source", {}, {"name": "Fair"}),
    ("list_sources", {}, None),
    ("set_cost", SOURCE, {"month": "2026-11-01", "amount": "5"}),
    ("list_costs", SOURCE, None),
    ("set_cost", SOURCE, {"month": "2026-11-01", "amount": None}),
    ("change_source", SOURCE, {"active": False}),
    ("delete_source", SOURCE, None),
    ("add_stage", {}, {"names": {"en": "Asleep"}}),
    ("change_stage", STAGE, {"colour": "#0ea5e9"}),
    ("list_stages", {}, None),
    ("delete_stage", STAGE, None),
]
ASKED = [*SENT, *RECORDED, *SEEN, *RULES, *REGISTERS, ("erase_customer", WHO, None)]


def test_every_operation_succeeds(rest):
    APP.extensions[EXTENSION] = rest.desk
    codes = [one["code"] for one in rest.get("/stages").json["stages"]]
    asked = [*ASKED, ("order_stages", {}, {"order": codes[::-1]})]
    operations = {
        one.ok().definition.raw["operationId"]: one.ok() for one in SCHEMA.get_all_operations()
    }
    assert {name for name, *_ in asked} == set(operations)
    headers = {"Authorization": f"Bearer {rest.tokens['admin']}"}
    for name, path, body in asked:
        said = {} if body is None else {"body": body, "media_type": "application/json"}
        case = operations[name].Case(path_parameters=path, query={}, headers={}, **said)
        answer = case.call(headers=headers)
        assert answer.status_code < 300, (name, answer.text)
        case.validate_response(answer, checks=CHECKS)
