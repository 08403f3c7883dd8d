"""The engine inside a host: what an import takes, and one customer measured from facts."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.job import AS_OF, FILES

IMPORT = "from custrata import Engine"
CUSTOMERS = 100


def import_seconds() -> dict[str, float]:
    """A whole interpreter that imports the engine, and one that does nothing."""
    bare, _ = _process("pass")
    imported, processor = _process(IMPORT)
    return {"imported": imported, "processor": processor, "bare": bare}


def _process(statement: str) -> tuple[float, float]:
    """Seconds by the clock, and of processor time, from its start to its end."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", statement])
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, statement
    return time.perf_counter() - start, used.ru_utime + used.ru_stime


def one_customer(folder: Path) -> dict[str, float]:
    """Milliseconds to measure and classify one customer, by the clock and by processor time.

    Raises:
        AssertionError: a customer gets another label than in a run.
    """
    import polars as pl

    from custrata import Calibration, Engine

    engine = Engine.from_file(folder / "record.yaml")
    online = engine.calibrated(Calibration.load(folder / "calibration.json"))
    frames = {name: pl.read_parquet(folder / f"{name}.parquet") for name in FILES}
    ids = frames["transactions"]["customer_id"].unique().sort().head(CUSTOMERS)
    frames = {
        name: frame.filter(pl.col("customer_id").is_in(ids.implode()))
        for name, frame in frames.items()
    }
    run = online.run(as_of=AS_OF, **frames)
    labels = {row.pop("customer_id"): row for row in run.labels.to_dicts()}
    own = {one: _own(frames, one) for one in ids}
    for one in (*ids[:2], *ids):  # the first two make the plan
        assert online.customer(as_of=AS_OF, **own[one]).labels == labels[one]
    return _timed(lambda one: online.customer(as_of=AS_OF, **own[one]).labels, list(ids))


def _own(frames: dict[str, Any], one: Any) -> dict[str, Any]:
    """The facts of one customer as a host would have them; of measures, one dict."""
    import polars as pl

    rows = {
        name: frame.filter(pl.col("customer_id") == one).drop("customer_id").to_dicts()
        for name, frame in frames.items()
    }
    singles = {"customer": rows.pop("customers"), "measures": rows.pop("measures")}
    return {**rows, **{name: found[0] for name, found in singles.items() if found}}


def _timed(work: Any, given: list[Any]) -> dict[str, float]:
    clocks, start = [], time.process_time()
    for one in given:
        began = time.perf_counter()
        work(one)
        clocks.append(time.perf_counter() - began)
    spent = time.process_time() - start
    return {"milliseconds": median(clocks) * 1e3, "processor": spent / len(given) * 1e3}
