"""What is measured: sizes, rounds, and the steps in order."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from benchmarks.rounds import Usage, alternate, ask
from benchmarks.sizes import Size
from benchmarks.systems import BATCH, RECORD, REFERENCE, System

CORE = tuple(system for system in BATCH if not system.key.startswith("classify"))
"""Who takes part in variants and growth."""


class LabelsDiffer(Exception):
    """Two systems disagree: nothing is worth timing."""


TINY = Size(2_000, 20_000)
"""What warm processes run once before they are timed."""


@dataclass(frozen=True)
class Plan:
    """How much of each step.

    Attributes:
        main: the data set of the main table.
        variants: the same with one thing changed, by name.
        growth: numbers of transactions, with as many customers as in `main`.
        record: the data set that single records are taken from.
        records: how many.
        rounds: of warm batches, single records and what-ifs; `few_rounds` of all else.
    """

    main: Size
    variants: Mapping[str, Size]
    growth: tuple[int, ...]
    record: Size
    records: int
    rounds: int
    few_rounds: int

    @property
    def grown(self) -> dict[int, Size]:
        """The data sets of `growth`, by number of transactions."""
        return {count: replace(self.main, transactions=count) for count in self.growth}


_MAIN = Size(1_000_000, 10_000_000)
FULL = Plan(
    main=_MAIN,
    variants={
        "Float64 amounts": replace(_MAIN, amounts="float"),
        "Int64 customer ids": replace(_MAIN, ids="integer"),
    },
    growth=(1_000_000, 10_000_000, 30_000_000),
    record=Size(100_000, 1_000_000),
    records=10_000,
    rounds=5,
    few_rounds=3,
)
QUICK = Plan(
    main=Size(50_000, 500_000),
    variants={},
    growth=(100_000, 500_000),
    record=Size(20_000, 200_000),
    records=1_000,
    rounds=2,
    few_rounds=1,
)

Samples = Mapping[str, Sequence[Usage]]


@dataclass(frozen=True)
class Findings:
    """All samples, by step and system."""

    plan: Plan
    warm: Samples
    cold: Samples
    variants: Mapping[str, Samples]
    growth: Mapping[int, Samples]
    record: Samples
    what_if: Samples
    in_process: Samples


def measure(plan: Plan) -> Findings:
    """Generate, compare labels, then time.

    Raises:
        LabelsDiffer: before anything is timed.
    """
    sizes = (TINY, plan.record, plan.main, *plan.variants.values(), *plan.grown.values())
    for size in sizes:
        ask("data", size=asdict(size))
    with tempfile.TemporaryDirectory(prefix="custrata-benchmarks-") as out:
        batch = _Batch(Path(out))
        batch.check(plan.main, BATCH)
        for size in plan.variants.values():
            batch.check(size, CORE)
        check_records(plan)
        return _time(plan, batch)


def _time(plan: Plan, batch: _Batch) -> Findings:
    warm = batch.warm(plan.main, BATCH, plan.rounds)
    return Findings(
        plan=plan,
        warm=warm,
        cold=batch.cold(plan.main, BATCH, plan.few_rounds),
        variants={
            name: batch.warm(size, CORE, plan.few_rounds) for name, size in plan.variants.items()
        },
        growth={
            count: warm if size == plan.main else batch.warm(size, CORE, plan.few_rounds)
            for count, size in plan.grown.items()
        },
        record=_records(plan),
        what_if=_what_if(plan),
        in_process=_in_process(plan),
    )


@dataclass(frozen=True)
class _Batch:
    out: Path

    def _path(self, system: System) -> str:
        return str(self.out / f"{system.key}.parquet")

    def check(self, size: Size, systems: Sequence[System]) -> None:
        """All systems give every customer the same labels."""
        for system in systems:
            ask("cold", system=system.key, folder=str(size.folder), out=self._path(system))
        reference = str(self.out / f"{REFERENCE}.parquet")
        others = {system.key: self._path(system) for system in systems}
        _refuse(ask("differing", reference=reference, others=others).answer)

    def warm(self, size: Size, systems: Sequence[System], rounds: int) -> Samples:
        """Timed inside the process, after imports and a tiny run."""
        tiny = str(TINY.folder)
        return alternate(
            {system.key: self._call("warm", system, size, warm_up=tiny) for system in systems},
            rounds,
        )

    def cold(self, size: Size, systems: Sequence[System], rounds: int) -> Samples:
        """Timed from outside: interpreter, imports, run, exit."""
        return alternate(
            {system.key: self._call("cold", system, size) for system in systems}, rounds
        )

    def _call(self, task: str, system: System, size: Size, **more: str) -> Callable[[], Usage]:
        given = {"system": system.key, "folder": str(size.folder), "out": self._path(system)}
        return lambda: ask(task, **given, **more)


def check_records(plan: Plan) -> None:
    """All systems give the records the same labels."""
    folder = str(plan.record.folder)
    ask("records", folder=folder, count=plan.records)
    answers = {one.key: ask("record_labels", system=one.key, folder=folder) for one in RECORD}
    _refuse({key: usage.answer for key, usage in answers.items()})


def _refuse(differing: Mapping[str, Mapping[str, int]]) -> None:
    wrong = {key: counts for key, counts in differing.items() if any(counts.values())}
    if wrong:
        raise LabelsDiffer(f"labels differ from those of {REFERENCE!r} for so many: {wrong}")


def _records(plan: Plan) -> Samples:
    folder = str(plan.record.folder)
    calls = {
        system.key: lambda key=system.key: ask("record", system=key, folder=folder)
        for system in RECORD
    }
    return alternate(calls, plan.rounds)


def _what_if(plan: Plan) -> Samples:
    folders = {"folder": str(plan.main.folder), "warm_up": str(TINY.folder)}
    calls = {
        engine: lambda engine=engine: ask("what_if", engine=engine, **folders)
        for engine in ("polars", "duckdb")
    }
    return alternate(calls, plan.rounds)


def _in_process(plan: Plan) -> Samples:
    folder = str(plan.record.folder)
    calls = {
        "imported": lambda: ask("imported"),
        "customer": lambda: ask("customer", folder=folder),
    }
    return alternate(calls, plan.rounds)
