"""Which groups share customers: counted when a run lands, groups below counted in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from sqlalchemy import select

from custrata.service.figures.kept import Figures
from custrata.service.runs.reading import Reader
from custrata.store.models import Group, Membership

_MOST = 1_000
"""So many pairs are kept, those that share most."""


@dataclass(frozen=True)
class Shared:
    """Two groups with customers in both.

    Attributes:
        one, other: their codes. both: customers.
        of_one, of_other: how large a share of each that is.
    """

    one: str
    other: str
    both: int
    of_one: float
    of_other: float


def group_overlap(reader: Reader) -> dict[str, Any] | None:
    """Customers of every group with those below it, and of every two that share any.

    A group and one below it are no pair: all of the lower are in the upper.
    """
    groups = {number: (code, parent) for number, code, parent in _groups(reader)}
    if not groups:
        return None
    above = {number: _above(number, groups) for number in groups}
    ways = [(number, one) for number, line in above.items() for one in line]
    tree = pl.DataFrame(ways, schema={"group_id": pl.Int64, "group": pl.Int64}, orient="row")
    table = Membership.__table__.c
    held = reader.frame(select(table.group_id, table.customer_id))
    held = held.with_columns(pl.col("group_id").cast(pl.Int64))
    held = held.join(tree, on="group_id").select("group", "customer_id").unique()
    sizes = dict(held.group_by("group").len().iter_rows())
    return {
        "sizes": {groups[one][0]: sizes.get(one, 0) for one in sorted(groups)},
        "pairs": [
            [groups[one][0], groups[other][0], both]
            for one, other, both in _pairs(held)
            if one not in above[other] and other not in above[one]
        ][:_MOST],
    }


def shared_by(figures: Figures | None, code: str | None = None) -> list[Shared]:
    """The groups that share customers, those that share most first.

    Args:
        figures: of the last run. code: only those of this group, which is `one` of each.
    """
    found: Mapping[str, Any] | None = figures.get("group_overlap") if figures else None
    if found is None:
        return []
    sizes = found["sizes"]
    pairs: list[Sequence[Any]] = list(found["pairs"])
    if code is not None:
        turned = [(two, one, both) for one, two, both in pairs]
        pairs = [pair for pair in (*pairs, *turned) if pair[0] == code]
        pairs.sort(key=lambda pair: (-pair[2], pair[1]))
    return [
        Shared(one, other, both, both / sizes[one], both / sizes[other])
        for one, other, both in pairs
    ]


def _groups(reader: Reader) -> list[tuple[int, str, int | None]]:
    table = Group.__table__.c
    return reader.frame(select(table.id, table.code, table.parent_id)).rows()


def _above(number: int, groups: Mapping[int, tuple[str, int | None]]) -> list[int]:
    """A group and all above it."""
    found: list[int] = []
    step: int | None = number
    while step is not None and step not in found:
        found.append(step)
        step = groups[step][1] if step in groups else None
    return found


def _pairs(held: pl.DataFrame) -> list[tuple[int, int, int]]:
    both = held.join(held, on="customer_id", suffix=".other")
    counted = both.filter(pl.col("group") < pl.col("group.other")).group_by("group", "group.other")
    order = ["len", "group", "group.other"]
    return counted.len().sort(order, descending=[True, False, False]).rows()
