"""One expression for five classifiers, as an expert would nest it: null first, no test twice.

zen-engine, CEL and rule-engine write it alike, down to the word for `and`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from benchmarks.job import (
    FREQUENT_SALES,
    HIGH_CENTS,
    LOYALTY,
    PURSUED,
    PYRAMID,
    RECENT_DAYS,
    RFM,
    STALE_DAYS,
)

WILLING = (None, "unlikely", "possible", "very_likely")


class Cuts(TypedDict):
    """Cut points: the least amount of the head, and of the tops; and where the records are kept."""

    folder: str
    head: int
    tops: list[int]


def expression(cuts: Cuts, both: str) -> str:
    """The labels as a map by classifier; `both` is the language's word for `and`."""
    tops = zip(reversed(PYRAMID), sorted(cuts["tops"], reverse=True), strict=False)
    steps = "".join(f'monetary >= {cut} ? "{name}" : ' for name, cut in tops)
    pursued = ", ".join(f'"{stage}"' for stage in PURSUED)
    forgotten = f"days_since_contact >= {STALE_DAYS} {both} stage in [{pursued}]"
    parts = {
        "rfm": f'recency_days == null ? "no_purchase" : ({_rfm()})',
        "pareto": f'monetary >= {cuts["head"]} ? "key" : "long_tail"',
        "pyramid": f'recency_days == null ? "not_existing" : ({steps}"{PYRAMID[0]}")',
        "stale_contact": 'days_since_contact == null ? "unknown" : '
        f'({forgotten} ? "dont_forget" : "in_touch")',
        "loyalty": _loyalty(),
    }
    return "{" + ", ".join(f'"{name}": ({text})' for name, text in parts.items()) + "}"


def _rfm() -> str:
    tests = (
        f"recency_days <= {RECENT_DAYS}",
        f"frequency >= {FREQUENT_SALES}",
        f"monetary >= {HIGH_CENTS}",
    )
    return _halve(tests, RFM)


def _halve(tests: Sequence[str], names: Sequence[str]) -> str:
    if not tests:
        return f'"{names[0]}"'
    half = len(names) // 2
    yes, no = _halve(tests[1:], names[half:]), _halve(tests[1:], names[:half])
    return f"{tests[0]} ? ({yes}) : ({no})"


def _loyalty() -> str:
    by_satisfaction = [_repurchase(LOYALTY[16 * said : 16 * said + 16]) for said in range(6)]
    none, one, two, three, four, five = by_satisfaction
    assert one == two
    return (
        f"satisfaction == null ? ({none}) : satisfaction <= 2 ? ({two}) : "
        f"satisfaction == 3 ? ({three}) : satisfaction == 4 ? ({four}) : ({five})"
    )


def _repurchase(names: Sequence[str]) -> str:
    none, low, medium, high = (_recommend(names[4 * at : 4 * at + 4]) for at in range(4))
    if none == low == medium == high:
        return none
    chance = "purchase_score"
    return (
        f"{chance} == null ? ({none}) : {chance} >= 0.7 ? ({high}) : "
        f"{chance} >= 0.3 ? ({medium}) : ({low})"
    )


def _recommend(names: Sequence[str]) -> str:
    """The commonest label last, without a test."""
    usual = max(names, key=names.count)
    rare = [(said, name) for said, name in zip(WILLING, names, strict=True) if name != usual]
    tests = (f'recommend == {_literal(said)} ? "{name}" : ' for said, name in rare)
    return "".join(tests) + f'"{usual}"'


def _literal(said: str | None) -> str:
    return "null" if said is None else f'"{said}"'
