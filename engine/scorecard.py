"""Scorecards: tables whose rows add up, and those that do so column by column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from custrata.engine.axes import Axis
from custrata.engine.compiled import Compiled
from custrata.engine.model import Label


@dataclass(frozen=True)
class Points:
    """A scorecard each of whose rows reads one column.

    Attributes:
        unit: a point is `1 / unit`, so that points are whole and sums exact.
        points: for each axis and bin, the sum of its rows' points.
        hits: for each axis and bin, how many rows it hits.
    """

    unit: int
    points: tuple[tuple[int, ...], ...]
    hits: tuple[tuple[int, ...], ...]


def additive_points(compiled: Compiled) -> Points | None:
    """The points of a scorecard that adds up column by column; None for any other table."""
    table = compiled.classifier
    if table.policy.aggregate != "sum" or table.where or _split(compiled.axes):
        return None
    if not table.rules or any(len(rule.cells) != 1 for rule in table.rules):
        return None
    unit = scale_unit(rule.label for rule in table.rules)
    points = [int(Fraction(rule.label) * unit) for rule in table.rules]
    return Points(unit, _by_bin(compiled, points), _by_bin(compiled, [1] * len(points)))


def _by_bin(compiled: Compiled, values: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Each row's value, added up in the bins that the row's one cell matches."""
    rules = compiled.classifier.rules
    found = []
    for axis in compiled.axes:
        own = [row for row, rule in enumerate(rules) if axis.measure in rule.cells]
        found.append(
            tuple(sum(values[row] for row in own if mask >> row & 1) for mask in axis.masks)
        )
    return tuple(found)


def _split(axes: Sequence[Axis]) -> bool:
    """Whether some measure is read on two axes (its ranks and its values)."""
    return len({axis.measure for axis in axes}) < len(axes)


def scale_unit(labels: Iterable[Label]) -> int:
    """The least power of ten in which all labels are whole."""
    unit = 1
    for label in labels:
        while Fraction(label) * unit % 1:
            unit *= 10
    return unit
