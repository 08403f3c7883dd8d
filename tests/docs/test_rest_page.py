"""The page on REST says what it does: its example runs, its answers are those."""

import json
import re
from pathlib import Path

import pytest

from custrata.api import PREFIX
from tests.admin.conftest import serving
from tests.api.conftest import opened

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/rest.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def rest(tmp_path):
    from custrata.service.runs import run

    with opened(tmp_path / "store.db") as found:
        rows = [
            {"customer_id": f"KH{one}", "occurred_at": "2026-11-01T00:00:00Z", "amount": f"{one}00"}
            for one in range(1, 9)
        ]
        found.post("/transactions", rows)
        run(found.desk)
        yield found


def test_the_answer_of_the_example_is_that(rest):
    said = re.search(r"-d '(.*?)'$", blocks("sh")[1], re.DOTALL | re.MULTILINE)[1]
    answer = rest.post("/transactions", json.loads(said), Idempotency_Key="order-1001").json
    shown = json.loads(blocks("json")[0])
    assert {name: answer[name] for name in shown} == shown
    assert answer["classified"] is True


def test_the_program_of_the_example_runs(rest, capsys, monkeypatch):
    (usual,) = re.findall(r'^ADDRESS = "(.*)"$', blocks("python")[0], re.MULTILINE)
    monkeypatch.setenv("TOKEN", rest.tokens["publisher"])
    with serving(rest.app) as address:
        exec(blocks("python")[0].replace(usual, address + PREFIX), {})
    said = capsys.readouterr().out
    assert "'state': 'inserted'" in said
    assert "'rfm': " in said
    assert "would be better:" in said


def test_the_problem_of_the_page_is_that(rest):
    shown = json.loads(blocks("json")[1])
    rest.post("/customers", [{"customer_id": "KH1"}])
    told = rest.ask("PUT", "/customers/KH1/stage", {"stage": "hott"}).json
    assert {name: told[name] for name in shown if name != "errors"} == {
        name: value for name, value in shown.items() if name != "errors"
    }


def test_what_the_page_corrects_is_corrected(rest):
    sale = {"occurred_at": "2026-11-20T10:00:00Z", "amount": "1", "transaction_id": "S-1001"}
    rest.post("/customers/KH1/transactions", sale)
    (block,) = (one for one in blocks("sh") if "DELETE" in one)
    asked = re.findall(r"-X (\w+) \S+?/api/v1(\S+)(?:[^-]|-(?!d |X ))*(?:-d '(.*?)')?", block)
    assert [(method, said) for method, _, said in asked] == [
        ("PATCH", '{"amount": "990000"}'),
        ("DELETE", ""),
    ]
    for method, path, said in asked:
        assert rest.ask(method, path, json.loads(said) if said else None).status_code == 200
    assert rest.ask("DELETE", "/transactions/S-1001").status_code == 404


def test_the_customer_of_the_page_is_kept(rest):
    (block,) = (one for one in blocks("sh") if "KH9003" in one)
    asked = re.search(r"-X (\w+) \S+?/api/v1(\S+).*-d '(.*?)'", block, re.DOTALL)
    method, path, said = asked.groups()
    assert rest.ask(method, path, json.loads(said), role="publisher").json["state"] == "inserted"
    assert rest.get(path).json["source"] == "facebook"
