"""A column's own grid: the numbers that it can hold, by position.

A cut point may lie anywhere; only its place between two neighbouring grid numbers matters.
Positions are whole numbers in the order of the values, so that they can be compared, and
counted on from a neighbour to the next.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, Protocol

from custrata.engine.calibration.exact import Exact, ceil, floor, reaches, scaled
from custrata.engine.columns import Column
from custrata.engine.model import Cut
from custrata.engine.values import Number, shortest, simplest


class Grid(Protocol):
    """The numbers that a column can hold."""

    @property
    def first(self) -> int:
        """Position of the least number."""
        ...

    @property
    def last(self) -> int:
        """Position of the greatest number."""
        ...

    def ceil(self, number: Exact) -> int:
        """Position of the least number that reaches it; may lie one beyond `last`."""
        ...

    def floor(self, number: Exact) -> int:
        """Position of the greatest number up to it; may lie one before `first`."""
        ...

    def value(self, position: int) -> Number:
        """The number there."""
        ...


@dataclass(frozen=True)
class IntegerGrid:
    """Int64 that stands for `stored / 10**scale`; the position is what is stored."""

    scale: int = 0
    first: int = -(2**63)
    last: int = 2**63 - 1

    def ceil(self, number: Exact) -> int:
        """See `Grid`."""
        position = ceil(scaled(number, 10**self.scale))
        return min(max(position, self.first), self.last + 1)

    def floor(self, number: Exact) -> int:
        """See `Grid`."""
        position = floor(scaled(number, 10**self.scale))
        return min(max(position, self.first - 1), self.last)

    def value(self, position: int) -> Number:
        """See `Grid`."""
        return simplest(Fraction(position, 10**self.scale))


@dataclass(frozen=True)
class FloatGrid:
    """Float64, each read as its shortest decimal; the position counts floats from zero."""

    first: int = -0x7FEF_FFFF_FFFF_FFFF
    last: int = 0x7FEF_FFFF_FFFF_FFFF

    def ceil(self, number: Exact) -> int:
        """See `Grid`."""
        low, high = self.first, self.last + 1
        while low < high:
            middle = (low + high) // 2
            if reaches(self.value(middle), number):
                high = middle
            else:
                low = middle + 1
        return low

    def floor(self, number: Exact) -> int:
        """See `Grid`."""
        above = self.ceil(number)
        return above if above <= self.last and self.value(above) == number else above - 1

    def value(self, position: int) -> Number:
        """See `Grid`."""
        return shortest(float_at(position))


def float_at(position: int) -> float:
    """The float at a position of `FloatGrid`."""
    (size,) = struct.unpack("<d", struct.pack("<q", abs(position)))
    return float(size if position >= 0 else -size)


def grid_of(column: Column) -> Grid:
    """The grid of a column; texts that spell numbers are read as floats."""
    return FloatGrid() if column.kind in ("float", "text") else IntegerGrid(column.scale)


def freeze(number: Exact, closed: Literal["left", "right"], grid: Grid) -> Cut:
    """The cut at a number, moved to the nearest grid number beyond it, with its side."""
    if closed == "left":
        above = grid.ceil(number)
        return Cut(grid.value(above)) if above <= grid.last else Cut(grid.value(grid.last), True)
    below = grid.floor(number)
    return Cut(grid.value(below), True) if below >= grid.first else Cut(grid.value(grid.first))


def first_above(cut: Cut, grid: Grid) -> int:
    """Position of the least grid number above a cut; may lie one beyond `last`."""
    return grid.floor(cut.at) + 1 if cut.strict else grid.ceil(cut.at)
