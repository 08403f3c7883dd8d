"""Finds all cuts of a run together: one summary, a histogram a measure, one count of bands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import narwhals.stable.v2 as nw

from custrata.engine.backends import Backend
from custrata.engine.calibration import count
from custrata.engine.calibration.asks import Ask, Finding, Key, rank_column
from custrata.engine.calibration.grid import first_above
from custrata.engine.calibration.groups import Group, counted, grouped, summarised
from custrata.engine.calibration.histogram import Counted, Summary
from custrata.engine.calibration.rank_columns import same_ranks, with_ranks
from custrata.engine.calibration.ranks import RANKS, Ranks, border_places, on_values
from custrata.engine.calibration.settle import Settled, empty_bands, settle
from custrata.engine.diagnostics import Diagnostic
from custrata.engine.model import FoundBands


def find_cuts(backend: Backend, frame: nw.LazyFrame[Any], asks: Sequence[Ask]) -> Finding:
    """See `custrata.engine.calibration.find_cuts`."""
    search = _Search(backend, frame, tuple(grouped(asks)))
    settled = {**search.valued, **search.ranked}
    return Finding(
        values={**{key: one.found for key, one in search.valued.items()}, **search.borders},
        ranks={key: one.found for key, one in search.ranked.items()},
        frame=search.with_ranks(),
        diagnostics=tuple(
            fault for ask in asks for fault in _faults(settled[ask.key], search.above[ask.key])
        ),
    )


def _faults(settled: Settled, above: Sequence[int]) -> Iterator[Diagnostic]:
    yield from settled.diagnostics
    yield from empty_bands(settled, above)


@dataclass(frozen=True, eq=False)
class _Search:
    """One run's cuts, found step by step."""

    backend: Backend
    frame: nw.LazyFrame[Any]
    groups: tuple[Group, ...]

    @cached_property
    def numbers(self) -> nw.LazyFrame[Any]:
        """A column of numbers for each group."""
        return self.frame.select(*(group.numbers.alias(group.name) for group in self.groups))

    @cached_property
    def summaries(self) -> dict[str, Summary]:
        """By group."""
        return summarised(self.backend, self.numbers, self.groups) if self.groups else {}

    @cached_property
    def ranked(self) -> dict[Key, Settled]:
        """Bands whose cuts lie among ranks; nothing has to be counted for them."""
        return {
            ask.key: settle(ask.title, ask.bands, Ranks(self.summaries[group.name].rows), RANKS)
            for group in self.groups
            for ask in group.ranked
        }

    @cached_property
    def people(self) -> dict[str, Counted]:
        """The population of each group."""
        return {group.name: self._counted(group) for group in self.groups}

    def _counted(self, group: Group) -> Counted:
        settled = [self.ranked[ask.key] for ask in group.ranked]
        summary = self.summaries[group.name]
        borders = [
            place
            for bands in settled
            for one in bands.placed
            for place in border_places(one.cut, summary.rows)
        ]
        return counted(self.backend, self.numbers, group, summary, borders)

    @cached_property
    def valued(self) -> dict[Key, Settled]:
        """Bands whose cuts lie among the numbers themselves."""
        return {
            ask.key: settle(ask.title, ask.bands, self.people[group.name], group.grid)
            for group in self.groups
            for ask in group.valued
        }

    @cached_property
    def borders(self) -> dict[Key, FoundBands]:
        """The cuts on values that stand for cuts on ranks."""
        return {
            ask.key: _on_values(self.ranked[ask.key], self.people[group.name])
            for group in self.groups
            for ask in group.ranked
        }

    @cached_property
    def above(self) -> dict[Key, list[int]]:
        """How many lie above each cut that was found; one pass for all that are not ranks."""
        asked = [(group, self.valued[ask.key]) for group in self.groups for ask in group.valued]
        wanted = [
            (group.name, group.grid, self.summaries[group.name], first_above(cut, group.grid))
            for group, settled in asked
            for cut in settled.reached
        ]
        sizes = iter(count.above(self.backend, self.numbers, wanted))
        found = {key: [next(sizes) for _ in one.reached] for key, one in self.valued.items()}
        return found | {key: _ranks_above(one) for key, one in self.ranked.items()}

    def with_ranks(self) -> nw.LazyFrame[Any]:
        """The frame with the columns of ranks that cuts apply to."""
        names = [
            (group, [rank_column(ask.classifier, ask.bands.measure) for ask in group.ranked])
            for group in self.groups
            if group.ranked
        ]
        numbers = {first: group.numbers for group, (first, *_) in names}
        ranked = with_ranks(self.backend, self.frame, numbers)
        return same_ranks(ranked, {first: twins for _, (first, *twins) in names})


def _on_values(ranked: Settled, people: Counted) -> FoundBands:
    return FoundBands(tuple(on_values(one.cut, people) for one in ranked.placed), ranked.names)


def _ranks_above(ranked: Settled) -> list[int]:
    below = (first_above(cut, RANKS) - 1 for cut in ranked.reached)
    return [ranked.count - min(max(number, 0), ranked.count) for number in below]
