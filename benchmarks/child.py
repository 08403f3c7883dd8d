"""What runs in a fresh process, one task each: `python -m benchmarks.child TASK ARGUMENTS`.

Arguments are JSON; the answer is a line of JSON. Nothing heavy is imported before it is needed.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.sizes import Size
from benchmarks.systems import ALL

Answer = Mapping[str, Any]
PASSES = 3


def data(size: dict[str, Any]) -> Answer:
    """Generate a data set where it is not there yet."""
    from benchmarks.data import data_set

    return {"folder": str(data_set(Size(**size)))}


def cold(system: str, folder: str, out: str) -> Answer:
    """One run, imports included: the parent holds the watch."""
    ALL[system].load()(Path(folder), Path(out))
    return {}


def warm(system: str, folder: str, out: str, warm_up: str) -> Answer:
    """One run after imports and a run on a tiny data set.

    Returns:
        Seconds by the clock, and seconds of processor time over all threads.
    """
    run = ALL[system].load()
    run(Path(warm_up), Path(out))
    clock, processor = time.perf_counter(), time.process_time()
    run(Path(folder), Path(out))
    seconds = time.perf_counter() - clock
    return {"seconds": seconds, "processor": time.process_time() - processor}


def differing(reference: str, others: dict[str, str]) -> Answer:
    """How many customers get another label than in the reference file, by system and classifier."""
    from benchmarks.equal import differing_labels

    return {key: differing_labels(Path(reference), Path(path)) for key, path in others.items()}


def records(folder: str, count: int) -> Answer:
    """Keep records, cut points, expected labels and custrata's calibration for `record`."""
    from benchmarks.records import prepare_records

    prepare_records(Path(folder), count)
    return {}


def record_labels(system: str, folder: str) -> Answer:
    """How many of the records get another label than by hand, by classifier."""
    given, cuts, expected = _kept(Path(folder))
    classify = ALL[system].load()(cuts)
    answers = [classify(one) for one in given]
    return {
        name: sum(
            answer[name] != right[name] for answer, right in zip(answers, expected, strict=True)
        )
        for name in expected[0]
    }


def record(system: str, folder: str) -> Answer:
    """Microseconds a record: the median of some passes over all records."""
    given, cuts, _ = _kept(Path(folder))
    classify = ALL[system].load()(cuts)
    passes = sorted(_pass(classify, given) for _ in range(PASSES))
    return {"microseconds": passes[PASSES // 2] / len(given) * 1e6}


def _pass(classify: Callable[[Any], Any], given: list[Any]) -> float:
    start = time.perf_counter()
    for one in given:
        classify(one)
    return time.perf_counter() - start


def _kept(folder: Path) -> tuple[list[Any], Any, list[Any]]:
    given, cuts, expected = json.loads((folder / "records.json").read_text())
    return given, {**cuts, "folder": str(folder)}, expected


def what_if(engine: str, folder: str, warm_up: str) -> Answer:
    """Seconds of a full run (Parquet in, labels out) and of a what-if on what it measured."""
    from benchmarks.draft import run_and_what_if

    run_and_what_if(engine, Path(warm_up))
    return run_and_what_if(engine, Path(folder))


def imported() -> Answer:
    """Seconds of an interpreter that imports the engine, and of a bare one."""
    from benchmarks.in_process import import_seconds

    return import_seconds()


def customer(folder: str) -> Answer:
    """Milliseconds to measure and classify one customer from facts."""
    from benchmarks.in_process import one_customer

    return one_customer(Path(folder))


TASKS: Mapping[str, Callable[..., Answer]] = {
    task.__name__: task
    for task in (
        *(data, cold, warm, differing, records, record_labels, record, what_if),
        *(imported, customer),
    )
}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](**json.loads(sys.argv[2]))))
