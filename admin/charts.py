"""Where the parts of charts lie; `templates/panel/charts.html` draws them as SVG.

Names stand in HTML wherever they can, so that long ones wrap instead of being cut; lengths are in
the units of the chart's own `viewBox`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask import Flask

from custrata.admin.flows import flow_chart

HEATS = 9
"""Steps of colour of a heat map, besides that of nothing."""
_VISIBLE = 0.8
"""Of a hundred: the shortest bar that stands for something."""


@dataclass(frozen=True)
class Item:
    """A bar, a step of a funnel.

    Attributes:
        value: what its length stands for. shown: the same as the reader writes it.
        link: to the customers behind it; empty for none.
        second: another number beside it, drawn as a thinner bar; None leaves it out.
        second_shown: the same as the reader writes it.
        note: a further word, in a column of its own.
        colour: `#rrggbb`; None takes the chart's.
    """

    name: str
    value: float
    shown: str
    link: str = ""
    second: float | None = None
    second_shown: str = ""
    note: str = ""
    colour: str | None = None


@dataclass(frozen=True)
class Cell:
    """A cell of a heat map; `about` says more in a sentence."""

    value: float
    shown: str
    link: str = ""
    about: str = ""


def install(app: Flask) -> None:
    """What `templates/panel/charts.html` draws with."""
    app.jinja_env.globals.update(chart=sys.modules[__name__], flow_chart=flow_chart)


def length(value: float | None, most: float) -> float:
    """A value as so many of a hundred; what is not nothing can be seen."""
    if not value or value <= 0 or most <= 0:
        return 0
    return max(_VISIBLE, min(100.0, round(100 * value / most, 2)))


def most(items: Iterable[Item], second: bool = False) -> float:
    """The greatest value of bars."""
    values = [(one.second if second else one.value) or 0 for one in items]
    return float(max(values, default=0))


def scales(items: Sequence[Item], whole: bool, together: bool) -> tuple[float, float]:
    """What the longest bars stand for, of values and of second ones.

    Args:
        whole: they stand for all together. together: both have the same scale.
    """
    if whole:
        seconds = (one.second or 0 for one in items)
        return sum(max(one.value, 0) for one in items), sum(max(one, 0) for one in seconds)
    first, second = most(items), most(items, second=True)
    return (max(first, second),) * 2 if together else (first, second)


def heat(value: float, greatest: float) -> int:
    """The step of colour of a cell, 0 for nothing."""
    if value <= 0 or greatest <= 0:
        return 0
    return min(HEATS, 1 + int(HEATS * value / greatest))


# --- funnel -------------------------------------------------------------------------------


def funnel(items: Sequence[Item]) -> list[str]:
    """The corners of each step, in a box of 100 × 30: from its own width to that of the next."""
    greatest = most(items)
    widths = [length(one.value, greatest) for one in items]
    below = [*widths[1:], *widths[-1:]]
    return [_step(top, min(top, bottom)) for top, bottom in zip(widths, below, strict=True)]


def _step(top: float, bottom: float) -> str:
    corners = ((-top, 0), (top, 0), (bottom, 30), (-bottom, 30))
    return " ".join(f"{50 + width / 2:g},{y}" for width, y in corners)


# --- lines --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plane:
    """A rectangle on which shares from 0 to 1 are drawn, 0 at the left and at the bottom."""

    left: float
    top: float
    width: float
    height: float

    def x(self, share: float) -> float:
        """From the left."""
        return round(self.left + share * self.width, 2)

    def y(self, share: float) -> float:
        """From the top."""
        return round(self.top + (1 - share) * self.height, 2)

    def path(self, points: Iterable[Sequence[float]]) -> str:
        """Points joined by lines."""
        return "M" + "L".join(f"{self.x(x):g} {self.y(y):g}" for x, y in points)


def spark(values: Sequence[float], width: float = 100, height: float = 24) -> str:
    """A line through values at equal distances; empty where there is none to draw."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    plane, last = Plane(2, 3, width - 4, height - 6), len(values) - 1
    level = [(value - low) / (high - low) if high > low else 0.5 for value in values]
    return plane.path((place / last, share) for place, share in enumerate(level))


@dataclass(frozen=True)
class Column:
    """A column of a histogram, in a box of 100 × 100."""

    x: float
    y: float
    width: float
    height: float


def histogram(counts: Sequence[float]) -> list[Column]:
    """Columns side by side, the greatest count as high as the box."""
    greatest, wide = max(counts, default=0), 100 / max(1, len(counts))
    heights = [length(count, greatest) for count in counts]
    return [
        Column(round(place * wide, 3), round(100 - high, 2), round(wide * 0.92, 3), high)
        for place, high in enumerate(heights)
    ]
