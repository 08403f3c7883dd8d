"""Why a customer has a label, and what would give her a better one.

Read off the compiled form: which value met which cut point, which rows decided, and the
nearest bins that come to another result.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypedDict

from custrata.engine.axes import Axis
from custrata.engine.compiled import Compiled, Result, to_json
from custrata.engine.model import Cut, reads_result
from custrata.engine.thresholds import float_threshold, stored_threshold
from custrata.engine.values import Number, Value, canonical, plain, shortest, spelling

NEAREST = 5
"""How many better labels an explanation names at most."""
_CHANGES = 3
_TRIALS = 2_000
_MEMORY = 4_096


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


class Explainer:
    """Explains one classifier, customer after customer.

    What would be better depends on a customer's bins alone, so it is searched once for all
    who share them.
    """

    def __init__(
        self,
        compiled: Compiled,
        scales: Mapping[str, int],
        moved_by: Mapping[str, Set[str]] | None = None,
        moves: Mapping[str, str] | None = None,
    ):
        """An explainer.

        Args:
            compiled: the classifier.
            scales: decimals that a column's values have; a column that is not named may take
                any float.
            moved_by: for columns that are made of others, those that move them. What would
                move another column of the table along the way is not promised.
            moves: of columns that cannot go both ways: `up`, or `no`.
        """
        self.compiled = compiled
        self._scales = scales
        self._moved_by = moved_by or {}
        self._ways = moves or {}
        self._plans: dict[tuple[int, ...], list[_Plan]] = {}

    def explain(self, values: Mapping[str, Value]) -> Explanation:
        """Why the classifier says what it says.

        Args:
            values: canonical values by column.
        """
        compiled = self.compiled
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
            "nearest": [_better(plan, values) for plan in self._plans_from(bins)],
        }

    def _plans_from(self, bins: tuple[int, ...]) -> list[_Plan]:
        known = self._plans.get(bins)
        if known is None:
            search = _Search(self.compiled, bins, self._scales, self._moved_by, self._ways)
            known = search.plans()
            if len(self._plans) < _MEMORY:
                self._plans[bins] = known
        return known


@dataclass(frozen=True)
class _Plan:
    """A better label, and what each (column, measure) has to become for it."""

    label: Any
    targets: tuple[tuple[str, str, int | Fraction | str], ...]


def _better(plan: _Plan, values: Mapping[str, Value]) -> Better:
    change: dict[str, Change] = {}
    for column, measure, target in plan.targets:
        change[measure] = {"to": plain(target)}
        value = values.get(column)
        if not isinstance(target, str) and value is not None and not isinstance(value, str):
            change[measure]["by"] = plain(target - value)  # type: ignore[typeddict-item]
    return {"label": to_json(plan.label), "change": change}


@dataclass(frozen=True)
class _Step:
    """One measure moved to another bin, at the value that is nearest there."""

    axis: int
    place: int
    cost: int
    target: int | Fraction | str


class _Search:
    """For each better label the least change that gives it: fewest measures, nearest bins.

    Better is a better rank; where no label is ranked, any other label, and for a score any
    higher one. Lists are not searched, nor what conflicts, nor ranks, which move with others.
    """

    def __init__(
        self,
        compiled: Compiled,
        bins: tuple[int, ...],
        scales: Mapping[str, int],
        moved_by: Mapping[str, Set[str]],
        ways: Mapping[str, str],
    ):
        self._ways = [ways.get(axis.column) for axis in compiled.axes]
        self._compiled, self._bins, self._scales = compiled, bins, scales
        self._moved_by = [moved_by.get(axis.column, frozenset()) for axis in compiled.axes]
        self._hits = compiled.hits(bins)
        self._today = compiled.result(self._hits)
        known = compiled.classifier.labels.items()
        self._ranks = {label: info.rank for label, info in known if info.rank is not None}
        self._ranked = any(axis.column != axis.measure for axis in compiled.axes)

    def plans(self) -> list[_Plan]:
        """At most `NEAREST`, the least change first."""
        policy = self._compiled.classifier.policy
        if policy.lists or self._ranked or self._compiled.conflicts(self._hits):
            return []
        moves = [self._moves(number) for number in range(len(self._compiled.axes))]
        best: dict[Any, tuple[tuple[int, int, int], tuple[_Step, ...]]] = {}
        for count in range(1, (1 if policy.scores else min(_CHANGES, len(moves))) + 1):
            for steps in itertools.islice(_combinations(moves, count), _TRIALS):
                self._try(steps, best)
            if len(best) >= NEAREST:
                break
        order = sorted(best.items(), key=lambda item: item[1][0])
        return [self._plan(label, steps) for label, (_, steps) in order[:NEAREST]]

    def _try(
        self,
        steps: tuple[_Step, ...],
        best: dict[Any, tuple[tuple[int, int, int], tuple[_Step, ...]]],
    ) -> None:
        if self._entangled(steps):
            return
        bins = list(self._bins)
        for step in steps:
            bins[step.axis] = step.place
        label = self._compiled.result(self._compiled.hits(bins))
        if not self._is_better(label):
            return
        rank = self._rank(label) or 0
        cost = (len(steps), sum(step.cost for step in steps), rank)
        if label not in best or cost < best[label][0]:
            best[label] = (cost, steps)

    def _entangled(self, steps: Sequence[_Step]) -> bool:
        """Whether a changed column moves another one that the table reads."""
        changed = {self._compiled.axes[step.axis].column for step in steps}
        return any(
            moved & (changed - {axis.column})
            for axis, moved in zip(self._compiled.axes, self._moved_by, strict=True)
        )

    def _plan(self, label: Any, steps: Sequence[_Step]) -> _Plan:
        axes = self._compiled.axes
        targets = ((axes[one.axis].column, axes[one.axis].measure, one.target) for one in steps)
        return _Plan(label, tuple(targets))

    def _moves(self, number: int) -> list[_Step]:
        """The other bins of an axis that a customer can be brought into, nearest first."""
        axis, now = self._compiled.axes[number], self._bins[number]
        if reads_result(axis.column) or self._ways[number] == "no":
            return []  # it moves with its own measures, or is past
        moves = []
        least = now if self._ways[number] == "up" and now < axis.intervals else 0
        for place in range(least, axis.intervals + len(axis.texts)):
            target = self._target(axis, place, now) if place != now else None
            if target is not None:
                distance = abs(place - now) if max(place, now) < axis.intervals else 1
                moves.append(_Step(number, place, distance, target))
        return sorted(moves, key=lambda step: step.cost)

    def _is_better(self, label: Any) -> bool:
        if label is None or label == self._today:
            return False
        if self._compiled.classifier.policy.scores:
            return self._today is None or bool(label > self._today)
        if not self._ranks:
            return True
        rank, today = self._rank(label), self._rank(self._today)
        return rank is not None and (today is None or rank < today)

    def _rank(self, label: Result) -> int | None:
        if label is None or isinstance(label, tuple):
            return None
        return self._ranks.get(spelling(label))

    def _target(self, axis: Axis, place: int, now: int) -> int | Fraction | str | None:
        """The nearest value of a bin: its low end seen from below, its high end from above."""
        if place >= axis.intervals:
            return axis.texts[place - axis.intervals]
        scale = self._scales.get(axis.column)
        low = axis.cuts[place - 1] if place > 0 else None
        high = axis.cuts[place] if place < len(axis.cuts) else None
        ends = [_last_before(high, scale), _first_beyond(low, scale)]
        for target in ends if place < now < axis.intervals else reversed(ends):
            if target is not None and axis.bin_of(canonical(plain(target))) == place:
                return target
        return None


def _combinations(moves: Sequence[Sequence[_Step]], count: int) -> Iterator[tuple[_Step, ...]]:
    for axes in itertools.combinations(moves, count):
        yield from itertools.product(*axes)


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
