"""The example of the page on the funnel is what the funnel says."""

import re
from datetime import date
from pathlib import Path
from textwrap import dedent

from custrata.service.imports import import_file
from custrata.service.sales.funnel import funnel
from tests.service.runs.putting import customer, put

PAGE = (Path(__file__).parents[2] / "docs/funnel.md").read_text(encoding="utf-8")
FIELDS = "customer_id,opportunity_id,step,changed_at,amount,owner,outcome"


def shown(value):
    return "–" if value is None else f"{value:g}"


def percent(value):
    return "–" if value is None else f"{value:.0%}"


def test_the_example_of_the_page(desk, tmp_path):
    put(desk, customer("KH-1"), customer("KH-2"))
    rows = re.search(rf"^    {FIELDS}\n(?:    .*\n)+", PAGE, re.MULTILINE)
    path = tmp_path / "rows.csv"
    path.write_text(dedent(rows.group()), encoding="utf-8")
    import_file(desk, path, "opportunities", {name: name for name in FIELDS.split(",")})
    with desk.database.read() as session:
        found = funnel(session, date(2026, 11, 1), date(2026, 11, 30), now=desk.now())
    told = re.search(r"^\| step \| reached .*\n\|.*\n((?:\|.*\n)+)", PAGE, re.MULTILINE).group(1)
    assert [line.strip("| ").split(" | ") for line in told.splitlines()] == [
        [
            *(one.code, str(one.count), shown(one.amount), percent(one.conversion)),
            *(shown(one.stay.done.mean), shown(one.stay.so_far.mean)),
        ]
        for one in found.steps
    ]
    assert (found.total.win_rate, found.total.to_close.mean) == (0.5, 10)
    assert [(one.owner, one.results.count) for one in found.people] == [("an", 2), ("binh", 1)]
    assert found.people[1].results.win_rate is None
