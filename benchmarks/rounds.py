"""Fresh processes in alternating rounds, and what is said of their samples."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, TypeVar

T = TypeVar("T")
_KIB = 1024 if sys.platform == "darwin" else 1
"""ru_maxrss counts bytes there, KiB elsewhere."""


@dataclass(frozen=True)
class Usage:
    """What a process took from its start to its end.

    Attributes:
        answer: what it printed.
        seconds: by the clock, imports and exit included.
        processor: seconds of processor time, over all threads.
        peak: MiB of resident memory at most.
    """

    answer: Mapping[str, Any]
    seconds: float
    processor: float
    peak: float


def ask(task: str, **arguments: Any) -> Usage:
    """Run a task of `benchmarks.child` in a fresh process.

    Raises:
        RuntimeError: it failed; its own words are on stderr.
    """
    command = [sys.executable, "-m", "benchmarks.child", task, json.dumps(arguments)]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{task} {arguments} ended with {process.returncode}")
    peak = used.ru_maxrss / _KIB / 1024
    return Usage(json.loads(printed), seconds, used.ru_utime + used.ru_stime, peak)


def alternate(calls: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """Each call once a round, the order turned round every other time."""
    samples: dict[str, list[T]] = {name: [] for name in calls}
    for number in range(rounds):
        for name in calls if number % 2 == 0 else reversed(list(calls)):
            _say(f"round {number + 1} of {rounds}: {name}")
            samples[name].append(calls[name]())
    return samples


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Spread:
    """A median with its lowest and highest sample."""

    middle: float
    low: float
    high: float

    def text(self, digits: int = 2) -> str:
        """`1.03 (0.98–1.10)`."""
        return f"{self.middle:,.{digits}f} ({self.low:,.{digits}f}–{self.high:,.{digits}f})"


def spread(samples: Sequence[float]) -> Spread:
    """Median, lowest, highest."""
    return Spread(median(samples), min(samples), max(samples))


def ratio(above: Sequence[float], below: Sequence[float]) -> Spread:
    """Of the ratios within each round, so that a slow minute weighs on both alike."""
    return spread([one / other for one, other in zip(above, below, strict=True)])
