"""`python -m benchmarks [--quick] [--out FILE]`: measure, and write the results."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from benchmarks.plan import FULL, QUICK, LabelsDiffer, measure
from benchmarks.report import report

RESULTS = Path(__file__).with_name("RESULTS.md")


def main(words: list[str] | None = None) -> int:
    """Exit code: 0 measured, 1 labels differ."""
    given = _parser().parse_args(words)
    plan = QUICK if given.quick else FULL
    if given.rounds:
        plan = replace(plan, rounds=given.rounds, few_rounds=given.rounds)
    try:
        text = report(measure(plan))
    except LabelsDiffer as differ:
        print(differ, file=sys.stderr)
        return 1
    out = given.out or (None if given.quick else RESULTS)
    if out:
        out.write_text(text)
    else:
        print(text)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small data, a minute; printed only")
    parser.add_argument("--out", type=Path, help=f"where to write; by default {RESULTS.name}")
    parser.add_argument("--rounds", type=int, help="how many alternating rounds")
    return parser


if __name__ == "__main__":
    sys.exit(main())
