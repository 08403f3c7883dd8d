"""The population of ranks: 1 to n, each once; everything about it is known without counting."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

from custrata.engine.calibration.cuts import Population
from custrata.engine.calibration.exact import ceil, floor
from custrata.engine.calibration.grid import IntegerGrid, first_above
from custrata.engine.model import Cut
from custrata.engine.values import Number

RANKS = IntegerGrid()
"""Ranks are whole numbers."""


@dataclass(frozen=True)
class Ranks:
    """The numbers 1 to `count` (see `cuts.Population`)."""

    count: int
    low: int = 1

    @property
    def high(self) -> int:
        """See `Population`."""
        return self.count

    @property
    def total(self) -> int:
        """See `Population`."""
        return self.count * (self.count + 1) // 2

    @property
    def squares(self) -> int:
        """See `Population`."""
        return self.total * (2 * self.count + 1) // 3

    @property
    def positive(self) -> int:
        """See `Population`."""
        return self.total

    def order(self, index: int) -> int:
        """See `Population`."""
        return index + 1

    def last_over(self, most: Number) -> int:
        """See `Population`; the ranks below r sum to r(r − 1)/2."""
        return (1 + isqrt(1 + 8 * floor(most))) // 2

    def first_over(self, least: Number) -> int | None:
        """See `Population`."""
        rank = self.last_over(ceil(least))
        found = rank if rank * (rank - 1) // 2 >= least else rank + 1
        return found if found <= self.count else None


def border_places(cut: Cut | None, count: int) -> tuple[int, ...]:
    """The places on both sides of a cut on ranks, in ascending order of values, from 0."""
    rank = None if cut is None else first_above(cut, RANKS)
    return () if rank is None or not 1 < rank <= count else (rank - 2, rank - 1)


def on_values(cut: Cut | None, people: Population) -> Cut | None:
    """The cut on values that stands for a cut on ranks, for a customer who has no rank.

    Where customers on both sides share the value at the border, it joins the lower band.
    """
    if cut is None or people.count == 0:
        return None
    sides = border_places(cut, people.count)
    if not sides:
        return Cut(people.low) if first_above(cut, RANKS) <= 1 else Cut(people.high, strict=True)
    below, above = (people.order(place) for place in sides)
    return Cut(above, strict=below == above)
