"""Where a cut point lies in a population: pure arithmetic on exact numbers.

A population is whatever answers a few questions about its sorted numbers; who counts them,
and on which engine, is of no concern here.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Protocol

from custrata.engine.calibration.exact import Exact, ceil, decimal_text, floor, with_root
from custrata.engine.model import (
    BottomFraction,
    Cut,
    CutPoint,
    Deviation,
    Fixed,
    Mean,
    OfTotal,
    Quantile,
    TopFraction,
    TopShare,
)
from custrata.engine.values import Number, simplest


class Population(Protocol):
    """The numbers of those who take part, sorted; sums are exact.

    `low` and `high` mean nothing, and no question may be asked, where `count` is 0. `total`,
    `squares` and `positive` need only be right where a cut point asks for them.
    """

    @property
    def count(self) -> int:
        """How many have a number."""
        ...

    @property
    def low(self) -> Number:
        """The least number."""
        ...

    @property
    def high(self) -> Number:
        """The greatest number."""
        ...

    @property
    def total(self) -> Number:
        """The sum of all."""
        ...

    @property
    def squares(self) -> Number:
        """The sum of all squares."""
        ...

    @property
    def positive(self) -> Number:
        """The sum of those above zero."""
        ...

    def order(self, index: int) -> Number:
        """The number at a place in ascending order, counted from 0."""
        ...

    def last_over(self, most: Number) -> Number:
        """The greatest positive number whose smaller positive ones sum to `most` or less."""
        ...

    def first_over(self, least: Number) -> Number | None:
        """The least positive number whose smaller positive ones sum to `least` or more."""
        ...


def locate(cut: CutPoint, people: Population) -> Exact | Cut | None:
    """Where a cut point lies.

    Returns:
        A number, whose equals `closed` puts on one side; or, for a set of customers, the cut
        that has exactly that set beyond it; or None where it cannot be found.
    """
    match cut:
        case Fixed(value):
            return value
        case _ if people.count == 0:
            return None
        case Mean():
            return simplest(Fraction(people.total) / people.count)
        case Quantile():
            places = quantile_places(cut, people.count)
            return simplest(sum((w * people.order(i) for i, w in places), Fraction(0)))
        case Deviation():
            return _deviation(cut, people)
        case OfTotal(fraction):
            return simplest(fraction * people.total) if people.high > 0 else None
        case TopFraction() | BottomFraction():
            return _fraction(cut, people)
        case TopShare():
            return _top_share(cut, people)


def places(cut: CutPoint, count: int) -> tuple[int, ...]:
    """The places in ascending order that `locate` will ask for."""
    if count == 0:
        return ()
    match cut:
        case Quantile():
            return tuple(index for index, _ in quantile_places(cut, count))
        case TopFraction(fraction):
            return (count - reached,) if (reached := ceil(fraction * count)) else ()
        case BottomFraction(fraction):
            return (reached - 1,) if (reached := ceil(fraction * count)) else ()
        case _:
            return ()


def quantile_places(cut: Quantile, count: int) -> tuple[tuple[int, Fraction], ...]:
    """The places that a quantile lies between, each with its weight."""
    whole = Fraction(1)
    exact = cut.share * (count - 1)
    below = floor(exact)
    match cut.method:
        case "step":
            return ((max(ceil(cut.share * count) - 1, 0), whole),)
        case "nearest":
            return ((round(exact), whole),)
        case "higher":
            return ((ceil(exact), whole),)
        case "lower":
            return ((below, whole),)
        case "linear" | "midpoint" if exact == below:
            return ((below, whole),)
        case "midpoint":
            return ((below, whole / 2), (below + 1, whole / 2))
        case "linear":
            return ((below, below + 1 - exact), (below + 1, exact - below))


def _deviation(cut: Deviation, people: Population) -> Exact | None:
    freedom = people.count - cut.sample
    if freedom == 0:
        return None
    mean = Fraction(people.total) / people.count
    variance = (people.squares - mean * people.total) / freedom
    return with_root(mean, cut.times, variance)


def _fraction(cut: TopFraction | BottomFraction, people: Population) -> Cut:
    ends = places(cut, people.count)
    if isinstance(cut, TopFraction):
        return Cut(people.order(ends[0])) if ends else Cut(people.high, strict=True)
    return Cut(people.order(ends[0]), strict=True) if ends else Cut(people.low)


def _top_share(cut: TopShare, people: Population) -> Cut | None:
    if people.high <= 0:
        return None
    rest = (1 - cut.share) * people.positive
    if cut.border == "reaches" and cut.share > 0:
        return Cut(people.last_over(rest))
    member = people.first_over(rest)
    return Cut(people.high, strict=True) if member is None else Cut(member)


def written(cut: CutPoint) -> str:
    """A cut point as a rules file writes it, options only where they are not the default."""
    match cut:
        case Fixed(value):
            return decimal_text(value)
        case Mean():
            return "mean"
        case Quantile(share, method):
            option = "" if method == "linear" else f", method: {method}"
            return f"{{quantile: {decimal_text(share)}{option}}}"
        case Deviation(times, sample):
            return f"{{deviation: {decimal_text(times)}{'' if sample else ', sample: false'}}}"
        case TopFraction(fraction):
            return f"{{top_fraction: {decimal_text(fraction)}}}"
        case BottomFraction(fraction):
            return f"{{bottom_fraction: {decimal_text(fraction)}}}"
        case TopShare(share, border):
            option = "" if border == "reaches" else f", border: {border}"
            return f"{{top_share: {decimal_text(share)}{option}}}"
        case OfTotal(fraction):
            return f"{{of_total: {decimal_text(fraction)}}}"
