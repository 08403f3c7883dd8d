"""How a measure is spread among the customers, drawn so that skewed amounts can be read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

import polars as pl

from custrata.engine.columns import Column
from custrata.engine.model import Classifier
from custrata.engine.values import exactly
from custrata.service.runs.population import Population

BINS = 40
_TAIL = 0.005
"""The share of customers at either end that is told as a number, not drawn."""
_MIDDLE_AT = 0.35
"""Where the median is drawn, from left to right, where its values are skewed."""
_MOST_SKEW = 0.2
_MOST_CATEGORIES = 12


@dataclass(frozen=True)
class Histogram:
    """Customers by bins of equal width on the screen, whose edges need not be at equal distance.

    Attributes:
        edges: ascending, one more than `counts`; a bin holds its lower edge, the last one both.
        under, over: customers below the first edge and above the last one.
        missing: customers without a value. whole: whether values are whole numbers.
        categories: customers by text, the most first, for a measure that is no number; then there
            are no bins. further: customers of texts that are not named.
    """

    measure: str
    edges: tuple[Decimal, ...] = ()
    counts: tuple[int, ...] = ()
    under: int = 0
    over: int = 0
    missing: int = 0
    whole: bool = False
    categories: tuple[tuple[str, int], ...] = ()
    further: int = 0

    def place(self, value: Decimal) -> float:
        """Where a value is drawn, from 0 to 1."""
        if len(self.edges) < 2 or value <= self.edges[0]:
            return 0.0
        for number, (low, high) in enumerate(pairwise(self.edges)):
            if value < high:
                return (number + float((value - low) / (high - low))) / len(self.counts)
        return 1.0


@dataclass(frozen=True)
class Enough:
    """A cut point that takes in no more than so many customers.

    Attributes:
        cut: None where even the first customers are more, since they are equal.
        customers: how many it really takes in.
    """

    cut: Decimal | None
    customers: int


def histogram(found: Population, measure: str, classifier: Classifier | None = None) -> Histogram:
    """The histogram of a measure among those who take part in a classifier; empty if unknown."""
    column = found.result.labelled.columns.get(measure)
    if column is None or column.kind == "day":
        return Histogram(measure)
    values = found.ordered(measure, classifier)
    missing = values.null_count()
    values = values.slice(missing)
    if column.kind == "text":
        return _categories(measure, values, missing)
    if values.is_empty():
        return Histogram(measure, missing=missing, whole=column.whole)
    edges = _edges(values, column)
    under, *ends = _below(values, [_stored(edge, column) for edge in edges])
    last = int(values.search_sorted(_stored(edges[-1], column), side="right"))
    counts = [high - low for low, high in pairwise([under, *ends[:-1], last])]
    return Histogram(
        measure, tuple(edges), tuple(counts), under, len(values) - last, missing, column.whole
    )


def enough(
    found: Population,
    measure: str,
    most: int,
    classifier: Classifier | None = None,
    *,
    largest: bool,
    closed: str = "left",
) -> Enough:
    """The cut point beyond which the largest (or smallest) values of so many customers lie.

    Customers of equal value stay together, so that it may be fewer.

    Args:
        most: how many it may be.
        closed: the side on which a value equal to the cut point lies, as bands write it.
    """
    column = found.result.labelled.columns.get(measure)
    if column is None or column.kind not in ("integer", "float"):
        return Enough(None, 0)
    values = found.ordered(measure, classifier)
    values = values.slice(values.null_count())
    inside = _tie_closed(values, min(most, len(values)), largest=largest)
    if inside <= 0:
        return Enough(None, 0)
    border = len(values) - inside if largest else inside - 1
    within_equals = (closed == "left") == largest
    place = border if within_equals else border + (-1 if largest else 1)
    if not 0 <= place < len(values):
        return Enough(None, inside)
    return Enough(_shown(values[place], column), inside)


def _tie_closed(values: pl.Series, most: int, *, largest: bool) -> int:
    """How many of the largest (smallest) may be taken, equals together."""
    if most <= 0 or most == len(values):
        return max(most, 0)
    if largest:
        first_out = values[len(values) - most - 1]
        return len(values) - int(values.search_sorted(first_out, side="right"))
    return int(values.search_sorted(values[most], side="left"))


def _categories(measure: str, values: pl.Series, missing: int) -> Histogram:
    counted = values.value_counts(sort=True)
    named = [(str(text), int(count)) for text, count in counted.rows()]
    shown, others = named[:_MOST_CATEGORIES], named[_MOST_CATEGORIES:]
    rest = sum(count for _, count in others)
    return Histogram(measure, missing=missing, categories=tuple(shown), further=rest)


def _below(values: pl.Series, edges: Sequence[int | float]) -> list[int]:
    """How many values lie below each edge."""
    return [int(values.search_sorted(edge, side="left")) for edge in edges]


# --- edges --------------------------------------------------------------------------------


def _edges(values: pl.Series, column: Column) -> list[Decimal]:
    last = len(values) - 1
    low, middle, high = (
        _shown(values[round(last * share)], column) for share in (_TAIL, 0.5, 1 - _TAIL)
    )
    if low == high:
        return [low, low + 1]
    if column.whole and high - low < BINS:
        return [low + step for step in range(int(high - low) + 2)]
    return _nice(_spread(float(low), float(middle), float(high)), whole=column.whole)


def _spread(low: float, middle: float, high: float) -> list[float]:
    """Edges by a power that draws the median near the left third; none where it lies there."""
    ratio = (middle - low) / (high - low)
    if 0 < ratio < 1:
        power = min(1.0, max(_MOST_SKEW, math.log(_MIDDLE_AT) / math.log(ratio)))
    else:
        power = _MOST_SKEW if ratio <= 0 else 1.0
    return [low + (high - low) * (step / BINS) ** (1 / power) for step in range(BINS + 1)]


def _nice(raw: Sequence[float], *, whole: bool) -> list[Decimal]:
    """Edges with few digits, strictly ascending."""
    nice: list[Decimal] = []
    for low, high in pairwise([*raw, 2 * raw[-1] - raw[-2]]):
        digits = math.floor(math.log10(high - low)) if high > low else 0
        unit = Decimal(1).scaleb(max(digits, 0) if whole else digits)
        edge = Decimal(f"{(Decimal(repr(low)) / unit).to_integral_value() * unit:f}")
        if not nice or edge > nice[-1]:
            nice.append(edge)
    return nice if len(nice) > 1 else [nice[0], nice[0] + 1]


def _shown(stored: float, column: Column) -> Decimal:
    """A stored number as the measure's own."""
    if column.kind == "integer":
        return exactly(int(stored), column.scale)
    return Decimal(repr(float(stored)))


def _stored(value: Decimal, column: Column) -> int | float:
    if column.kind == "integer":
        return math.ceil(value.scaleb(column.scale))
    return float(value)
