"""A slow reading of the rules format, cut points and all, to hold whole runs against.

Written from the page alone: plain Python, exact fractions, one customer after another. Sets
of customers stand for cut points, so that nothing here knows where a cut is frozen.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil
from typing import Any

from custrata.engine.values import Value, canonical

Holds = Callable[[Value, str | None], bool]
"""Whether a cell holds for a value and the band that it lies in."""
Values = Mapping[str, Value]


@dataclass(frozen=True)
class WrittenCell:
    """A cell as a file has it, and what it means."""

    written: Any
    holds: Holds = field(repr=False)


@dataclass(frozen=True)
class WrittenClassifier:
    """A classifier as drawn; `bands` are as the file has them."""

    name: str
    bands: Mapping[str, Mapping[str, Any]]
    rows: Sequence[tuple[Mapping[str, WrittenCell], Any]]
    policy: Any
    otherwise: Any = None
    where: Mapping[str, WrittenCell] = field(default_factory=dict)
    outside: Any = None
    ranks: Sequence[Any] = ()


@dataclass(frozen=True)
class Reading:
    """What the page says of one classifier, a customer each."""

    labels: list[Any]
    bands: dict[str, list[str]]
    takes_part: list[bool]
    unanswered: list[bool]


def read_classifier(one: WrittenClassifier, ids: Sequence[str], people: list[Values]) -> Reading:
    """The labels of all customers, and the bands they lie in."""
    takes_part = [
        all(cell.holds(values.get(name), None) for name, cell in one.where.items())
        for values in people
    ]
    bands = {
        measure: bands_of(given, ids, [values.get(measure) for values in people], takes_part)
        for measure, given in one.bands.items()
    }
    labels, unanswered = [], []
    for number, values in enumerate(people):
        own = {measure: found[number] for measure, found in bands.items()}
        hit = [label for cells, label in one.rows if _meets(cells, values, own)]
        labels.append(_outcome(one, hit) if takes_part[number] else _alone(one, one.outside))
        unanswered.append(takes_part[number] and not hit)
    return Reading(labels, bands, takes_part, unanswered)


def _meets(cells: Mapping[str, WrittenCell], values: Values, own: Mapping[str, str]) -> bool:
    return all(cell.holds(values.get(name), own.get(name)) for name, cell in cells.items())


# --- hit policies -------------------------------------------------------------------------


def is_list(policy: Any) -> bool:
    """Whether a policy, as written, gives a list."""
    return policy in ("rule_order", "collect") or "output_order" in policy


def _alone(one: WrittenClassifier, label: Any) -> Any:
    return [label] if label is not None and is_list(one.policy) else label


def _outcome(one: WrittenClassifier, hit: list[Any]) -> Any:
    kind, told = next(iter(one.policy.items())) if isinstance(one.policy, dict) else (one.policy, 0)
    if not hit:
        nothing = [] if is_list(one.policy) else 0 if told == "count" else None
        return nothing if one.otherwise is None else _alone(one, one.otherwise)
    if kind in ("priority", "output_order"):
        order = [text_of(label) for label in told]  # since Python takes True for 1
        hit = sorted(hit, key=lambda label: order.index(text_of(label)))
    if kind == "unique" and len(hit) > 1:
        return None
    if kind == "any" and len(set(map(text_of, hit))) > 1:
        return None
    if is_list(one.policy):
        return hit
    if kind != "collect":
        return hit[0]
    exact = [canonical(label) for label in hit]
    return {"sum": sum, "min": min, "max": max, "count": len}[told](exact)  # type: ignore[operator]


def text_of(label: Any) -> str | None:
    """A label as text, so that one spelt in a file equals one from Python."""
    if isinstance(label, list):
        return json.dumps(label, ensure_ascii=False)
    value = canonical(label)
    return None if value is None else str(value)


# --- bands --------------------------------------------------------------------------------


def bands_of(
    given: Mapping[str, Any], ids: Sequence[str], values: list[Value], takes_part: list[bool]
) -> list[str]:
    """The band of each customer; of those who take no part it means nothing."""
    there = [n for n, value in enumerate(values) if takes_part[n] and is_number(value)]
    numbers: dict[int, Any] = {n: values[n] for n in there}
    if given.get("ties") == "rank":
        as_number = all(one.isdecimal() for one in ids)
        order = sorted(there, key=lambda n: (values[n], int(ids[n]) if as_number else ids[n]))
        numbers = {n: rank for rank, n in enumerate(order, 1)}
    names, above = _cut_all(given, sorted(numbers.values()))
    return [
        names[sum(numbers[n] in beyond for beyond in above)] if n in numbers else _no_band(value)
        for n, value in enumerate(values)
    ]


def is_number(value: Value) -> bool:
    """Whether a canonical value is one."""
    return value is not None and not isinstance(value, str)


def _no_band(value: Value) -> str:
    return "unknown" if value is None else "other"


def _cut_all(given: Mapping[str, Any], people: list[Any]) -> tuple[list[str], list[set[Any]]]:
    """The names that are left, and for each cut the values beyond it."""
    closed, names = given.get("closed", "left"), given["names"]
    if given.get("duplicates", "keep") != "keep" and people:
        return _without_duplicates(given, people)
    above: list[set[Any]] = []
    for cut in given["cuts"]:
        beyond = set(_beyond(cut, closed, people))
        above.append(beyond & above[-1] if above else beyond)  # raised where it lies below
    return names, above


def _without_duplicates(
    given: Mapping[str, Any], people: list[Any]
) -> tuple[list[str], list[set[Any]]]:
    """As `pandas.qcut`: coinciding edges count once, and names fall away."""
    cuts: list[Any] = []
    for cut in given["cuts"]:
        place = _place(cut, people)
        cuts.append(max(place, cuts[-1]) if cuts else place)
    kept = sorted({place for place in cuts if place not in (people[0], people[-1])})
    count, first = len(kept) + 1, given["duplicates"] == "drop_last"
    names = given["names"][:count] if first else given["names"][-count:]
    right = given.get("closed") == "right"
    return names, [{v for v in people if (v > at if right else v >= at)} for at in kept]


def _beyond(cut: Any, closed: str, people: list[Any]) -> list[Any]:
    """The people beyond a cut point, who are sorted; nobody where it cannot be found."""
    kind, share = _kind(cut)
    if not people:
        return []
    if kind == "deviation":
        return _beyond_deviation(share, cut.get("sample", True), closed, people)
    if kind == "top_fraction":
        return _reaching(people[::-1], [1] * len(people), share * len(people))
    if kind == "bottom_fraction":
        below = _reaching(people, [1] * len(people), share * len(people))
        return [value for value in people if value not in below]
    if kind == "top_share":
        return _top_share(share, cut.get("border", "reaches"), people)
    place = _place(cut, people)
    if place is None:
        return []
    return [value for value in people if (value >= place if closed == "left" else value > place)]


def _kind(cut: Any) -> tuple[str, Any]:
    if isinstance(cut, dict):
        name, share = next(iter(cut.items()))
        return name, canonical(share)
    return ("quantile", Fraction(1, 2)) if cut == "median" else (str(cut), None)


def _place(cut: Any, people: list[Any]) -> Any:
    """Where a cut point that is a number lies; None where it cannot be found."""
    kind, share = _kind(cut)
    if kind == "mean":
        return Fraction(sum(people)) / len(people)
    if kind == "of_total":
        return share * sum(people) if people[-1] > 0 else None
    if kind == "quantile":
        return _quantile(share, "linear" if cut == "median" else cut.get("method"), people)
    return canonical(cut)


def _quantile(share: Any, method: str | None, people: list[Any]) -> Any:
    if method == "step":
        return next(v for n, v in enumerate(people, 1) if Fraction(n, len(people)) >= share)
    place = Fraction(share) * (len(people) - 1)
    low, high = people[int(place)], people[ceil(place)]
    if method == "midpoint":
        return Fraction(low + high) / 2
    if method in ("lower", "higher"):
        return low if method == "lower" else high
    if method == "nearest":
        return people[round(place)]
    return low + (high - low) * (place - int(place))


def _reaching(people: list[Any], weights: list[Any], least: Any) -> list[Any]:
    """The shortest start of `people`, ties included, whose weights come to `least`."""
    if least <= 0:
        return []
    count = next(n for n in range(1, len(people) + 1) if sum(weights[:n]) >= least)
    return [value for n, value in enumerate(people) if n < count or value == people[count - 1]]


def _top_share(share: Any, border: str, people: list[Any]) -> list[Any]:
    positive = [value for value in people[::-1] if value > 0]
    if border == "reaches":
        return _reaching(positive, positive, share * sum(positive))
    sets = [[value for value in positive if value >= least] for least in positive]
    fitting = [one for one in sets if sum(one) <= share * sum(positive)]
    return max(fitting, key=len, default=[])


def _beyond_deviation(times: Any, sample: bool, closed: str, people: list[Any]) -> list[Any]:
    if len(people) - sample == 0:
        return []
    mean = Fraction(sum(people)) / len(people)
    variance = sum((value - mean) ** 2 for value in people) / (len(people) - sample)

    def side(value: Any) -> Any:
        """The sign of (value − mean) − times · √variance, by squares."""
        left, right = value - mean, times
        return (1 if left > 0 else -1) * left**2 - (1 if right > 0 else -1) * right**2 * variance

    return [v for v in people if (side(v) >= 0 if closed == "left" else side(v) > 0)]
