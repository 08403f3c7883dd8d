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


def test_the_program_of_the_example_runs(rest, capsys):
    with serving(rest.app) as address:
        names = {"ADDRESS": address + PREFIX, "TOKEN": rest.tokens["publisher"]}
        exec(blocks("python")[0], names)
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
