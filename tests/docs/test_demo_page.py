"""The page on the demo runs as it is written."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/demo.md"


def test_the_firm_is_made_as_the_page_says(monkeypatch, capsys):
    monkeypatch.chdir(PAGE.parents[1])
    (code,) = re.findall(
        r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    exec(code, {})
    key, known, news = map(int, capsys.readouterr().out.split())
    assert 0 < key < 100
    assert known < 300
    assert news > 100
