"""The page on connecting shows what the commands print, and names every mapping and code."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from custrata.cli import main
from custrata.service.connect.loading import shipped
from tests.service.connect.places import fill, orders, people

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/connecting.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return found


def test_the_worked_example_prints_what_the_page_shows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("ours.yaml").write_text(block("yaml"), encoding="utf-8")
    asked = people(may_profile=["yes", "no", None, None])
    url = fill(f"sqlite:///{tmp_path}/crm.db", {"people": asked, "orders": orders()})
    words = ["connect", "check", "ours.yaml", "--url", url, "--tenant", "1"]
    assert CliRunner().invoke(main, words).stdout == block("text")


def test_every_mapping_that_ships_is_named():
    table = PAGE.partition("## A worked example")[0]
    assert set(re.findall(r"`(\w+)`", table.partition("| name |")[2])) >= set(shipped())


def test_every_code_of_a_check_exists():
    table = PAGE.partition("## What a check finds")[2].partition("Errors stop")[0]
    named = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", table))
    told = "".join(path.read_text() for path in (ROOT / "service/connect").glob("*.py"))
    assert len(named) > 20
    assert [code for code in named if f'"{code}"' not in told] == []


def test_links_lead_somewhere():
    links = re.findall(r"\]\((?!http)([^)#]+)", PAGE)
    assert links
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
