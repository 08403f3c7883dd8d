"""What several measures are made of: first and last days. Computed once, never shown."""

from __future__ import annotations

from collections.abc import Mapping

import narwhals.stable.v2 as nw

from custrata.engine.hookspecs import Measure
from custrata.engine.measures.expressions import distinct

LOST = "lost"
"""The stage of a former customer who stopped, or uses someone else."""


def _part(name: str, record: str, flag: str, aggregate: nw.Expr) -> Measure:
    inputs = (f"{record}.day", f"{record}.{flag}")
    return Measure(
        name=name, unit="day", type="integer", inputs=inputs, compute=lambda *_: aggregate
    )


def _days(flag: str) -> nw.Expr:
    return nw.when(nw.col(flag)).then(nw.col("day"))


def _last_lost() -> nw.Expr:
    return nw.when(nw.col("to") == LOST).then(nw.col("day")).max()


PARTS: Mapping[str, Measure] = {
    part.name: part
    for part in (
        _part("_first_sale", "transactions", "is_sale", _days("is_sale").min()),
        _part("_last_sale", "transactions", "is_sale", _days("is_sale").max()),
        _part("_sale_dates", "transactions", "is_sale", distinct(_days("is_sale"))),
        _part("_first_contact", "contacts", "counts", _days("counts").min()),
        _part("_last_contact", "contacts", "counts", _days("counts").max()),
        _part("_last_change", "stage_changes", "by_person", _days("by_person").max()),
        _part("_last_lost", "stage_changes", "to", _last_lost()),
    )
}
"""Day numbers and counts, by a name that no ruleset can write."""
