"""Chance that falls the same on every machine.

Of Python's generator only `random()` is used, which is the same in every version, and of
arithmetic only what IEEE 754 rounds in one way: no logarithm, no power.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from random import Random
from typing import TypeVar

Item = TypeVar("Item")
Points = Sequence[tuple[float, float]]
"""A rising curve through (share of cases, value), straight between its points."""

_HEAVY: Points = (
    *((0.0, 0.15), (0.3, 0.45), (0.6, 0.9), (0.8, 1.5), (0.9, 2.4)),
    *((0.96, 4.0), (0.99, 7.0), (0.998, 11.0), (1.0, 15.0)),
)


class Dice:
    """Draws of one matter; another matter's dice do not move them."""

    def __init__(self, *matter: object) -> None:
        """`matter` names what is drawn, the seed first."""
        seed = ":".join(str(part) for part in matter)
        self.share = Random(seed).random  # noqa: S311 - a made-up company, no secret

    def chance(self, of: float) -> bool:
        """Whether something of that probability happens."""
        return self.share() < of

    def between(self, low: int, high: int) -> int:
        """A whole number, both ends among them."""
        return low + int(self.share() * (high - low + 1))

    def spread(self, low: float, high: float) -> float:
        """A number from low up to high."""
        return low + self.share() * (high - low)

    def near(self, value: float, by: float) -> float:
        """A number around a value, seldom far from it, never further than `by`."""
        return value + by * (self.share() + self.share() + self.share() - 1.5) / 1.5

    def heavy(self) -> float:
        """Many small numbers and a few huge ones, the mean near 1.5."""
        return along(_HEAVY, self.share())

    def pick(self, items: Sequence[Item]) -> Item:
        """One of some."""
        return items[int(self.share() * len(items))]

    def weighed(self, weights: Mapping[Item, float]) -> Item:
        """One of some, by weight."""
        left = self.share() * sum(weights.values())
        for item, weight in weights.items():
            left -= weight
            if left < 0:
                return item
        return list(weights)[-1]


def along(points: Points, share: float) -> float:
    """The value of a curve at a share of cases, 0 to 1."""
    for (x, y), (further, higher) in pairwise(points):
        if share <= further:
            return y + (higher - y) * (share - x) / (further - x)
    return points[-1][1]
