"""From cut points as written to cuts that are frozen, ascend and leave no names over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from custrata.engine.calibration.cuts import Population, locate, written
from custrata.engine.calibration.exact import Exact, below, rough_text
from custrata.engine.calibration.grid import Grid, freeze
from custrata.engine.diagnostics import Diagnostic, warning
from custrata.engine.model import Bands, Cut, CutPoint, Deviation, Fixed, FoundBands


@dataclass(frozen=True)
class Placed:
    """A cut point in its place.

    Attributes:
        point: as written.
        cut: frozen; None stays unreached.
        edge: where it lies exactly.
        raised: whether it lay below its predecessor, and now shares that one's place.
    """

    point: CutPoint
    cut: Cut | None
    edge: Exact | None
    raised: bool = False

    def __str__(self) -> str:
        if isinstance(self.point, Fixed):
            return written(self.point)
        place = "not found" if self.edge is None else rough_text(self.edge)
        return f"{written(self.point)} ({place})"


@dataclass(frozen=True)
class Settled:
    """Bands whose cuts are in place, and what has to be said about them.

    Attributes:
        title: `classifier.measure`, for messages.
        bands: as the rules write them.
        count: how many customers have a number.
        names: of the bands that are left.
    """

    title: str
    bands: Bands
    count: int
    placed: tuple[Placed, ...]
    names: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def found(self) -> FoundBands:
        """The bands, without how they were found."""
        return FoundBands(tuple(one.cut for one in self.placed), self.names)

    @property
    def reached(self) -> tuple[Cut, ...]:
        """The cuts that were found; those that were not are the last."""
        return tuple(one.cut for one in self.placed if one.cut is not None)


def settle(title: str, bands: Bands, people: Population, grid: Grid) -> Settled:
    """Finds, freezes, raises and, where asked, drops the cuts of one measure.

    Args:
        title: `classifier.measure`, for messages.
        bands: as the rules write them.
        people: whose numbers decide.
        grid: what the column can hold.
    """
    single = [_place(point, people, bands.closed, grid) for point in bands.cuts]
    placed = _raise(single)
    faults = tuple(_faults(title, bands, single, placed, people))
    kept, names = _without_duplicates(placed, bands, people)
    return Settled(title, bands, people.count, tuple(kept), names, faults)


def _place(
    point: CutPoint, people: Population, closed: Literal["left", "right"], grid: Grid
) -> Placed:
    at = locate(point, people)
    if at is None:
        return Placed(point, None, None)
    if isinstance(at, Cut):
        return Placed(point, at, at.at)
    if isinstance(point, Fixed):
        return Placed(point, Cut(point.value, closed == "right"), at)
    return Placed(point, freeze(at, closed, grid), at)


def _raise(single: Sequence[Placed]) -> list[Placed]:
    """Each cut at its predecessor's place, where it lies below it."""
    placed: list[Placed] = []
    for one in single:
        placed.append(_after(placed[-1], one) if placed else one)
    return placed


def _after(before: Placed, one: Placed) -> Placed:
    if one.cut is None:
        return one
    if before.cut is None or _below(one, before):
        return replace(one, cut=before.cut, edge=before.edge, raised=True)
    # Both may stand for one place on the grid, in two spellings.
    return replace(one, cut=max(one.cut, before.cut))


def _below(one: Placed, before: Placed) -> bool:
    if one.edge is None or before.edge is None or one.cut is None or before.cut is None:
        return False
    return below(one.edge, before.edge) or (one.edge == before.edge and one.cut < before.cut)


def _without_duplicates(
    placed: list[Placed], bands: Bands, people: Population
) -> tuple[list[Placed], tuple[str, ...]]:
    """Edges that coincide count once, and as many names fall away (`pandas.qcut`)."""
    if bands.duplicates == "keep" or people.count == 0:
        return placed, bands.names
    seen: set[Exact | None] = {people.low, people.high}
    kept: list[Placed] = []
    for one in placed:
        if one.cut is None or one.edge not in seen:
            kept.append(one)
            seen.add(one.edge)
    count = len(kept) + 1
    return kept, bands.names[:count] if bands.duplicates == "drop_last" else bands.names[-count:]


def _faults(
    title: str,
    bands: Bands,
    single: Sequence[Placed],
    placed: Sequence[Placed],
    people: Population,
) -> list[Diagnostic]:
    faults = []
    for index, (alone, one) in enumerate(zip(single, placed, strict=True)):
        if alone.cut is None:
            text = f"{title}: cut {written(one.point)} cannot be found"
            text = f"{text}, since {_lack(one.point, people)}; all stay below it"
            faults.append(warning("cut-not-found", text, bands.mark))
        elif one.raised:
            text = f"{title}: cut {alone} lies below its predecessor {placed[index - 1]}"
            faults.append(warning("cut-raised", f"{text} and is raised to it", bands.mark))
    return faults


def _lack(point: CutPoint, people: Population) -> str:
    if people.count == 0:
        return "no customer has a number"
    if isinstance(point, Deviation):
        return "one customer has no sample deviation"
    return f"no number of {_customers(people.count)} is positive"


def empty_bands(settled: Settled, above: Sequence[int]) -> list[Diagnostic]:
    """A warning for each band that nobody is in, unless its cut was warned about already.

    Args:
        settled: the bands.
        above: how many customers lie above each cut that was found.
    """
    if settled.count == 0:
        text = f"{settled.title}: no customer has a number, so every band is empty"
        return [] if settled.diagnostics else [warning("band-empty", text, settled.bands.mark)]
    sizes = [before - after for before, after in pairwise((settled.count, *above, 0))]
    return [
        warning("band-empty", _nobody(settled, band), settled.bands.mark)
        for band, size in enumerate(sizes)
        if size == 0 and not any(one.raised for one in settled.placed[band : band + 1])
    ]


def _nobody(settled: Settled, band: int) -> str:
    placed = settled.placed
    if band == 0:
        where = f"below {placed[0]}"
    elif band == len(placed):
        where = f"above {placed[-1]}"
    else:
        where = f"between {placed[band - 1]} and {placed[band]}"
    title = f"{settled.title}: band {settled.names[band]!r}"
    return f"{title} is empty, none of {_customers(settled.count)} lies {where}"


def _customers(count: int) -> str:
    return f"{count} customer{'' if count == 1 else 's'}"
