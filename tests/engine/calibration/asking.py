"""Short ways to ask for cuts, and what they should be, worked out the long way."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate
from math import ceil
from typing import Any

import polars as pl

from custrata.engine.backends import Backend, backend
from custrata.engine.calibration import Ask, Finding, find_cuts
from custrata.engine.columns import Column
from custrata.engine.model import (
    Bands,
    BottomFraction,
    Cut,
    CutPoint,
    Deviation,
    Fixed,
    Mean,
    OfTotal,
    Quantile,
    TopFraction,
    TopShare,
)
from custrata.engine.values import shortest

TYPES = {"integer": pl.Int64, "day": pl.Int64, "float": pl.Float64, "text": pl.String}
KEY = ("c", "m")
POLARS = backend("polars")


def share(text: str) -> Fraction:
    return Fraction(text)


def bands(*cuts: CutPoint, **options: Any) -> Bands:
    return Bands("m", cuts, tuple("abcdefghij"[: len(cuts) + 1]), **options)


def frame(values: Sequence[Any], kind: str = "integer") -> pl.DataFrame:
    ids = [str(number) for number in range(len(values))]
    return pl.DataFrame(
        {"customer_id": ids, "m": values}, schema={"customer_id": pl.String, "m": TYPES[kind]}
    )


def find(
    values: Sequence[Any],
    wanted: Bands,
    engine: Backend = POLARS,
    kind: Any = "integer",
    scale: int = 0,
) -> Finding:
    ask = Ask("c", wanted, Column("m", kind, scale))
    return find_cuts(engine, engine.lazy(frame(values, kind)), [ask])


def one_cut(
    values: Sequence[Any], cut: CutPoint, engine: Backend = POLARS, **how: Any
) -> Cut | None:
    closed = how.pop("closed", "left")
    return find(values, bands(cut, closed=closed), engine, **how).values[KEY].cuts[0]


def codes(finding: Finding) -> list[str]:
    return [fault.code for fault in finding.diagnostics]


def is_above(cut: Cut | None, value: Fraction | int) -> bool:
    return cut is not None and (value > cut.at if cut.strict else value >= cut.at)


def members(values: Sequence[Any], cut: Cut | None) -> list[Any]:
    """The values above a cut, sorted."""
    exact = [shortest(value) if isinstance(value, float) else value for value in values]
    return sorted(value for value in exact if is_above(cut, value))


def expected(values: Sequence[Any], cut: CutPoint, closed: str = "left") -> list[Any] | None:
    """The values that should lie above a cut, sorted; None where it cannot be found."""
    given = sorted(shortest(value) if isinstance(value, float) else value for value in values)
    match cut:
        case Fixed(value):
            return _beyond(given, value, closed)
        case _ if not given:
            return None
        case Mean():
            return _beyond(given, Fraction(sum(given)) / len(given), closed)
        case Quantile(part, method):
            return _beyond(given, _quantile(given, part, method), closed)
        case OfTotal(part):
            return _beyond(given, part * sum(given), closed) if given[-1] > 0 else None
        case TopFraction(part):
            return _tie_closed(given[::-1], [1] * len(given), part * len(given))
        case BottomFraction(part):
            below = _tie_closed(given, [1] * len(given), part * len(given))
            return given[len(below) :]
        case TopShare(part, border):
            return _top_share([value for value in given if value > 0][::-1], part, border)
        case Deviation():
            return _deviation(given, cut, closed)


def _beyond(values: list[Any], at: Any, closed: str) -> list[Any]:
    return [value for value in values if (value >= at if closed == "left" else value > at)]


def _quantile(values: list[Any], part: Fraction, method: str) -> Any:
    if method == "step":
        return next(v for i, v in enumerate(values) if Fraction(i + 1, len(values)) >= part)
    place = part * (len(values) - 1)
    low, high = values[int(place)], values[ceil(place)]
    nearest = values[round(place)]
    linear = low + (high - low) * (place - int(place))
    middle = Fraction(low + high) / 2
    return {"lower": low, "higher": high, "nearest": nearest, "linear": linear, "midpoint": middle}[
        method
    ]


def _tie_closed(values: list[Any], weights: list[Any], least: Any) -> list[Any]:
    """The smallest tie-closed start of `values` that weighs enough, sorted."""
    if least == 0:
        return []
    enough = next(i for i, weight in enumerate(accumulate(weights)) if weight >= least)
    return sorted(v for i, v in enumerate(values) if i <= enough or v == values[enough])


def _top_share(positive: list[Any], part: Fraction, border: str) -> list[Any] | None:
    if not positive:
        return None
    least = part * sum(positive)
    if border == "reaches":
        return _tie_closed(positive, positive, least)
    sets = [[v for v in positive if v >= low] for low in set(positive)]
    return sorted(max((one for one in sets if sum(one) <= least), key=len, default=[]))


def _deviation(values: list[Any], cut: Deviation, closed: str) -> list[Any] | None:
    freedom = len(values) - cut.sample
    if not freedom:
        return None
    mean = Fraction(sum(values)) / len(values)
    variance = sum((value - mean) ** 2 for value in values) / freedom
    return [v for v in values if _beyond_root(v - mean, cut.times, variance, closed)]


def _beyond_root(distance: Fraction, times: Fraction, variance: Fraction, closed: str) -> bool:
    """Whether `distance` lies beyond `times · √variance`."""
    sign = (distance > 0) - (distance < 0)
    other = (times > 0) - (times < 0)
    left, right = sign * distance**2, other * times**2 * variance
    return left >= right if closed == "left" else left > right
