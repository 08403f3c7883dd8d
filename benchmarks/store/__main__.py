"""`python -m benchmarks.store [--quick] [--out FILE]`: measure the store, and write the results.

SQLite always; PostgreSQL where `CUSTRATA_TEST_POSTGRESQL` names a server on which a database may
be made.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from benchmarks.machine import machine
from benchmarks.rounds import ask
from benchmarks.sizes import Size
from custrata.store.database import Database

RESULTS = Path(__file__).parents[1] / "STORE.md"
FULL, QUICK = Size(1_000_000, 10_000_000), Size(20_000, 200_000)
_FASTER, _SHARE, _LIVE = 20, 0.1, 0.01


def main(words: list[str] | None = None) -> int:
    """Exit code 0: measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.store", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small data; printed only")
    parser.add_argument("--customers", type=int, help="how many, with ten transactions each")
    parser.add_argument("--out", type=Path, help=f"where to write; by default {RESULTS.name}")
    given = parser.parse_args(words)
    size = QUICK if given.quick else FULL
    if given.customers:
        size = Size(given.customers, 10 * given.customers)
    folder = Path(str(ask("data", size=asdict(size)).answer["folder"]))
    found = {kind: measured(url, folder) for kind, url in databases()}
    page = report(size, found)
    out = given.out or (None if given.quick else RESULTS)
    if out:
        out.write_text(page)
    else:
        print(page)
    return 0


def databases() -> Iterator[tuple[str, str]]:
    """Each kind, with the address of an empty database that goes away afterwards."""
    with tempfile.TemporaryDirectory(prefix="custrata-store-") as folder:
        yield "SQLite", f"sqlite:///{folder}/store.db"
    server = os.environ.get("CUSTRATA_TEST_POSTGRESQL")
    if server is None:
        print("left out: CUSTRATA_TEST_POSTGRESQL names no server", file=sys.stderr)
        return
    with _made(server) as url:
        yield "PostgreSQL", url


@contextmanager
def _made(server: str) -> Iterator[str]:
    name = f"custrata_bench_{secrets.token_hex(4)}"
    _run(server, f"CREATE DATABASE {name}")
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        _run(server, f"DROP DATABASE {name} WITH (FORCE)")


def _run(server: str, statement: str) -> None:
    engine = create_engine(Database(server).url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def measured(url: str, folder: Path) -> dict[str, Any]:
    """What a process of its own took on a database."""
    command = [sys.executable, "-m", "benchmarks.store.job", url, str(folder)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def report(size: Size, found: Mapping[str, dict[str, Any]]) -> str:
    """The page."""
    names = list(next(iter(found.values()))["seconds"])
    lines = [
        f"| {name} | " + " | ".join(_seconds(one, name) for one in found.values()) + " |"
        for name in names
    ]
    ratios = [_ratios(kind, one) for kind, one in found.items()]
    head = " | ".join(found)
    rule = " | ".join("---:" for _ in found)
    changed = ", ".join(f"{one['changed']:,} on {kind}" for kind, one in found.items())
    return "\n".join(
        [
            "# The store",
            "",
            f"Written by `python -m benchmarks.store` on {datetime.now(tz=UTC).date()}.",
            f"Machine: {machine()}.",
            "",
            f"{size.customers:,} customers, {size.transactions:,} transactions, six classifiers,",
            "the data of RESULTS.md, imported from Parquet by the import that the command line",
            "uses. One process a database, one round: read ratios, not seconds. Before the second",
            f"run, one customer in a hundred buys something large: labels changed {changed}.",
            "",
            f"| seconds | {head} |",
            f"| --- | {rule} |",
            *lines,
            "",
            "| ratio | database | found | target | |",
            "| --- | --- | ---: | ---: | --- |",
            *(line for some in ratios for line in some),
            "",
        ]
    )


def _seconds(one: Mapping[str, Any], name: str) -> str:
    seconds = one["seconds"][name]
    return f"{seconds:.1f}" if seconds >= 1 else f"{seconds:.2f}"


def _ratios(kind: str, one: Mapping[str, Any]) -> list[str]:
    seconds, steps = one["seconds"], one["steps"]
    upsert = seconds["ORM upsert of all"]
    landing = upsert / steps["write"]
    whole = upsert / (steps["write"] + steps["compare"])
    share = seconds["what-if"] / seconds["first run"]
    live = seconds["live swap set, one more"] / seconds["first run"]
    return [
        _row(
            "ORM upsert of all ÷ writing the differences",
            kind,
            landing,
            f"≥ {_FASTER}",
            landing >= _FASTER,
        ),
        _row("ORM upsert of all ÷ finding and writing them", kind, whole, "", None),
        _row("what-if ÷ run", kind, share, f"≤ {_SHARE}", share <= _SHARE),
        _row("live swap set of one classifier ÷ run", kind, live, f"≤ {_LIVE}", live <= _LIVE),
    ]


def _row(what: str, kind: str, found: float, target: str, met: bool | None) -> str:
    verdict = "" if met is None else "met" if met else "**missed**"
    return f"| {what} | {kind} | {found:.3g} | {target} | {verdict} |"


if __name__ == "__main__":
    sys.exit(main())
