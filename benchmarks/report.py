"""Samples as Markdown: medians, ratios with their spread, targets met and missed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks.machine import machine, versions
from benchmarks.plan import CORE, Findings, Samples
from benchmarks.rounds import Spread, Usage, ratio, spread
from benchmarks.systems import ALL

Read = Callable[[Usage], float]
TARGET_TRANSACTIONS = 10_000_000


def _inside(usage: Usage) -> float:
    return float(usage.answer["seconds"])


def _processor(usage: Usage) -> float:
    return float(usage.answer["processor"])


def _outside(usage: Usage) -> float:
    return usage.seconds


def _peak(usage: Usage) -> float:
    return usage.peak


def _microseconds(usage: Usage) -> float:
    return float(usage.answer["microseconds"])


@dataclass(frozen=True)
class Target:
    """A ratio of two systems, and where it should lie if that was decided."""

    above: str
    below: str
    most: float | None = None
    least: float | None = None

    def row(self, samples: Samples, read: Read, what: str) -> list[str]:
        """Names, ratio, target, verdict."""
        found = ratio(_read(samples, self.above, read), _read(samples, self.below, read))
        pair = f"{ALL[self.above].title} ÷ {ALL[self.below].title}"
        return [pair, what, found.text(), *self._verdict(found)]

    def _verdict(self, found: Spread) -> tuple[str, str]:
        if self.most is not None:
            return f"≤ {self.most:g}", _met(found.middle <= self.most)
        if self.least is not None:
            return f"≥ {self.least:g}", _met(found.middle >= self.least)
        return "none", ""


def _met(met: bool) -> str:
    return "met" if met else "**missed**"


def _read(samples: Samples, key: str, read: Read) -> list[float]:
    return [read(usage) for usage in samples[key]]


def report(found: Findings) -> str:
    """The whole page."""
    parts = (_head, _batch, _variants, _growth, _record, _what_if, _in_process)
    return "\n\n".join(filter(None, (part(found) for part in parts))) + "\n"


def _head(found: Findings) -> str:
    plan = found.plan
    day = datetime.now(tz=UTC).date()
    return f"""# Results

Written by `python -m benchmarks` on {day}. Machine: {machine()}.
{versions()}.

Every measurement is a fresh process; the systems alternate, {plan.rounds} rounds
({plan.few_rounds} for cold starts, variants and growth), their order turned round every other
time. Figures are medians with the lowest and highest sample; ratios are taken within each round,
then their median. Processor time is summed over threads and suffers least from neighbours on a
shared machine. Peak memory is the process's largest resident set.

Before anything is timed, the labels of all systems are compared: of every customer in the batch
and its variants, of every single record; one difference stops the run. The data are synthetic,
seeded and skewed (`benchmarks/data.py`), read from the page cache. Files made by hand, and by the
rows named custrata, have any row order; `custrata classify` also sorts by customer id, stages its
output and counts segments. Targets are meant for 1,000,000 customers and 10,000,000
transactions{_size_note(found)}."""


def _size_note(found: Findings) -> str:
    size = found.plan.main
    if size.transactions == TARGET_TRANSACTIONS:
        return ""
    return f"; this run had {size.transactions:,}, so that its verdicts say little"


def _batch(found: Findings) -> str:
    size = found.plan.main
    rows = [
        [
            ALL[key].title,
            spread(_read(found.warm, key, _inside)).text(),
            spread(_read(found.cold, key, _outside)).text(),
            spread(_read(found.warm, key, _processor)).text(),
            spread(_read(found.warm, key, _peak)).text(0),
        ]
        for key in found.warm
    ]
    ratios = [
        row
        for most_warm, most_cold, least, above, below in _PAIRS
        if above in found.warm and below in found.warm
        for row in (
            Target(above, below, most_warm, least).row(found.warm, _inside, "warm"),
            Target(above, below, most_cold, least).row(found.cold, _outside, "cold"),
            Target(above, below).row(found.warm, _processor, "processor"),
            Target(above, below, most_warm).row(found.warm, _peak, "memory"),
        )
    ]
    return f"""## Batch

