"""Rules over REST: checked, drafted, tried out, reviewed, published, brought back."""

import pytest

from custrata.service.runs import run
from custrata.service.settings import change_settings


@pytest.fixture
def draft(rest):
    return rest.post("/drafts", {"title": "Sooner"}, role="editor").json


def put(rest, draft, text, revision, role="editor"):
    body = {"text": text, "revision": revision}
    return rest.ask("PUT", f"/drafts/{draft['id']}", body, role=role)


def sooner(draft):
    return draft["text"].replace("recency_days: {cuts: [60]}", "recency_days: {cuts: [7]}")


def test_a_draft_is_tried_out_and_published(rest, draft):
    saved = put(rest, draft, sooner(draft), 1).json
    assert (saved["revision"], saved["state"]) == (2, "editing")
    tried = rest.post(f"/drafts/{draft['id']}/what-if", role="editor").json
    tables = {one["classifier"]: one for one in tried["tables"]}
    assert tables["rfm"]["moved"] > 0
    assert float(tables["rfm"]["revenue"]) > 0
    assert tables["pareto"]["moved"] == 0
    moved = [one for one in tables["rfm"]["ways"] if one["label"] != one["after"]]
    assert sum(one["customers"] for one in moved) == tables["rfm"]["moved"]
    rest.post(f"/drafts/{draft['id']}/submit", {"revision": 2}, role="editor")
    body = {"revision": 2, "comment": "sooner"}
    published = rest.post(f"/drafts/{draft['id']}/publish", body, role="publisher")
    assert (published.status_code, published.json["number"]) == (201, 2)
    assert rest.get("/rules").json["text"] == sooner(draft)
    back = rest.post("/rules/versions/1/roll-back", {"expected": 2}, role="publisher")
    assert (back.status_code, back.json["number"]) == (201, 3)
    assert [one["number"] for one in rest.get("/rules/versions").json["versions"]] == [3, 2, 1]


def test_nobody_writes_over_anothers_save(rest, draft):
    put(rest, draft, sooner(draft), 1)
    answer = put(rest, draft, "ruleset: 1\n", 1)
    assert (answer.status_code, answer.json["code"]) == (409, "draft-changed")


def test_four_eyes_hold_for_programs_too(rest, draft):
    change_settings(rest.desk, four_eyes=True)
    put(rest, draft, sooner(draft), 1, role="publisher")
    address = f"/drafts/{draft['id']}"
    rest.post(f"{address}/submit", {"revision": 2})
    own = rest.post(f"{address}/approve", {"revision": 2}, role="publisher")
    assert (own.status_code, own.json["code"]) == (409, "own-draft")
    assert rest.post(f"{address}/publish", {"revision": 2}).json["code"] == "not-approved"
    assert rest.post(f"{address}/approve", {"revision": 2}, role="admin").json["approved"]
    assert rest.post(f"{address}/publish", {"revision": 2}).status_code == 201


def test_rules_that_are_wrong_are_told_with_their_places(rest, draft):
    wrong = draft["text"].replace("monetary: {cuts", "monetry: {cuts", 1)
    told = rest.post("/rules/check", {"text": wrong}, role="editor").json
    assert told["sound"] is False
    (error,) = [one for one in told["diagnostics"] if one["severity"] == "error"][:1]
    assert error["line"] > 0
    put(rest, draft, wrong, 1)
    refused = rest.post(f"/drafts/{draft['id']}/submit", {"revision": 2})
    assert refused.status_code == 422
    assert any(one.get("line") for one in refused.json["errors"])
    assert rest.post("/rules/check", {"text": draft["text"]}).json["sound"] is True


def test_a_run_is_asked_for_and_followed(rest):
    from custrata.service.work.jobs import work_once
    from custrata.service.work.kinds import KINDS

    rest.post("/contacts", [{"customer_id": "KH00003", "occurred_at": "2026-11-20T10:00:00Z"}])
    asked = rest.post("/runs", {"recalibrate": False}, role="publisher", Idempotency_Key="k")
    assert (asked.status_code, asked.json["state"]) == (202, "waiting")
    again = rest.post("/runs", {"recalibrate": False}, role="publisher", Idempotency_Key="k")
    assert again.json == asked.json
    work_once(rest.desk, KINDS)
    job = rest.get(f"/jobs/{asked.json['job']}").json
    assert job["state"] == "done"
    run = rest.get(f"/runs/{job['run']}").json
    assert (run["state"], run["by"]) == (
        "landed",
        f"token:{rest.tokens['publisher'].split('_')[1]}",
    )
    sizes = [one["customers"] for one in run["segments"] if one["classifier"] == "rfm"]
    assert sum(sizes) == run["customers"]
    assert rest.get("/segments").json["run"] == run["id"]
    assert rest.post(f"/runs/{run['id']}/cancel", role="publisher").json == {"asked": False}


def test_runs_come_in_pages(seen):
    first = seen.get("/runs?limit=1").json
    rest = seen.get(f"/runs?limit=1&cursor={first['next']}").json
    ids = [one["id"] for one in (*first["items"], *rest["items"])]
    assert len(ids) == 2
    assert ids == sorted(ids, reverse=True)
    assert rest["next"] is None


def test_without_a_run_there_are_no_segments(bare):
    answer = bare.get("/segments")
    assert (answer.status_code, answer.json["code"]) == (409, "no-run")


SCORES = """\
ruleset: 1
classifiers:
  lead:
    table:
      hit_policy: {collect: sum}
      rules:
        - {frequency: ">= 2", label: 30}
        - {monetary: ">= 5", label: 20.5}
"""


def test_a_score_is_the_same_text_wherever_it_is_told(rest):
    draft = rest.post("/drafts", {"title": "Scores", "text": SCORES}).json
    rest.post(f"/drafts/{draft['id']}/submit", {"revision": 1})
    rest.post(f"/drafts/{draft['id']}/publish", {"revision": 1})
    run(rest.desk)
    (shown,) = rest.get("/customers/KH00003").json["labels"]
    (reason,) = rest.get("/customers/KH00003/reasons").json["reasons"]
    tried = rest.post("/classify", {"measures": {"frequency": 3, "monetary": 9}}).json
    labels = shown["label"], reason["label"], tried["labels"]["lead"], tried["reasons"][0]["label"]
    assert labels == ("50.5",) * 4
