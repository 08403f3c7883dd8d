"""Why a customer has a label, and what would give her a better one.

Read off the compiled form: which value met which cut point, which rows decided, and the
nearest bins that come to another result.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypedDict

from custrata.engine.compiled import Axis, Compiled, to_json
from custrata.engine.model import Cut
from custrata.engine.thresholds import float_threshold, stored_threshold
from custrata.engine.values import Number, Value, canonical, plain, shortest

NEAREST = 5
"""How many better labels an explanation names at most."""
_CHANGES = 3
_TRIALS = 2_000


class Input(TypedDict):
    """One value that the table read. `band` is null where the measure is not banded."""

    measure: str
    value: Any
    band: str | None
    cut_points: list[int | float]


class Change(TypedDict, total=False):
    """What a measure has to become; `by` for numbers that are known today."""

    to: Any
    by: int | float


class Better(TypedDict):
    """A label within reach and all that has to change for it."""

    label: Any
    change: dict[str, Change]


class Explanation(TypedDict):
    """Why a classifier says what it says of one customer.

    `rows` count from 1, empty where `otherwise` or `outside` decided; `missing` names the
    measures that are null.
    """

    classifier: str
    label: Any
    rows: list[int]
    inputs: list[Input]
    missing: list[str]
    nearest: list[Better]


def explain(
    compiled: Compiled, values: Mapping[str, Value], scales: Mapping[str, int]
) -> Explanation:
    """The explanation of one classifier's result.

    Args:
        values: canonical values by column.
        scales: decimals that a column's values have; a column that is not named may take
            any float.
    """
    bins = compiled.bins(values)
    hits = compiled.hits(bins)
    inputs = {
        axis.measure: _input(axis, place, values)
        for axis, place in zip(compiled.axes, bins, strict=True)
        if axis.bands is not None or axis.measure not in compiled.classifier.bands
    }
    return {
        "classifier": compiled.name,
        "label": to_json(compiled.result(hits)),
        "rows": [row + 1 for row in compiled.rows(hits)],
        "inputs": list(inputs.values()),
        "missing": [name for name, read in inputs.items() if read["value"] is None],
        "nearest": nearest(compiled, values, scales),
    }


def nearest(
    compiled: Compiled, values: Mapping[str, Value], scales: Mapping[str, int]
) -> list[Better]:
    """For each better label the least change that gives it: fewest measures, nearest bins.

    Better is a better rank; where no label is ranked, any other label, and for a score any
    higher one.
    """
    if compiled.classifier.policy.lists:
        return []
    search = _Search(compiled, values, scales)
    return [] if search.conflict else search.found()


@dataclass(frozen=True)
class _Step:
    """One measure moved to another bin."""

    axis: int
    place: int
    cost: int


class _Search:
    """The neighbourhood of one customer, nearest first."""

    def __init__(self, compiled: Compiled, values: Mapping[str, Value], scales: Mapping[str, int]):
        self.compiled, self.values, self.scales = compiled, values, scales
        self.bins = compiled.bins(values)
        hits = compiled.hits(self.bins)
        self.conflict = compiled.conflicts(hits)
        self.today = compiled.result(hits)
        self.ranks = {
            label: info.rank
            for label, info in compiled.classifier.labels.items()
            if info.rank is not None
        }

    def found(self) -> list[Better]:
        best: dict[Any, tuple[tuple[int, int, int], dict[str, Change]]] = {}
        for count in range(1, self._most_changes() + 1):
            for steps in itertools.islice(self._combinations(count), _TRIALS):
                label = self._label(steps)
                if not self._better(label):
                    continue
                cost = (count, sum(step.cost for step in steps), self.ranks.get(str(label), 0))
                if label not in best or cost < best[label][0]:
                    change = self._change(steps)
                    if change is not None:
                        best[label] = (cost, change)
            if len(best) >= NEAREST:
                break
        order = sorted(best.items(), key=lambda item: item[1][0])
        return [
            {"label": to_json(label), "change": change} for label, (_, change) in order[:NEAREST]
        ]

    def _most_changes(self) -> int:
        return (
            1 if self.compiled.classifier.policy.scores else min(_CHANGES, len(self.compiled.axes))
        )

    def _combinations(self, count: int) -> Iterator[tuple[_Step, ...]]:
        moves = [self._moves(number) for number in range(len(self.compiled.axes))]
        for axes in itertools.combinations(moves, count):
            yield from itertools.product(*axes)

    def _moves(self, number: int) -> list[_Step]:
        """The other bins of an axis that a customer can be brought into, nearest first."""
        axis, now = self.compiled.axes[number], self.bins[number]
        if axis.column != axis.measure:
            return []  # a rank moves when others move
        known = range(axis.intervals + len(axis.texts))
        moves = [
            _Step(number, place, abs(place - now) if max(place, now) < axis.intervals else 1)
            for place in known
            if place != now
        ]
        return sorted(moves, key=lambda step: step.cost)

    def _label(self, steps: Sequence[_Step]) -> Any:
        bins = list(self.bins)
        for step in steps:
            bins[step.axis] = step.place
        return self.compiled.result(self.compiled.hits(bins))

    def _better(self, label: Any) -> bool:
        if label is None or label == self.today:
            return False
        if self.compiled.classifier.policy.scores:
            return self.today is None or label > self.today
        if not self.ranks:
            return True
        rank = self.ranks.get(str(label))
        today = self.ranks.get(str(self.today), math.inf)
        return rank is not None and rank < today

    def _change(self, steps: Sequence[_Step]) -> dict[str, Change] | None:
        """What has to become what; None where no value lies in one of the bins."""
        changes: dict[str, Change] = {}
        for step in steps:
            axis = self.compiled.axes[step.axis]
            value = self.values.get(axis.column)
            target = self._target(axis, step.place, self.bins[step.axis])
            if target is None or axis.measure in changes:
                return None
            change: Change = {"to": plain(target)}
            if not isinstance(target, str) and value is not None and not isinstance(value, str):
                change["by"] = plain(target - value)  # type: ignore[typeddict-item]
            changes[axis.measure] = change
        return changes

    def _target(self, axis: Axis, place: int, now: int) -> Value:
        """The nearest value of a bin: its low end seen from below, its high end from above."""
        if place >= axis.intervals:
            return axis.texts[place - axis.intervals]
        scale = self.scales.get(axis.column)
        low = axis.cuts[place - 1] if place > 0 else None
        high = axis.cuts[place] if place < len(axis.cuts) else None
        from_above = now < axis.intervals and now > place
        ends = [_last_before(high, scale), _first_beyond(low, scale)]
        for target in ends if from_above else reversed(ends):
            if target is not None and axis.bin_of(canonical(plain(target))) == place:
                return target
        return None


def _first_beyond(cut: Cut | None, scale: int | None) -> Number | None:
    """The least value beyond a cut."""
    if cut is None:
        return None
    if scale is not None:
        return _unscaled(stored_threshold(cut, scale), scale)
    if not cut.strict and canonical(plain(cut.at)) == cut.at:
        return cut.at
    found = float_threshold(cut)
    return None if math.isinf(found) else shortest(found)


def _last_before(cut: Cut | None, scale: int | None) -> Number | None:
    """The greatest value that does not lie beyond a cut."""
    if cut is None:
        return None
    if scale is not None:
        return _unscaled(stored_threshold(cut, scale) - 1, scale)
    if cut.strict:
        return cut.at
    found = float_threshold(cut)
    return None if math.isinf(found) else shortest(math.nextafter(found, -math.inf))


def _unscaled(stored: int, scale: int) -> Number:
    value = Fraction(stored, 10**scale)
    return int(value) if value.denominator == 1 else value


def _input(axis: Axis, place: int, values: Mapping[str, Value]) -> Input:
    value = plain(values.get(axis.measure))
    return {
        "measure": axis.measure,
        "value": value,
        "band": axis.bands[place] if axis.bands else None,
        "cut_points": [plain(point) for point in axis.cut_points],  # type: ignore[misc]
    }