{size.customers:,} customers, {size.transactions:,} transactions, {2 * size.customers:,} contacts,
some {8 * size.customers // 9:,} answers, one given score a customer; amounts as Int64 minor units,
customer ids as text; Parquet to Parquet; six classifiers: RFM by fixed cuts, RFM by quintile with
eleven segments, Pareto 80/20, pyramid, stale contact, loyalty. Warm: in a process that has
imported everything and done a tiny run. Cold: from the start of the interpreter to its end.

{_table(("", "warm, s", "cold, s", "warm, processor s", "peak, MiB"), rows)}

{_table(("ratio", "of", "median (range)", "target", ""), ratios)}"""


_PAIRS = (
    (1.1, 1.3, None, "custrata-polars", "polars"),
    (1.1, 1.3, None, "custrata-polars", "polars-streaming"),
    (1.1, 1.4, None, "custrata-duckdb", "duckdb"),
    (None, None, 2.0, "pandas", "custrata-polars"),
    (None, None, 2.0, "pandas", "custrata-duckdb"),
    (None, None, None, "classify-polars", "polars"),
    (None, None, None, "classify-duckdb", "duckdb"),
)
"""Most when warm (and of memory), most when cold, least; above, below."""


def _variants(found: Findings) -> str:
    names = list(found.variants)
    if not names:
        return ""
    columns = [f"{name}, {what}" for name in names for what in ("s", "MiB")]
    rows = [
        [system.title, *_time_and_peak(found.variants[name] for name in names)(system.key)]
        for system in CORE
    ]
    return f"""## Variants

The same, warm, with one thing changed. By hand, floats of two decimals are turned into minor units
first, as exact sums need; custrata finds the number of decimals by itself.

{_table(("", *columns), rows)}"""


def _growth(found: Findings) -> str:
    counts = list(found.growth)
    columns = [f"{count:,}, {what}" for count in counts for what in ("s", "MiB")]
    rows = [
        [system.title, *_time_and_peak(found.growth[count] for count in counts)(system.key)]
        for system in CORE
    ]
    return f"""## Growth

{found.plan.main.customers:,} customers, more and more transactions; warm.

{_table(("", *columns), rows)}"""


def _time_and_peak(steps: Iterable[Samples]) -> Callable[[str], list[str]]:
    taken = list(steps)

    def cells(key: str) -> list[str]:
        return [
            text
            for samples in taken
            for text in (
                spread(_read(samples, key, _inside)).text(),
                spread(_read(samples, key, _peak)).text(0),
            )
        ]

    return cells


def _record(found: Findings) -> str:
    times = {key: spread(_read(found.record, key, _microseconds)) for key in found.record}
    rows = [[ALL[key].title, time.text()] for key, time in times.items()]
    ours = times["custrata"]
    fastest = min((key for key in times if key != "custrata"), key=lambda key: times[key].middle)
    ratios = [
        Target(fastest, "custrata", least=4).row(found.record, _microseconds, "fastest peer"),
        Target("zen-tables", "custrata", least=50).row(found.record, _microseconds, "tables"),
    ]
    return f"""## One record

Five classifiers (RFM by fixed cuts, Pareto, pyramid, stale contact, loyalty), calibrated;
{found.plan.records:,} different records as Python dicts of numbers, nulls and text, in one thread;
microseconds a record, medians of three passes in each process. Every peer is compiled or built
beforehand.

{_table(("", "µs"), rows)}

{_table(("ratio", "of", "median (range)", "target", ""), ratios)}

Under 2 µs: {ours.text()}, {_met(ours.middle < 2)}."""


def _what_if(found: Findings) -> str:
    rows = []
    for engine, usages in found.what_if.items():
        run = [float(usage.answer["run"]) for usage in usages]
        swap = [float(usage.answer["what_if"]) for usage in usages]
        share = ratio(swap, run)
        moved = f"{usages[0].answer['moved']:,}"
        cells = [spread(run).text(), spread(swap).text(3), moved, share.text(3)]
        rows.append([engine, *cells, _met(share.middle < 0.1)])
    return f"""## What-if

A draft that changes three cut points, on {found.plan.main.customers:,} customers whom a run has
measured: matrix, revenue moved and the list of movers, against that run (Parquet in, labels in
memory). Target: under 0.1.

{_table(("engine", "run, s", "what-if, s", "moves", "ratio", ""), rows)}"""


def _in_process(found: Findings) -> str:
    def column(key: str, figure: str) -> Spread:
        return spread([float(usage.answer[figure]) for usage in found.in_process[key]])

    imported, clock = column("imported", "imported"), column("customer", "milliseconds")
    rows = [
        [
            "`from custrata import Engine`, s",
            imported.text(3),
            "≤ 0.3",
            _met(imported.middle <= 0.3),
        ],
        ["the same, processor s", column("imported", "processor").text(3), "none", ""],
        ["a bare interpreter, s", column("imported", "bare").text(3), "none", ""],
        ["`online.customer(...)`, ms", clock.text(1), "≤ 30", _met(clock.middle <= 30)],
        ["the same, processor ms", column("customer", "processor").text(1), "none", ""],
    ]
    return f"""## In process

An interpreter from its start to its end; and one customer out of her facts as lists of dicts: five
records in, measures and labels of five classifiers out, in one thread, her plan made before. Her
labels are compared with a run's.

{_table(("", "median (range)", "target", ""), rows)}"""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))
