"""`python -m benchmarks.panel [--quick] [--store FILE] [--out FILE]`: how long pages take.

Each page is asked for through Flask without a network, as an admin: of a store with a million
customers, and of an empty one with the same rules. What pages load afterwards is measured apart.
`--store` names a store that `benchmarks.store` or somebody else made, and gives it names, a group
and a past where it has none; else one is made first, which takes minutes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.job import AS_OF
from benchmarks.machine import machine
from benchmarks.panel.addresses import Addresses
from benchmarks.panel.furnish import furnish
from benchmarks.rounds import ask
from benchmarks.sizes import Size
from benchmarks.store.job import RECORDS
from custrata.admin import create_app
from custrata.service.desk import Desk
from custrata.service.imports import import_file
from custrata.service.people.users import add_user, users
from custrata.service.rules.publish import import_text
from custrata.service.rules.versions import current
from custrata.service.runs import run
from custrata.service.runs.basis import last_full
from custrata.service.setup import open_store

RESULTS = Path(__file__).parents[1] / "PANEL.md"
FULL, QUICK = Size(1_000_000, 10_000_000), Size(20_000, 200_000)
TIMES, MOST = 7, 10
LOGIN, PASSWORD = "bench", "a good password"


def main(words: list[str] | None = None) -> int:
    """Exit code 0: measured."""
    given = _parser().parse_args(words)
    size = QUICK if given.quick else FULL
    with tempfile.TemporaryDirectory(prefix="custrata-panel-") as folder:
        place = given.store or stocked(Path(folder) / "stocked.db", size)
        with opened(place) as full, opened(Path(folder) / "empty.db") as empty:
            import_text(empty, text_in_force(full), None, None)
            looks, small = Looks.at(full), Looks.at(empty)
            page = report(full, looks.pages(), small.pages(), looks.parts())
    out = given.out or (None if given.quick else RESULTS)
    if out:
        out.write_text(page)
    else:
        print(page)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.panel", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few customers; printed only")
    parser.add_argument("--store", type=Path, help="a file of SQLite with customers and a run")
    parser.add_argument("--out", type=Path, help=f"where to write; by default {RESULTS.name}")
    return parser


def stocked(place: Path, size: Size) -> Path:
    """A store with so many customers, classified."""
    folder = Path(str(ask("data", size=asdict(size)).answer["folder"]))
    with opened(place) as desk:
        import_text(desk, (folder / "rules.yaml").read_text(), None, None)
        for record in RECORDS:
            import_file(desk, folder / f"{record}.parquet", record)
        run(desk, as_of=AS_OF - timedelta(days=1))  # the next one moves some
    return place


@contextmanager
def opened(place: Path) -> Iterator[Desk]:
    """A store, at noon of the day of the benchmarks."""
    noon = datetime(AS_OF.year, AS_OF.month, AS_OF.day, 12, tzinfo=UTC)
    desk = open_store(f"sqlite:///{place}", LOGIN, lambda: noon)
    try:
        yield desk
    finally:
        desk.database.close()


def text_in_force(desk: Desk) -> str:
    """The rules of a store."""
    with desk.database.read() as session:
        return current(session).text


@dataclass(frozen=True)
class Looks:
    """Somebody signed in, and what she looks at."""

    client: Any
    addresses: Addresses

    @classmethod
    def at(cls, desk: Desk) -> Looks:
        """Sign in to a furnished store; an admin is made where there is none of that name."""
        furnish(desk)
        with desk.database.read() as session:
            known = {one.login for one in users(session)}
        if LOGIN not in known:
            add_user(desk, LOGIN, "admin", password=PASSWORD)
        client = create_app(desk, RATELIMIT_ENABLED=False, WTF_CSRF_ENABLED=False).test_client()
        client.post("/sign-in", data={"login": LOGIN, "password": PASSWORD})
        return cls(client, Addresses.of(desk, client))

    def pages(self) -> dict[str, float]:
        """Seconds by page."""
        return {
            name: _median(partial(self.client.get, address))
            for name, address in self.addresses.pages.items()
        }

    def parts(self) -> dict[str, tuple[float, float]]:
        """Seconds by what is loaded later: for the first time in a process, and again."""
        return {name: (_once(ask), _median(ask)) for name, ask in self.addresses.parts.items()}


def _median(ask: Callable[[], Any]) -> float:
    """Of some times, after a first one."""
    _once(ask)
    return median(_once(ask) for _ in range(TIMES))


def _once(ask: Callable[[], Any]) -> float:
    def asked() -> None:
        answer = ask()
        assert answer.status_code in (200, 286), (answer.request.path, answer.status)

    return timed(asked)


def timed(work: Callable[[], object]) -> float:
    """Seconds that it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def report(
    desk: Desk,
    full: Mapping[str, float],
    empty: Mapping[str, float],
    parts: Mapping[str, tuple[float, float]],
) -> str:
    """The page."""
    with desk.database.read() as session:
        last = last_full(session)
        customers = (last.counts or {})["customers"] if last else 0
    least = min(empty.values())
    rows = [_row(name, seconds, empty.get(name, least)) for name, seconds in full.items()]
    worst = max(seconds / empty.get(name, least) for name, seconds in full.items())
    verdict = "met" if worst <= MOST else "**missed**"
    return "\n".join(
        [
            "# The panel",
            "",
            f"Written by `python -m benchmarks.panel` on {datetime.now(tz=UTC).date()}.",
            f"Machine: {machine()}.",
            "",
            f"{customers:,} customers on SQLite, asked for without a network; the median of",
            f"{TIMES} looks. What an empty store does not have is held against its quickest page.",
            "",
            "| page | milliseconds | empty store | ratio |",
            "| --- | ---: | ---: | ---: |",
            *rows,
            "",
            f"Slowest: {worst:.1f} × (at most {MOST}): {verdict}.",
            "",
            "What a page loads after it stands, or while somebody types:",
            "",
            "| part | milliseconds, first in a process | then |",
            "| --- | ---: | ---: |",
            *(f"| {name} | {1000 * a:.0f} | {1000 * b:.0f} |" for name, (a, b) in parts.items()),
            "",
        ]
    )


def _row(name: str, seconds: float, empty: float) -> str:
    return f"| {name} | {1000 * seconds:.0f} | {1000 * empty:.0f} | {seconds / empty:.1f} |"


if __name__ == "__main__":
    sys.exit(main())
