"""How time on Spark grows with rows: the benchmark's job on one, two and four million sales.

    .venv/bin/python -m benchmarks.spark [ROUNDS]    # after: make spark

All runs share one session, as in a notebook; one on few rows warms it up. The labels of the
smallest set are compared with those of Polars. Writes `benchmarks/SPARK.md`.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.data import data_set
from benchmarks.job import AS_OF, FILES
from benchmarks.machine import machine
from benchmarks.sizes import Size
from custrata import Engine

PAGE = Path(__file__).with_name("SPARK.md")
SALES = (1_000_000, 2_000_000, 4_000_000)
WARM_UP = Size(1_000, 10_000)
ROUNDS = 3


def labels(size: Size, engine: str) -> Any:
    """The job's labels, all computed."""
    folder = data_set(size)
    frames = {name: folder / f"{name}.parquet" for name in FILES}
    rules = Engine.from_file(folder / "rules.yaml", engine=engine)
    found = rules.run(as_of=AS_OF, **frames).labels
    if engine == "spark":
        found.write.format("noop").mode("overwrite").save()
    return found


def measured(size: Size, engine: str, rounds: int) -> list[float]:
    """Seconds of each round."""
    data_set(size)
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        labels(size, engine)
        seconds.append(time.perf_counter() - start)
    return seconds


def same(size: Size) -> int:
    """How many customers Spark labels as Polars does; fails where one differs."""
    mine = pl.DataFrame(pl.from_arrow(labels(size, "spark").toArrow())).sort("customer_id")
    theirs = labels(size, "polars").sort("customer_id")
    assert mine.equals(theirs)
    return mine.height


def report(times: dict[int, dict[str, list[float]]], customers: int, rounds: int) -> str:
    base = statistics.median(times[SALES[0]]["spark"])
    lines = [
        "# Time on Spark against rows",
        "",
        f"Measured on {datetime.now(UTC):%Y-%m-%d} by `python -m benchmarks.spark` on {machine()},",
        f"with a load of {os.getloadavg()[1]:.0f}; PySpark {version('pyspark')}, a warm session",
        "of this machine. Parquet in, labels computed, none collected; the job of",
        "[RESULTS.md](RESULTS.md), a customer to ten sales. Seconds,",
        f"rounds: {rounds}; medians, and ranges where there are several.",
        "",
        "| sales | Spark | ÷ the smallest | Polars |",
        "| ---: | ---: | ---: | ---: |",
    ]
    for sales, found in times.items():
        growth = statistics.median(found["spark"]) / base
        cells = (f"{sales:,}", shown(found["spark"]), f"{growth:.2f}", shown(found["polars"]))
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        f"The labels of all {customers:,} customers of the smallest set equal those of Polars.",
        "Most of a run on few rows is Spark's own: it plans and starts dozens of jobs, however few",
        "they are. Spark is for what does not fit one machine.",
    ]
    return "\n".join(lines) + "\n"


def shown(seconds: list[float]) -> str:
    middle = f"{statistics.median(seconds):.1f}"
    return middle + (f" ({min(seconds):.1f}–{max(seconds):.1f})" if len(seconds) > 1 else "")


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    labels(WARM_UP, "spark")
    sizes = {sales: Size(sales // 10, sales) for sales in SALES}
    times = {
        sales: {engine: measured(size, engine, rounds) for engine in ("spark", "polars")}
        for sales, size in sizes.items()
    }
    PAGE.write_text(report(times, same(sizes[SALES[0]]), rounds), encoding="utf-8")


if __name__ == "__main__":
    main()
