"""Measures made of other measures alone, worked out for a single record in plain Python.

The same values as the frames', bit for bit: exact numbers are divided as whole numbers and
rounded once, a measure that is a float to begin with takes part as a float.
(Whole numbers of more than 53 bits are rounded before they are divided, in frames.)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from custrata.engine.model import MeasureUse
from custrata.engine.values import Value, canonical_of

Record = Mapping[str, Any]
Number = int | Fraction | float

FLOATS = frozenset(
    (
        "mean_gap_days",
        "silence_ratio",
        "growth_rate",
        "margin_rate",
        "peer_share",
        "profile_completeness",
        "repurchase_probability",
    )
)
"""Measures that are floats, whatever brings them."""
_FINEST = 10**9
"""Exact columns have at most nine decimals; finer numbers are floats."""


def ratio(above: Number | None, below: Number | None) -> float | None:
    """`above ÷ below`; null without either, and where `below` is 0."""
    if above is None or below is None or below == 0:
        return None
    if isinstance(above, float) or isinstance(below, float):
        return float(above) / float(below)
    exact = Fraction(above) / Fraction(below)
    return exact.numerator / exact.denominator


def difference(more: Number | None, less: Number | None) -> Number | None:
    """`more − less`; null without either."""
    if more is None or less is None:
        return None
    if isinstance(more, float) or isinstance(less, float):
        return float(more) - float(less)
    return more - less


def margin_rate(profit: Number | None, monetary: Number | None) -> float | None:
    """`profit ÷ monetary`; null where monetary is not positive."""
    return ratio(profit, monetary) if monetary is not None and monetary > 0 else None


Form = tuple[tuple[str, str], Callable[[Any, Any], Number | None]]

FORMS: Mapping[str, Form] = {
    "silence_ratio": (("recency_days", "mean_gap_days"), ratio),
    "margin_rate": (("profit", "monetary"), margin_rate),
}
"""Parts, and how they are put together, of the built-in measures of this kind."""


def derivation(
    wanted: Iterable[str], uses: Mapping[str, MeasureUse], floats: Collection[str] = FLOATS
) -> Callable[[Record], Record] | None:
    """What adds to a record those measures that it lacks and that its other values make.

    Args:
        wanted: names that are read.
        uses: the ruleset's measures by name.
        floats: measures that are floats, whatever brings them.

    Returns:
        A function from record to record; None where no wanted name is made of others. The
        function raises ValueError for an infinite number, TypeError for what is no scalar.
    """
    names = tuple(name for name in wanted if form_of(name, uses) is not None)
    if not names:
        return None
    maker = _Maker(uses, floats)

    def derive(record: Record) -> Record:
        for name in names:
            if name not in record:
                return maker.completed(record, names)
        return record

    return derive


def form_of(name: str, uses: Mapping[str, MeasureUse]) -> Form | None:
    """What a name is made of; None where it is not made of other measures.

    A window of its own asks for facts: the record's values have the ruleset's.
    """
    use = uses.get(name) or MeasureUse(name, name)
    if use.ratio:
        return use.ratio, ratio
    if use.difference:
        return use.difference, difference
    return FORMS.get(use.measure or "") if use.window is None else None


def is_float(name: str, uses: Mapping[str, MeasureUse], floats: Collection[str]) -> bool:
    """Whether a measure is a float, whatever brings it."""
    use = uses.get(name) or MeasureUse(name, name)
    if use.difference:
        return any(is_float(part, uses, floats) for part in use.difference)
    mean = use.parameters.get("statistic") == "mean"
    return use.ratio is not None or use.measure in floats or mean


@dataclass(frozen=True)
class _Maker:
    """Makes measures of a record's values."""

    uses: Mapping[str, MeasureUse]
    floats: Collection[str]

    def completed(self, record: Record, names: Iterable[str]) -> Record:
        made = {name: self._value(name, record, ()) for name in names if name not in record}
        return {**record, **{name: value for name, value in made.items() if value is not None}}

    def _value(self, name: str, record: Record, above: tuple[str, ...]) -> Number | None:
        if name in record:
            return self._number(name, canonical_of(name, record[name]))
        form = form_of(name, self.uses)
        if form is None or name in above:
            return None
        parts, combine = form
        first, second = (self._value(part, record, (*above, name)) for part in parts)
        return combine(first, second)

    def _number(self, name: str, value: Value) -> Number | None:
        if value is None or isinstance(value, str):
            return None
        fine = _FINEST % Fraction(value).denominator != 0
        return float(value) if fine or is_float(name, self.uses, self.floats) else value
