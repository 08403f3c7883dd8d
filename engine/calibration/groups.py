"""Asks about the same numbers, counted together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw

from custrata.engine.backends import Backend
from custrata.engine.calibration import count
from custrata.engine.calibration.asks import Ask
from custrata.engine.calibration.cuts import places
from custrata.engine.calibration.grid import FloatGrid, Grid, grid_of
from custrata.engine.calibration.histogram import (
    Counted,
    Histogram,
    Summary,
    Wanted,
    in_units,
    with_float_sums,
)
from custrata.engine.columns import Column
from custrata.engine.model import CutPoint, Deviation, Mean, OfTotal, TopShare


@dataclass(frozen=True, eq=False)
class Group:
    """Asks about one column among one population.

    Attributes:
        name: where its numbers stand in the frame of all groups' numbers.
    """

    name: str
    column: Column
    population: nw.Expr | None
    asks: tuple[Ask, ...]

    @property
    def grid(self) -> Grid:
        """What its column can hold."""
        return grid_of(self.column)

    @property
    def floats(self) -> bool:
        """Whether its numbers are stored as floats, which no engine sums exactly."""
        return isinstance(self.grid, FloatGrid)

    @property
    def numbers(self) -> nw.Expr:
        """Its numbers, null for all who take no part."""
        return count.numbers(self.column, self.population)

    @property
    def ranked(self) -> tuple[Ask, ...]:
        """The asks whose cuts lie among ranks."""
        return tuple(ask for ask in self.asks if ask.bands.ties == "rank")

    @property
    def valued(self) -> tuple[Ask, ...]:
        """The asks whose cuts lie among the numbers themselves."""
        return tuple(ask for ask in self.asks if ask.bands.ties == "value")

    @property
    def cuts(self) -> frozenset[CutPoint]:
        """What has to be found among the numbers themselves."""
        return frozenset(cut for ask in self.valued for cut in ask.bands.cuts)

    @property
    def sums(self) -> frozenset[str]:
        """Which sums that takes: `total`, `positive`, `squares`."""
        kinds = {
            "total": (Mean, Deviation, OfTotal),
            "positive": (TopShare,),
            "squares": (Deviation,),
        }
        return frozenset(
            name for name, kind in kinds.items() if any(isinstance(cut, kind) for cut in self.cuts)
        )


def grouped(asks: Iterable[Ask]) -> list[Group]:
    """Asks by column and population."""
    found: dict[tuple[Column, int], list[Ask]] = {}
    for ask in asks:
        found.setdefault((ask.column, id(ask.population)), []).append(ask)
    return [
        Group(f"v{index}", column, some[0].population, tuple(some))
        for index, ((column, _), some) in enumerate(found.items())
    ]


def summarised(
    backend: Backend, numbers: nw.LazyFrame[Any], groups: Iterable[Group]
) -> dict[str, Summary]:
    """A summary of each group's numbers as stored; floats without sums."""
    sums = {one.name: frozenset() if one.floats else one.sums for one in groups}
    found = count.summaries(backend, numbers, sums)
    spread = {name: found[name] for name, kinds in sums.items() if "squares" in kinds}
    for name, squares in count.squares(backend, numbers, spread).items():
        found[name] = found[name]._replace(squares=squares)
    return found


def counted(
    backend: Backend,
    numbers: nw.LazyFrame[Any],
    group: Group,
    summary: Summary,
    borders: Iterable[int],
) -> Counted:
    """The population of a group, ready for all that its cuts ask.

    Args:
        backend: the engine.
        numbers: a column for each group.
        group: what is counted.
        summary: of its numbers.
        borders: further places in ascending order that will be asked for.
    """
    if group.floats and group.sums and summary.rows:
        every = count.occurrences(backend, numbers, group.name)
        if "positive" in group.sums:
            return in_units(every)
        summary = with_float_sums(summary, every)
    unit = 1 if group.floats else 10**group.column.scale
    wanted = _wanted(group.cuts, summary, borders)
    if not wanted:
        return Counted(summary, Histogram(), unit)
    found = count.histogram(backend, numbers, group.name, summary, wanted)
    return Counted(summary, found, unit)


def _wanted(cuts: Iterable[CutPoint], summary: Summary, borders: Iterable[int]) -> Wanted:
    shares = [cut for cut in cuts if isinstance(cut, TopShare) and summary.positive]
    rest = {cut: (1 - cut.share) * summary.positive for cut in shares}
    reaching = {cut for cut in shares if cut.border == "reaches" and cut.share}
    return Wanted(
        places=frozenset(at for cut in cuts for at in places(cut, summary.rows)).union(borders),
        reaching=frozenset(rest[cut] for cut in reaching),
        within=frozenset(rest[cut] for cut in shares if cut not in reaching),
    )
