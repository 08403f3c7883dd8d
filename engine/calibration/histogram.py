"""How often each number occurs, as coarsely as the question allows.

A histogram is cut into pieces; a piece that holds one number only is exact. Counts and sums of
pieces add up, whatever the order of rows, chunks or machines. A question names the pieces that
its answer lies in, those alone are counted again more finely, until each is exact.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from custrata.engine.values import Number, shortest, simplest


class Piece(NamedTuple):
    """The rows whose numbers lie from `low` to `high`, all positive but for zeros, or none.

    Attributes:
        total: the sum of its numbers; 0 where nobody asked.
    """

    low: int | float
    high: int | float
    rows: int
    total: int = 0


@dataclass(frozen=True)
class Histogram:
    """Pieces in ascending order, apart from each other."""

    pieces: tuple[Piece, ...] = ()

    @classmethod
    def of(cls, pieces: Iterable[Piece]) -> Histogram:
        """From pieces in any order."""
        return cls(tuple(sorted(pieces)))

    @cached_property
    def _counted(self) -> list[int]:
        return list(accumulate(piece.rows for piece in self.pieces))

    @cached_property
    def _positive(self) -> list[Piece]:
        return [piece for piece in self.pieces if piece.total > 0]

    @cached_property
    def _before(self) -> list[int]:
        """For each positive piece, the sum of those before it."""
        return list(accumulate((piece.total for piece in self._positive), initial=0))[:-1]

    def at(self, index: int) -> Piece:
        """The piece that the row at a place in ascending order lies in."""
        return self.pieces[bisect_right(self._counted, index)]

    def last_over(self, most: Number) -> Piece:
        """The last positive piece such that those before it sum to `most` or less."""
        return self._positive[bisect_right(self._before, most) - 1]

    def first_over(self, least: Number) -> Piece | None:
        """The first positive piece such that those before it sum to `least` or more."""
        index = bisect_left(self._before, least)
        return self._positive[index] if index < len(self._positive) else None

    def inexact(self, wanted: Wanted) -> frozenset[Piece]:
        """The pieces that answers lie in, and that hold more than one number."""
        found = {self.at(index) for index in wanted.places}
        found |= {self.last_over(most) for most in wanted.reaching}
        for least in wanted.within:  # the answer is there, or comes first in the next piece
            index = bisect_left(self._before, least)
            found |= set(self._positive[max(index - 1, 0) : index + 1])
        return frozenset(piece for piece in found if piece.low != piece.high)

    def refined(self, coarse: frozenset[Piece], finer: Iterable[Piece]) -> Histogram:
        """With some pieces counted again."""
        return Histogram.of((*(one for one in self.pieces if one not in coarse), *finer))


@dataclass(frozen=True)
class Wanted:
    """What will be asked of a histogram, in the numbers that the column stores.

    Attributes:
        places: in ascending order, from 0.
        reaching: sums asked of `last_over`.
        within: sums asked of `first_over`.
    """

    places: frozenset[int] = frozenset()
    reaching: frozenset[Number] = frozenset()
    within: frozenset[Number] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.places or self.reaching or self.within)


class Summary(NamedTuple):
    """A few numbers about a column, as it stores them; sums are 0 where nobody asked."""

    rows: int
    low: int | float = 0
    high: int | float = 0
    total: Number = 0
    positive: int = 0
    squares: Number = 0


@dataclass(frozen=True)
class Counted:
    """A population counted on an engine (see `cuts.Population`).

    Attributes:
        unit: a number is `stored / unit`; floats are their shortest decimals.
    """

    summary: Summary
    histogram: Histogram = Histogram()
    unit: int = 1

    @property
    def count(self) -> int:
        """See `Population`."""
        return self.summary.rows

    @property
    def low(self) -> Number:
        """See `Population`."""
        return self._real(self.summary.low)

    @property
    def high(self) -> Number:
        """See `Population`."""
        return self._real(self.summary.high)

    @property
    def total(self) -> Number:
        """See `Population`."""
        return Fraction(self.summary.total, self.unit)

    @property
    def squares(self) -> Number:
        """See `Population`."""
        return Fraction(self.summary.squares, self.unit**2)

    @property
    def positive(self) -> Number:
        """See `Population`."""
        return Fraction(self.summary.positive, self.unit)

    def order(self, index: int) -> Number:
        """See `Population`."""
        return self._real(self.histogram.at(index).low)

    def last_over(self, most: Number) -> Number:
        """See `Population`."""
        return self._real(self.histogram.last_over(most * self.unit).low)

    def first_over(self, least: Number) -> Number | None:
        """See `Population`."""
        piece = self.histogram.first_over(least * self.unit)
        return None if piece is None else self._real(piece.low)

    def _real(self, stored: int | float) -> Number:
        if isinstance(stored, float):
            return shortest(stored)
        return simplest(Fraction(stored, self.unit))


def with_float_sums(summary: Summary, counts: Iterable[tuple[float, int]]) -> Summary:
    """Adds the sums of a float column, each float as its shortest decimal."""
    with localcontext(_WIDE):
        read = [(Decimal(repr(value)), rows) for value, rows in counts]
        total = sum((value * rows for value, rows in read), Decimal(0))
        squares = sum((value * value * rows for value, rows in read), Decimal(0))
    return summary._replace(total=Fraction(total), squares=Fraction(squares))


def in_units(counts: Iterable[tuple[float, int]]) -> Counted:
    """Every float of a column with how often it occurs, as whole numbers of one unit."""
    with localcontext(_WIDE):
        read = [(Decimal(repr(value)), rows) for value, rows in sorted(counts)]
        finest = sum((value for value, _ in read), Decimal(0)).as_tuple().exponent
        places = max(-int(finest), 0)
        whole = [(int(value.scaleb(places)), rows) for value, rows in read]
    pieces = tuple(Piece(value, value, rows, value * rows) for value, rows in whole)
    summary = Summary(
        rows=sum(piece.rows for piece in pieces),
        low=pieces[0].low,
        high=pieces[-1].low,
        total=sum(piece.total for piece in pieces),
        positive=sum(piece.total for piece in pieces if piece.total > 0),
        squares=sum(value * value * rows for value, rows in whole),
    )
    return Counted(summary, Histogram(pieces), 10**places)


_WIDE = Context(prec=3000)
"""Digits enough for squares of the largest float beside those of the smallest."""
