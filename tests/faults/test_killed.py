"""SIGKILL at any moment: a store is as before or as after, and the work can be done again.

`CUSTRATA_KILLS` says how often each piece of work is killed on each database.
"""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import select

from custrata.service.rules.drafts import begin
from custrata.service.runs import run
from custrata.store.database import Database
from custrata.store.models import Base
from tests.service.runs.putting import contact, customer, put, rules, sale

KILLS = int(os.environ.get("CUSTRATA_KILLS", "6"))
HAPPENED = {"recorded_at", "at", "published_at", "started_at", "finished_at", "since", "changed_at"}
NUMBERED = {
    *("id", "subject", "run_id", "import_id", "draft_id", "calibration_id"),
    *("key", "data"),
}
NOT_LOOKED_AT = {"runs", "counters", "calibrations", "imports"}
RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
classifiers:
  stale_contact: {}
  rfm: {}
  pareto: {}
"""


@pytest.fixture(scope="module")
def works():
    """A process that does pieces of work, each in a child that can be killed."""
    acting = Path(__file__).with_name("acting.py")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, acting], **pipes) as process:
        yield Works(process)
        process.stdin.close()


class Works:
    """Starts work, kills it, and knows how it ended."""

    def __init__(self, process):
        self.process = process

    def start(self, *words):
        self.process.stdin.write("\t".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def ended(self):
        return self.process.stdout.readline().strip()

    def finish(self, *words):
        """How long it took."""
        begun = time.monotonic()
        self.start(*words)
        assert self.ended() == "done 0"
        return time.monotonic() - begun

    def kill(self, after, *words):
        child = self.start(*words)
        time.sleep(after)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        assert self.ended() in ("killed", "done 0")


def state(url):
    """All that a store says, moments and numbers apart; refuses half-finished runs."""
    database = Database(url)
    with database.engine.connect() as connection:
        found = {
            table.name: sorted(map(repr, connection.execute(select(*columns(table)))))
            for table in Base.metadata.sorted_tables
            if table.name not in NOT_LOOKED_AT
        }
    database.close()
    return found


def columns(table):
    hidden = HAPPENED | NUMBERED
    return [one for one in table.c if one.name not in hidden] or list(table.primary_key)


def killed_at_any_moment(works, url, again, *words):
    """Kill the work over and over; each time the store is as before, or as after.

    Args:
        again: brings the store back to how it was before, once the work was done.
    """
    before = state(url)
    took = works.finish(*words)
    after = state(url)
    assert after != before
    again()
    assert state(url) == before
    dice = random.Random(url.partition("://")[0] + words[0])
    for _kill in range(KILLS):
        works.kill(dice.uniform(0, took), *words)
        found = state(url)
        assert found in (before, after)
        if found == after:
            again()
    works.finish(*words)
    assert state(url) == after


@pytest.fixture
def peopled(desk):
    """A store with some hundred customers who have something to be classified by."""
    rules(desk, RULES)
    names = [f"c{number:03}" for number in range(400)]
    put(desk, *(customer(one, "hot", "2026-01-01") for one in names))
    put(desk, *(contact(one, f"2026-10-{1 + n % 30:02}") for n, one in enumerate(names)))
    put(desk, *(sale(one, f"2026-09-{1 + n % 30:02}", n) for n, one in enumerate(names)))
    return desk


class Copy:
    """A store as it was, to go back to."""

    def __init__(self, desk):
        self.desk = desk
        with desk.database.read() as session:
            connection = session.connection()
            self.rows = {
                table: connection.execute(select(*table.c)).all()
                for table in Base.metadata.sorted_tables
            }

    def restore(self):
        with self.desk.database.write() as session:
            connection = session.connection()
            for table in reversed(Base.metadata.sorted_tables):
                connection.execute(table.delete())
            for table, rows in self.rows.items():
                if rows:
                    connection.execute(table.insert(), [row._asdict() for row in rows])


def test_a_first_run(works, peopled, url):
    kept = Copy(peopled)
    killed_at_any_moment(works, url, kept.restore, "run", url)


def test_a_later_run(works, peopled, url):
    run(peopled)
    put(peopled, *(contact(f"c{number:03}", "2026-11-20") for number in range(0, 400, 2)))
    kept = Copy(peopled)
    killed_at_any_moment(works, url, kept.restore, "run", url)


def test_an_import(works, peopled, url, tmp_path):
    file = tmp_path / "sales.csv"
    sales = {
        "customer_id": [f"c{number % 500:03}" for number in range(5000)],
        "occurred_at": ["2026-11-02"] * 5000,
        "amount": list(range(5000)),
    }
    pl.DataFrame(sales).write_csv(file)
    kept = Copy(peopled)
    killed_at_any_moment(works, url, kept.restore, "import", url, file)


def test_a_publish(works, peopled, url):
    draft = begin(peopled, "later", RULES.replace("rfm: {}", "loyalty: {}"))
    kept = Copy(peopled)
    killed_at_any_moment(works, url, kept.restore, "publish", url, draft.id, draft.revision)
