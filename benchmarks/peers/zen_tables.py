"""zen-engine: one decision of five first-hit decision tables, rows as in the rules file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

import zen

from benchmarks.job import (
    FREQUENT_SALES,
    HIGH_CENTS,
    LOYALTY_RULES,
    PURSUED,
    PYRAMID,
    RECENT_DAYS,
    RFM,
    STALE_DAYS,
)
from benchmarks.peers.expressions import WILLING, Cuts

Rows = Sequence[tuple[Sequence[str], str]]
CHANCES = {
    frozenset(): "",
    frozenset({0}): "null",
    frozenset({1}): "$ != null and $ < 0.3",
    frozenset({2}): "$ != null and $ in [0.3..0.7)",
    frozenset({3}): "$ != null and $ >= 0.7",
    frozenset({2, 3}): "$ != null and $ >= 0.3",
}
"""How a cell says low (1), medium (2), high (3) or missing (0): comparing null would fail."""


def prepare(cuts: Cuts) -> Callable[[dict[str, Any]], Any]:
    """A function from a record to its labels."""
    decision = zen.ZenEngine().create_decision(json.dumps(_graph(_tables(cuts))))
    return lambda record: decision.evaluate(record)["result"]


def _tables(cuts: Cuts) -> Mapping[str, tuple[Sequence[str], Rows]]:
    tops = zip(reversed(PYRAMID), sorted(cuts["tops"], reverse=True), strict=False)
    pyramid = [(("", f">= {cut}"), name) for name, cut in tops]
    pursued = ", ".join(f'"{stage}"' for stage in PURSUED)
    return {
        "rfm": (("recency_days", "frequency", "monetary"), _rfm()),
        "pareto": (("monetary",), [((f">= {cuts['head']}",), "key"), (("",), "long_tail")]),
        "pyramid": (
            ("recency_days", "monetary"),
            [(("null", ""), "not_existing"), *pyramid, (("", ""), PYRAMID[0])],
        ),
        "stale_contact": (
            ("days_since_contact", "stage"),
            [
                (("null", ""), "unknown"),
                ((f">= {STALE_DAYS}", pursued), "dont_forget"),
                (("", ""), "in_touch"),
            ],
        ),
        "loyalty": (("satisfaction", "purchase_score", "recommend"), _loyalty()),
    }


def _rfm() -> Rows:
    bands = (
        (f"> {RECENT_DAYS}", f"<= {RECENT_DAYS}"),
        (f"< {FREQUENT_SALES}", f">= {FREQUENT_SALES}"),
        (f"< {HIGH_CENTS}", f">= {HIGH_CENTS}"),
    )
    return [(("null", "", ""), "no_purchase"), *zip(product(*bands), RFM, strict=True)]


def _loyalty() -> Rows:
    rows = [
        ((_said(satisfied), CHANCES[frozenset(likely or ())], _willing(willing)), label)
        for satisfied, likely, willing, label in LOYALTY_RULES
    ]
    return [*rows, (("", "", ""), "unknown")]


def _said(values: set[int] | None) -> str:
    return ", ".join(str(value or "null") for value in sorted(values or ()))


def _willing(values: set[int] | None) -> str:
    return ", ".join(json.dumps(WILLING[value]) for value in sorted(values or ()))


def _graph(tables: Mapping[str, tuple[Sequence[str], Rows]]) -> dict[str, Any]:
    nodes = [_node("in", "inputNode"), _node("out", "outputNode")]
    edges = []
    for name, (inputs, rows) in tables.items():
        nodes.append(_node(name, "decisionTableNode", _table(name, inputs, rows)))
        edges += [_edge("in", name), _edge(name, "out")]
    return {"nodes": nodes, "edges": edges}


def _node(name: str, kind: str, content: Any = None) -> dict[str, Any]:
    place = {"x": 0, "y": 0}
    return {"id": name, "name": name, "type": kind, "position": place, "content": content or {}}


def _edge(source: str, target: str) -> dict[str, str]:
    return {"id": f"{source}-{target}", "type": "edge", "sourceId": source, "targetId": target}


def _table(name: str, inputs: Sequence[str], rows: Rows) -> dict[str, Any]:
    return {
        "hitPolicy": "first",
        "inputs": [{"id": field, "name": field, "field": field} for field in inputs],
        "outputs": [{"id": "label", "name": name, "field": name}],
        "rules": [
            {"_id": str(place), **dict(zip(inputs, cells, strict=True)), "label": f'"{label}"'}
            for place, (cells, label) in enumerate(rows)
        ],
    }
