"""Where the parts of a flow chart lie: from where to where so many went.

It is 360 wide: names in 112 at either side, wrapped, and ribbons between them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from unicodedata import east_asian_width

LEFT, RIGHT, BAR = 118.0, 242.0, 6.0
"""Where the bars of either side stand, at their outer edges, and how wide they are."""
LINE = 14.0
"""From one line of a name to the next."""
_BODY, _GAP, _EDGE, _THINNEST = 200.0, 10.0, 8.0, 1.5
_ROOM = 16
"""So many narrow signs stand in a line of a name."""


@dataclass(frozen=True)
class Flow:
    """So many went from one place to another.

    Attributes:
        shown: how many, as the reader writes it. about: the same in a sentence.
        link: to the customers behind it; empty for none.
    """

    start: str
    end: str
    value: float
    shown: str
    link: str = ""
    about: str = ""


@dataclass(frozen=True)
class Node:
    """A place: a bar, and its name in lines that meet no other's.

    Attributes:
        y, height: of the bar. text: where the first line's middle is.
    """

    y: float
    height: float
    lines: tuple[str, ...]
    text: float

    @property
    def foot(self) -> float:
        """Where it ends."""
        return max(self.y + self.height, self.text + LINE * (len(self.lines) - 0.5))


@dataclass(frozen=True)
class Ribbon:
    """A flow as a shape."""

    flow: Flow
    path: str


@dataclass(frozen=True)
class Flows:
    """A flow chart."""

    height: float
    left: tuple[Node, ...]
    right: tuple[Node, ...]
    ribbons: tuple[Ribbon, ...]


def flow_chart(found: Sequence[Flow]) -> Flows:
    """The chart of flows; places stand in the order in which the flows name them."""
    unit = _BODY / (sum(one.value for one in found) or 1)
    thick = [max(_THINNEST, one.value * unit) for one in found]
    left = _side([one.start for one in found], thick)
    right = _side([one.end for one in found], thick)
    height = max((one.foot for one in (*left.values(), *right.values())), default=0) + _EDGE
    left, right = _centred(left, height), _centred(right, height)
    ribbons = tuple(_ribbons(found, thick, left, right))
    return Flows(round(height, 2), tuple(left.values()), tuple(right.values()), ribbons)


def wrapped(text: str, room: int = _ROOM) -> list[str]:
    """A name in lines of so many narrow signs; nothing is cut off, long words are broken."""
    lines = [""]
    for word in _words(text):
        if lines[-1] and _width(lines[-1] + word.rstrip()) > room:
            lines.append("")
        lines[-1] += word
    return [line.strip() for line in lines if line.strip()] or [""]


def _words(text: str) -> Iterator[str]:
    """Parts between which a line may end; a wide sign is one, as Chinese has no spaces."""
    word = ""
    for sign in text:
        word += sign
        if sign in " -/·" or _width(sign) > 1 or _width(word) >= _ROOM:
            yield word
            word = ""
    if word:
        yield word


def _width(text: str) -> int:
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def _side(names: Sequence[str], thick: Sequence[float]) -> dict[str, Node]:
    """Nodes below one another, each with the room that its flows and its name need."""
    nodes: dict[str, Node] = {}
    y = _EDGE
    for name in dict.fromkeys(names):
        height = sum(high for other, high in zip(names, thick, strict=True) if other == name)
        lines = tuple(wrapped(name))
        room = max(height, LINE * len(lines))
        middle = y + room / 2
        text = middle - LINE * (len(lines) - 1) / 2
        nodes[name] = Node(middle - height / 2, height, lines, text)
        y += room + _GAP
    return nodes


def _centred(nodes: dict[str, Node], height: float) -> dict[str, Node]:
    """The shorter side in the middle of the longer one."""
    foot = max((one.foot for one in nodes.values()), default=0) + _EDGE
    down = (height - foot) / 2
    return {
        name: replace(one, y=round(one.y + down, 2), text=round(one.text + down, 2))
        for name, one in nodes.items()
    }


def _ribbons(
    found: Sequence[Flow],
    thick: Sequence[float],
    left: dict[str, Node],
    right: dict[str, Node],
) -> Iterator[Ribbon]:
    """Ribbons side by side along their bars."""
    starts = {name: one.y for name, one in left.items()}
    ends = {name: one.y for name, one in right.items()}
    for one, high in zip(found, thick, strict=True):
        yield Ribbon(one, _ribbon(starts[one.start], ends[one.end], high))
        starts[one.start] += high
        ends[one.end] += high


def _ribbon(start: float, end: float, high: float) -> str:
    a, b, middle = LEFT + BAR, RIGHT - BAR, (LEFT + RIGHT) / 2
    there = f"M{a:g} {start:.2f}C{middle:g} {start:.2f} {middle:g} {end:.2f} {b:g} {end:.2f}"
    low, foot = start + high, end + high
    return there + f"V{foot:.2f}C{middle:g} {foot:.2f} {middle:g} {low:.2f} {a:g} {low:.2f}Z"
