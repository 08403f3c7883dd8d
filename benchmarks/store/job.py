"""One database's work, in one process: `python -m benchmarks.store.job URL FOLDER`.

Prints a line of JSON: seconds by step, and how many labels changed.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from benchmarks.draft import changed
from benchmarks.job import AS_OF
from custrata.service.desk import Desk
from custrata.service.imports import import_file
from custrata.service.rules.publish import import_text
from custrata.service.runs import run, what_if
from custrata.service.runs.live import live
from custrata.service.setup import open_store
from custrata.store.models import LabelNow

RECORDS = ("customers", "transactions", "contacts", "surveys")
SHARE = 100
"""One customer in so many buys something large before the second run."""
CLASSIFIER = "rfm"
"""Whose swap set is asked for live, as somebody types."""
_CHUNK = 10_000


@dataclass
class Watch:
    """Seconds by name; a progress that adds up the steps of a run."""

    seconds: dict[str, float] = field(default_factory=dict)
    step: str | None = None
    since: float = 0.0

    @contextmanager
    def over(self, name: str) -> Iterator[None]:
        """Time what is inside."""
        start = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - start

    def __call__(self, step: str, _done: int, _total: int) -> None:
        """Progress of a run."""
        now = time.perf_counter()
        if self.step is not None:
            self.seconds[self.step] = self.seconds.get(self.step, 0.0) + now - self.since
        self.step, self.since = step, now


def work(url: str, folder: Path) -> dict[str, Any]:
    """Import, run, change one customer in a hundred, run again, upsert all by the ORM, what-if."""
    noon = datetime(AS_OF.year, AS_OF.month, AS_OF.day, 12, tzinfo=UTC)
    desk = open_store(url, "bench", lambda: noon)
    rules = (folder / "rules.yaml").read_text()
    import_text(desk, rules, None, None)
    watch, again = Watch(), Watch()
    for record in RECORDS:
        with watch.over(f"import {record}"):
            import_file(desk, folder / f"{record}.parquet", record)
    with watch.over("first run"):
        first = run(desk, as_of=AS_OF)
    import_file(desk, _purchases(folder), "transactions")
    with watch.over("second run"):
        second = run(desk, as_of=AS_OF, recalibrate=False, progress=again)
    with watch.over("what-if"):
        moved = what_if(desk, changed(rules)).swaps.moved
    with watch.over("live swap set, first of a process"):
        live(desk, rules, CLASSIFIER)
    with watch.over("live swap set, one more"):
        live(desk, changed(rules), CLASSIFIER)
    with desk.database.read() as session:
        rows = [row._asdict() for row in session.execute(select(*LabelNow.__table__.c))]
    with watch.over("ORM upsert of all"):
        _upsert(desk, rows)
    return {
        "seconds": watch.seconds,
        "steps": again.seconds,
        "customers": first.customers,
        "labels": len(rows),
        "changed": second.changed,
        "moved": sum(one.customers for one in moved.values()),
    }


def _purchases(folder: Path) -> Path:
    """A file of one large sale each, of one customer in a hundred."""
    customers = pl.read_parquet(folder / "customers.parquet", columns=["customer_id"])
    few = customers.gather_every(SHARE).with_columns(
        transaction_id="new-" + pl.col("customer_id"),
        occurred_at=pl.lit(AS_OF),
        amount=pl.lit(10_000_000),
    )
    path = folder / "purchases.parquet"
    few.write_parquet(path)
    return path


def _upsert(desk: Desk, rows: list[dict[str, Any]]) -> None:
    """All labels through the ORM, as a program without differences would write them."""
    insert = {"sqlite": sqlite_insert, "postgresql": postgresql_insert}[desk.database.dialect]
    statement = insert(LabelNow)
    values = {name: statement.excluded[name] for name in ("label", "valid_from", "run_id")}
    upsert = statement.on_conflict_do_update(
        index_elements=["classifier", "customer_id"], set_=values
    )
    with desk.database.write() as session:
        for place in range(0, len(rows), _CHUNK):
            session.execute(upsert, rows[place : place + _CHUNK])


if __name__ == "__main__":
    sys.stdout.write(json.dumps(work(sys.argv[1], Path(sys.argv[2]))) + "\n")
